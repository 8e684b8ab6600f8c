// Waits grow, have a ceiling and a floor, and are spread by chance.
import assert from "node:assert/strict";
import { test } from "node:test";
import fc from "fast-check";
import { RECONNECT_FIRST_MS, RECONNECT_MS_MAX, RECONNECT_MS_MIN, reconnectDelay } from "./reconnect.ts";

test("every wait lies between the floor and the ceiling, however often it failed", () => {
  fc.assert(
    fc.property(
      fc.integer({ min: 1, max: 1e9 }),
      fc.double({ min: 0, max: 1, maxExcluded: true, noNaN: true }),
      (attempt, random) => {
        const wait = reconnectDelay(attempt, random);
        return wait >= RECONNECT_MS_MIN && wait <= RECONNECT_MS_MAX;
      },
    ),
  );
});

test("the ceiling doubles with every failure until the last", () => {
  const ceilings = [1, 2, 3, 4, 5, 6, 7, 8, 9].map((attempt) => reconnectDelay(attempt, 0.999_999));
  assert.deepEqual(ceilings, [200, 400, 800, 1_600, 3_200, 6_400, 12_800, 15_000, 15_000]);
  assert.equal(ceilings[0], RECONNECT_FIRST_MS);
});

test("chance decides within the wait, so workers do not come back in step", () => {
  assert.equal(reconnectDelay(5, 0), RECONNECT_MS_MIN);
  assert.ok(reconnectDelay(5, 0.25) < reconnectDelay(5, 0.75));
});
