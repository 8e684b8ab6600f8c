// Many requests, few runs, never two at once, and the last request always counts.
import assert from "node:assert/strict";
import { test } from "node:test";
import { Coalesce } from "./coalesce.ts";

test("requests during a run make one more run after it, and requests before it make one", async (t) => {
  t.mock.timers.enable({ apis: ["setTimeout"] });
  const runs: PromiseWithResolvers<void>[] = [];
  using coalesce = new Coalesce(() => {
    const run = withResolvers();
    runs.push(run);
    return run.promise;
  }, 100);
  coalesce.request();
  coalesce.request();
  t.mock.timers.tick(99);
  assert.equal(runs.length, 0);
  t.mock.timers.tick(1);
  assert.equal(runs.length, 1);
  coalesce.request();
  coalesce.request();
  t.mock.timers.tick(1_000);
  assert.equal(runs.length, 1, "never two at once");
  runs[0]?.resolve();
  await runs[0]?.promise;
  await Promise.resolve();
  t.mock.timers.tick(100);
  assert.equal(runs.length, 2);
});

test("after its end nothing runs any more", (t) => {
  t.mock.timers.enable({ apis: ["setTimeout"] });
  let runs = 0;
  const coalesce = new Coalesce(() => Promise.resolve(void runs++), 10);
  coalesce.request();
  coalesce[Symbol.dispose]();
  coalesce.request();
  t.mock.timers.tick(100);
  assert.equal(runs, 0);
});

interface PromiseWithResolvers<T> {
  readonly promise: Promise<T>;
  readonly resolve: (value: T) => void;
}

function withResolvers(): PromiseWithResolvers<void> {
  let resolve: () => void = () => undefined;
  const promise = new Promise<void>((settle) => {
    resolve = settle;
  });
  return { promise, resolve };
}
