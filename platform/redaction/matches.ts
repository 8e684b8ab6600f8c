// What was found in a text: from where to where, by which rule. An open match goes on with the text still to come.
// A match never shrinks: what was found once is not shown.

/** The stronger kind names the placeholder where several begin together. */
export const STRENGTHS = { assigned: 1, run: 2, block: 3, known: 4 } as const;

export interface Match {
  readonly rule: string;
  readonly strength: number;
  /** Positions count UTF-16 code units from the beginning of the whole text. */
  readonly start: number;
  /** Infinity while it is open. */
  end: number;
  /** The exact secret, where it is a known one; else the text of the match stands for it. */
  readonly secret?: string;
}

/** Follows the text, character by character, from something that may become a match. */
export interface Follower {
  /** One more character. False once there is nothing left to follow. */
  step(code: number, at: number): boolean;
  /** The text has ended here. */
  finish(at: number): void;
  /** From where on the text must not be shown yet; Infinity where all of it may. */
  held(): number;
}

/** By start; of those that begin together the strongest first, so that the order of finding does not matter. */
export function isBefore(one: Match, other: Match): boolean {
  if (one.start !== other.start) return one.start < other.start;
  if (one.strength !== other.strength) return one.strength > other.strength;
  return one.rule < other.rule;
}

/** Overlapping matches, which become one placeholder. */
export class Region {
  readonly best: Match;
  #open: Match[] = [];
  #end = 0;

  constructor(first: Match) {
    this.best = first;
    this.add(first);
  }

  add(match: Match): void {
    if (match.end === Number.POSITIVE_INFINITY) this.#open.push(match);
    else this.#end = Math.max(this.#end, match.end);
  }

  /** Infinity while one of them is open. */
  end(): number {
    if (this.#open.length > 0) {
      const open: Match[] = [];
      for (const match of this.#open) {
        if (match.end === Number.POSITIVE_INFINITY) open.push(match);
        else this.#end = Math.max(this.#end, match.end);
      }
      this.#open = open;
    }
    return this.#open.length > 0 ? Number.POSITIVE_INFINITY : this.#end;
  }
}
