// Turns a diff without context into the changes of its newer text: ranges of lines as this product counts them. Pure. It reads
// nothing but the heads of hunks, so no line of either text can pass for one.
import { type LineRange, lineStarts } from "#protocol/lineCut.ts";

/** With `--unified=0` a hunk is its head, and lines that begin with a minus, a plus or a backslash. */
const HUNK_HEAD = /^@@ -\d+(?:,\d+)? \+(\d+)(?:,(\d+))? @@/u;
const LINE_FEED = 0x0a;

/**
 * The lines of `text` that a unified diff with zero lines of context adds or changes, in their order. A hunk that only takes
 * lines away is none. `text` is the newer side, byte for byte. Throws where the diff is of another text.
 */
export function changedLines(diff: Uint8Array, text: Uint8Array): readonly LineRange[] {
  const ends = endsForGit(text);
  const lineOf = lineFinder(text);
  // Only line feeds end a line of a diff: in a text that is cut at other ends, a line could begin like a head.
  const heads = Buffer.from(diff.buffer, diff.byteOffset, diff.byteLength).toString("latin1").split("\n");
  return heads.flatMap((head) => {
    const [, first, count = "1"] = HUNK_HEAD.exec(head) ?? [];
    if (first === undefined || count === "0") return [];
    const from = Number(first);
    const last = ends[from + Number(count) - 2];
    if (from < 1 || last === undefined) throw new Error("the diff is of another text");
    return [{ from: lineOf(ends[from - 2] ?? 0), to: lineOf(last - 1) }];
  });
}

/** Where the lines end that git counts: after each line feed, and at the end of the text. */
function endsForGit(text: Uint8Array): readonly number[] {
  const ends: number[] = [];
  for (let at = text.indexOf(LINE_FEED); at !== -1; at = text.indexOf(LINE_FEED, at + 1)) ends.push(at + 1);
  if (text.length > (ends.at(-1) ?? 0)) ends.push(text.length);
  return ends;
}

/** A carriage return alone ends a line here and none for git: a line of git's may be several of ours. Bytes are asked for in order. */
function lineFinder(text: Uint8Array): (byte: number) => number {
  const starts = lineStarts(text);
  let line = 1;
  return (byte) => {
    while ((starts[line] ?? text.length) <= byte) line++;
    return line;
  };
}
