// Cutting lines: whatever the text, the ranges and their order, what is left is the text minus the union of its lines.
import assert from "node:assert/strict";
import { test } from "node:test";
import * as fc from "fast-check";
import { decode } from "./decode.ts";
import { digestOf } from "./digest.ts";
import {
  alsoCut,
  CUT_RANGES_MAX,
  cutLines,
  cutMessages,
  lineCount,
  type LineRange,
  lineRangesOf,
  lineRangesSchema,
  lineRangesText,
  messageLineCount,
  unionOf,
} from "./lineCut.ts";

const bytesOf = (text: string): Uint8Array => new TextEncoder().encode(text);
const textOf = (bytes: Uint8Array): string => new TextDecoder("utf-8", { ignoreBOM: true }).decode(bytes);
const cutText = (text: string, ranges: readonly LineRange[]): string => textOf(cutLines(bytesOf(text), ranges));

/** The same, told another way: line by line. */
function linesOf(text: string): readonly string[] {
  return text.match(/[^\r\n]*(?:\r\n|\n|\r)|[^\r\n]+$/gu) ?? [];
}

function linesLeft(text: string, ranges: readonly LineRange[]): number {
  return linesOf(text).filter((_, index) => !ranges.some(({ from, to }) => from <= index + 1 && index + 1 <= to))
    .length;
}

const someText = fc
  .array(
    fc.tuple(fc.constantFrom("", "a", "für ü", "  x: 1,", "\u{1F600}", "\uFEFF"), fc.constantFrom("\n", "\r\n", "\r")),
    {
      maxLength: 12,
    },
  )
  .chain((lines) => fc.constantFrom("", "end").map((end) => lines.map((line) => line.join("")).join("") + end));
const someRange = fc.tuple(fc.integer({ min: 1, max: 14 }), fc.integer({ min: 0, max: 4 })).map(([from, more]) => ({
  from,
  to: from + more,
}));
const someRanges = fc.array(someRange, { minLength: 1, maxLength: 5 });

test("what is left is every line that no range names, byte for byte", () => {
  fc.assert(
    fc.property(someText, someRanges, (text, ranges) => {
      const kept = linesOf(text).filter(
        (_, index) => !ranges.some(({ from, to }) => from <= index + 1 && index + 1 <= to),
      );
      assert.equal(cutText(text, ranges), kept.join(""));
      assert.equal(lineCount(bytesOf(text)), linesOf(text).length);
    }),
  );
});

test("cuts made one after another, each in what the last one left, are the cut of their union in any order", () => {
  fc.assert(
    fc.property(someText, someRanges, fc.integer(), (text, ranges, seed) => {
      const shuffled = ranges.toSorted((left, right) => ((left.from * 31 + seed) % 7) - ((right.from * 31 + seed) % 7));
      assert.equal(cutText(text, shuffled), cutText(text, unionOf(ranges)));
      let cut: readonly LineRange[] = [];
      for (const range of ranges) {
        const shown = cutText(text, cut);
        const next = alsoCut([bytesOf(text)], cut, [range]);
        // What was asked of the shortened text is what the whole text loses, whatever ends of line met in between.
        const fits = range.to <= lineCount(bytesOf(shown));
        if (fits) assert.equal(cutText(text, next), cutText(shown, [range]));
        else assert.ok((next.at(-1)?.to ?? 0) > lineCount(bytesOf(text)), "what is not there is not made to be there");
        if (fits) cut = next;
      }
    }),
  );
});

test("a bare CR and an empty line that a cut brings together are one end of line from then on, and no other lines are", () => {
  const between = [{ from: 2, to: 2 }];
  assert.equal(cutText("a\rb\n\nc\n", between), "a\r\nc\n");
  assert.equal(lineCount(bytesOf("a\r\nc\n")), linesLeft("a\rb\n\nc\n", between) - 1);
  fc.assert(
    fc.property(someText, someRanges, (text, ranges) => {
      const fewer = linesLeft(text, ranges) - lineCount(bytesOf(cutText(text, ranges)));
      assert.ok(fewer >= 0);
      if (!/\r(?!\n)/u.test(text)) assert.equal(fewer, 0);
    }),
  );
});

test("a second cut takes the lines that are shown, also after a bare CR and an empty line became one end of line", () => {
  const text = bytesOf("a\rb\n\nc\nd\n");
  const once = [{ from: 2, to: 2 }];
  assert.equal(textOf(cutLines(text, once)), "a\r\nc\nd\n");
  const second = (line: number): string => textOf(cutLines(text, alsoCut([text], once, [{ from: line, to: line }])));
  assert.deepEqual([1, 2, 3].map(second), ["c\nd\n", "a\r\nd\n", "a\r\nc\n"]);
});

test("a second cut of a prompt takes the lines that are shown, and no end of line is one across two messages", () => {
  fc.assert(
    fc.property(fc.array(someText, { minLength: 1, maxLength: 4 }), someRange, someRange, (texts, first, second) => {
      const messages = texts.map((content) => ({ role: "user", content }) as const);
      if (first.to > messageLineCount(messages)) return;
      const shown = cutMessages(messages, [first]);
      if (second.to > messageLineCount(shown)) return;
      const both = alsoCut(texts.map(bytesOf), [first], [second]);
      assert.deepEqual(cutMessages(messages, both), cutMessages(shown, [second]));
    }),
  );
});

test("undoing a cut gives the digest of the whole text, for the whole text is what every cut is made of", () => {
  fc.assert(
    fc.property(someText, someRanges, (text, ranges) => {
      const whole = bytesOf(text);
      const before = digestOf(whole);
      cutLines(whole, ranges);
      assert.equal(digestOf(cutLines(whole, [])), before);
    }),
  );
});

test("the lines of a prompt are counted over all its messages, and roles stay", () => {
  const messages = [
    { role: "system", content: "Be short.\nBe kind." },
    { role: "user", content: "Why\nis it\nso?" },
  ] as const;
  assert.equal(messageLineCount(messages), 5);
  assert.deepEqual(
    cutMessages(messages, [
      { from: 2, to: 3 },
      { from: 5, to: 9 },
    ]),
    [
      { role: "system", content: "Be short.\n" },
      { role: "user", content: "is it\n" },
    ],
  );
  assert.deepEqual(cutMessages(messages, []), messages);
});

test("lines are written and read as people do, and nonsense is none", () => {
  const ranges = [
    { from: 10, to: 20 },
    { from: 35, to: 35 },
  ];
  assert.equal(lineRangesText(ranges), "10–20, 35");
  assert.deepEqual(lineRangesOf("10-20,35"), ranges);
  assert.deepEqual(lineRangesOf(lineRangesText(ranges)), ranges);
  for (const text of ["", "0", "5-3", "a", "1-", "1--2", "1.5", "-1", "999999999"]) {
    assert.equal(lineRangesOf(text), undefined, text);
  }
});

test("ranges at their limit are read, one more is refused", () => {
  const ranges = (count: number): boolean =>
    decode(
      lineRangesSchema,
      Array.from({ length: count }, (_, index) => ({ from: index + 1, to: index + 1 })),
    ).ok;
  assert.ok(ranges(1) && ranges(CUT_RANGES_MAX));
  assert.ok(!ranges(0) && !ranges(CUT_RANGES_MAX + 1));
});
