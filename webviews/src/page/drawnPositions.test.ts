// Tests of which rows are drawn.
import assert from "node:assert/strict";
import { test } from "node:test";
import * as fc from "fast-check";
import { drawnPositions, ROWS_DRAWN_MAX } from "./drawnPositions.ts";

test("never more rows than the limit, the kept one always, in order and without repetition", () => {
  const range = fc.record({
    startIndex: fc.nat(100_000),
    rows: fc.integer({ min: 1, max: 200 }),
    overscan: fc.nat(20),
    beyond: fc.nat(1_000),
    kept: fc.option(fc.nat(101_000), { nil: undefined }),
  });
  fc.assert(
    fc.property(range, ({ startIndex, rows, overscan, beyond, kept }) => {
      const endIndex = startIndex + rows - 1;
      const count = endIndex + 1 + beyond;
      const drawn = drawnPositions({ startIndex, endIndex, overscan, count }, kept);
      assert.ok(drawn.length <= ROWS_DRAWN_MAX);
      assert.deepEqual(
        drawn,
        [...new Set(drawn)].toSorted((left, right) => left - right),
      );
      assert.ok(drawn.includes(startIndex) && drawn.every((position) => position >= 0 && position < count));
      if (kept !== undefined && kept < count) assert.ok(drawn.includes(kept));
    }),
  );
});

test("rows beyond the edges are drawn where there is room for them", () => {
  const drawn = drawnPositions({ startIndex: 100, endIndex: 119, overscan: 6, count: 1_000 }, 5);
  assert.deepEqual(drawn, [5, ...Array.from({ length: 32 }, (_, index) => 94 + index)]);
});
