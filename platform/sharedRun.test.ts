// Joining is sharing, but never sharing a run that began too early.
// Runs are opened and closed by hand, so that each order is chosen.
import assert from "node:assert/strict";
import { test } from "node:test";
import { SharedRun } from "./sharedRun.ts";

function runsByHand(): { readonly shared: SharedRun; readonly ends: ((fault?: Error) => void)[] } {
  const ends: ((fault?: Error) => void)[] = [];
  const shared = new SharedRun(
    () => new Promise((resolve, reject) => ends.push((fault) => (fault === undefined ? resolve() : reject(fault)))),
  );
  return { shared, ends };
}

const turn = (): Promise<void> => new Promise((resolve) => setImmediate(resolve));

test("all who join in one turn share one run; who joins during a run gets the next", async () => {
  const { shared, ends } = runsByHand();
  const early = [shared.join(), shared.join()];
  await turn();
  assert.equal(ends.length, 1);
  const late = [shared.join(), shared.join()];
  await turn();
  assert.equal(ends.length, 1, "one run at a time");
  ends[0]?.();
  await Promise.all(early);
  await turn();
  assert.equal(ends.length, 2);
  ends[1]?.();
  await Promise.all(late);
  await shared.settled();
});

test("a failed run fails those who shared it and nobody after", async () => {
  const { shared, ends } = runsByHand();
  const failing = shared.join();
  await turn();
  const next = shared.join();
  ends[0]?.(new Error("disk"));
  await assert.rejects(failing, /disk/);
  await turn();
  ends[1]?.();
  await next;
});
