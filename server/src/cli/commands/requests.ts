// arw-home request: what an episode was asked to do, as the Home has it.
// It shows, and starts nothing.
import type { Command } from "commander";
import { episodeId } from "#protocol/ids.ts";
import { plainLines, plainText } from "#protocol/text/plainText.ts";
import { METHODS } from "#protocol/wire/client.ts";
import type { EpisodeRequest } from "#protocol/wire/clientViews.ts";
import type { RequestView } from "#protocol/wire/requestView.ts";
import { type Bind, readWord } from "../commandLine.ts";
import { bytesText, durationText } from "../render/amounts.ts";

export function addRequestCommand(program: Command, bind: Bind): void {
  const request = program
    .command("request <episode>")
    .description("what an episode was asked to do, and with which limits");
  bind(request, async (session, [word]) => {
    const id = readWord(episodeId.schema, word, "episode");
    const shown = await (await session.home()).call(METHODS.showRequest, { episodeId: id });
    await session.terminal.emit("episode-request", { ...shown });
    await session.terminal.print(requestLines(shown));
  });
}

function requestLines({ request, title, target, limits, truncated }: RequestView): readonly string[] {
  return [
    `${plainText(title)}  on ${plainText(target.name)}`,
    ...(request.kind === "command" ? commandLines(request) : askLines(request)),
    `limits: ${durationText(limits.wallMs)}, ${bytesText(limits.memoryBytes)} of memory, ${bytesText(limits.outputBytes)} of output`,
    ...(truncated ? ["Something of it is too long to be shown whole."] : []),
  ];
}

function commandLines(request: EpisodeRequest & { kind: "command" }): readonly string[] {
  const { argv, folder, outputs, leaveOut = [] } = request;
  return [
    `command: ${plainText(JSON.stringify(argv))} in ${plainText(folder)}`,
    ...(outputs.length === 0 ? [] : [`comes back: ${plainText(outputs.join(" "))}`]),
    ...(leaveOut.length === 0 ? [] : [`left out: ${plainText(leaveOut.join(" "))}`]),
  ];
}

function askLines(request: EpisodeRequest & { kind: "ask" }): readonly string[] {
  const { prompt, system, model = "", seed = 0 } = request;
  return [
    ...(system === undefined ? [] : [`system: ${plainLines(system)}`]),
    `prompt: ${plainLines(prompt)}`,
    `model: ${plainText(model)}, seed ${seed}`,
  ];
}
