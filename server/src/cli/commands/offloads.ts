// arw-home offloads pause, resume: holding back everything that would leave, and letting it go again.
// Pausing needs nobody's permission, because it only tightens; resuming needs the owner.
import type { Command } from "commander";
import { plainText } from "#protocol/text/plainText.ts";
import { METHODS } from "#protocol/wire/client.ts";
import type { HelloResult } from "#protocol/wire/clientViews.ts";
import type { Bind } from "../commandLine.ts";
import { timeText } from "../render/amounts.ts";

export function addOffloadCommands(program: Command, bind: Bind): void {
  const offloads = program.command("offloads").description("whether anything may leave this machine at all");
  const pause = offloads
    .command("pause")
    .description("let nothing new leave, whatever is approved or leased; what runs elsewhere may finish");
  bind(pause, async (session) => {
    await (await session.home()).call(METHODS.pauseOffloads, {});
    await session.terminal.emit("offloads-paused", {});
    await session.terminal.print([
      "All offloads are paused: nothing new leaves this machine. The owner ends it: arw-home offloads resume",
    ]);
  });
  const resume = offloads.command("resume").description("let what is approved or leased leave again");
  bind(resume, async (session) => {
    await (await session.home()).call(METHODS.resumeOffloads, {});
    await session.terminal.emit("offloads-resumed", {});
    await session.terminal.print(["Offloads are resumed. Each still needs an approval, or a lease that covers it."]);
  });
}

export function pausedText({ since, by }: NonNullable<HelloResult["offloadsPaused"]>): string {
  return `All offloads are paused since ${timeText(since)}, by ${plainText(by)}: nothing new leaves. arw-home offloads resume`;
}
