// Follows a known secret behind its beginning, which alone is a match already, as far as the text goes on like it.
// Where an occurrence breaks off inside another one, that one is followed on (Knuth, Morris and Pratt, 1977).
import { ANCHOR_CHARACTERS, type Spelling } from "./knownSecrets.ts";
import { type Follower, type Match, STRENGTHS } from "./matches.ts";

export class KnownFollower implements Follower {
  readonly #spelling: Spelling;
  readonly #found: (match: Match) => void;
  readonly #shorter: Int32Array;
  #match: Match | undefined;
  /** How much of the spelling the text ends with. */
  #length = 0;

  constructor(spelling: Spelling, found: (match: Match) => void) {
    this.#spelling = spelling;
    this.#found = found;
    this.#shorter = shorterBeginnings(spelling.text);
  }

  /** Its beginning stood at `start`. One inside an occurrence that is followed is known already. */
  expect(start: number): void {
    if (this.#match !== undefined) return;
    this.#match = knownMatch(this.#spelling, start, Number.POSITIVE_INFINITY);
    this.#length = ANCHOR_CHARACTERS;
    this.#found(this.#match);
  }

  step(code: number, at: number): boolean {
    const { text } = this.#spelling;
    let length = this.#length;
    while (length > 0 && (length === text.length || text.charCodeAt(length) !== code)) {
      length = this.#shorter[length] ?? 0;
    }
    if (text.charCodeAt(length) === code) length += 1;
    this.#length = length;
    if (length > ANCHOR_CHARACTERS) return true;
    // Exactly the beginning: it ends with this character, and is found on its own.
    this.finish(at);
    return false;
  }

  finish(at: number): void {
    if (this.#match !== undefined) this.#match.end = at;
    this.#match = undefined;
  }

  held(): number {
    return Number.POSITIVE_INFINITY;
  }
}

export function knownMatch({ secret }: Spelling, start: number, end: number): Match {
  return { rule: "known-secret", strength: STRENGTHS.known, start, end, secret };
}

/** For each length of a beginning, the longest shorter one that it ends with. */
function shorterBeginnings(text: string): Int32Array {
  const shorter = new Int32Array(text.length + 1);
  for (let length = 1, known = 0; length < text.length; length++) {
    while (known > 0 && text.charCodeAt(length) !== text.charCodeAt(known)) known = shorter[known] ?? 0;
    if (text.charCodeAt(length) === text.charCodeAt(known)) known += 1;
    shorter[length + 1] = known;
  }
  return shorter;
}
