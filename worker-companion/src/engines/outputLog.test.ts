// A run's output is the same for every reader, whenever it comes, and never more than its limits.
// The order of appends and reads is drawn at random: joining chunks must never show.
import assert from "node:assert/strict";
import { test } from "node:test";
import * as fc from "fast-check";
import type { EngineOutput } from "../core/engine.ts";
import { createOutputLog, OUTPUT_ITEMS_MAX, type OutputLog } from "./outputLog.ts";

const never = new AbortController().signal;
const ending = { outcome: { kind: "exited", exitCode: 0 } } as const;

async function all(log: OutputLog, from = 0): Promise<readonly EngineOutput[]> {
  const items: EngineOutput[] = [];
  for await (const item of log.stream(from, never)) items.push(item);
  return items;
}

function joined(items: readonly EngineOutput[], stream: "stdout" | "stderr"): Buffer {
  return Buffer.concat(items.flatMap((item) => (item.kind === "chunk" && item.stream === stream ? [item.bytes] : [])));
}

test("whatever the chunks and whenever they are read, each stream's bytes come in order and replay the same", async () => {
  const chunk = fc.record({ stream: fc.constantFrom("stdout", "stderr"), bytes: fc.uint8Array({ maxLength: 3_000 }) });
  await fc.assert(
    fc.asyncProperty(fc.array(fc.record({ chunk, waits: fc.boolean() }), { maxLength: 30 }), async (steps) => {
      const log = createOutputLog(1_000_000);
      const reading = all(log);
      for (const { chunk: part, waits } of steps) {
        assert.ok(log.append(part.stream, part.bytes));
        if (waits) await Promise.resolve();
      }
      log.end(ending);
      const live = await reading;
      assert.deepEqual(await all(log), live, "a reader of the first moment and a late one see the same items");
      assert.deepEqual(await all(log, 3), live.slice(3));
      for (const stream of ["stdout", "stderr"] as const) {
        const sent = steps.flatMap((step) => (step.chunk.stream === stream ? [step.chunk.bytes] : []));
        assert.deepEqual(joined(live, stream), Buffer.concat(sent));
      }
      assert.deepEqual(live.at(-1), { kind: "ended", ending });
    }),
    { numRuns: 60 },
  );
});

test("exactly the limit is kept, and one byte more is not", async () => {
  const log = createOutputLog(5);
  assert.equal(log.append("stdout", Buffer.from("abc")), true);
  assert.equal(log.append("stderr", Buffer.from("de")), true);
  assert.equal(log.append("stdout", Buffer.from("f")), false);
  log.end(ending);
  const items = await all(log);
  assert.equal(joined(items, "stdout").toString() + joined(items, "stderr").toString(), "abcde");
});

test("nothing follows the ending", async () => {
  const log = createOutputLog(100);
  log.end(ending);
  assert.equal(log.append("stdout", Buffer.from("late")), false);
  log.end({ outcome: { kind: "cancelled" } });
  assert.deepEqual(await all(log), [{ kind: "ended", ending }]);
});

test("the items of one run have an end", () => {
  const log = createOutputLog(Number.MAX_SAFE_INTEGER);
  const large = new Uint8Array(4_096);
  let kept = 0;
  // Chunks of this size are never joined, so each is an item; a small stand-in for them keeps the test's memory low.
  while (log.append(kept % 2 === 0 ? "stdout" : "stderr", large.subarray(0, 1))) kept++;
  assert.equal(kept, OUTPUT_ITEMS_MAX - 1);
});

test("a reader that gives up while it waits is let go with its reason", async () => {
  const log = createOutputLog(10);
  const controller = new AbortController();
  const reading = log.stream(0, controller.signal)[Symbol.asyncIterator]().next();
  controller.abort(new Error("gave up"));
  await assert.rejects(reading, /gave up/);
});
