// The hashes of a whole tree, level by level, so that a proof about any two of its sizes is found without hashing it again.
// It takes 64 bytes a leaf: it is made when somebody asks for a proof, and given up afterwards. It verifies nothing.
import { type Digest, digestFromHex, digestHex } from "../digest.ts";
import { EMPTY_ROOT, nodeHash, splitOf } from "./merkleTree.ts";

const HASH_BYTES = 32;
const FIRST_HASHES = 64;

export class HashTree {
  /** Of level 0 the leaves; of level n the roots of full subtrees of 2^n leaves. */
  readonly #levels: HashColumn[] = [];

  get size(): number {
    return this.#levels[0]?.count ?? 0;
  }

  append(leaf: Digest): void {
    let joined = leaf;
    for (let level = 0; ; level++) {
      const column = (this.#levels[level] ??= new HashColumn());
      column.push(joined);
      if (column.count % 2 === 1) return;
      joined = nodeHash(column.at(column.count - 2), joined);
    }
  }

  /** The root when it had `size` leaves. Throws RangeError past the tree, like every question here. */
  rootAt(size: number): Digest {
    this.#require(size);
    return size === 0 ? EMPTY_ROOT : this.#root(0, size);
  }

  inclusionProof(index: number, size: number): readonly Digest[] {
    this.#require(size);
    if (!Number.isSafeInteger(index) || index < 0 || index >= size) throw new RangeError(`no leaf ${index} of ${size}`);
    return this.#inclusion(index, 0, size);
  }

  consistencyProof(earlier: number, later: number): readonly Digest[] {
    this.#require(later);
    if (!Number.isSafeInteger(earlier) || earlier < 0 || earlier > later) {
      throw new RangeError(`${later} leaves do not come after ${earlier}`);
    }
    return earlier === 0 || earlier === later ? [] : this.#consistency(earlier, 0, later, true);
  }

  #inclusion(index: number, from: number, to: number): readonly Digest[] {
    if (to - from === 1) return [];
    const middle = from + splitOf(to - from);
    return index < middle
      ? [...this.#inclusion(index, from, middle), this.#root(middle, to)]
      : [...this.#inclusion(index, middle, to), this.#root(from, middle)];
  }

  /** `known`: whether the root of what lies before `earlier` here is the one that the asker holds. */
  #consistency(earlier: number, from: number, to: number, known: boolean): readonly Digest[] {
    if (earlier === to) return known ? [] : [this.#root(from, to)];
    const middle = from + splitOf(to - from);
    return earlier <= middle
      ? [...this.#consistency(earlier, from, middle, known), this.#root(middle, to)]
      : [...this.#consistency(earlier, middle, to, false), this.#root(from, middle)];
  }

  /** The root over the leaves from `from` up to `to`; at most one path of it is not a full subtree. */
  #root(from: number, to: number): Digest {
    const count = to - from;
    const level = Math.log2(count);
    if (Number.isInteger(level) && from % count === 0) {
      const column = this.#levels[level];
      if (column !== undefined) return column.at(from / count);
    }
    const middle = from + splitOf(count);
    return nodeHash(this.#root(from, middle), this.#root(middle, to));
  }

  #require(size: number): void {
    if (!Number.isSafeInteger(size) || size < 0 || size > this.size) {
      throw new RangeError(`the tree has ${this.size} leaves, not ${size}`);
    }
  }
}

/** Hashes one after the other in one piece of memory. */
class HashColumn {
  #bytes = Buffer.alloc(FIRST_HASHES * HASH_BYTES);
  count = 0;

  push(hash: Digest): void {
    const at = this.count * HASH_BYTES;
    if (at === this.#bytes.length) this.#bytes = Buffer.concat([this.#bytes, Buffer.alloc(at)]);
    this.#bytes.write(digestHex(hash), at, "hex");
    this.count++;
  }

  at(index: number): Digest {
    if (index >= this.count) throw new RangeError(`no hash ${index} of ${this.count}`);
    return digestFromHex(this.#bytes.toString("hex", index * HASH_BYTES, (index + 1) * HASH_BYTES));
  }
}
