// Gives a node the blobs of an attempt, and only those: what the preview listed, while the lease lives, within its bytes.
// It must never answer for a digest outside the attempt, not even whether it is here.
import type { BlobStore } from "#platform/blobs/blobStore.ts";
import { givingWay } from "#platform/givingWay.ts";
import type { Digest } from "#protocol/digest.ts";
import { ArwError, type Refusal, refuse } from "#protocol/errors.ts";
import { type CommandJob, type JobSpec, type TreeManifest } from "#protocol/job.ts";
import { decodeTree } from "#protocol/largeDocument.ts";
import { byteCount } from "#protocol/quantities.ts";
import { BLOB_CHUNK_BYTES_MAX, type Need, type Offer } from "#protocol/wire/worker.ts";
import type { NodeChannel } from "../../home/nodeChannel.ts";
import type { Crossings } from "./crossings.ts";
import { ENDED } from "./dealtAttempts.ts";
import { type EgressGate, NOT_IN_PREVIEW } from "./egressGate.ts";

export interface BlobServiceTerms {
  readonly blobs: BlobStore;
  readonly crossings: Crossings;
  readonly gate: EgressGate;
  /** Aborts when the node has said that it runs: whatever it still waits for, it does not need. */
  readonly supplied: AbortSignal;
  /** Aborts when the attempt has ended: then nothing more is sent, though its lease may still live. */
  readonly ended: AbortSignal;
}

/** Read at once, sent in chunks: an eighth of the look-ups, and still little memory for each attempt that fetches. */
const PAGE_BYTES: number = 8 * BLOB_CHUNK_BYTES_MAX;

/** The link is gone, and the worker asks again from where it got to; or it runs already, and needs nothing. */
const NO_MORE = "no-more";

/** Sends every blob of `need` in chunks. Resolves with a refusal as soon as something may not leave. */
export async function serveBlobs(
  terms: BlobServiceTerms,
  channel: NodeChannel,
  offer: Offer,
  permitted: ReadonlySet<Digest>,
  need: Need,
): Promise<Refusal | undefined> {
  for (const { digest, fromByte } of need.blobs) {
    // Asked before it is looked up: a stranger must not learn whether the blob is here.
    if (!permitted.has(digest)) return NOT_IN_PREVIEW;
    const stopped = await serveBlob(terms, channel, offer, permitted, { digest, fromByte });
    if (stopped === NO_MORE) return undefined;
    if (stopped !== undefined) return stopped;
  }
  return undefined;
}

async function serveBlob(
  { blobs, crossings, gate, ended, supplied }: BlobServiceTerms,
  channel: NodeChannel,
  offer: Offer,
  permitted: ReadonlySet<Digest>,
  { digest, fromByte: from }: Need["blobs"][number],
): Promise<Refusal | typeof NO_MORE | undefined> {
  const whole = await blobs.size(digest);
  if (whole === undefined) return absent(digest);
  if (from > whole) {
    return refuse(
      "blob-range-invalid",
      `The worker asked for byte ${from} of ${digest}, which has ${whole}.`,
      "Start the episode again; if it happens again, delete the worker's blobs folder.",
    );
  }
  const { attemptId, fencingToken } = offer;
  crossings.askedBlob(attemptId, channel, digest, from);
  let at: number = from;
  let page: Uint8Array = new Uint8Array(0);
  do {
    if (page.length === 0) page = await blobs.read(digest, byteCount(at), PAGE_BYTES);
    const chunk = page.subarray(0, BLOB_CHUNK_BYTES_MAX);
    page = page.subarray(chunk.length);
    // A file that was cut short behind our back would be read for ever.
    if (chunk.length === 0 && at < whole) return absent(digest);
    if (ended.aborted) return ENDED;
    if (supplied.aborted) return NO_MORE;
    const of = { attemptId, fencingToken, digest, fromByte: byteCount(at), blobBytes: whole };
    const passage = await gate.chunk(channel, offer, permitted, { kind: "blob", ...of }, chunk);
    if (passage.kind === "refusal") return passage;
    if (passage.kind === "link-gone") return NO_MORE;
    at += chunk.length;
    crossings.sentBlob(attemptId, channel, digest, at);
  } while (at < whole);
  return undefined;
}

function absent(digest: Digest): Refusal {
  return refuse("blob-absent", `The Home no longer has ${digest}.`, "Start the episode again.");
}

/** Every digest that a job's specification commits to. Throws ArwError where its tree is not here or not a tree. */
export async function digestsOf(job: JobSpec, blobs: BlobStore): Promise<ReadonlySet<Digest>> {
  if (job.kind === "ask") return new Set([job.prompt]);
  const { entries } = await treeOf(job, blobs);
  return new Set([job.tree, ...entries.flatMap((entry) => (entry.kind === "file" ? [entry.digest] : []))]);
}

/** The input tree of a command. Throws ArwError where it is not here or not a tree. */
export async function treeOf(job: CommandJob, blobs: BlobStore): Promise<TreeManifest> {
  const size = (await blobs.size(job.tree)) ?? byteCount(0);
  const bytes = await blobs.read(job.tree, byteCount(0), size);
  const tree = await givingWay(decodeTree(Buffer.from(bytes).toString("utf8")));
  if (tree.ok) return tree.value;
  throw new ArwError("tree-malformed", `The input tree ${tree.path} ${tree.problem}.`, "Start again.");
}
