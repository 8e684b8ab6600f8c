// Changes of a text as ranges of its lines: whatever the texts, cutting a change takes that change and leaves every other line.
import assert from "node:assert/strict";
import { test } from "node:test";
import * as fc from "fast-check";
import { cutLines, type LineRange } from "#protocol/lineCut.ts";
import { changedLines } from "./changedLines.ts";

interface Segment {
  readonly kind: "kept" | "added" | "removed";
  /** Each with the line feed that ends it for git. */
  readonly lines: readonly string[];
}

const bytesOf = (text: string): Uint8Array => new TextEncoder().encode(text);
/** Lines that could pass for heads, carriage returns that end a line here and none for git, and none at all. */
const someLine = fc
  .constantFrom("", "a", "\r", "x\r", "one\rtwo", "-- a", "@@ -1 +1 @@", "x\r@@ -1,9 +1,9 @@", "für\u2028@@ -1 +1 @@")
  .map((line) => `${line}\n`);
const someSegments: fc.Arbitrary<readonly Segment[]> = fc.array(
  fc.record({
    kind: fc.constantFrom("kept", "added", "removed"),
    lines: fc.array(someLine, { minLength: 1, maxLength: 4 }),
  }),
  { maxLength: 10 },
);

/** The diff that git would print of such segments, told from them and not from the texts. Neighbours make one hunk. */
function diffOf(segments: readonly Segment[]): string {
  let [before, after] = [0, 0];
  let hunk: { minus: string[]; plus: string[] } | undefined;
  const hunks: string[] = [];
  const end = (): void => {
    if (hunk === undefined) return;
    const { minus, plus } = hunk;
    const place = (at: number, count: number): string => `${count === 0 ? at : at - count + 1},${count}`;
    hunks.push(`@@ -${place(before, minus.length)} +${place(after, plus.length)} @@ in ${minus.length}\n`);
    hunks.push(...minus.map((line) => `-${line}`), ...plus.map((line) => `+${line}`));
    hunk = undefined;
  };
  for (const { kind, lines } of segments) {
    if (kind === "kept") end();
    if (kind !== "added") before += lines.length;
    if (kind !== "removed") after += lines.length;
    if (kind === "kept") continue;
    hunk ??= { minus: [], plus: [] };
    (kind === "added" ? hunk.plus : hunk.minus).push(...lines);
  }
  end();
  return `diff --git before after\n--- before\n+++ after\n${hunks.join("")}`;
}

const textOf = (segments: readonly Segment[], ...kinds: readonly Segment["kind"][]): string =>
  segments.flatMap(({ kind, lines }) => (kinds.includes(kind) ? lines : [])).join("");
const cut = (text: string, ranges: readonly LineRange[]): string =>
  new TextDecoder().decode(cutLines(bytesOf(text), ranges));

test("without its changes a text is the lines that it kept, and without one of them all but that one", () => {
  fc.assert(
    fc.property(someSegments, (segments) => {
      const text = textOf(segments, "kept", "added");
      const changes = changedLines(bytesOf(diffOf(segments)), bytesOf(text));
      assert.equal(cut(text, changes), textOf(segments, "kept"));
      for (const [index, change] of changes.entries()) {
        const others = changes.filter((_, other) => other !== index);
        // What one cut takes is what the cut of all the others leaves of the changes.
        assert.equal(
          text.length - cut(text, [change]).length,
          cut(text, others).length - textOf(segments, "kept").length,
        );
      }
      assert.deepEqual(
        changes,
        changes.toSorted((one, other) => one.from - other.from),
      );
    }),
  );
});

test("a hunk that only takes lines away is no change, and a last line without its end is one", () => {
  assert.deepEqual(changedLines(bytesOf("@@ -2,3 +1,0 @@\n-a\n-b\n-c\n"), bytesOf("one\n")), []);
  const noEnd = "@@ -1 +1 @@\n-one\n\\ No newline at end of file\n+two\n\\ No newline at end of file\n";
  assert.deepEqual(changedLines(bytesOf(noEnd), bytesOf("two")), [{ from: 1, to: 1 }]);
  assert.deepEqual(changedLines(bytesOf(""), bytesOf("same\n")), []);
});

test("a diff of another text is refused, not read as far as it goes", () => {
  for (const head of ["@@ -1 +3 @@", "@@ -1 +1,3 @@", "@@ -0,0 +0 @@"]) {
    assert.throws(() => changedLines(bytesOf(`${head}\n+x\n`), bytesOf("one\ntwo\n")), /of another text/);
  }
});
