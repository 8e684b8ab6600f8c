// Placeholders stand where ranges begin, and no cut of the bytes shows one twice or none.
import assert from "node:assert/strict";
import { test } from "node:test";
import * as fc from "fast-check";
import { byteCount } from "./quantities.ts";
import { shownOutput } from "./shownOutput.ts";

const BYTES = Buffer.from("ab****cd**e***");
const REMOVED = [
  [2, 6, "[one]"],
  [8, 10, "[two]"],
  [11, 14, "[three]"],
] as const;
const ranges = REMOVED.map(([from, end, placeholder]) => ({
  fromByte: byteCount(from),
  endByte: byteCount(end),
  placeholder,
}));

test("however the bytes are cut, the pieces show what the whole shows", () => {
  assert.equal(Buffer.from(shownOutput(BYTES, 0, ranges).bytes).toString(), "ab[one]cd[two]e[three]");
  const cuts = fc.array(fc.nat({ max: BYTES.length }), { maxLength: 6 });
  fc.assert(
    fc.property(cuts, (places) => {
      const borders = [0, ...places, BYTES.length].sort((left, right) => left - right);
      const pieces = borders.slice(1).map((to, index) => {
        const from = borders[index] ?? 0;
        return shownOutput(BYTES.subarray(from, to), from, ranges);
      });
      assert.equal(Buffer.concat(pieces.map(({ bytes }) => bytes)).toString(), "ab[one]cd[two]e[three]");
      assert.equal(
        pieces.reduce((total, { removed }) => total + removed, 0),
        3,
      );
    }),
    { numRuns: 300 },
  );
});

test("bytes of which nothing is removed are the same bytes", () => {
  assert.equal(shownOutput(BYTES, 100, ranges).bytes, BYTES);
});
