// An exported egress ledger as a Home would write it: a run of episodes sent, denied, lost and received, its tree and its lines.
// The Home of the tests signs it. It must never be what a program ships.
import type { JournalEvent } from "#protocol/events.ts";
import { egressOrigin, signCheckpoint } from "#protocol/ledger/checkpointNote.ts";
import { type EgressLeaf, isEgressLeaf, leafText } from "#protocol/ledger/egressLeaf.ts";
import { HashTree } from "#protocol/ledger/hashTree.ts";
import { headerLine, leafLine } from "#protocol/ledger/ledgerFile.ts";
import { leafHash } from "#protocol/ledger/merkleTree.ts";
import { approve, deny, finished, homeWith, lost, preview } from "./homeCommands.ts";
import { GPU, IDENTITY, LOCAL, type Scenario, type TestNode } from "./homeScenario.ts";

export const ORIGIN: string = egressOrigin(IDENTITY.workspaceId);

/** Episodes that were sent and came back, were lost, and were denied, in turn. */
export function sendingHome(episodes: number): Scenario {
  const home = homeWith(GPU);
  for (let number = 1; number <= episodes; number++) {
    home.run(preview(number, GPU));
    if (number % 3 === 0) home.run(deny(number));
    else home.run(approve(number), number % 3 === 1 ? finished(number, GPU) : lost(number, GPU));
  }
  return home;
}

export function leavesOf(events: readonly JournalEvent[]): readonly EgressLeaf[] {
  return events.filter(isEgressLeaf);
}

export function treeOf(leaves: readonly EgressLeaf[]): HashTree {
  const tree = new HashTree();
  for (const leaf of leaves) tree.append(leafHash(leafText(leaf)));
  return tree;
}

/** The checkpoint of the first `size` leaves. */
export function checkpointOf(tree: HashTree, size: number = tree.size, signer: TestNode = LOCAL): string {
  return signCheckpoint({ origin: ORIGIN, size, root: tree.rootAt(size) }, signer.key);
}

export function exportedLines(leaves: readonly EgressLeaf[], signer: TestNode = LOCAL): readonly string[] {
  const tree = treeOf(leaves);
  const { workspaceId } = IDENTITY;
  const { nodeId: homeId, publicKey: homeKey } = signer;
  const checkpoint = checkpointOf(tree, tree.size, signer);
  return [
    headerLine({ kind: "arw-egress-ledger", v: 1, workspaceId, homeId, homeKey, checkpoint }),
    ...leaves.map((leaf, index) => leafLine({ index, leaf, proof: tree.inclusionProof(index, tree.size) })),
  ];
}
