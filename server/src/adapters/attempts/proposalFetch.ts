// Fetches a proposal and the contents it names from the node that made it, before its result counts.
// It takes only what it asked for: a chunk of any other blob closes the link. Whether the Home has a content already is
// the Home's own business: another machine is asked for all of it, and what it sends is checked, not believed.
import { createHash, type Hash } from "node:crypto";
import type { BlobStore } from "#platform/blobs/blobStore.ts";
import { decodeJson } from "#protocol/decode.ts";
import { type Digest, digestFromHex } from "#protocol/digest.ts";
import { ArwError } from "#protocol/errors.ts";
import type { AttemptId } from "#protocol/ids.ts";
import { type Proposal, proposalSchema } from "#protocol/proposal.ts";
import { byteCount } from "#protocol/quantities.ts";
import type { BlobChunk, Finished } from "#protocol/wire/worker.ts";
import type { NodeChannel } from "../../home/nodeChannel.ts";

/** A proposal and its contents together may not be larger. */
export const PROPOSAL_BYTES_MAX: number = 256 * 1024 * 1024;
/** The document that lists the changes. */
export const PROPOSAL_DOCUMENT_BYTES_MAX: number = 8 * 1024 * 1024;

interface Waiting {
  readonly blobBytes: number;
  readonly arrived: () => void;
  readonly failed: (error: unknown) => void;
  /** Where the blob is here already: what comes is hashed and thrown away. */
  readonly held: { readonly hash: Hash; bytes: number } | undefined;
}

export class ProposalFetch {
  readonly #blobs: BlobStore;
  readonly #waiting = new Map<string, Waiting>();

  constructor(blobs: BlobStore) {
    this.#blobs = blobs;
  }

  /**
   * Resolves with the proposal when it and all its contents are here and verified. Rejects with ArwError
   * `proposal-malformed` or `proposal-too-large`, or with the signal's reason. `given` holds what this attempt's node has
   * given so far, over whichever link: that is not asked for again.
   */
  async fetch(
    channel: NodeChannel,
    finished: Finished,
    given: Set<Digest>,
    signal: AbortSignal,
  ): Promise<Proposal | undefined> {
    const named = finished.result.proposal;
    if (named === undefined) return undefined;
    if (named.bytes > PROPOSAL_DOCUMENT_BYTES_MAX) throw tooLarge();
    const take = async (digest: Digest, blobBytes: number): Promise<void> => {
      if (!given.has(digest)) await this.#blob(channel, finished, digest, blobBytes, signal);
      given.add(digest);
    };
    await take(named.digest, named.bytes);
    const proposal = await readProposal(this.#blobs, named.digest);
    if (proposal.changes.length !== named.changes) {
      throw new ArwError(
        "proposal-malformed",
        "The proposal has another number of changes than its result says.",
        ASK_ITS_OWNER,
      );
    }
    const contents = new Map<Digest, number>();
    for (const change of proposal.changes) {
      if (change.kind !== "create" && change.kind !== "edit") continue;
      if ((contents.get(change.digest) ?? change.bytes) !== change.bytes) throw wrongSize();
      contents.set(change.digest, change.bytes);
    }
    const total = [...contents.values()].reduce((sum, bytes) => sum + bytes, 0);
    if (total > PROPOSAL_BYTES_MAX) throw tooLarge();
    for (const [digest, bytes] of contents) await take(digest, bytes);
    return proposal;
  }

  /** A chunk that came. False where nobody asked for it. */
  async receive(chunk: BlobChunk, bytes: Uint8Array): Promise<boolean> {
    const key = keyOf(chunk.attemptId, chunk.digest);
    const waiting = this.#waiting.get(key);
    if (waiting === undefined) return false;
    if (chunk.blobBytes !== waiting.blobBytes) {
      waiting.failed(wrongSize());
      return true;
    }
    if (waiting.held !== undefined) {
      compare(chunk, bytes, waiting.held, waiting);
      return true;
    }
    try {
      const state = await this.#blobs.receive(chunk.digest, chunk.blobBytes, chunk.fromByte, bytes);
      if (state === "complete") waiting.arrived();
    } catch (error) {
      waiting.failed(error);
    }
    return true;
  }

  async #blob(
    channel: NodeChannel,
    { attemptId, fencingToken }: Finished,
    digest: Digest,
    blobBytes: number,
    signal: AbortSignal,
  ): Promise<void> {
    const isHeld = (await this.#blobs.size(digest)) !== undefined;
    // The node `local` shares this very store.
    if (isHeld && channel.local) return;
    const key = keyOf(attemptId, digest);
    const fromByte = isHeld ? byteCount(0) : byteCount(await this.#blobs.partialBytes(digest));
    const held = isHeld ? { hash: createHash("sha256"), bytes: 0 } : undefined;
    signal.throwIfAborted();
    let waiting: Waiting | undefined;
    const abort = (): void => waiting?.failed(signal.reason);
    try {
      await new Promise<void>((arrived, failed) => {
        waiting = { blobBytes, arrived, failed, held };
        this.#waiting.set(key, waiting);
        signal.addEventListener("abort", abort, { once: true });
        channel.deliver({ kind: "request-blob", attemptId, fencingToken, digest, fromByte }).catch(failed);
      });
    } finally {
      signal.removeEventListener("abort", abort);
      // The same result, over a new link, may wait here by now.
      if (this.#waiting.get(key) === waiting) this.#waiting.delete(key);
    }
  }
}

function compare(chunk: BlobChunk, bytes: Uint8Array, held: NonNullable<Waiting["held"]>, waiting: Waiting): void {
  if (chunk.fromByte !== held.bytes) return waiting.failed(wrongSize());
  held.hash.update(bytes);
  held.bytes += bytes.length;
  if (held.bytes < waiting.blobBytes) return;
  const isWhole = held.bytes === waiting.blobBytes && digestFromHex(held.hash.digest("hex")) === chunk.digest;
  if (isWhole) waiting.arrived();
  else waiting.failed(wrongDigest());
}

/** Reads a proposal that is in the blob store. Throws ArwError `proposal-malformed`. */
export async function readProposal(blobs: BlobStore, digest: Digest): Promise<Proposal> {
  const bytes = await blobs.read(digest, byteCount(0), PROPOSAL_DOCUMENT_BYTES_MAX);
  const decoded = decodeJson(proposalSchema, Buffer.from(bytes).toString("utf8"));
  if (decoded.ok) return decoded.value;
  throw new ArwError("proposal-malformed", `The proposal ${decoded.path} ${decoded.problem}.`, ASK_ITS_OWNER);
}

const ASK_ITS_OWNER = "Ask the worker's owner; nothing was changed here.";

function wrongSize(): ArwError {
  return new ArwError(
    "proposal-malformed",
    "A blob of the proposal has another size than the proposal says.",
    ASK_ITS_OWNER,
  );
}

function wrongDigest(): ArwError {
  return new ArwError("blob-wrong-digest", "The worker sent other bytes than its proposal names.", ASK_ITS_OWNER);
}

function tooLarge(): ArwError {
  return new ArwError(
    "proposal-too-large",
    `The proposal is larger than ${PROPOSAL_BYTES_MAX} bytes.`,
    "Ask for fewer outputs (--output).",
  );
}

function keyOf(attemptId: AttemptId, digest: Digest): string {
  return `${attemptId} ${digest}`;
}
