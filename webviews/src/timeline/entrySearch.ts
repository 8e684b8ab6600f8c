// Finds the shown rows whose text, place or kind holds what a person types, and counts them. It must keep up with a live
// timeline: new rows are looked at once, all of them only when the search or the rows' positions change.
import type { TimelineEntry } from "#protocol/timeline.ts";
import type { TimelineRows } from "./timelineRows.ts";

export class EntrySearch {
  readonly #rows: TimelineRows;
  #needle: RegExp | undefined;
  #text = "";
  #matches: number[] = [];
  #searched = 0;
  #generation = -1;

  constructor(rows: TimelineRows) {
    this.#rows = rows;
  }

  get text(): string {
    return this.#text;
  }

  setText(text: string): void {
    this.#text = text;
    this.#needle = text === "" ? undefined : needleOf(text);
    this.#generation = -1;
  }

  /** Positions of shown rows, in order. */
  matches(): readonly number[] {
    const needle = this.#needle;
    if (needle === undefined) return [];
    if (this.#generation !== this.#rows.generation) {
      this.#generation = this.#rows.generation;
      this.#matches = [];
      this.#searched = 0;
    }
    for (; this.#searched < this.#rows.shownCount; this.#searched++) {
      const entry = this.#rows.at(this.#searched);
      if (entry !== undefined && holds(entry, needle)) this.#matches.push(this.#searched);
    }
    return this.#matches;
  }

  /** Which match a position is, from 1; 0 where it is none. */
  numberOf(position: number): number {
    const matches = this.matches();
    let low = 0;
    let high = matches.length;
    while (low < high) {
      const middle = (low + high) >>> 1;
      if ((matches[middle] ?? 0) < position) low = middle + 1;
      else high = middle;
    }
    return matches[low] === position ? low + 1 : 0;
  }

  /** The match after (or before) a position; goes round. */
  next(from: number, direction: 1 | -1): number | undefined {
    const matches = this.matches();
    return direction === 1
      ? (matches.find((match) => match > from) ?? matches[0])
      : (matches.findLast((match) => match < from) ?? matches.at(-1));
  }
}

/** A text in parts: every other one, from the second, is what was searched for. */
export function partsAround(text: string, search: string): readonly string[] {
  if (search === "") return [text];
  const parts: string[] = [];
  let from = 0;
  for (const { index, 0: found } of text.matchAll(needleOf(search, "g"))) {
    parts.push(text.slice(from, index), found);
    from = index + found.length;
  }
  return [...parts, text.slice(from)];
}

function holds(entry: TimelineEntry, needle: RegExp): boolean {
  return (
    needle.test(entry.text) ||
    needle.test(entry.kind) ||
    (entry.where !== undefined && needle.test(entry.where.name)) ||
    (entry.crossing !== undefined && needle.test(entry.crossing.leaseId))
  );
}

function needleOf(text: string, flags = ""): RegExp {
  return new RegExp(text.replace(/[$()*+.?[\\\]^{|}]/gu, String.raw`\$&`), `i${flags}`);
}
