// A background Home ends by itself when nobody needs it, and never a moment before.
import assert from "node:assert/strict";
import { test, type TestContext } from "node:test";
import { type IdleWatch, openIdleWatch } from "./idleWatch.ts";

const IDLE = 60_000;

interface Watched {
  readonly idle: IdleWatch;
  readonly runs: { count: number };
  readonly pass: (ms: number) => void;
}

function watch(context: TestContext, enabled = true): Watched {
  context.mock.timers.enable({ apis: ["setTimeout"] });
  const runs = { count: 0 };
  const idle = openIdleWatch({ idleMs: IDLE, enabled, busy: () => runs.count > 0 });
  return { idle, runs, pass: (ms) => context.mock.timers.tick(ms) };
}

test("a Home that no client ever found ends after its time", (t) => {
  const { idle, pass } = watch(t);
  pass(IDLE - 1);
  assert.equal(idle.ended.aborted, false);
  pass(1);
  assert.equal(idle.ended.aborted, true);
});

test("the time runs from the last client's end, whole", (t) => {
  const { idle, pass } = watch(t);
  pass(IDLE - 1);
  idle.clients(1);
  idle.clients(2);
  pass(10 * IDLE);
  idle.clients(1);
  pass(10 * IDLE);
  assert.equal(idle.ended.aborted, false);
  idle.clients(0);
  pass(IDLE - 1);
  assert.equal(idle.ended.aborted, false);
  pass(1);
  assert.equal(idle.ended.aborted, true);
});

test("a Home that still runs something goes on, and looks again", (t) => {
  const { idle, runs, pass } = watch(t);
  runs.count = 1;
  for (let round = 0; round < 5; round++) pass(IDLE);
  assert.equal(idle.ended.aborted, false);
  runs.count = 0;
  pass(IDLE);
  assert.equal(idle.ended.aborted, true);
});

test("a Home in the foreground never ends by itself", (t) => {
  const { idle, pass } = watch(t, false);
  idle.clients(1);
  idle.clients(0);
  pass(100 * IDLE);
  assert.equal(idle.ended.aborted, false);
});

test("once disposed, not even a client's late end starts the clock", (t) => {
  const { idle, pass } = watch(t);
  idle.dispose();
  idle.clients(0);
  pass(100 * IDLE);
  assert.equal(idle.ended.aborted, false);
});
