// arw-home classify, list, show: of what class files and folders are, and why. Saying that something is secret or regulated needs
// nobody's permission, because it only tightens; public, internal and --clear need the owner.
import type { Command } from "commander";
import * as z from "zod";
import { classPathSchema, isHigher } from "#protocol/classes.ts";
import { type Classification, classificationSchema } from "#protocol/egress.ts";
import type { PreviewId } from "#protocol/ids.ts";
import { plainText } from "#protocol/text/plainText.ts";
import { METHODS } from "#protocol/wire/client.ts";
import type { ExplainedClass } from "#protocol/wire/markViews.ts";
import { type Bind, readOptions, readWord, usage } from "../commandLine.ts";
import { countText, timeText } from "../render/amounts.ts";
import { tableLines } from "../render/table.ts";
import type { CliSession } from "../session.ts";

interface ClassifyOptions {
  readonly as?: Classification | undefined;
  readonly clear?: boolean | undefined;
}
const classifyOptions: z.ZodType<ClassifyOptions> = z.looseObject({
  as: classificationSchema.optional(),
  clear: z.boolean().optional(),
});

export function addClassifyCommands(program: Command, bind: Bind): void {
  const classify = program
    .command("classify")
    .argument("[paths...]", "files or folders of the workspace; . is all of it")
    .description("say of what class files and folders are; name and content may still say more")
    .option("--as <class>", "public, internal, secret or regulated")
    .option("--clear", "take the marks away");
  bind(classify, async (session, words, raw) => {
    const { as, clear } = readOptions(classifyOptions, raw);
    if (words.length === 0) throw usage("no path is named", "Write for example: arw-home classify vault --as secret");
    if ((as === undefined) === (clear === undefined)) throw usage("say either --as <class> or --clear");
    const paths = words.map(readPath);
    if (as === undefined) return clearMarks(session, paths);
    return mark(session, paths, as);
  });
  const list = classify.command("list").description("what is marked, and what files were written from");
  bind(list, listMarks);
  const show = classify.command("show <paths...>").description("of what class paths are, and everything that says so");
  bind(show, async (session, words) => {
    const { files } = await (await session.home()).call(METHODS.explainClasses, { paths: words.map(readPath) });
    for (const file of files) await session.terminal.emit("class", { file });
    await session.terminal.print(files.flatMap(explainedLines));
  });
}

async function mark(session: CliSession, paths: readonly string[], as: Classification): Promise<void> {
  const home = await session.home();
  let withdrawn: readonly PreviewId[];
  switch (as) {
    case "public":
    case "internal":
      ({ withdrawn } = await home.call(METHODS.declareClass, { paths, classification: as }));
      break;
    case "secret":
    case "regulated":
      ({ withdrawn } = await home.call(METHODS.restrictClass, { paths, classification: as }));
  }
  const { files } = await home.call(METHODS.explainClasses, { paths });
  await session.terminal.emit("class-marked", { paths, classification: as, withdrawn, files });
  const gone =
    withdrawn.length === 0 ? "" : ` ${countText(withdrawn.length, "waiting preview")} had it, and is withdrawn.`;
  const more = files.filter(({ classification }) => isHigher(classification, as));
  await session.terminal.print([
    `Marked ${as}.${gone}`,
    ...more.map(({ classification, path, reasons }) => {
      return `${plainText(path)} is ${classification} all the same: ${plainText(reasons[0]?.text ?? "")}`;
    }),
  ]);
}

async function clearMarks(session: CliSession, paths: readonly string[]): Promise<void> {
  await (await session.home()).call(METHODS.clearClass, { paths });
  await session.terminal.emit("class-cleared", { paths });
  await session.terminal.print(["No longer marked."]);
}

async function listMarks(session: CliSession): Promise<void> {
  const { terminal } = session;
  const { derived, marks } = await (await session.home()).call(METHODS.listClasses, {});
  for (const each of marks) await terminal.emit("class-mark", { mark: each });
  for (const each of derived) await terminal.emit("class-derived", { derived: each });
  if (marks.length + derived.length === 0) {
    return terminal.say("Nothing is marked. Mark a path: arw-home classify <path> --as secret");
  }
  const rows = [
    ...marks.map(({ by, classification, markedAt, path }) => [
      plainText(path),
      classification,
      `marked by ${plainText(by)}, ${timeText(markedAt)}`,
    ]),
    ...derived.map(({ classification, from, path, untrusted }) => {
      const origin = from.kind === "episode" ? `written by ${from.episodeId}` : "derived";
      return [plainText(path), classification, untrusted === undefined ? origin : `${origin}, ${plainText(untrusted)}`];
    }),
  ];
  return terminal.print(tableLines(["path", "class", "why"], rows, terminal.style));
}

function explainedLines({ classification, path, reasons }: ExplainedClass): readonly string[] {
  return [
    `${plainText(path)} is ${classification}`,
    ...reasons.map(({ classification: says, text }) => `  ${says.padEnd(9)}  ${plainText(text)}`),
  ];
}

function readPath(word: string): string {
  const path = word.length > 1 ? word.replace(/^\.\//u, "").replace(/\/+$/u, "") : word;
  return readWord(classPathSchema, path, "path of the workspace");
}
