// Lines of a file that may have any length, in chunks of any size.
import assert from "node:assert/strict";
import { test } from "node:test";
import * as fc from "fast-check";
import { boundedLines } from "./boundedLines.ts";

const MAX = 8;

async function* chunksOf(text: string, size: number): AsyncGenerator<string> {
  for (let from = 0; from < text.length; from += size) yield text.slice(from, from + size);
}

async function linesOf(text: string, size: number): Promise<readonly string[]> {
  const lines: string[] = [];
  for await (const line of boundedLines(chunksOf(text, size), MAX)) lines.push(line);
  return lines;
}

test("whatever the chunks, lines are what stands between line ends, and one past the limit is cut right behind it", async () => {
  const line = fc.stringMatching(/^[ab]{0,12}$/);
  const property = fc.asyncProperty(
    fc.array(line, { maxLength: 8 }),
    fc.constantFrom("\n", "\r\n"),
    fc.integer({ min: 1, max: 30 }),
    async (lines, end, size) => {
      const text = lines.map((each) => each + end).join("");
      assert.deepEqual(
        await linesOf(text, size),
        lines.map((each) => each.slice(0, MAX + 1)),
      );
    },
  );
  await fc.assert(property, { numRuns: 300 });
});

test("a line at the limit is whole, the last one needs no end, and a file without line ends is one line", async () => {
  assert.deepEqual(await linesOf(`${"a".repeat(MAX)}\r\nb`, 3), ["a".repeat(MAX), "b"]);
  assert.deepEqual(await linesOf("x".repeat(100_000), 1_000), ["x".repeat(MAX + 1)]);
  assert.deepEqual(await linesOf("", 1), []);
});
