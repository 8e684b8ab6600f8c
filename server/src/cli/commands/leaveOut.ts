// What is named to be left out of a preview: items, lines of them, and changes since the last commit; and the list of those
// changes. A change is looked up as lines of the very preview that is revised; it must never name lines of another.
import type { Command } from "commander";
import { previewId } from "#protocol/ids.ts";
import type { EgressPreview } from "#protocol/egress.ts";
import { ArwError } from "#protocol/errors.ts";
import { lineRangesOf, type LineRange, lineRangesText } from "#protocol/lineCut.ts";
import { plainText } from "#protocol/text/plainText.ts";
import { METHODS, type ResultOf } from "#protocol/wire/client.ts";
import { type ItemChanges, type ReviseParams, REVISED_TEXTS_MAX } from "#protocol/wire/egressViews.ts";
import { type Bind, readWord, usage } from "../commandLine.ts";
import type { HomeClient } from "../homeClient.ts";

type LeftOut = Pick<ReviseParams, "leaveOut" | "cut">;

/** Names of paths that Git knows, and those that it does not. `(file list)` and `(prompt)` are no files. */
const NO_FILE = /^\([^/]*\)$/u;
const HASH_CHARACTERS_SHOWN = 10;

/** No path of a workspace has a colon: what comes after the last one are lines. What comes after the last @ are changes, unless the preview has such an item. */
export async function leaveOutOf(home: HomeClient, preview: EgressPreview, words: readonly string[]): Promise<LeftOut> {
  const leaveOut: string[] = [];
  const cut = new Map<string, readonly LineRange[]>();
  const changes = new Map<string, readonly LineRange[]>();
  for (const word of words) {
    const at = Math.max(word.lastIndexOf(":"), isItem(preview, word) ? -1 : word.lastIndexOf("@"));
    const numbers = at === -1 ? undefined : lineRangesOf(word.slice(at + 1));
    if (at === -1 || (word[at] === "@" && numbers === undefined)) {
      leaveOut.push(word);
      continue;
    }
    if (numbers === undefined)
      throw usage(`${word} names no lines`, "Name them as src/a.ts:10-20 or src/a.ts:10-20,35.");
    const named = word[at] === "@" ? changes : cut;
    const path = word.slice(0, at);
    named.set(path, [...(named.get(path) ?? []), ...numbers]);
  }
  for (const [path, lines] of await linesOfChanges(home, preview, changes)) {
    cut.set(path, [...(cut.get(path) ?? []), ...lines]);
  }
  return { leaveOut, ...(cut.size === 0 ? {} : { cut: [...cut].map(([path, lines]) => ({ path, lines })) }) };
}

export function addChanges(egress: Command, bind: Bind): void {
  const changes = egress
    .command("changes <preview> [path...]")
    .description("what the items of a preview have that the last commit has not, as numbered changes with their lines");
  bind(changes, async (session, [word, ...named]) => {
    const id = readWord(previewId.schema, word, "preview");
    const home = await session.home();
    const { preview } = await home.call(METHODS.readPreview, { previewId: id });
    const paths =
      named.length > 0 ? named : preview.items.map(({ path }) => path).filter((path) => !NO_FILE.test(path));
    let unchanged = 0;
    let commit: string | undefined;
    for await (const found of changesOf(home, preview, paths)) {
      commit = found.commit;
      await session.terminal.emit("item-changes", found);
      const lines = changesLines(found.item);
      // Whoever named a file is told; of all the others those count that a change can be left out of.
      if (named.length > 0 || lines.length > 1) await session.terminal.print(lines);
      else unchanged += 1;
    }
    const since =
      commit === undefined ? "nothing is committed yet" : `compared with ${commit.slice(0, HASH_CHARACTERS_SHOWN)}`;
    await session.terminal.print([
      unchanged === 0 ? `All ${since}.` : `${unchanged} more without a change to leave out; ${since}.`,
      `Leave one out: arw-home egress revise ${id} --leave-out <path>@<number>`,
    ]);
  });
}

interface FoundChanges {
  readonly item: ItemChanges;
  readonly commit?: string;
}

/** As many items at once as the Home compares. */
async function* changesOf(
  home: HomeClient,
  preview: EgressPreview,
  paths: readonly string[],
): AsyncGenerator<FoundChanges, void> {
  for (let from = 0; from < paths.length; from += REVISED_TEXTS_MAX) {
    const some = paths.slice(from, from + REVISED_TEXTS_MAX);
    const { commit, items }: ResultOf<"itemChanges"> = await home.call(METHODS.itemChanges, {
      previewId: preview.previewId,
      paths: some,
    });
    for (const item of items) yield { item, ...(commit === undefined ? {} : { commit }) };
  }
}

async function linesOfChanges(
  home: HomeClient,
  preview: EgressPreview,
  wanted: ReadonlyMap<string, readonly LineRange[]>,
): Promise<ReadonlyMap<string, readonly LineRange[]>> {
  const lines = new Map<string, readonly LineRange[]>();
  for await (const { item } of changesOf(home, preview, [...wanted.keys()])) {
    if (item.kind === "unknown") throw noChange(item.path, item.reason, preview);
    const { changes } = item;
    const numbers = wanted.get(item.path) ?? [];
    const last = Math.max(...numbers.map(({ to }) => to));
    if (last > changes.length) throw noChange(item.path, `it has ${changes.length} changes`, preview);
    lines.set(
      item.path,
      numbers.flatMap(({ from, to }) => changes.slice(from - 1, to)),
    );
  }
  return lines;
}

function noChange(path: string, why: string, { previewId: id }: EgressPreview): ArwError {
  return new ArwError(
    "preview-change-unknown",
    `There is no such change of ${plainText(path)}: ${plainText(why)}.`,
    `See which there are: arw-home egress changes ${id} ${path}`,
  );
}

function changesLines(item: ItemChanges): readonly string[] {
  const path = plainText(item.path);
  switch (item.kind) {
    case "unknown":
      return [`${path}: not compared, ${plainText(item.reason)}`];
    case "new":
    case "changed": {
      const what = item.kind === "new" ? "not in the last commit" : item.changes.length === 0 ? "unchanged" : "changed";
      return [
        `${path}: ${what}`,
        ...item.changes.map((range, index) => `  @${index + 1}  ${lineText(range)}`),
        ...(item.more === 0 ? [] : [`  and ${item.more} more`]),
      ];
    }
  }
}

function lineText(range: LineRange): string {
  return `${range.from === range.to ? "line" : "lines"} ${lineRangesText([range])}`;
}

function isItem({ items }: EgressPreview, word: string): boolean {
  const folder = `${word.replace(/\/+$/u, "")}/`;
  return items.some(({ path }) => path === word || path.startsWith(folder));
}
