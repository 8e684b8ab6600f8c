// A Home that dies at any point of a send: what was not settled is `unknown` after the restart, its reservation stays spent,
// and nothing of it is sent again. The Home, its journal and the attempt desk are real; the process that dies is simulated.
import assert from "node:assert/strict";
import { test } from "node:test";
import type { JournalEvent } from "#protocol/events.ts";
import { type AskJob, jobKey } from "#protocol/job.ts";
import { byteCount, fencingToken } from "#protocol/quantities.ts";
import type { JobResult } from "#protocol/result.ts";
import { BLOB_CHUNK_BYTES_MAX, type HomeMessage, type Need, type Offer } from "#protocol/wire/worker.ts";
import {
  approve,
  askJob,
  connect,
  homeWith,
  idsOf,
  later,
  NOW,
  preview,
  receiptOf,
} from "../../../../test/simulation/homeCommands.ts";
import { GPU, only, type Scenario, steadyAt } from "../../../../test/simulation/homeScenario.ts";
import { MemoryBlobs } from "../../../../test/simulation/memoryBlobs.ts";
import { MemoryJournal, settled } from "../../../../test/simulation/memoryJournal.ts";
import type { Effect } from "../../home/effects.ts";
import { evolve } from "../../home/evolve.ts";
import { Home } from "../../home/home.ts";
import { liveAttempts } from "../../home/job/state.ts";
import type { NodeChannel } from "../../home/nodeChannel.ts";
import { resume } from "../../home/resume.ts";
import type { HomeState } from "../../home/state.ts";
import type { OutputFiles } from "../outputFiles.ts";
import { AttemptDesk } from "./attemptDesk.ts";

const { attemptId, recordId, leaseId } = idsOf(1);
const IDS = { attemptId, fencingToken: fencingToken(1) };
const PROMPT = Buffer.alloc(3 * BLOB_CHUNK_BYTES_MAX, "p");
const BUDGET = byteCount(PROMPT.length + 2_000);

const NO_OUTPUT: OutputFiles = {
  prepare: () => undefined,
  append: async () => undefined,
  begin: async () => ({ durable: Promise.resolve() }),
  renew: async () => true,
  read: async () => new Uint8Array(0),
  remove: async () => undefined,
  attempts: async () => new Map(),
  close: async () => undefined,
};

/** One process of the Home: it lives until `dead` is set, and then does nothing more. */
interface Life {
  readonly home: Home;
  readonly desk: AttemptDesk;
  readonly sent: HomeMessage[];
  readonly channel: NodeChannel;
  readonly facts: JournalEvent[];
  dead: boolean;
}

interface LifeTerms {
  readonly state: HomeState;
  readonly blobs: MemoryBlobs;
  /** Called after each message to the worker. */
  readonly onSent?: (life: Life, count: number) => void;
  readonly performs?: boolean;
}

function live({ state, blobs, onSent, performs = true }: LifeTerms): Life {
  const sent: HomeMessage[] = [];
  const facts: JournalEvent[] = [];
  const channel: NodeChannel = {
    nodeId: GPU.nodeId,
    local: false,
    deliver: (message) => say(message),
    carry: (message) => say(message),
  };
  const say = async (message: HomeMessage): Promise<boolean> => {
    // A process that is dead sends nothing, and never comes back from where it was.
    if (life.dead) return new Promise(() => undefined);
    sent.push(message);
    onSent?.(life, sent.length);
    return true;
  };
  const perform = (effect: Effect): void => {
    if (life.dead || !performs) return;
    if (effect.kind === "SendOffer") void life.desk.sendOffer(effect);
    if (effect.kind === "CancelAttempt" || effect.kind === "SettleAttempt") void life.desk.end(effect);
  };
  const home = new Home(state, {
    journal: new MemoryJournal(),
    perform,
    onDurable: ({ events }) => {
      if (!life.dead) facts.push(...events);
    },
    onReadOnly: () => assert.fail("the journal does not fail here"),
  });
  const desk = new AttemptDesk({
    home: () => home,
    blobs,
    outputs: NO_OUTPUT,
    now: () => later(10),
    steady: () => steadyAt(10),
    mintProposalId: () => idsOf(1).proposalId,
    channelOf: () => channel,
    onTrouble: (what, error) => assert.fail(`${what}: ${String(error)}`),
  });
  const life: Life = { home, desk, sent, channel, facts, dead: false };
  return life;
}

/** What is durable when the process dies, as the next process reads it. */
function afterDeath(before: Scenario, life: Life): HomeState {
  life.dead = true;
  return life.facts.reduce(evolve, before.state);
}

async function offering(performs = true, onSent?: LifeTerms["onSent"]): Promise<Offering> {
  const before = homeWith(GPU);
  const blobs = new MemoryBlobs();
  const { digest } = await blobs.put(PROMPT);
  const job: AskJob = { ...askJob(1), prompt: digest };
  const life = live({ state: before.state, blobs, performs, ...(onSent === undefined ? {} : { onSent }) });
  await life.home.execute(preview(1, GPU, { job, payloadBytes: BUDGET, paths: [] }));
  await life.home.execute(approve(1));
  await settled();
  const need: Need = { kind: "need", ...IDS, blobs: [{ digest, fromByte: byteCount(0) }] };
  return { before, blobs, job, life, need };
}
interface Offering {
  readonly before: Scenario;
  readonly blobs: MemoryBlobs;
  readonly job: AskJob;
  readonly life: Life;
  readonly need: Need;
}

/** The next process: it resumes, and the worker comes back with what it holds. */
async function restart({ before, blobs, life }: Offering, holds: boolean): Promise<Life> {
  const next = live({ state: afterDeath(before, life), blobs });
  const effects = resume(next.home.state);
  assert.deepEqual(
    effects.filter(({ kind }) => kind === "SendOffer"),
    [],
    "an offer that may have been sent is not sent again",
  );
  assert.ok(effects.some((effect) => effect.kind === "AwaitNode" && effect.nodeId === GPU.nodeId));
  await next.home.execute(connect(GPU, { held: holds ? [attemptId] : [], transfers: next.desk.crossings.transfers() }));
  for (const { job, attempt } of liveAttempts(next.home.state.jobs, GPU.nodeId)) {
    const offer: Offer = {
      kind: "offer",
      ...IDS,
      jobId: job.jobId,
      corrId: job.corrId,
      payload: job.jobKey,
      job: job.job,
    };
    assert.equal(attempt.attemptId, attemptId);
    next.desk.resume(offer);
  }
  await settled();
  return next;
}

function assertUnknown(life: Life): void {
  const record = only(life.facts, "EgressSettled");
  assert.deepEqual([record.recordId, record.state], [recordId, "unknown"]);
  const spent = only(life.facts, "LeaseCommitted");
  assert.deepEqual([spent.leaseId, spent.bytes], [leaseId, BUDGET], "the reservation stays spent whole");
  assert.equal(life.home.state.egress.open.size, 0);
  assertNothingSent(life);
}

/** The end of an attempt may be told; nothing of the job is. */
function assertNothingSent({ sent }: Life): void {
  assert.deepEqual(
    sent.filter(({ kind }) => kind === "offer" || kind === "blob"),
    [],
  );
}

test("killed after the record is durable and before the send: unknown, and never sent", async () => {
  const offered = await offering(false);
  assert.deepEqual(offered.life.sent, []);
  only(offered.life.facts, "EgressRecorded");
  assertUnknown(await restart(offered, false));
});

test("killed after the offer and before the worker's answer: unknown, whether it arrived or not", async () => {
  const offered = await offering();
  assert.deepEqual(
    offered.life.sent.map(({ kind }) => kind),
    ["offer"],
  );
  assertUnknown(await restart(offered, false));
});

test("killed in the middle of a send: unknown; a worker that asks for the rest gets nothing of it", async () => {
  for (const holds of [true, false]) {
    const offered = await offering(true, (life, count) => {
      // The offer, one chunk, and the end.
      if (count === 2) life.dead = true;
    });
    const { channel, desk, sent } = offered.life;
    await desk.receive(channel, { kind: "accepted", ...IDS }, new Uint8Array(0));
    await desk.receive(channel, offered.need, new Uint8Array(0));
    await settled();
    assert.deepEqual(
      sent.map(({ kind }) => kind),
      ["offer", "blob"],
    );
    const next = await restart(offered, holds);
    if (holds) {
      assert.equal(liveAttempts(next.home.state.jobs, GPU.nodeId).length, 1, "it still holds the attempt");
      const rest: Need = {
        ...offered.need,
        blobs: offered.need.blobs.map((blob) => ({ ...blob, fromByte: byteCount(BLOB_CHUNK_BYTES_MAX) })),
      };
      await next.desk.receive(next.channel, rest, new Uint8Array(0));
      await settled();
      assert.equal(only(next.facts, "JobFailed").code, "send-interrupted");
    }
    assertUnknown(next);
  }
});

test("killed after the send and before the receipt: the receipt settles it, and without one it is unknown", async () => {
  for (const holds of [true, false]) {
    const offered = await offering();
    const { channel, desk, sent } = offered.life;
    await desk.receive(channel, { kind: "accepted", ...IDS }, new Uint8Array(0));
    await desk.receive(channel, offered.need, new Uint8Array(0));
    await settled();
    assert.equal(sent.filter(({ kind }) => kind === "blob").length, 3);
    await desk.receive(channel, { kind: "started", ...IDS }, new Uint8Array(0));
    const next = await restart(offered, holds);
    if (!holds) {
      assertUnknown(next);
      continue;
    }
    const result: JobResult = { outcome: { kind: "answered", stopReason: "end" }, streams: [] };
    const receipt = receiptOf(1, GPU, result, offered.job, { receivedBytes: byteCount(PROMPT.length) });
    const message = { kind: "finished", ...IDS, lastNumber: 0, result, receipt } as const;
    await next.desk.receive(next.channel, message, new Uint8Array(0));
    await settled();
    const record = only(next.facts, "EgressSettled");
    assert.deepEqual(
      [record.state, record.received, record.bytesOut],
      ["received", jobKey(offered.job), PROMPT.length],
    );
    assert.equal(only(next.facts, "LeaseCommitted").bytes, BUDGET, "its word alone returns no budget");
    assertNothingSent(next);
  }
});

test("a link that drops and comes back within one process loses no count: the send goes on within its reservation", async () => {
  const offered = await offering();
  const { channel, desk, home, sent } = offered.life;
  await desk.receive(channel, { kind: "accepted", ...IDS }, new Uint8Array(0));
  const transfers = desk.crossings.transfers();
  await home.execute(connect(GPU, { at: NOW, held: [attemptId], transfers }));
  await desk.receive(channel, offered.need, new Uint8Array(0));
  await settled();
  assert.equal(sent.filter(({ kind }) => kind === "blob").length, 3);
  assert.equal(desk.crossings.transfer(attemptId).whole, true);
});
