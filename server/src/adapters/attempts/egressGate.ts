// The one door for what belongs to the workspace: every offer and every chunk of a blob passes here, whatever asks for it.
// It judges again at the moment of leaving, by what the core holds: a live attempt, its allow record of exactly this payload
// for exactly this node, a live lease, bytes left. It must never ask who wants the bytes: no wish opens it.
import { canonicalJson } from "#protocol/canonicalJson.ts";
import type { Digest } from "#protocol/digest.ts";
import { type Refusal, refuse } from "#protocol/errors.ts";
import type { AttemptId, NodeId } from "#protocol/ids.ts";
import { jobKey } from "#protocol/job.ts";
import type { BlobChunk, Offer } from "#protocol/wire/worker.ts";
import type { NodeChannel } from "../../home/nodeChannel.ts";
import type { Crossings } from "./crossings.ts";

/** What a durable record lets out. */
export interface AllowRecord {
  readonly nodeId: NodeId;
  readonly payload: Digest;
}

export interface EgressGateTerms {
  readonly crossings: Crossings;
  /** What forbids sending now: a revoked or expired lease, a pause, an attempt that ended. */
  readonly problemOf: (attemptId: AttemptId) => Refusal | undefined;
  /** The durable allow record under which an attempt sends; undefined where there is none. */
  readonly recordOf: (attemptId: AttemptId) => AllowRecord | undefined;
}

export type Passage = { readonly kind: "sent" } | { readonly kind: "link-gone" } | Refusal;

export class EgressGate {
  readonly #terms: EgressGateTerms;

  constructor(terms: EgressGateTerms) {
    this.#terms = terms;
  }

  /** Sends the job itself. After `link-gone` it may or may not have arrived, and its bytes stay counted. */
  async offer(channel: NodeChannel, offer: Offer): Promise<Passage> {
    const problem = this.#problem(channel, offer);
    if (problem !== undefined) return problem;
    // What was previewed is the digest; what leaves is the job. They are compared here, where nothing can come between.
    if (!channel.local && jobKey(offer.job) !== offer.payload) return NOT_RECORDED;
    if (!this.#terms.crossings.takeOut(offer.attemptId, Buffer.byteLength(canonicalJson(offer.job))))
      return TOO_FEW_BYTES;
    return passed(await channel.carry(offer));
  }

  /** Sends one chunk of a blob that the offered job names. After `link-gone` its bytes are given back. */
  async chunk(
    channel: NodeChannel,
    offer: Offer,
    permitted: ReadonlySet<Digest>,
    chunk: BlobChunk,
    bytes: Uint8Array,
  ): Promise<Passage> {
    if (!permitted.has(chunk.digest)) return NOT_IN_PREVIEW;
    const problem = this.#problem(channel, offer);
    if (problem !== undefined) return problem;
    const { crossings } = this.#terms;
    if (!crossings.takeOut(offer.attemptId, bytes.length)) return TOO_FEW_BYTES;
    const delivered = await channel.carry(chunk, bytes);
    if (!delivered) crossings.giveBack(offer.attemptId, bytes.length);
    return passed(delivered);
  }

  #problem(channel: NodeChannel, { attemptId, payload }: Offer): Refusal | undefined {
    const problem = this.#terms.problemOf(attemptId);
    // What stays on this machine needs no record; only the Home itself makes such a channel.
    if (problem !== undefined || channel.local) return problem;
    const record = this.#terms.recordOf(attemptId);
    return record?.payload === payload && record.nodeId === channel.nodeId ? undefined : NOT_RECORDED;
  }
}

function passed(delivered: boolean): Passage {
  return { kind: delivered ? "sent" : "link-gone" };
}

export const NOT_IN_PREVIEW: Refusal = refuse(
  "blob-not-in-preview",
  "The worker asked for a blob that the preview did not list.",
  "Do not trust this worker until you know why; revoke it: arw-home revoke <node>.",
);

const NOT_RECORDED: Refusal = refuse(
  "egress-unrecorded",
  "No record allows sending exactly this to this node.",
  "Start the episode again and approve its preview.",
);

const TOO_FEW_BYTES: Refusal = refuse(
  "lease-bytes-spent",
  "More bytes would leave than the approved preview named.",
  "Start the episode again and approve its preview.",
);
