// The Merkle tree of a ledger (RFC 6962, RFC 9162): a leaf is hashed apart from a node, so neither is ever taken for the other.
// It keeps only the frontier: the roots of the full subtrees, largest first. Adding a leaf costs the same however large it is.
import * as z from "zod";
import { type Digest, digestHex, digestOf, digestSchema } from "../digest.ts";

/** What is left of a tree when all that can no longer change is summed up. */
export interface Frontier {
  /** How many leaves the tree has. */
  readonly size: number;
  /** One root for each bit that is set in `size`, the largest subtree first. */
  readonly peaks: readonly Digest[];
}

/** A tree of more leaves than a number counts exactly has at most so many peaks, and a proof about twice so many hashes. */
export const PEAKS_MAX = 53;

/** The root of a tree without leaves: the hash of nothing. */
export const EMPTY_ROOT: Digest = digestOf("");
export const emptyFrontier: Frontier = { size: 0, peaks: [] };

const LEAF = Buffer.of(0);
const NODE = Buffer.of(1);

export function leafHash(leaf: Uint8Array | string): Digest {
  return digestOf(Buffer.concat([LEAF, typeof leaf === "string" ? Buffer.from(leaf) : leaf]));
}

export function nodeHash(left: Digest, right: Digest): Digest {
  return digestOf(Buffer.concat([NODE, Buffer.from(digestHex(left), "hex"), Buffer.from(digestHex(right), "hex")]));
}

/** The tree with one leaf more. */
export function withLeaf(frontier: Frontier, leaf: Digest): Frontier {
  const peaks = [...frontier.peaks];
  let joined = leaf;
  // Each set bit at the low end of the size is a full subtree that the new leaf completes to one of twice its size.
  for (let rest = frontier.size; rest % 2 === 1; rest = Math.floor(rest / 2)) {
    const left = peaks.pop();
    if (left === undefined) throw new RangeError("a frontier has one peak for each bit of its size");
    joined = nodeHash(left, joined);
  }
  return { size: frontier.size + 1, peaks: [...peaks, joined] };
}

export function rootOf({ peaks }: Frontier): Digest {
  return peaks.length === 0 ? EMPTY_ROOT : peaks.reduceRight((right, left) => nodeHash(left, right));
}

/** The inclusion proof of the leaf that comes next: what stands to its left, the smallest first. Nothing is read for it. */
export function proofOfNext({ peaks }: Frontier): readonly Digest[] {
  return [...peaks].reverse();
}

/** The largest power of two below `count`, which is at least two: where RFC 6962 splits a tree. */
export function splitOf(count: number): number {
  let split = 1;
  while (split * 2 < count) split *= 2;
  return split;
}

function peaksOf(size: number): number {
  let peaks = 0;
  for (let rest = size; rest > 0; rest = Math.floor(rest / 2)) peaks += rest % 2;
  return peaks;
}

export const treeSizeSchema: z.ZodType<number> = z.number().int().min(0).max(Number.MAX_SAFE_INTEGER);

export const frontierSchema: z.ZodType<Frontier> = z
  .strictObject({ size: treeSizeSchema, peaks: z.array(digestSchema).max(PEAKS_MAX) })
  .refine(({ size, peaks }) => peaks.length === peaksOf(size), "must have one peak for each bit of its size");
