// A worker gets the blobs of the job that was offered to it, while the lease lives and within its bytes, and nothing else.
// These tests speak as a worker that asks for more than that.
import assert from "node:assert/strict";
import { test } from "node:test";
import { type Digest, digestOf } from "#protocol/digest.ts";
import { type Refusal, refuse } from "#protocol/errors.ts";
import { type AskJob, jobKey } from "#protocol/job.ts";
import type { NodeId } from "#protocol/ids.ts";
import { byteCount, fencingToken } from "#protocol/quantities.ts";
import { BLOB_CHUNK_BYTES_MAX, type HomeMessage, type Need, type Offer } from "#protocol/wire/worker.ts";
import { type BlobServiceTerms, digestsOf, serveBlobs } from "../../server/src/adapters/attempts/blobService.ts";
import { Crossings } from "../../server/src/adapters/attempts/crossings.ts";
import { EgressGate } from "../../server/src/adapters/attempts/egressGate.ts";
import { ProposalFetch } from "../../server/src/adapters/attempts/proposalFetch.ts";
import type { NodeChannel } from "../../server/src/home/nodeChannel.ts";
import { askJob, idsOf } from "../simulation/homeCommands.ts";
import { LOCAL } from "../simulation/homeScenario.ts";
import { MemoryBlobs } from "../simulation/memoryBlobs.ts";

const { attemptId, jobId, episodeId } = idsOf(1);
const ids = { attemptId, fencingToken: fencingToken(1) };

interface Sent {
  readonly message: HomeMessage;
  readonly bytes: Uint8Array;
}

interface Wire {
  readonly channel: NodeChannel;
  readonly sent: readonly Sent[];
}

function wire(onSend: (count: number) => void = () => undefined): Wire {
  const sent: Sent[] = [];
  const channel: NodeChannel = {
    nodeId: LOCAL.nodeId,
    local: false,
    deliver: async () => assert.fail("blobs go through the gate"),
    carry: async (message, bytes = new Uint8Array(0)) => {
      sent.push({ message, bytes });
      onSend(sent.length);
      return true;
    },
  };
  return { channel, sent };
}

interface Case {
  readonly blobs: MemoryBlobs;
  readonly offer: Offer;
  readonly permitted: ReadonlySet<Digest>;
}

async function offered(prompt: Uint8Array): Promise<Case> {
  const blobs = new MemoryBlobs();
  const stored = await blobs.put(prompt);
  const job: AskJob = { ...askJob(1), prompt: stored.digest };
  const offer: Offer = { kind: "offer", ...ids, jobId, corrId: episodeId, payload: jobKey(job), job };
  return { blobs, offer, permitted: await digestsOf(job, blobs) };
}

function asks(...digests: readonly Digest[]): Need {
  return { kind: "need", ...ids, blobs: digests.map((digest) => ({ digest, fromByte: byteCount(0) })) };
}

function counting(bytesMax: number): Crossings {
  const crossings = new Crossings();
  crossings.open(attemptId, bytesMax);
  return crossings;
}

/** What a service needs to give blobs of `offer`, under a record that allows exactly that. */
function serving(
  { blobs, offer }: Case,
  crossings: Crossings,
  problemOf: () => Refusal | undefined = () => undefined,
): BlobServiceTerms {
  const recordOf = (): { nodeId: NodeId; payload: Digest } => ({ nodeId: LOCAL.nodeId, payload: offer.payload });
  const gate = new EgressGate({ crossings, problemOf, recordOf });
  const { signal } = new AbortController();
  return { blobs, crossings, gate, ended: signal, supplied: signal };
}

test("a blob that the preview did not list is refused, and nothing of it leaves", async () => {
  const given = await offered(Buffer.from("prompt"));
  const { blobs, offer, permitted } = given;
  const secret = await blobs.put(Buffer.from("of another episode"));
  const { channel, sent } = wire();
  const terms = serving(given, counting(1_000));
  const here = await serveBlobs(terms, channel, offer, permitted, asks(secret.digest));
  const nowhere = await serveBlobs(terms, channel, offer, permitted, asks(digestOf("not even here")));
  assert.equal(here?.code, "blob-not-in-preview");
  assert.deepEqual(nowhere, here, "the answer must not tell whether the Home has the blob");
  assert.deepEqual(sent, []);
});

test("bytes past the lease's budget do not leave", async () => {
  const prompt = Buffer.alloc(BLOB_CHUNK_BYTES_MAX + 1, "p");
  const given = await offered(prompt);
  const { offer, permitted } = given;
  const exact = wire();
  const fits = serving(given, counting(prompt.length));
  assert.equal(
    await serveBlobs(
      fits,
      exact.channel,
      offer,
      permitted,
      asks(offer.job.kind === "ask" ? offer.job.prompt : offer.payload),
    ),
    undefined,
  );
  assert.deepEqual(Buffer.concat(exact.sent.map(({ bytes }) => bytes)), prompt);
  const short = wire();
  const crossings = counting(prompt.length - 1);
  const [digest = offer.payload] = permitted;
  const refused = await serveBlobs(serving(given, crossings), short.channel, offer, permitted, asks(digest));
  assert.equal(refused?.code, "lease-bytes-spent");
  assert.equal(short.sent.length, 1, "the chunk that fits, and no other");
  assert.equal(crossings.transfer(attemptId).bytesOut, BLOB_CHUNK_BYTES_MAX);
});

test("a blob that is asked for again and again costs the lease each time", async () => {
  const given = await offered(Buffer.alloc(100, "p"));
  const { offer, permitted } = given;
  const [digest = offer.payload] = permitted;
  const { channel, sent } = wire();
  const terms = serving(given, counting(250));
  const refused = await serveBlobs(terms, channel, offer, permitted, asks(digest, digest, digest));
  assert.equal(refused?.code, "lease-bytes-spent");
  assert.equal(sent.length, 2);
});

test("a lease that is revoked while blobs are sent stops the next chunk", async () => {
  const given = await offered(Buffer.alloc(3 * BLOB_CHUNK_BYTES_MAX, "p"));
  const { offer, permitted } = given;
  const [digest = offer.payload] = permitted;
  let problem: Refusal | undefined;
  const { channel, sent } = wire((count) => {
    if (count === 2) problem = refuse("lease-revoked", "The owner revoked it.", "Approve again.");
  });
  const terms = serving(given, counting(Number.MAX_SAFE_INTEGER), () => problem);
  const refused = await serveBlobs(terms, channel, offer, permitted, asks(digest));
  assert.equal(refused?.code, "lease-revoked");
  assert.equal(sent.length, 2);
});

test("an attempt that nobody counts sends nothing", async () => {
  const given = await offered(Buffer.from("prompt"));
  const { offer, permitted } = given;
  const [digest = offer.payload] = permitted;
  const { channel, sent } = wire();
  const crossings = counting(1_000);
  crossings.close(attemptId);
  const refused = await serveBlobs(serving(given, crossings), channel, offer, permitted, asks(digest));
  assert.equal(refused?.code, "lease-bytes-spent");
  assert.deepEqual(sent, []);
});

test("a blob that nobody asked for is not taken", async () => {
  const blobs = new MemoryBlobs();
  const bytes = Buffer.from("unasked");
  const digest = digestOf(bytes);
  const chunk = { kind: "blob", ...ids, digest, fromByte: byteCount(0), blobBytes: byteCount(bytes.length) } as const;
  assert.equal(await new ProposalFetch(blobs).receive(chunk, bytes), false);
  assert.equal(await blobs.size(digest), undefined);
  assert.equal(await blobs.partialBytes(digest), 0);
});
