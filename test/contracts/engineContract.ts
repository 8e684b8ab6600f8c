// What every engine must do, whatever it runs: the same claims run over each, so that the worker need not know which it holds.
import assert from "node:assert/strict";
import { randomBytes } from "node:crypto";
import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { test } from "node:test";
import { openBlobFiles } from "#platform/blobs/blobFiles.ts";
import type { BlobStore } from "#platform/blobs/blobStore.ts";
import { type AttemptId, attemptId } from "#protocol/ids.ts";
import { type JobLimits, type JobSpec, jobKey } from "#protocol/job.ts";
import { byteCount, durationMs } from "#protocol/quantities.ts";
import type { JobOutcome, OutputStream } from "#protocol/result.ts";
import type { Engine, EngineOutput, EngineWork } from "../../worker-companion/src/core/engine.ts";

/** One engine with the jobs that the claims need. */
export interface EngineUnderTest {
  readonly engine: Engine;
  /** Ends by itself, after output on its main stream. */
  readonly quick: JobSpec;
  /** Writes at once and would then go on for minutes. */
  readonly long: JobSpec;
  readonly stream: OutputStream;
}

export interface Place {
  readonly folder: string;
  readonly blobs: BlobStore;
}

export const never: AbortSignal = new AbortController().signal;

/** `open` makes the engine in a fresh folder; the contract disposes it. */
export function describeEngine(name: string, open: (place: Place) => Promise<EngineUnderTest>): void {
  const claim = (text: string, check: (subject: EngineUnderTest) => Promise<void>): void => {
    test(`${name}: ${text}`, () =>
      inPlace(async (place) => {
        const subject = await open(place);
        try {
          await check(subject);
        } finally {
          await subject.engine.dispose();
        }
      }));
  };

  claim("a probe on a fit machine says ready", async ({ engine }) => {
    const advert = await engine.probe(never);
    assert.equal(advert.state, "ready");
    assert.equal(advert.kind === "command" ? "command" : "ask", engine.kind);
  });

  claim("a run gives chunks in order, then exactly one ending", async ({ engine, quick, stream }) => {
    const work = workOf(quick);
    await engine.submit(work);
    const items = await collect(engine, work.attemptId);
    const kinds = items.map((item) => item.kind);
    assert.deepEqual(
      kinds.slice(0, -1).filter((kind) => kind !== "chunk"),
      [],
    );
    assert.equal(kinds.at(-1), "ended");
    assert.ok(textOf(items, stream).length > 0);
    assert.notEqual(outcomeOf(items).kind, "failed");
  });

  claim("the output replays from any item, as often as asked", async ({ engine, quick }) => {
    const work = workOf(quick);
    await engine.submit(work);
    const items = await collect(engine, work.attemptId);
    for (let from = 0; from <= items.length; from++) {
      assert.deepEqual(await collect(engine, work.attemptId, from), items.slice(from));
    }
  });

  claim("submitting an attempt again joins its run", async ({ engine, quick, stream }) => {
    const work = workOf(quick);
    await Promise.all([engine.submit(work), engine.submit(work)]);
    const items = await collect(engine, work.attemptId);
    await engine.submit(work);
    assert.deepEqual(await collect(engine, work.attemptId), items);
    assert.equal(items.filter((item) => item.kind === "ended").length, 1);
    assert.ok(textOf(items, stream).length > 0);
  });

  claim("output is handed out while the run goes on", async ({ engine, long }) => {
    const work = workOf(long);
    await engine.submit(work);
    const first = await firstChunk(engine, work.attemptId);
    assert.equal(first.kind, "chunk");
    assert.equal(await engine.reattach(work.jobKey, work.attemptId), "running");
  });

  claim("a cancelled run ends as cancelled, and a second cancel changes nothing", async ({ engine, long }) => {
    const work = workOf(long);
    await engine.submit(work);
    await firstChunk(engine, work.attemptId);
    await engine.cancel(work.attemptId);
    assert.equal(await engine.reattach(work.jobKey, work.attemptId), "ended");
    const items = await collect(engine, work.attemptId);
    assert.deepEqual(outcomeOf(items), { kind: "cancelled" });
    await engine.cancel(work.attemptId);
    assert.deepEqual(await collect(engine, work.attemptId), items);
  });

  claim("a run that is cancelled before it starts ends as cancelled", async ({ engine, long }) => {
    const work = workOf(long);
    const submitted = engine.submit(work);
    await engine.cancel(work.attemptId);
    await submitted;
    assert.deepEqual(outcomeOf(await collect(engine, work.attemptId)), { kind: "cancelled" });
  });

  claim("a reader that stops waiting leaves the run alone", async ({ engine, long }) => {
    const work = workOf(long);
    await engine.submit(work);
    await firstChunk(engine, work.attemptId);
    const controller = new AbortController();
    const waiting = collect(engine, work.attemptId, 0, controller.signal);
    controller.abort(new Error("enough"));
    await assert.rejects(waiting, /enough/);
    assert.equal(await engine.reattach(work.jobKey, work.attemptId), "running");
  });

  claim("an unknown attempt has no stream and no usage, and cancelling it is no error", async ({ engine, quick }) => {
    const { attemptId: unknown, jobKey: key } = workOf(quick);
    assert.throws(() => engine.usage(unknown), { code: "attempt-unknown" });
    assert.throws(() => engine.stream(unknown, 0, never), { code: "attempt-unknown" });
    await engine.cancel(unknown);
    await engine.release(unknown);
    assert.equal(await engine.reattach(key, unknown), "unknown");
  });

  claim("reattaching names the run's state, for its own job only", async ({ engine, quick, long }) => {
    const work = workOf(quick);
    await engine.submit(work);
    await collect(engine, work.attemptId);
    assert.equal(await engine.reattach(work.jobKey, work.attemptId), "ended");
    assert.equal(await engine.reattach(jobKey(long), work.attemptId), "unknown");
  });

  claim("usage stands still once the run has ended", async ({ engine, quick }) => {
    const work = workOf(quick);
    await engine.submit(work);
    await collect(engine, work.attemptId);
    const usage = engine.usage(work.attemptId);
    assert.ok(usage.busyMs >= 0);
    assert.deepEqual(engine.usage(work.attemptId), usage);
  });

  claim("a released run is forgotten", async ({ engine, quick }) => {
    const work = workOf(quick);
    await engine.submit(work);
    await collect(engine, work.attemptId);
    await engine.release(work.attemptId);
    assert.equal(await engine.reattach(work.jobKey, work.attemptId), "unknown");
    assert.throws(() => engine.usage(work.attemptId), { code: "attempt-unknown" });
  });

  claim("disposing ends what runs, and its readers see the ending", async ({ engine, long }) => {
    const work = workOf(long);
    await engine.submit(work);
    await firstChunk(engine, work.attemptId);
    const reading = collect(engine, work.attemptId);
    await engine.dispose();
    assert.deepEqual(outcomeOf(await reading), { kind: "cancelled" });
    assert.equal(await engine.reattach(work.jobKey, work.attemptId), "unknown");
  });

  claim("output past the job's limit ends the run and says which limit", async ({ engine, quick, stream }) => {
    const work = workOf({ ...quick, limits: { ...quick.limits, outputBytes: bytesOfOne } });
    await engine.submit(work);
    const items = await collect(engine, work.attemptId);
    const outcome = outcomeOf(items);
    assert.equal(outcome.kind === "failed" ? outcome.code : outcome.kind, "output-limit");
    assert.equal(textOf(items, stream).length, 1);
  });

  claim("a run past its wall limit is ended and says which limit", async ({ engine, long }) => {
    const work = workOf({ ...long, limits: { ...long.limits, wallMs: shortWall } });
    await engine.submit(work);
    const outcome = outcomeOf(await collect(engine, work.attemptId));
    assert.equal(outcome.kind === "failed" ? outcome.code : outcome.kind, "wall-limit");
  });
}

const bytesOfOne = byteCount(1);
const shortWall = durationMs(300);

/** Far beyond what any claim needs. */
export const generousLimits: JobLimits = {
  wallMs: durationMs(600_000),
  memoryBytes: byteCount(1024 ** 3),
  outputBytes: byteCount(16 * 1024 ** 2),
};

/** A fresh folder with a blob store, gone afterwards. */
export async function inPlace(check: (place: Place) => Promise<void>): Promise<void> {
  const folder = await mkdtemp(join(tmpdir(), "arw-engine-"));
  try {
    await check({ folder: join(folder, "engine"), blobs: await openBlobFiles(join(folder, "blobs")) });
  } finally {
    await rm(folder, { recursive: true, force: true });
  }
}

export function workOf(job: JobSpec): EngineWork {
  return { attemptId: attemptId.from(randomBytes(17)), jobKey: jobKey(job), job };
}

export async function collect(
  engine: Engine,
  attempt: AttemptId,
  from = 0,
  signal: AbortSignal = never,
): Promise<readonly EngineOutput[]> {
  const items: EngineOutput[] = [];
  for await (const item of engine.stream(attempt, from, signal)) items.push(item);
  return items;
}

export async function firstChunk(engine: Engine, attempt: AttemptId): Promise<EngineOutput> {
  for await (const item of engine.stream(attempt, 0, never)) return item;
  throw new Error("the run gave nothing");
}

export function outcomeOf(items: readonly EngineOutput[]): JobOutcome {
  const last = items.at(-1);
  assert.ok(last?.kind === "ended", "the run has ended");
  return last.ending.outcome;
}

export function textOf(items: readonly EngineOutput[], stream: OutputStream): string {
  const chunks = items.flatMap((item) => (item.kind === "chunk" && item.stream === stream ? [item.bytes] : []));
  return Buffer.concat(chunks).toString();
}
