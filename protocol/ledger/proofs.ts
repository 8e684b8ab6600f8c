// Verifies that a leaf stands in a tree, and that a tree is an earlier one with leaves added and none changed.
// Pure arithmetic over hashes that came from somebody else: whatever they are, it answers yes or no and never throws.
// Source: RFC 9162 §2.1.3.2 and §2.1.4.2.
import * as z from "zod";
import { type Digest, digestSchema } from "../digest.ts";
import { EMPTY_ROOT, nodeHash, PEAKS_MAX } from "./merkleTree.ts";

/** No tree whose size is a number has a longer proof. */
export const PROOF_HASHES_MAX: number = 2 * PEAKS_MAX;

/** Where a leaf stands, and in which tree. */
export interface LeafPlace {
  readonly index: number;
  readonly size: number;
  readonly root: Digest;
}

export interface SizedRoot {
  readonly size: number;
  readonly root: Digest;
}

/** `root` and `size` must come together, from a checkpoint: the hashes alone do not bind the size. */
export function isIncluded(leaf: Digest, { index, size, root }: LeafPlace, proof: readonly Digest[]): boolean {
  if (!isCount(index) || !isCount(size) || index >= size) return false;
  let node = index;
  let last = size - 1;
  let hash = leaf;
  for (const sibling of proof) {
    if (last === 0) return false;
    if (node % 2 === 1 || node === last) {
      hash = nodeHash(sibling, hash);
      // A node without a right sibling rises until it has a left one.
      while (node % 2 === 0 && node !== 0) [node, last] = [half(node), half(last)];
    } else hash = nodeHash(hash, sibling);
    [node, last] = [half(node), half(last)];
  }
  return last === 0 && hash === root;
}

/** Whether the later tree begins with exactly the leaves of the earlier one. */
export function isConsistent(earlier: SizedRoot, later: SizedRoot, proof: readonly Digest[]): boolean {
  if (!isCount(earlier.size) || !isCount(later.size) || earlier.size > later.size) return false;
  if (earlier.size === 0) return proof.length === 0 && earlier.root === EMPTY_ROOT;
  if (earlier.size === later.size) return proof.length === 0 && earlier.root === later.root;
  let node = earlier.size - 1;
  let last = later.size - 1;
  while (node % 2 === 1) [node, last] = [half(node), half(last)];
  // Where the earlier tree is one full subtree, the proof begins with its root, which is known.
  const [first, ...rest] = node === 0 ? [earlier.root, ...proof] : proof;
  if (first === undefined) return false;
  let before = first;
  let after = first;
  for (const sibling of rest) {
    if (last === 0) return false;
    if (node % 2 === 1 || node === last) {
      before = nodeHash(sibling, before);
      after = nodeHash(sibling, after);
      while (node % 2 === 0 && node !== 0) [node, last] = [half(node), half(last)];
    } else after = nodeHash(after, sibling);
    [node, last] = [half(node), half(last)];
  }
  return last === 0 && before === earlier.root && after === later.root;
}

function half(count: number): number {
  return Math.floor(count / 2);
}

function isCount(value: number): boolean {
  return Number.isSafeInteger(value) && value >= 0;
}

export const proofSchema: z.ZodType<readonly Digest[]> = z.array(digestSchema).max(PROOF_HASHES_MAX);
