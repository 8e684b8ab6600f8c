// Finds every one of many keywords in one pass over a text, character by character (Aho and Corasick, 1975).
// Letters are folded: who asked for an exact keyword compares it again. Its time must never depend on the keywords.

export class KeywordAutomaton {
  /** `next[state * width + classOf[code]]` is the state after one more character. The state before any is 0. */
  readonly next: Int32Array;
  /** The class of each UTF-16 code unit; 0 for all that is in no keyword. */
  readonly classOf: Uint8Array;
  readonly width: number;
  /** States from this one on have found something. */
  readonly firstHit: number;
  /** How many of the last characters may be the beginning of a keyword. */
  readonly depths: Uint16Array;
  /** By state minus `firstHit`: the indexes of all keywords that end here. */
  readonly hits: readonly (readonly number[])[];

  /** Keywords are not empty; the same one may come more than once. */
  constructor(keywords: readonly string[]) {
    const { classOf, width } = classesOf(keywords);
    const trie = new Trie(keywords, classOf, width);
    const { order, fail } = trie.breadthFirst();
    const found = order.map(() => [] as number[]);
    for (const node of order) found[node] = [...(trie.ends[node] ?? []), ...(found[fail[node] ?? 0] ?? [])];
    found[0] = [];
    // Renumbered, so that one comparison tells whether something was found.
    const silent = order.filter((node) => found[node]?.length === 0);
    const telling = order.filter((node) => found[node]?.length !== 0);
    const numberOf = new Int32Array(order.length);
    [...silent, ...telling].forEach((node, index) => {
      numberOf[node] = index;
    });
    this.classOf = classOf;
    this.width = width;
    this.firstHit = silent.length;
    this.next = new Int32Array(order.length * width);
    this.depths = new Uint16Array(order.length);
    for (const node of order) {
      const row = (numberOf[node] ?? 0) * width;
      for (let column = 0; column < width; column++) {
        this.next[row + column] = numberOf[trie.next[node * width + column] ?? 0] ?? 0;
      }
      this.depths[numberOf[node] ?? 0] = trie.depths[node] ?? 0;
    }
    this.hits = telling.map((node) => found[node] ?? []);
  }
}

/** The classes that a byte can number. Rarer characters share the last one, and a hit is compared again anyway. */
const CLASSES_MAX = 255;

function classesOf(keywords: readonly string[]): { readonly classOf: Uint8Array; readonly width: number } {
  const classOf = new Uint8Array(65_536);
  let last = 0;
  for (const keyword of keywords) {
    for (let index = 0; index < keyword.length; index++) {
      for (const code of casesOf(keyword.charCodeAt(index))) {
        if (classOf[code] !== 0) continue;
        const sibling = casesOf(code).find((other) => classOf[other] !== 0);
        classOf[code] = sibling === undefined ? (last = Math.min(last + 1, CLASSES_MAX)) : (classOf[sibling] ?? 0);
      }
    }
  }
  return { classOf, width: last + 1 };
}

/** A code unit in both cases, where it is a letter of ASCII. */
function casesOf(code: number): readonly number[] {
  const isLetter = (code >= 65 && code <= 90) || (code >= 97 && code <= 122);
  return isLetter ? [code & ~32, code | 32] : [code];
}

class Trie {
  readonly depths: number[] = [0];
  readonly ends: (number[] | undefined)[] = [undefined];
  readonly #width: number;
  #next: Int32Array;
  #nodes = 1;

  constructor(keywords: readonly string[], classOf: Uint8Array, width: number) {
    this.#width = width;
    this.#next = new Int32Array(width * 1_024);
    keywords.forEach((keyword, index) => {
      let node = 0;
      for (let at = 0; at < keyword.length; at++) {
        const column = classOf[keyword.charCodeAt(at)] ?? 0;
        const child = this.#next[node * width + column] ?? 0;
        node = child === 0 ? this.#add(node, column) : child;
      }
      this.ends[node] = [...(this.ends[node] ?? []), index];
    });
  }

  get next(): Int32Array {
    return this.#next;
  }

  /** Completes `next` for every character, and answers the nodes by depth with the longest suffix of each. */
  breadthFirst(): { readonly order: readonly number[]; readonly fail: Int32Array } {
    const width = this.#width;
    const fail = new Int32Array(this.#nodes);
    const order = [0];
    for (let turn = 0; turn < order.length; turn++) {
      const node = order[turn] ?? 0;
      for (let column = 0; column < width; column++) {
        const child = this.#next[node * width + column] ?? 0;
        const elsewhere = node === 0 ? 0 : (this.#next[(fail[node] ?? 0) * width + column] ?? 0);
        if (child === 0) this.#next[node * width + column] = elsewhere;
        else {
          fail[child] = elsewhere;
          order.push(child);
        }
      }
    }
    return { order, fail };
  }

  #add(parent: number, column: number): number {
    const node = this.#nodes++;
    if (node * this.#width >= this.#next.length) {
      const larger = new Int32Array(this.#next.length * 2);
      larger.set(this.#next);
      this.#next = larger;
    }
    if ((node + 1) * this.#width > this.#next.length) throw new RangeError("a trie grew past its table");
    this.#next[parent * this.#width + column] = node;
    this.depths[node] = (this.depths[parent] ?? 0) + 1;
    this.ends[node] = undefined;
    return node;
  }
}
