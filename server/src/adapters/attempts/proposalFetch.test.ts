// Proposals come to the Home blob by blob, each as it was asked for; a node that sends anything else is told or fails.
import assert from "node:assert/strict";
import { test } from "node:test";
import { canonicalJson } from "#protocol/canonicalJson.ts";
import { decode } from "#protocol/decode.ts";
import { type Digest, digestOf } from "#protocol/digest.ts";
import type { CommandJob } from "#protocol/job.ts";
import type { Proposal, ProposedChange } from "#protocol/proposal.ts";
import { byteCount } from "#protocol/quantities.ts";
import { type JobResult, jobResultSchema } from "#protocol/result.ts";
import { workspacePathSchema } from "#protocol/workspacePath.ts";
import type { BlobChunk, Finished } from "#protocol/wire/worker.ts";
import { DeskBench, ofAttempt } from "../../../../test/simulation/deskBench.ts";
import { exited, receiptOf } from "../../../../test/simulation/homeCommands.ts";
import { GPU, only, ofKind } from "../../../../test/simulation/homeScenario.ts";
import { PROPOSAL_BYTES_MAX, PROPOSAL_DOCUMENT_BYTES_MAX } from "./proposalFetch.ts";

const FIRST = Buffer.from("the first file");
const SECOND = Buffer.from("the second file, which is longer");

function creates(...contents: readonly { readonly digest: Digest; readonly bytes: number }[]): Proposal {
  const changes = contents.map(({ digest, bytes }, index): ProposedChange => {
    const path = workspacePathSchema.parse(`made-${index}`);
    return { kind: "create", path, digest, bytes: byteCount(bytes), executable: false };
  });
  return { kind: "proposal", changes, leftOut: [] };
}

function contentOf(bytes: Uint8Array): { readonly digest: Digest; readonly bytes: number } {
  return { digest: digestOf(bytes), bytes: bytes.length };
}

const DOCUMENT = Buffer.from(canonicalJson(creates(contentOf(FIRST), contentOf(SECOND))));

function proposing(job: CommandJob, document: Uint8Array, changes = 2, bytes = document.length): Finished {
  const proposal = { digest: digestOf(document), bytes: byteCount(bytes), changes };
  const result: JobResult = { ...exited(0), proposal };
  return { kind: "finished", ...ofAttempt(1), lastNumber: 0, result, receipt: receiptOf(1, GPU, result, job) };
}

function chunkOf(whole: Uint8Array, from = 0, to = whole.length): readonly [BlobChunk, Uint8Array] {
  const place = { digest: digestOf(whole), fromByte: byteCount(from), blobBytes: byteCount(whole.length) };
  return [{ kind: "blob", ...ofAttempt(1), ...place }, whole.subarray(from, to)];
}

/** What the Home asked for on the link that is up, in order. */
function asked(bench: DeskBench): readonly (readonly [Digest, number])[] {
  return bench.up.said.flatMap((message) =>
    message.kind === "request-blob" ? [[message.digest, message.fromByte] as const] : [],
  );
}

async function offered(): Promise<{ readonly bench: DeskBench; readonly job: CommandJob }> {
  const bench = new DeskBench();
  const job = await bench.offer(1, [Buffer.from("input")]);
  return { bench, job };
}

async function failure(bench: DeskBench): Promise<string> {
  return only(await bench.events(), "JobFailed").code;
}

test("a proposal is fetched blob by blob before its result counts", async () => {
  const { bench, job } = await offered();
  await bench.say(proposing(job, DOCUMENT));
  assert.deepEqual(asked(bench), [[digestOf(DOCUMENT), 0]]);
  await bench.say(...chunkOf(DOCUMENT));
  await bench.say(...chunkOf(FIRST));
  assert.deepEqual(ofKind(await bench.events(), "JobFinished"), []);
  await bench.say(...chunkOf(SECOND, 0, 5));
  await bench.say(...chunkOf(SECOND, 5));
  assert.deepEqual(
    asked(bench).map(([digest]) => digest),
    [DOCUMENT, FIRST, SECOND].map((bytes) => digestOf(bytes)),
  );
  assert.equal(only(await bench.events(), "ProposalReceived").digest, digestOf(DOCUMENT));
  assert.deepEqual(bench.up.verdicts(), [true]);
});

test("a worker cannot learn what the Home has: it is asked for all of it, and what it sends is checked", async () => {
  const { bench, job } = await offered();
  await bench.blobs.put(FIRST);
  await bench.blobs.put(DOCUMENT);
  await bench.say(proposing(job, DOCUMENT));
  assert.deepEqual(asked(bench), [[digestOf(DOCUMENT), 0]]);
  await bench.say(...chunkOf(DOCUMENT));
  assert.deepEqual(asked(bench).at(-1), [digestOf(FIRST), 0]);
  const [chunk] = chunkOf(FIRST);
  await bench.say(chunk, Buffer.alloc(FIRST.length));
  assert.equal(await failure(bench), "blob-wrong-digest");
});

test("a proposal without a change is taken for its reasons: why nothing came back reaches the owner", async () => {
  const { bench, job } = await offered();
  const leftOut = [{ path: "out", reason: "the link leaves the tree" }];
  const document = Buffer.from(canonicalJson({ kind: "proposal", changes: [], leftOut }));
  const wire = proposing(job, document, 0);
  assert.ok(decode(jobResultSchema, wire.result).ok);
  await bench.say(wire);
  await bench.say(...chunkOf(document));
  const received = only(await bench.events(), "ProposalReceived");
  assert.deepEqual([received.digest, received.changes], [digestOf(document), 0]);
  assert.ok(bench.blobs.stored.has(digestOf(document)));
});

test("a blob that nobody asked for closes the link", async () => {
  const { bench } = await offered();
  assert.equal((await bench.say(...chunkOf(FIRST)))?.code, "unexpected-message");
  assert.equal(bench.blobs.stored.has(digestOf(FIRST)), false);
});

test("a proposal whose link drops midway is fetched again, from where it got to, when its result comes again", async () => {
  const { bench, job } = await offered();
  const result = proposing(job, DOCUMENT);
  await bench.say(result);
  await bench.say(...chunkOf(DOCUMENT));
  await bench.say(...chunkOf(FIRST, 0, 4));
  await bench.reconnect(1);
  await bench.say(result);
  assert.deepEqual(asked(bench), [[digestOf(FIRST), 4]]);
  await bench.say(result);
  assert.equal(asked(bench).length, 1, "the same result on the same link asks for nothing twice");
  await bench.say(...chunkOf(FIRST, 4));
  await bench.say(...chunkOf(SECOND));
  assert.deepEqual(bench.up.verdicts(), [true]);
  assert.equal(ofKind(await bench.events(), "ContributionMetered").length, 1);
  assert.deepEqual(bench.troubles, []);
});

for (const [what, code, message] of [
  ["names fewer changes than it has", "proposal-malformed", (job: CommandJob) => proposing(job, DOCUMENT, 3)],
  ["names another size than it has", "proposal-malformed", (job: CommandJob) => proposing(job, DOCUMENT, 2, 1)],
  [
    "is no proposal",
    "proposal-malformed",
    (job: CommandJob) => proposing(job, Buffer.from('{"kind":"proposal","changes":[{"kind":"run"}]}'), 1),
  ],
] as const) {
  test(`a proposal that ${what} fails the job cleanly`, async () => {
    const { bench, job } = await offered();
    const result = message(job);
    const document =
      result.result.proposal?.changes === 1 ? '{"kind":"proposal","changes":[{"kind":"run"}]}' : DOCUMENT;
    await bench.say(result);
    await bench.say(...chunkOf(Buffer.from(document)));
    assert.equal(await failure(bench), code);
    assert.deepEqual(bench.up.verdicts(), [false]);
    assert.equal(bench.desk.crossings.size, 0);
  });
}

test("a document past its limit is not even asked for", async () => {
  const { bench, job } = await offered();
  await bench.say(proposing(job, DOCUMENT, 2, PROPOSAL_DOCUMENT_BYTES_MAX + 1));
  assert.deepEqual(asked(bench), []);
  assert.equal(await failure(bench), "proposal-too-large");
});

test("contents past the limit together are not asked for; at the limit they are", async () => {
  for (const over of [0, 1]) {
    const { bench, job } = await offered();
    const huge = { digest: digestOf("huge"), bytes: PROPOSAL_BYTES_MAX - FIRST.length + over };
    const document = Buffer.from(canonicalJson(creates(contentOf(FIRST), huge)));
    await bench.say(proposing(job, document));
    await bench.say(...chunkOf(document));
    assert.equal(asked(bench).length, over === 0 ? 2 : 1);
    if (over === 1) assert.equal(await failure(bench), "proposal-too-large");
  }
});

test("a content of another size than the proposal says fails the job, whether it is sent or here already", async () => {
  for (const held of [true, false]) {
    const { bench, job } = await offered();
    if (held) await bench.blobs.put(FIRST);
    const lie = { digest: digestOf(FIRST), bytes: FIRST.length + 1 };
    const document = Buffer.from(canonicalJson(creates(lie, contentOf(SECOND))));
    await bench.say(proposing(job, document));
    await bench.say(...chunkOf(document));
    await bench.say(...chunkOf(FIRST));
    assert.equal(await failure(bench), "proposal-malformed");
  }
});

test("bytes that do not hash to what was asked for fail the job", async () => {
  const { bench, job } = await offered();
  await bench.say(proposing(job, DOCUMENT));
  const [chunk] = chunkOf(DOCUMENT);
  await bench.say(chunk, Buffer.alloc(DOCUMENT.length));
  assert.equal(await failure(bench), "blob-wrong-digest");
});

test("a store that breaks fails the job and is reported", async () => {
  const { bench, job } = await offered();
  bench.blobs.partialBytes = async () => {
    throw new Error("the disk is gone");
  };
  await bench.say(proposing(job, DOCUMENT));
  assert.equal(await failure(bench), "home-failed");
  assert.deepEqual(bench.troubles, ["taking a result: Error: the disk is gone"]);
});
