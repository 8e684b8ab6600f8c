// The owner is told of everything that waits, and nagged about nothing.
import assert from "node:assert/strict";
import { test } from "node:test";
import * as fc from "fast-check";
import { NOTICE_GAP_MS, type NoticeState, noticeStep } from "./noticeClock.ts";

const NOTHING_TOLD: NoticeState = { told: new Set() };

test("the first thing that waits is told at once, and not again", () => {
  const first = noticeStep(NOTHING_TOLD, { waiting: ["a"], inSight: false, now: 0 });
  assert.ok(first.notify);
  const later = noticeStep(first.state, { waiting: ["a"], inSight: false, now: 10 * NOTICE_GAP_MS });
  assert.deepEqual([later.notify, later.againInMs], [false, undefined]);
});

test("what comes within five minutes is told together when they are over", () => {
  const { state } = noticeStep(NOTHING_TOLD, { waiting: ["a"], inSight: false, now: 0 });
  const early = noticeStep(state, { waiting: ["a", "b", "c"], inSight: false, now: 1 });
  assert.deepEqual([early.notify, early.againInMs], [false, NOTICE_GAP_MS - 1]);
  assert.ok(noticeStep(early.state, { waiting: ["a", "b", "c"], inSight: false, now: NOTICE_GAP_MS }).notify);
});

test("what is in sight interrupts nobody, and is not told once it is out of sight", () => {
  const seen = noticeStep(NOTHING_TOLD, { waiting: ["a"], inSight: true, now: 0 });
  assert.equal(seen.notify, false);
  assert.equal(noticeStep(seen.state, { waiting: ["a"], inSight: false, now: 1 }).notify, false);
  assert.ok(noticeStep(seen.state, { waiting: ["a", "b"], inSight: false, now: 1 }).notify);
});

test("in any run of events notices are five minutes apart, and whatever waits long enough is told or seen", () => {
  const step = fc.record({
    waiting: fc.subarray(["a", "b", "c", "d"]),
    inSight: fc.boolean(),
    afterMs: fc.nat(NOTICE_GAP_MS),
  });
  const property = fc.property(fc.array(step), (steps) => {
    let now = 0;
    let state = NOTHING_TOLD;
    let last = -Infinity;
    for (const { afterMs, inSight, waiting } of steps) {
      now += afterMs;
      const next = noticeStep(state, { waiting, inSight, now });
      if (next.notify) {
        assert.ok(now - last >= NOTICE_GAP_MS && !inSight);
        last = now;
      }
      const untold = waiting.filter((id) => !next.state.told.has(id));
      assert.equal(untold.length > 0, next.againInMs !== undefined);
      state = next.state;
    }
  });
  fc.assert(property, { numRuns: 300 });
});
