// arw-home never-leaves list, add, remove: what stays on this machine whatever is approved or leased.
// Adding needs nobody's permission, because it only tightens; taking a mark away needs the owner.
import type { Command } from "commander";
import { decode } from "#protocol/decode.ts";
import { neverLeavesGlobSchema } from "#protocol/neverLeaves.ts";
import { METHODS } from "#protocol/wire/client.ts";
import { type Bind, usage } from "../commandLine.ts";
import { countText, timeText } from "../render/amounts.ts";
import { tableLines } from "../render/table.ts";

export function addNeverLeavesCommands(program: Command, bind: Bind): void {
  const marks = program
    .command("never-leaves")
    .description("paths that never leave this machine, whatever is approved");
  bind(marks.command("list").description("what is marked"), async (session) => {
    const { marks: all } = await (await session.home()).call(METHODS.listNeverLeaves, {});
    for (const mark of all) await session.terminal.emit("never-leaves", { mark });
    if (all.length === 0)
      return session.terminal.say("Nothing is marked. Mark a path: arw-home never-leaves add <glob>");
    const rows = all.map(({ glob, markedAt, by }) => [glob, timeText(markedAt), by]);
    return session.terminal.print(tableLines(["glob", "since", "by"], rows, session.terminal.style));
  });
  const add = marks
    .command("add <glob...>")
    .description(
      "mark paths: secrets/ or *.pem in any folder, /notes.md at the top; what waits with one of them is withdrawn",
    );
  bind(add, async (session, words) => {
    const globs = words.map(readGlob);
    const { withdrawn } = await (await session.home()).call(METHODS.markNeverLeaves, { globs });
    await session.terminal.emit("never-leaves-marked", { globs, withdrawn });
    const gone =
      withdrawn.length === 0 ? "" : ` ${countText(withdrawn.length, "waiting preview")} had it, and is withdrawn.`;
    await session.terminal.print([`Marked; it stays on this machine from now on.${gone}`]);
  });
  const remove = marks
    .command("remove <glob...>")
    .description("take marks away; what they kept may leave after a preview");
  bind(remove, async (session, words) => {
    await (await session.home()).call(METHODS.unmarkNeverLeaves, { globs: words.map(readGlob) });
    await session.terminal.emit("never-leaves-unmarked", { globs: words });
    await session.terminal.print(["No longer marked."]);
  });
}

function readGlob(text: string): string {
  const decoded = decode(neverLeavesGlobSchema, text);
  if (decoded.ok) return decoded.value;
  throw usage(`${text} cannot be marked: it ${decoded.problem}`, "Write for example secrets/, *.pem or /notes.md.");
}
