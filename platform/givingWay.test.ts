// Long work in one thread with others: it gives way by the time it used, and its result is what it would have been.
import assert from "node:assert/strict";
import { test } from "node:test";
import { canonicalJson } from "#protocol/canonicalJson.ts";
import { canonicalBytes, givingWay, HOLD_MS_MAX } from "./givingWay.ts";

/** So many steps, each of which takes a millisecond of the test's clock. */
function workOf(steps: number): { readonly work: Generator<void, string>; readonly nowMs: () => number } {
  let nowMs = 0;
  const work = (function* (): Generator<void, string> {
    for (let step = 0; step < steps; step++) {
      nowMs++;
      yield;
    }
    return "done";
  })();
  return { work, nowMs: () => nowMs };
}

/** How often others had their turn while it ran. */
async function turnsDuring(run: () => Promise<unknown>): Promise<number> {
  let [turns, running] = [0, true];
  const others = (): void => {
    if (!running) return;
    turns++;
    setImmediate(others);
  };
  setImmediate(others);
  await run();
  running = false;
  return turns;
}

test("others have their turn each time that the work has used its own", async () => {
  const { work, nowMs } = workOf(HOLD_MS_MAX * 20);
  const turns = await turnsDuring(async () => assert.equal(await givingWay(work, nowMs), "done"));
  assert.ok(turns >= 19 && turns <= 21, `${turns} turns`);
});

test("work that is short takes no turn of anybody's, and a step that fails fails the work", async () => {
  const { work, nowMs } = workOf(HOLD_MS_MAX - 1);
  assert.equal(await turnsDuring(() => givingWay(work, nowMs)), 0);
  const failing = (function* (): Generator<void, string> {
    yield;
    throw new Error("it broke");
  })();
  await assert.rejects(givingWay(failing), /it broke/);
});

test("the bytes of a document are those of its canonical JSON", async () => {
  const document = { kind: "tree", entries: Array.from({ length: 1_000 }, (_, index) => ({ path: `ä${index}` })) };
  assert.equal((await canonicalBytes(document)).toString("utf8"), canonicalJson(document));
});
