// The tree against the vectors of Certificate Transparency and the definition of RFC 6962, and its proofs against mutations.
import assert from "node:assert/strict";
import { test } from "node:test";
import fc from "fast-check";
import { decode } from "../decode.ts";
import { type Digest, digestFromHex, digestHex, digestOf } from "../digest.ts";
import { HashTree } from "./hashTree.ts";
import {
  EMPTY_ROOT,
  emptyFrontier,
  type Frontier,
  frontierSchema,
  leafHash,
  proofOfNext,
  rootOf,
  withLeaf,
} from "./merkleTree.ts";
import { isConsistent, isIncluded } from "./proofs.ts";

/** The eight leaves of the Certificate Transparency project's own tests, and the roots of its trees of one to eight. */
const VECTOR_LEAVES = [
  "",
  "00",
  "10",
  "2021",
  "3031",
  "40414243",
  "5051525354555657",
  "606162636465666768696a6b6c6d6e6f",
];
const VECTOR_ROOTS = [
  "6e340b9cffb37a989ca544e6bb780a2c78901d3fb33738768511a30617afa01d",
  "fac54203e7cc696cf0dfcb42c92a1d9dbaf70ad9e621f4bd8d98662f00e3c125",
  "aeb6bcfe274b70a14fb067a5e5578264db0fa9b51af5e0ba159158f329e06e77",
  "d37ee418976dd95753c1c73862b9398fa2a2cf9b4ff0fdfe8b30cd95209614b7",
  "4e3bbb1f7b478dcfe71fb631631519a3bca12c9aefca1612bfce4c13a86264d4",
  "76e67dadbcdf1e10e1b74ddc608abd2f98dfb16fbce75277b5232a127f2087ef",
  "ddb89be403809e325750d3d263cd78929c2942b7942a34b77e122c9594a74c8c",
  "5dc9da79a70659a9ad559cb701ded9a2ab9d823aad2f4960cfe370eff4604328",
];
const OF_FIVE = "bc1a0643b12e4d2d7c77918f44e0f4f79a838b6cf9ec5b5c283e1f4d88599e6b";
const OF_SEVEN_AND_EIGHT = "ca854ea128ed050b41b35ffc1b87b8eb2bde461e9e3b5596ece6b9d5975a0ae0";
const OF_FIVE_AND_SIX = "0ebc5d3437fbe2db158b9f126a1d118e308181031d0a949f8dededebc558ef6a";
const OF_THREE_AND_FOUR = "5f083f0a1a33ca076a95279832580db3e0ef4584bdff1f54c8a360f50de3031e";

/** The definition of RFC 6962 §2.1, word by word and as slow as it reads. */
function definedRoot(leaves: readonly Digest[]): Buffer {
  if (leaves.length === 0) return hashed("");
  if (leaves.length === 1) return Buffer.from((leaves[0] ?? "").slice("sha256:".length), "hex");
  const split = Math.max(...Array.from({ length: 31 }, (_, bit) => 2 ** bit).filter((power) => power < leaves.length));
  const joined = [Buffer.of(1), definedRoot(leaves.slice(0, split)), definedRoot(leaves.slice(split))];
  return hashed(Buffer.concat(joined));
}

function hashed(bytes: Uint8Array | string): Buffer {
  return Buffer.from(digestHex(digestOf(bytes)), "hex");
}

function defined(leaves: readonly Digest[]): Digest {
  return digestFromHex(definedRoot(leaves).toString("hex"));
}

function treeOf(leaves: readonly Digest[]): HashTree {
  const tree = new HashTree();
  for (const leaf of leaves) tree.append(leaf);
  return tree;
}

function numbered(count: number): readonly Digest[] {
  return Array.from({ length: count }, (_, index) => leafHash(`leaf ${index}`));
}

const vector = VECTOR_LEAVES.map((hex) => leafHash(Buffer.from(hex, "hex")));

test("roots are those of the published vectors, by the frontier and by the levels", () => {
  let frontier: Frontier = emptyFrontier;
  assert.equal(rootOf(frontier), EMPTY_ROOT);
  const tree = treeOf(vector);
  for (const [index, leaf] of vector.entries()) {
    frontier = withLeaf(frontier, leaf);
    assert.equal(rootOf(frontier), `sha256:${VECTOR_ROOTS[index]}`);
    assert.equal(tree.rootAt(index + 1), `sha256:${VECTOR_ROOTS[index]}`);
  }
});

test("proofs are those of the published vectors", () => {
  const tree = treeOf(vector);
  const hex = (proof: readonly Digest[]): readonly string[] => proof.map((hash) => hash.slice("sha256:".length));
  assert.deepEqual(hex(tree.inclusionProof(5, 8)), [OF_FIVE, OF_SEVEN_AND_EIGHT, VECTOR_ROOTS[3]]);
  assert.deepEqual(hex(tree.inclusionProof(2, 3)), [VECTOR_ROOTS[1]]);
  assert.deepEqual(hex(tree.consistencyProof(6, 8)), [OF_FIVE_AND_SIX, OF_SEVEN_AND_EIGHT, VECTOR_ROOTS[3]]);
  assert.deepEqual(hex(tree.consistencyProof(2, 5)), [OF_THREE_AND_FOUR, OF_FIVE]);
  assert.deepEqual(tree.consistencyProof(1, 1), []);
});

test("the frontier and the levels have the root of the recursive definition, at every size", () => {
  const leaves = numbered(130);
  const tree = treeOf(leaves);
  let frontier: Frontier = emptyFrontier;
  for (const [index, leaf] of leaves.entries()) {
    // What the next leaf is proven with is known before it is there.
    const proof = proofOfNext(frontier);
    frontier = withLeaf(frontier, leaf);
    const root = defined(leaves.slice(0, index + 1));
    assert.equal(rootOf(frontier), root);
    assert.equal(tree.rootAt(index + 1), root);
    assert.deepEqual(proof, tree.inclusionProof(index, index + 1));
    assert.equal(decode(frontierSchema, frontier).ok, true);
  }
});

const sized = fc.integer({ min: 1, max: 200 }).chain((size) =>
  fc.record({
    size: fc.constant(size),
    index: fc.nat({ max: size - 1 }),
    earlier: fc.integer({ min: 1, max: size }),
  }),
);

test("every leaf is proven in every tree, and nothing else passes for it", () => {
  const leaves = numbered(200);
  const tree = treeOf(leaves);
  fc.assert(
    fc.property(sized, fc.nat(), ({ size, index }, which) => {
      const proof = tree.inclusionProof(index, size);
      const place = { index, size, root: tree.rootAt(size) };
      const leaf = leaves[index] ?? EMPTY_ROOT;
      assert.ok(isIncluded(leaf, place, proof));
      assert.ok(!isIncluded(leafHash("another"), place, proof), "another leaf");
      assert.ok(!isIncluded(leaf, { ...place, root: tree.rootAt(size - 1) }, proof), "another root");
      assert.ok(!isIncluded(leaf, place, [...proof, EMPTY_ROOT]), "one hash more");
      if (size < 200) assert.ok(!isIncluded(leaf, { ...place, size: size + 1, root: tree.rootAt(size + 1) }, proof));
      const other = which % size;
      if (other !== index) assert.ok(!isIncluded(leaf, { ...place, index: other }, proof), "another place");
      if (proof.length === 0) return;
      const at = which % proof.length;
      assert.ok(!isIncluded(leaf, place, proof.toSpliced(at, 1)), "one hash less");
      assert.ok(!isIncluded(leaf, place, proof.with(at, leafHash("another"))), "another hash");
    }),
    { numRuns: 500 },
  );
});

test("every tree is proven to go on from each earlier one, and no fork, rollback or mutation passes", () => {
  const leaves = numbered(200);
  const tree = treeOf(leaves);
  fc.assert(
    fc.property(sized, fc.nat(), ({ size, earlier }, which) => {
      const proof = tree.consistencyProof(earlier, size);
      const before = { size: earlier, root: tree.rootAt(earlier) };
      const after = { size, root: tree.rootAt(size) };
      assert.ok(isConsistent(before, after, proof));
      assert.ok(!isConsistent(before, after, [...proof, EMPTY_ROOT]), "one hash more");
      assert.ok(!isConsistent({ ...before, root: leafHash("another") }, after, proof), "another earlier root");
      assert.ok(!isConsistent(before, { ...after, root: leafHash("another") }, proof), "another later root");
      if (earlier < size) assert.ok(!isConsistent(after, before, proof), "a rollback");
      // A ledger whose history was rewritten, with the best proof that its own tree gives.
      const fork = treeOf(leaves.slice(0, size).with(which % earlier, leafHash("rewritten")));
      const forged = { size, root: fork.rootAt(size) };
      assert.ok(!isConsistent(before, forged, fork.consistencyProof(earlier, size)), "a fork");
      if (proof.length === 0) return;
      const at = which % proof.length;
      assert.ok(!isConsistent(before, after, proof.toSpliced(at, 1)), "one hash less");
      assert.ok(!isConsistent(before, after, proof.with(at, leafHash("another"))), "another hash");
    }),
    { numRuns: 500 },
  );
});

test("nothing comes before the first leaf but the empty tree", () => {
  const tree = treeOf(numbered(3));
  const after = { size: 3, root: tree.rootAt(3) };
  assert.ok(isConsistent({ size: 0, root: EMPTY_ROOT }, after, []));
  assert.ok(!isConsistent({ size: 0, root: leafHash("") }, after, []));
  assert.ok(!isConsistent({ size: 0, root: EMPTY_ROOT }, after, [EMPTY_ROOT]));
});

test("sizes that no ledger has are answered with no", () => {
  for (const size of [-1, 0.5, Number.NaN, Number.POSITIVE_INFINITY, 2 ** 53]) {
    assert.ok(!isIncluded(EMPTY_ROOT, { index: 0, size, root: EMPTY_ROOT }, []));
    assert.ok(!isConsistent({ size: 1, root: EMPTY_ROOT }, { size, root: EMPTY_ROOT }, []));
  }
  assert.throws(() => treeOf(vector).rootAt(9), RangeError);
  assert.throws(() => treeOf(vector).inclusionProof(8, 8), RangeError);
  assert.throws(() => treeOf(vector).consistencyProof(4, 3), RangeError);
});

test("a frontier with a peak too many or too few is refused", () => {
  const { size, peaks } = numbered(7).reduce(withLeaf, emptyFrontier);
  assert.equal(decode(frontierSchema, { size, peaks }).ok, true);
  assert.equal(decode(frontierSchema, { size, peaks: peaks.slice(1) }).ok, false);
  assert.equal(decode(frontierSchema, { size: size + 1, peaks }).ok, false);
});
