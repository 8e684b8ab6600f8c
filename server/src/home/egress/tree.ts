// The egress ledger as a Merkle tree: each record and each settlement is a leaf, in the order in which they became durable.
// It is a fold of the journal beside the state, not in it: a journal of any age has its tree.
import type { JournalEvent } from "#protocol/events.ts";
import { isEgressLeaf, leafText } from "#protocol/ledger/egressLeaf.ts";
import { type Frontier, leafHash, withLeaf } from "#protocol/ledger/merkleTree.ts";

/** The tree after these events. */
export function withEgress(tree: Frontier, events: readonly JournalEvent[]): Frontier {
  let after = tree;
  for (const event of events) if (isEgressLeaf(event)) after = withLeaf(after, leafHash(leafText(event)));
  return after;
}
