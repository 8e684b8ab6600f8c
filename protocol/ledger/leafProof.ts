// One leaf of a ledger with everything that shows it stands there: its text, its place, and a signed checkpoint with the proof.
// It is handed out beside offers and in receipts. Whoever gets one checks it; nothing in it is believed before.
import * as z from "zod";
import type { Digest } from "../digest.ts";
import type { PublicKey } from "../signature.ts";
import { checkpointNoteSchema, readCheckpointNote, type TreeHead } from "./checkpointNote.ts";
import { type EgressLeaf, leafTextSchema, readLeaf } from "./egressLeaf.ts";
import { leafHash, treeSizeSchema } from "./merkleTree.ts";
import { isIncluded, proofSchema } from "./proofs.ts";

export interface LeafProof {
  /** The canonical text that was hashed. */
  readonly leaf: string;
  readonly index: number;
  readonly checkpoint: string;
  readonly proof: readonly Digest[];
}

/** Whose ledger it is. */
export interface LedgerOwner {
  readonly origin: string;
  readonly key: PublicKey;
}

export type ReadLeafProof =
  | { readonly ok: true; readonly head: TreeHead; readonly leaf: EgressLeaf }
  | { readonly ok: false; readonly problem: string };

/** Whether the leaf stands in the tree that the checkpoint signs. */
export function readLeafProof({ leaf, index, checkpoint, proof }: LeafProof, owner: LedgerOwner): ReadLeafProof {
  const read = readCheckpointNote(checkpoint, owner);
  if (!read.ok) return { ok: false, problem: `the checkpoint ${read.problem}` };
  const { head } = read;
  const decoded = readLeaf(leaf);
  if (!decoded.ok) return { ok: false, problem: `the leaf's ${decoded.path} ${decoded.problem}` };
  if (!isIncluded(leafHash(leaf), { index, size: head.size, root: head.root }, proof)) {
    return { ok: false, problem: "the checkpoint does not cover it" };
  }
  return { ok: true, head, leaf: decoded.value };
}

export const leafProofSchema: z.ZodType<LeafProof> = z.strictObject({
  leaf: leafTextSchema,
  index: treeSizeSchema,
  checkpoint: checkpointNoteSchema,
  proof: proofSchema,
});
