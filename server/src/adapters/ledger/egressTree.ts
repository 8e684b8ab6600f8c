// The tree of the egress ledger as of the last durable frame, and the Home's signature under it.
// It must never sign anything that a power cut could take back: a checkpoint that others hold is for ever.
import type { KeyObject } from "node:crypto";
import type { EgressRecorded, JournalEvent } from "#protocol/events.ts";
import type { AttemptId } from "#protocol/ids.ts";
import { signCheckpoint, type TreeHead } from "#protocol/ledger/checkpointNote.ts";
import { isEgressLeaf, leafText } from "#protocol/ledger/egressLeaf.ts";
import { type Frontier, proofOfNext, rootOf } from "#protocol/ledger/merkleTree.ts";
import type { LeafProof } from "#protocol/ledger/leafProof.ts";
import { withEgress } from "../../home/egress/tree.ts";

export interface EgressTreeTerms {
  /** As of the last durable frame. */
  readonly frontier: Frontier;
  readonly origin: string;
  readonly privateKey: KeyObject;
}

/** More offers than this are never on their way at once. */
export const RECORDED_MAX = 1_024;

interface Recorded {
  readonly event: EgressRecorded;
  readonly before: Frontier;
  readonly after: Frontier;
}

export interface SignedHead {
  readonly head: TreeHead;
  readonly checkpoint: string;
}

export class EgressTree {
  readonly #terms: EgressTreeTerms;
  #frontier: Frontier;
  #signed: SignedHead | undefined;
  /** What the latest attempts were let out with: their offers follow as soon as their records are durable. */
  readonly #recorded = new Map<AttemptId, Recorded>();

  constructor(terms: EgressTreeTerms) {
    this.#terms = terms;
    this.#frontier = terms.frontier;
  }

  get frontier(): Frontier {
    return this.#frontier;
  }

  /** Takes what has become durable, in order. */
  take(events: readonly JournalEvent[]): void {
    for (const event of events) {
      if (!isEgressLeaf(event)) continue;
      const before = this.#frontier;
      this.#frontier = withEgress(before, [event]);
      if (event.kind === "EgressRecorded" && event.attemptId !== undefined) {
        this.#remember(event.attemptId, { event, before, after: this.#frontier });
      }
    }
  }

  /** The record that lets this attempt leave, proven by the checkpoint that it made the last entry of; nothing is read for it. */
  proofOf(attemptId: AttemptId): LeafProof | undefined {
    const recorded = this.#recorded.get(attemptId);
    if (recorded === undefined) return undefined;
    const { event, before, after } = recorded;
    const { checkpoint } = this.#sign(after);
    return { leaf: leafText(event), index: before.size, checkpoint, proof: proofOfNext(before) };
  }

  /** Signed when it is asked for, once for each size. */
  signed(): SignedHead {
    return this.#sign(this.#frontier);
  }

  #sign(frontier: Frontier): SignedHead {
    const { size } = frontier;
    if (this.#signed?.head.size === size) return this.#signed;
    const { origin, privateKey } = this.#terms;
    const head = { origin, size, root: rootOf(frontier) };
    this.#signed = { head, checkpoint: signCheckpoint(head, privateKey) };
    return this.#signed;
  }

  #remember(attemptId: AttemptId, recorded: Recorded): void {
    this.#recorded.set(attemptId, recorded);
    const [oldest] = this.#recorded.keys();
    if (oldest !== undefined && this.#recorded.size > RECORDED_MAX) this.#recorded.delete(oldest);
  }
}
