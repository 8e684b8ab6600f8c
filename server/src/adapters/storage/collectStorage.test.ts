// Retention drops what no episode needs any more and nothing else: every blob that a kept episode names, directly or
// through a manifest, stays; so does all that is in use. A dry run says the same and changes nothing.
import assert from "node:assert/strict";
import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { test, type TestContext } from "node:test";
import { type Digest, digestOf } from "#protocol/digest.ts";
import type { JournalEvent } from "#protocol/events.ts";
import { byteCount, epochMs, sequence } from "#protocol/quantities.ts";
import type { StorageView } from "#protocol/wire/clientViews.ts";
import { openBlobFiles } from "#platform/blobs/blobFiles.ts";
import type { SweptBlobStore } from "#platform/blobs/blobStore.ts";
import { BLOB_GRACE_MS } from "#platform/blobs/blobUses.ts";
import {
  exited,
  finished,
  homeAlone,
  homeWith,
  idsOf,
  preview,
  start,
  withProposal,
} from "../../../../test/simulation/homeCommands.ts";
import { GPU, LOCAL } from "../../../../test/simulation/homeScenario.ts";
import { MemoryJournal } from "../../../../test/simulation/memoryJournal.ts";
import { adoptPolicy, policyOf, policyRule } from "../../../../test/simulation/policyCommands.ts";
import { review } from "../../../../test/simulation/reviewCommands.ts";
import { openOutputFiles, type OutputFiles } from "../outputFiles.ts";
import { collectStorage } from "./collectStorage.ts";
import { EpisodeTraces, RETAINED_EPISODES_MIN, RETENTION_MS } from "./retained.ts";

const never = new AbortController().signal;
const bytesOf = (text: string): Uint8Array => new TextEncoder().encode(text);

interface Storage {
  readonly blobs: SweptBlobStore;
  readonly outputs: OutputFiles;
  readonly journal: MemoryJournal;
  nowMs: number;
  readonly live: Set<string>;
  readonly record: (events: readonly JournalEvent[]) => Promise<void>;
  readonly collect: (dryRun?: boolean) => Promise<StorageView>;
  readonly has: (digest: Digest) => Promise<boolean>;
}

async function storage(t: TestContext): Promise<Storage> {
  const folder = await mkdtemp(join(tmpdir(), "arw-storage-"));
  const home: { nowMs: number } = { nowMs: Date.now() };
  const blobs = await openBlobFiles(join(folder, "blobs"), { now: () => home.nowMs });
  const outputs = await openOutputFiles(join(folder, "outputs"));
  t.after(async () => {
    await outputs.close();
    await rm(folder, { recursive: true, force: true });
  });
  const journal = new MemoryJournal();
  const live = new Set<string>();
  const now = () => epochMs(home.nowMs);
  const isLive = (attempt: string): boolean => live.has(attempt);
  return Object.assign(home, {
    blobs,
    outputs,
    journal,
    live,
    record: (events: readonly JournalEvent[]) =>
      journal.append({ sequence: sequence(journal.lastSequence + 1), events }),
    collect: (dryRun = false) => collectStorage({ journal, blobs, outputs, now, isLive }, dryRun, never),
    has: async (digest: Digest) => {
      for await (const blob of blobs.all()) if (blob.digest === digest) return true;
      return false;
    },
  });
}

/** So many episodes that have ended, each with a proposal, as the journal has them. */
async function endedEpisodes({ record }: Storage, from: number, to: number): Promise<void> {
  const home = homeAlone();
  for (let number = from; number <= to; number++) {
    home.run(start(number), finished(number, LOCAL, 0, { result: withProposal(number, exited(0)) }));
  }
  await record(home.events);
}

test("what an old episode alone needed goes; what a recent one names, directly or through a manifest, stays", async (t) => {
  const at = await storage(t);
  const old = await at.blobs.put(bytesOf("proposal 1"));
  const file = await at.blobs.put(bytesOf("a file of a tree"));
  const tree = await at.blobs.put(bytesOf(JSON.stringify({ entries: [{ path: "a", digest: file.digest }] })));
  const orphan = await at.blobs.put(bytesOf("nobody's"));
  const last = RETAINED_EPISODES_MIN + 1;
  const recent = await at.blobs.put(bytesOf(`proposal ${last}`));
  await endedEpisodes(at, 1, last);
  const [, open] = homeAlone().run(start(last + 1, { job: { ...commandOf(last + 1), tree: tree.digest } }));
  assert.ok(open !== undefined);
  await at.record([open]);
  for (const [number, text] of [
    [1, "old output"],
    [last, "recent output"],
  ] as const) {
    await at.outputs.append(idsOf(number).attemptId, "stdout", 0, bytesOf(text));
  }
  at.nowMs += RETENTION_MS + BLOB_GRACE_MS * 3;
  const foreseen = await at.collect(true);
  assert.equal((await at.has(old.digest)) && (await at.has(orphan.digest)), true, "a dry run drops nothing");
  const done = await at.collect();
  assert.deepEqual({ ...done, dryRun: true }, foreseen, "and says what a real one does");
  assert.deepEqual(done.blobs, { kept: 3, dropped: 2, droppedBytes: old.bytes + orphan.bytes });
  assert.deepEqual(done.outputs, { kept: 1, dropped: 1, droppedBytes: 10 });
  for (const gone of [old, orphan]) assert.equal(await at.blobs.size(gone.digest), undefined);
  for (const kept of [file, tree, recent]) assert.equal(await at.blobs.size(kept.digest), kept.bytes);
  assert.equal((await at.outputs.read(idsOf(1).attemptId, "stdout", 0, 99)).length, 0);
  assert.equal((await at.outputs.read(idsOf(last).attemptId, "stdout", 0, 99)).length, 13);
});

function commandOf(number: number): Extract<ReturnType<typeof start>["job"], { kind: "command" }> {
  const { job } = start(number);
  if (job.kind !== "command") throw new Error("the scenario starts commands");
  return job;
}

test("an open episode keeps everything, however old it is, and so does an attempt that is live", async (t) => {
  const at = await storage(t);
  const input = await at.blobs.put(bytesOf("the input"));
  const [started] = homeAlone()
    .run(start(1, { job: { ...commandOf(1), tree: input.digest } }))
    .filter(({ kind }) => kind === "JobQueued");
  assert.ok(started !== undefined);
  await at.record([started]);
  await at.outputs.append(idsOf(9).attemptId, "stdout", 0, bytesOf("not in the journal yet"));
  at.live.add(idsOf(9).attemptId);
  at.nowMs += RETENTION_MS * 10;
  assert.equal((await at.collect()).blobs.dropped, 0);
  assert.equal((await at.collect()).outputs.dropped, 0);
  assert.equal(await at.blobs.size(input.digest), input.bytes);
});

test("bytes that were stored a moment ago, or are stored while others are dropped, are never dropped", async (t) => {
  const at = await storage(t);
  const texts = Array.from({ length: 40 }, (_, index) => `blob ${index}`);
  for (const text of texts) await at.blobs.put(bytesOf(text));
  assert.equal((await at.collect()).blobs.dropped, 0, "they are young");
  at.nowMs += BLOB_GRACE_MS * 3;
  // Half of them are stored again while the collection runs: a command that names them is on its way.
  const wanted = texts.filter((_, index) => index % 2 === 0);
  const [view] = await Promise.all([at.collect(), ...wanted.map((text) => at.blobs.put(bytesOf(text)))]);
  assert.ok(view.blobs.dropped >= texts.length - wanted.length);
  for (const text of wanted) {
    const digest = digestOf(text);
    assert.deepEqual(
      await at.blobs.read(digest, byteCount(0), 99),
      bytesOf(text),
      `${text} was dropped under its user`,
    );
  }
});

test("an episode is kept for its whole retention, and beyond it while it is among the last that ended", () => {
  const home = homeAlone();
  home.run(start(1), finished(1, LOCAL));
  const traces = new EpisodeTraces();
  for (const event of home.events) traces.note(event);
  const endedMs = home.events.findLast(({ kind }) => kind === "EpisodeFinished")?.at ?? 0;
  const isKept = (afterMs: number): boolean =>
    traces.retained(epochMs(endedMs + afterMs)).attempts.has(idsOf(1).attemptId);
  assert.ok(isKept(RETENTION_MS * 100), "nothing has ended since");
  const others = homeAlone();
  for (let number = 2; number <= RETAINED_EPISODES_MIN; number++) others.run(start(number), finished(number, LOCAL));
  for (const event of others.events) traces.note(event);
  assert.ok(isKept(RETENTION_MS * 100), "it is the last but so many");
  const one = homeAlone();
  one.run(start(RETAINED_EPISODES_MIN + 1), finished(RETAINED_EPISODES_MIN + 1, LOCAL));
  for (const event of one.events) traces.note(event);
  assert.ok(isKept(RETENTION_MS - 1));
  assert.ok(!isKept(RETENTION_MS));
});

test("an attempt that runs when its output is counted keeps it, though its facts are durable and over only later", async (t) => {
  const at = await storage(t);
  const attempt = idsOf(9).attemptId;
  await at.outputs.append(attempt, "stdout", 0, bytesOf("printed before its offer was durable"));
  at.live.add(attempt);
  at.journal.hold();
  const offered = at.record(homeAlone().run(start(9)));
  const { journal } = at;
  const read = journal.read.bind(journal);
  // What it reads of the journal, it reads before the frame is durable; the attempt ends before anything is dropped.
  journal.read = async function* (from, limit) {
    yield* read(from, limit);
    journal.release();
    await offered;
    at.live.clear();
  };
  assert.equal((await at.collect()).outputs.dropped, 0);
});

test("the last to end are those that ended last, whenever they began", () => {
  const traces = new EpisodeTraces();
  const early = homeAlone();
  early.run(start(1));
  const begun = early.events.length;
  early.run(finished(1, LOCAL));
  for (const event of early.events.slice(0, begun)) traces.note(event);
  const others = homeAlone();
  for (let number = 2; number <= RETAINED_EPISODES_MIN + 1; number++) {
    others.run(start(number), finished(number, LOCAL));
  }
  for (const event of others.events) traces.note(event);
  for (const event of early.events.slice(begun)) traces.note(event);
  const kept = traces.retained(epochMs(RETENTION_MS * 100_000)).attempts;
  assert.ok(kept.has(idsOf(1).attemptId), "it was the last to end");
  assert.ok(!kept.has(idsOf(2).attemptId), "it was the first");
  assert.equal(kept.size, RETAINED_EPISODES_MIN);
});

/** Two results under a rule that asks for a look; the first was discarded, the second waits. */
async function reviewedEpisodes({ record }: Storage): Promise<void> {
  const home = homeWith(GPU);
  home.run(adoptPolicy(policyOf(policyRule("looks", "allow", { obligations: { reviewResult: true } }))));
  for (const number of [1, 2]) {
    home.run(preview(number, GPU), finished(number, GPU, 0, { result: withProposal(number, exited(0)) }));
  }
  home.run(review(1, { verdict: "discarded" }));
  await record(home.events);
}

test("what the owner discarded goes however young it is, and what waits for a look stays however old", async (t) => {
  const at = await storage(t);
  const discarded = await at.blobs.put(bytesOf("proposal 1"));
  const waiting = await at.blobs.put(bytesOf("proposal 2"));
  await at.outputs.append(idsOf(2).attemptId, "stdout", 0, bytesOf("what waits"));
  await reviewedEpisodes(at);
  at.nowMs += BLOB_GRACE_MS * 3;
  await at.collect();
  assert.deepEqual([await at.has(discarded.digest), await at.has(waiting.digest)], [false, true]);
  await endedEpisodes(at, 1_001, 1_001 + RETAINED_EPISODES_MIN);
  at.nowMs += RETENTION_MS * 10;
  await at.collect();
  assert.equal(await at.has(waiting.digest), true);
  assert.equal((await at.outputs.read(idsOf(2).attemptId, "stdout", 0, 99)).length, 10);
});

test("a job under such a rule that brought nothing back is kept no longer than any other", () => {
  const home = homeWith(GPU);
  home.run(adoptPolicy(policyOf(policyRule("looks", "allow", { obligations: { reviewResult: true } }))));
  home.run(preview(1, GPU), finished(1, GPU));
  for (let number = 2; number <= RETAINED_EPISODES_MIN + 1; number++) home.run(start(number), finished(number, LOCAL));
  const traces = new EpisodeTraces();
  for (const event of home.events) traces.note(event);
  assert.ok(!traces.retained(epochMs(Date.now() + RETENTION_MS * 2)).attempts.has(idsOf(1).attemptId));
});
