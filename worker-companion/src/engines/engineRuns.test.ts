// The half of the engine contract that every engine shares, at its limits: a full engine, and an engine with a bug.
// The contract itself runs over the real engines, in test/contracts.
import assert from "node:assert/strict";
import { randomBytes } from "node:crypto";
import { test } from "node:test";
import { digestOf } from "#protocol/digest.ts";
import { attemptId } from "#protocol/ids.ts";
import { type JobSpec, jobKey } from "#protocol/job.ts";
import { byteCount, durationMs } from "#protocol/quantities.ts";
import type { EngineOutput, EngineWork } from "../core/engine.ts";
import { systemEngineClock } from "./engineClock.ts";
import { createEngineRuns, ENGINE_RUNS_MAX, type EngineRuns, type Runner } from "./engineRuns.ts";

const limits = { wallMs: durationMs(1), memoryBytes: byteCount(1), outputBytes: byteCount(100) };
const job: JobSpec = {
  kind: "ask",
  model: digestOf("model"),
  prompt: digestOf("prompt"),
  outputTokensMax: 1,
  temperatureMilli: 0,
  seed: 0,
  limits,
};

function work(): EngineWork {
  return { attemptId: attemptId.from(randomBytes(17)), jobKey: jobKey(job), job };
}

async function last(runs: EngineRuns, { attemptId: attempt }: EngineWork): Promise<EngineOutput | undefined> {
  let item: EngineOutput | undefined;
  for await (item of runs.stream(attempt, 0, new AbortController().signal));
  return item;
}

function runsOf(run: Runner["run"]): EngineRuns {
  return createEngineRuns({ run, clear: async () => {} }, systemEngineClock);
}

test("as many runs as the limit are held; one more ends at once, and a released one makes room", async () => {
  const runs = runsOf(async () => ({ outcome: { kind: "answered", stopReason: "end" } }));
  const held = Array.from({ length: ENGINE_RUNS_MAX }, work);
  for (const one of held) await runs.submit(one);
  const refused = work();
  await runs.submit(refused);
  const item = await last(runs, refused);
  assert.ok(item?.kind === "ended" && item.ending.outcome.kind === "failed");
  assert.equal(item.ending.outcome.code, "engine-full");
  await runs.release(refused.attemptId);
  for (const one of held.slice(0, 1)) await runs.release(one.attemptId);
  const fits = work();
  await runs.submit(fits);
  const ended = await last(runs, fits);
  assert.ok(ended?.kind === "ended" && ended.ending.outcome.kind === "answered");
});

test("a bug in an engine is an ending too, with its cause", async () => {
  const runs = runsOf(async () => {
    throw new TypeError("x is not a function");
  });
  const one = work();
  await runs.submit(one);
  const item = await last(runs, one);
  assert.ok(item?.kind === "ended" && item.ending.outcome.kind === "failed");
  assert.equal(item.ending.outcome.code, "engine-broken");
  assert.match(item.ending.outcome.message, /x is not a function/);
});
