// Follows one run of characters of a class for all rules that wait for such a run, so that nested tokens cost nothing more.
// A run that has reached a rule's least length is a match, and is eaten to its end, however long it is.
import type { Follower, Match } from "./matches.ts";

/** A keyword that was found, and the length that the run behind it must reach. */
interface Candidate {
  readonly start: number;
  readonly rule: string;
  /** The position at which the run is long enough. */
  readonly due: number;
}

export class RunFollower implements Follower {
  readonly #members: Uint8Array;
  readonly #found: (match: Match) => void;
  readonly #strength: number;
  /** By start: the first one is what holds the text back. */
  #waiting: Candidate[] = [];
  #nextDue: number = Number.POSITIVE_INFINITY;
  #open: Match[] = [];

  constructor(members: Uint8Array, strength: number, found: (match: Match) => void) {
    this.#members = members;
    this.#strength = strength;
    this.#found = found;
  }

  /** The keyword has ended: its run begins with the next character, at `from`. */
  expect(start: number, from: number, rule: string, min: number): void {
    // Inside a match that ends where this one would, there is nothing to add.
    if (this.#open.some((match) => match.start < start)) return;
    this.#waiting.push({ start, rule, due: from + min - 1 });
    this.#nextDue = Math.min(this.#nextDue, from + min - 1);
  }

  step(code: number, at: number): boolean {
    if (this.#members[code] === 1) {
      if (at >= this.#nextDue) this.#mature(at);
      return true;
    }
    this.finish(at);
    return false;
  }

  finish(at: number): void {
    for (const match of this.#open) match.end = at;
    this.#open = [];
    this.#waiting = [];
    this.#nextDue = Number.POSITIVE_INFINITY;
  }

  held(): number {
    return this.#waiting.reduce((least, { start }) => Math.min(least, start), Number.POSITIVE_INFINITY);
  }

  #mature(at: number): void {
    const waiting: Candidate[] = [];
    this.#nextDue = Number.POSITIVE_INFINITY;
    for (const candidate of this.#waiting) {
      if (candidate.due <= at) {
        const match = {
          rule: candidate.rule,
          strength: this.#strength,
          start: candidate.start,
          end: Number.POSITIVE_INFINITY,
        };
        this.#open.push(match);
        this.#found(match);
      } else {
        waiting.push(candidate);
        this.#nextDue = Math.min(this.#nextDue, candidate.due);
      }
    }
    this.#waiting = waiting;
  }
}

/** A class as a table over all UTF-16 code units. */
export function membersTable(members: string): Uint8Array {
  const pattern = new RegExp(`[${members}]`, "u");
  const table = new Uint8Array(65_536);
  for (let code = 0; code < 128; code++) table[code] = pattern.test(String.fromCharCode(code)) ? 1 : 0;
  return table;
}
