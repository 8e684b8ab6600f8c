// The owner is told of everything that waits, and nagged about nothing.
import assert from "node:assert/strict";
import { test } from "node:test";
import * as fc from "fast-check";
import {
  allTold,
  BURST_MS,
  NOTICE_GAP_MS,
  type NoticeInput,
  type NoticeState,
  type NoticeStep,
  noticeStep,
  REPEAT_MS,
} from "./noticeClock.ts";

const NOTHING_TOLD: NoticeState = { told: new Map() };
const input = (now: number, waiting: readonly string[], change: Partial<NoticeInput> = {}): NoticeInput => ({
  waiting,
  inSight: () => false,
  focused: false,
  now,
  ...change,
});

/** The notice about these, told when the burst was over. */
function told(waiting: readonly string[], change: Partial<NoticeInput> = {}): NoticeStep {
  const seen = noticeStep(NOTHING_TOLD, input(0, waiting, change));
  assert.deepEqual([seen.notify, seen.againInMs], [false, BURST_MS]);
  const step = noticeStep(seen.state, input(BURST_MS, waiting, change));
  assert.ok(step.notify);
  return step;
}

test("a burst is one notice", () => {
  let { state } = noticeStep(NOTHING_TOLD, input(0, ["a"]));
  ({ state } = noticeStep(state, input(BURST_MS / 2, ["a", "b", "c"])));
  const step = noticeStep(state, input(BURST_MS, ["a", "b", "c"]));
  assert.ok(step.notify);
  assert.equal(noticeStep(step.state, input(10 * NOTICE_GAP_MS, ["a", "b", "c"])).notify, false);
});

test("in the window's focus it is told once more after a minute, with all that waits, and then no more", () => {
  const focused = { focused: true } as const;
  const first = told(["a"], focused);
  assert.equal(first.againInMs, REPEAT_MS);
  const early = noticeStep(first.state, input(BURST_MS + 1, ["a", "b"], focused));
  assert.deepEqual([early.notify, early.againInMs], [false, REPEAT_MS - 1]);
  const second = noticeStep(early.state, input(BURST_MS + REPEAT_MS, ["a", "b"], focused));
  assert.ok(second.notify);
  const onlyA = noticeStep(second.state, input(10 * REPEAT_MS, ["a"], focused));
  assert.deepEqual([onlyA.notify, onlyA.againInMs], [false, undefined]);
});

test("away from the window nothing is repeated, and what comes within five minutes is told when they are over", () => {
  const first = told(["a"]);
  const early = noticeStep(first.state, input(BURST_MS + 1, ["a", "b", "c"]));
  assert.deepEqual([early.notify, early.againInMs], [false, NOTICE_GAP_MS - 1]);
  assert.ok(noticeStep(early.state, input(BURST_MS + NOTICE_GAP_MS, ["a", "b", "c"])).notify);
});

test("what is in sight, or was told otherwise, interrupts nobody, and is not told once it is out of sight", () => {
  const seen = noticeStep(NOTHING_TOLD, input(0, ["a"], { inSight: () => true }));
  assert.equal(noticeStep(seen.state, input(10 * BURST_MS, ["a"])).notify, false);
  const said = allTold(NOTHING_TOLD, ["a"]);
  assert.equal(noticeStep(said, input(10 * BURST_MS, ["a"])).notify, false);
});

test("what a person's own command opened is not told, and what comes beside it is", () => {
  const reading = { inSight: (id: string) => id === "a" };
  const { againInMs, state } = noticeStep(NOTHING_TOLD, input(0, ["a"], reading));
  assert.equal(againInMs, undefined);
  const beside = noticeStep(state, input(1, ["a", "b"], reading));
  assert.ok(noticeStep(beside.state, input(1 + BURST_MS, ["a", "b"])).notify);
});

test("in any run of events notices keep their distance, nothing is told more than twice, and all is told or seen in the end", () => {
  const step = fc.record({
    waiting: fc.subarray(["a", "b", "c", "d"]),
    inSight: fc.boolean(),
    focused: fc.boolean(),
    afterMs: fc.nat(NOTICE_GAP_MS),
  });
  const property = fc.property(fc.array(step), (steps) => {
    let now = 0;
    let state = NOTHING_TOLD;
    let last = -Infinity;
    const tellings = new Map<string, number>();
    for (const { afterMs, focused, inSight, waiting } of steps) {
      now += afterMs;
      const next = noticeStep(state, { waiting, inSight: () => inSight, focused, now });
      for (const id of tellings.keys()) if (!waiting.includes(id)) tellings.delete(id);
      if (next.notify) {
        assert.ok(!inSight && now - last >= (focused ? REPEAT_MS : NOTICE_GAP_MS));
        last = now;
        for (const [id, { times }] of state.told)
          if (waiting.includes(id) && times < 2) tellings.set(id, (tellings.get(id) ?? 0) + 1);
      }
      for (const count of tellings.values()) assert.ok(count <= 2);
      const untold = waiting.filter((id) => next.state.told.get(id)?.times === 0);
      if (untold.length > 0) assert.ok(next.againInMs !== undefined);
      state = next.state;
    }
  });
  fc.assert(property, { numRuns: 300 });
});
