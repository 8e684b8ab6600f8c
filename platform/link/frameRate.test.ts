// So many frames a second pass at once; one more waits for the next second, and none is forgotten.
import assert from "node:assert/strict";
import { test } from "node:test";
import fc from "fast-check";
import { FrameRate } from "./frameRate.ts";

test("as many frames as the limit pass in a second, and one more waits for its end", () => {
  const rate = new FrameRate(3);
  assert.deepEqual([rate.take(500), rate.take(600), rate.take(700)], [0, 0, 0]);
  assert.equal(rate.take(700), 800);
  assert.equal(rate.take(1_499), 1);
  assert.equal(rate.take(1_500), 0);
});

test("a refused frame is not counted: after the wait it passes, however often it was asked for", () => {
  fc.assert(
    fc.property(fc.integer({ min: 1, max: 50 }), fc.array(fc.nat({ max: 3_000 }), { maxLength: 200 }), (max, gaps) => {
      const rate = new FrameRate(max);
      let nowMs = 0;
      const passed: number[] = [];
      for (const gap of gaps) {
        nowMs += gap;
        const waitMs = rate.take(nowMs);
        if (waitMs === 0) passed.push(nowMs);
        else assert.ok(waitMs <= 1_000 && rate.take(nowMs + waitMs) === 0);
        if (waitMs > 0) passed.push((nowMs += waitMs));
      }
      // Any stretch of one second holds at most the end of one second's frames and the beginning of another's.
      return passed.every((at, index) => (passed[index + 2 * max] ?? Number.POSITIVE_INFINITY) - at >= 1_000);
    }),
    { numRuns: 100 },
  );
});
