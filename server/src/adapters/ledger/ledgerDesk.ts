// What the Home owes the witnesses of its ledger: the checkpoint, the proofs that they demand, and the record beside each offer.
// It must never prove what is not durable, nor take a witness's word that its key did not sign.
import type { AttemptId, NodeId } from "#protocol/ids.ts";
import type { LeafProof } from "#protocol/ledger/leafProof.ts";
import type { SizedRoot } from "#protocol/ledger/proofs.ts";
import { SEEN_CHECKPOINTS_MAX, type ShownLedger } from "#protocol/ledger/witness.ts";
import type { EpochMs } from "#protocol/quantities.ts";
import type { PublicKey } from "#protocol/signature.ts";
import type { Witnessed } from "#protocol/wire/worker.ts";
import type { ViewOnDemand } from "../view/viewOnDemand.ts";
import type { EgressTree } from "./egressTree.ts";
import type { Witnesses } from "./witnesses.ts";

export interface LedgerDeskTerms {
  readonly tree: EgressTree;
  readonly witnesses: Witnesses;
  readonly view: ViewOnDemand;
  readonly now: () => EpochMs;
}

export class LedgerDesk {
  readonly #terms: LedgerDeskTerms;
  /** The head of each ledger that was shown: only of exactly that may its witness speak. */
  readonly #heads = new WeakMap<ShownLedger, SizedRoot>();

  constructor(terms: LedgerDeskTerms) {
    this.#terms = terms;
  }

  /** The ledger as it is now, for a witness that has seen these sizes of it. */
  async show(witness: NodeId, seen: readonly number[]): Promise<ShownLedger> {
    const { tree, witnesses, view, now } = this.#terms;
    const { checkpoint, head } = tree.signed();
    const longest = Math.max(0, ...seen.slice(0, SEEN_CHECKPOINTS_MAX));
    if (longest > head.size) {
      // It will raise its alarm, and so does this Home: this ledger is not the longest one that its key has signed.
      witnesses.ahead(witness, longest, now());
      return { checkpoint, consistency: [] };
    }
    // The journal is read only where something has come since.
    const isKnown = seen.every((size) => size === 0 || size === head.size);
    const hashes = isKnown ? undefined : (await view.current()).hashes;
    const consistency = seen.map((size) => hashes?.consistencyProof(size, head.size) ?? []);
    const shown: ShownLedger = { checkpoint, consistency };
    this.#heads.set(shown, head);
    return shown;
  }

  proofOf(attemptId: AttemptId): LeafProof | undefined {
    return this.#terms.tree.proofOf(attemptId);
  }

  /** False where the witness did not sign what it says, or says it of another ledger than the one it was shown on this link. */
  take(witness: NodeId, key: PublicKey, witnessed: Witnessed, shown: ShownLedger): boolean {
    const head = this.#heads.get(shown);
    if (head === undefined || witnessed.size !== head.size || witnessed.root !== head.root) return false;
    return this.#terms.witnesses.take(witness, key, witnessed, this.#terms.now());
  }
}
