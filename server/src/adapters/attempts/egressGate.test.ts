// The gate at each of its questions: whatever one answer is missing, not one byte is carried; and with all of them,
// exactly what was recorded leaves. Nobody's wish is among the questions.
import assert from "node:assert/strict";
import { test } from "node:test";
import fc from "fast-check";
import { digestOf } from "#protocol/digest.ts";
import { type Refusal, refuse } from "#protocol/errors.ts";
import { jobKey } from "#protocol/job.ts";
import { byteCount, fencingToken } from "#protocol/quantities.ts";
import type { BlobChunk, Offer } from "#protocol/wire/worker.ts";
import { askJob, idsOf } from "../../../../test/simulation/homeCommands.ts";
import { ATTIC, GPU } from "../../../../test/simulation/homeScenario.ts";
import type { NodeChannel, PayloadMessage } from "../../home/nodeChannel.ts";
import { Crossings } from "./crossings.ts";
import { type AllowRecord, EgressGate, type Passage } from "./egressGate.ts";

const { attemptId, jobId, episodeId } = idsOf(1);
const job = askJob(1);
const OFFER: Offer = {
  kind: "offer",
  attemptId,
  fencingToken: fencingToken(1),
  jobId,
  corrId: episodeId,
  payload: jobKey(job),
  job,
};
const BYTES = Buffer.from("what was previewed");
const CHUNK: BlobChunk = {
  kind: "blob",
  attemptId,
  fencingToken: fencingToken(1),
  digest: job.prompt,
  fromByte: byteCount(0),
  blobBytes: byteCount(BYTES.length),
};
const RECORD: AllowRecord = { nodeId: GPU.nodeId, payload: OFFER.payload };
const REVOKED = refuse("lease-revoked", "The owner revoked it.", "Approve again.");

interface Given {
  readonly record?: AllowRecord | undefined;
  readonly problem?: Refusal | undefined;
  readonly bytesMax?: number;
  readonly local?: boolean;
  readonly open?: boolean;
}

interface Bench {
  readonly gate: EgressGate;
  readonly channel: NodeChannel;
  readonly crossings: Crossings;
  readonly carried: PayloadMessage[];
}

function bench(given: Given = {}): Bench {
  const { problem, bytesMax = 100_000, local = false, open = true } = given;
  const record = "record" in given ? given.record : RECORD;
  const crossings = new Crossings();
  crossings.open(attemptId, bytesMax);
  const carried: PayloadMessage[] = [];
  const channel: NodeChannel = {
    nodeId: GPU.nodeId,
    local,
    deliver: async () => assert.fail("a payload is no control message"),
    carry: async (message) => {
      carried.push(message);
      return open;
    },
  };
  const gate = new EgressGate({ crossings, problemOf: () => problem, recordOf: () => record });
  return { gate, channel, crossings, carried };
}

function codeOf(passage: Passage): string {
  return passage.kind === "refusal" ? passage.code : passage.kind;
}

/** What the gate says to the job and to a chunk of its blob; a refusal must have carried nothing. */
async function answers(given: Given, offer: Offer = OFFER, chunk: BlobChunk = CHUNK): Promise<readonly string[]> {
  const codes: string[] = [];
  for (const send of [
    ({ gate, channel }: Bench) => gate.offer(channel, offer),
    ({ gate, channel }: Bench) => gate.chunk(channel, offer, new Set([job.prompt]), chunk, BYTES),
  ]) {
    const made = bench(given);
    const passage = await send(made);
    if (passage.kind === "refusal") assert.deepEqual(made.carried, []);
    if (passage.kind === "refusal") assert.equal(made.crossings.transfer(attemptId).bytesOut, 0);
    codes.push(codeOf(passage));
  }
  return codes;
}

test("what a durable record allows to this node leaves, and its bytes are counted", async () => {
  const { gate, channel, crossings, carried } = bench();
  assert.equal(codeOf(await gate.offer(channel, OFFER)), "sent");
  const before = crossings.transfer(attemptId).bytesOut;
  assert.ok(before > 0);
  assert.equal(codeOf(await gate.chunk(channel, OFFER, new Set([job.prompt]), CHUNK, BYTES)), "sent");
  assert.equal(crossings.transfer(attemptId).bytesOut, before + BYTES.length);
  assert.deepEqual(carried, [OFFER, CHUNK]);
});

test("without a record, or under one of another node or another payload, nothing leaves", async () => {
  const refused = ["egress-unrecorded", "egress-unrecorded"];
  assert.deepEqual(await answers({ record: undefined }), refused);
  assert.deepEqual(await answers({ record: { ...RECORD, nodeId: ATTIC.nodeId } }), refused);
  assert.deepEqual(await answers({ record: { ...RECORD, payload: digestOf("another") } }), refused);
});

test("a job that is not the one that was recorded does not leave, though it says so", async () => {
  const other: Offer = { ...OFFER, job: { ...job, model: digestOf("another") } };
  assert.equal((await answers({}, other))[0], "egress-unrecorded");
});

test("whatever forbids sending stops the job and each chunk", async () => {
  assert.deepEqual(await answers({ problem: REVOKED }), ["lease-revoked", "lease-revoked"]);
  assert.deepEqual(await answers({ problem: REVOKED, local: true }), ["lease-revoked", "lease-revoked"]);
});

test("a blob that the job does not name does not leave, though everything else is in order", async () => {
  assert.equal((await answers({}, OFFER, { ...CHUNK, digest: digestOf("another") }))[1], "blob-not-in-preview");
});

test("one byte more than the lease names does not leave", async () => {
  assert.deepEqual(await answers({ bytesMax: 1 }), ["lease-bytes-spent", "lease-bytes-spent"]);
  const { gate, channel } = bench({ bytesMax: BYTES.length });
  const chunk = (): Promise<Passage> => gate.chunk(channel, OFFER, new Set([job.prompt]), CHUNK, BYTES);
  assert.equal(codeOf(await chunk()), "sent");
  assert.equal(codeOf(await chunk()), "lease-bytes-spent");
});

test("a chunk that the link did not take costs nothing; a job that it did not take stays counted", async () => {
  const { gate, channel, crossings } = bench({ open: false });
  assert.equal(codeOf(await gate.chunk(channel, OFFER, new Set([job.prompt]), CHUNK, BYTES)), "link-gone");
  assert.equal(crossings.transfer(attemptId).bytesOut, 0);
  assert.equal(codeOf(await gate.offer(channel, OFFER)), "link-gone");
  assert.ok(crossings.transfer(attemptId).bytesOut > 0);
});

test("what stays on this machine needs no record", async () => {
  assert.deepEqual(await answers({ record: undefined, local: true }), ["sent", "sent"]);
});

test("over all answers there can be, it opens only where every one of them allows", async () => {
  const yes = fc.boolean();
  await fc.assert(
    fc.asyncProperty(yes, yes, yes, yes, yes, async (recorded, alive, room, named, right) => {
      const record = recorded ? (right ? RECORD : { ...RECORD, nodeId: ATTIC.nodeId }) : undefined;
      const given: Given = { record, problem: alive ? undefined : REVOKED, bytesMax: room ? 100_000 : 0 };
      const chunk = named ? CHUNK : { ...CHUNK, digest: digestOf("another") };
      const [offered, carried] = await answers(given, OFFER, chunk);
      assert.equal(offered === "sent", recorded && right && alive && room);
      assert.equal(carried === "sent", recorded && right && alive && room && named);
    }),
  );
});
