// When a window stops trying: at the limit it goes on, past it it stops, and old losses do not count.
import assert from "node:assert/strict";
import { test } from "node:test";
import { LOSSES_MAX, LOSS_WINDOW_MS, LossCount } from "./lossCount.ts";

test("as many losses as allowed are borne, one more is too many, until they are long ago or forgotten", () => {
  const losses = new LossCount();
  for (let count = 0; count < LOSSES_MAX; count++) losses.add(count);
  assert.equal(losses.isTooMany(LOSSES_MAX), false);
  losses.add(LOSSES_MAX);
  assert.equal(losses.isTooMany(LOSSES_MAX), true);
  assert.equal(losses.isTooMany(LOSS_WINDOW_MS), false, "the first one is out of the window");
  losses.add(LOSSES_MAX + 1);
  assert.equal(losses.isTooMany(LOSSES_MAX + 1), true);
  losses.forget();
  assert.equal(losses.isTooMany(LOSSES_MAX + 1), false);
});
