// The tree of the egress ledger as of the last durable frame, and the Home's signature under it.
// It must never sign anything that a power cut could take back: a checkpoint that others hold is for ever.
import type { KeyObject } from "node:crypto";
import type { JournalEvent } from "#protocol/events.ts";
import { signCheckpoint, type TreeHead } from "#protocol/ledger/checkpointNote.ts";
import { type Frontier, rootOf } from "#protocol/ledger/merkleTree.ts";
import { withEgress } from "../../home/egress/tree.ts";

export interface EgressTreeTerms {
  /** As of the last durable frame. */
  readonly frontier: Frontier;
  readonly origin: string;
  readonly privateKey: KeyObject;
}

export interface SignedHead {
  readonly head: TreeHead;
  readonly checkpoint: string;
}

export class EgressTree {
  readonly #terms: EgressTreeTerms;
  #frontier: Frontier;
  #signed: SignedHead | undefined;

  constructor(terms: EgressTreeTerms) {
    this.#terms = terms;
    this.#frontier = terms.frontier;
  }

  get frontier(): Frontier {
    return this.#frontier;
  }

  /** Takes what has become durable, in order. */
  take(events: readonly JournalEvent[]): void {
    this.#frontier = withEgress(this.#frontier, events);
  }

  /** Signed when it is asked for, once for each size. */
  signed(): SignedHead {
    const { size } = this.#frontier;
    if (this.#signed?.head.size === size) return this.#signed;
    const { origin, privateKey } = this.#terms;
    const head = { origin, size, root: rootOf(this.#frontier) };
    this.#signed = { head, checkpoint: signCheckpoint(head, privateKey) };
    return this.#signed;
  }
}
