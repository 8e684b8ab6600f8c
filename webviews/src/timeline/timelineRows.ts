// The entries that the page holds and which of them are shown: sorted, without repetition, bounded. Appending costs by the
// number of new entries, not of held ones. It must never show an entry twice, or one before another that came earlier.
import type { EpisodeId } from "#protocol/ids.ts";
import type { TimelineEntry } from "#protocol/timeline.ts";
import type { EntryPlace } from "#protocol/webview/feed.ts";
import { type EntryFilter, type Level, LEVELS, passesFilter, USUAL_FILTER } from "./entryFilter.ts";
import { comparePlaces, firstNotBefore } from "./entryOrder.ts";

/** Entries in memory; past this the oldest are given back to the Home, which has them all. */
export const ROWS_MAX = 200_000;
/** They are given back so many at a time, so that it happens seldom. */
export const ROWS_GIVEN_BACK = 20_000;

export class TimelineRows {
  readonly #rowsMax: number;
  readonly #givenBack: number;
  #entries: TimelineEntry[] = [];
  /** Positions in #entries that pass, in order. */
  #shown: number[] = [];
  #filter: EntryFilter = USUAL_FILTER;
  readonly #collapsed = new Set<EpisodeId>();
  readonly #counts: Record<Level, number> = { detail: 0, info: 0, attention: 0, error: 0 };
  /** Whether the Home has entries before the first one. */
  older = false;
  /** Grows whenever shown rows got other positions, so that what was found by position is found anew. */
  generation = 0;

  constructor(rowsMax: number = ROWS_MAX, givenBack: number = ROWS_GIVEN_BACK) {
    this.#rowsMax = rowsMax;
    this.#givenBack = givenBack;
  }

  get heldCount(): number {
    return this.#entries.length;
  }

  get shownCount(): number {
    return this.#shown.length;
  }

  get filter(): EntryFilter {
    return this.#filter;
  }

  get first(): TimelineEntry | undefined {
    return this.#entries[0];
  }

  get last(): TimelineEntry | undefined {
    return this.#entries.at(-1);
  }

  countOf(level: Level): number {
    return this.#counts[level];
  }

  isCollapsed(id: EpisodeId): boolean {
    return this.#collapsed.has(id);
  }

  /** The shown row at a position. */
  at(position: number): TimelineEntry | undefined {
    const held = this.#shown[position];
    return held === undefined ? undefined : this.#entries[held];
  }

  /** The position of the row at this place, or of the next one that is shown; shownCount where there is none after it. */
  positionOf(place: EntryPlace): number {
    return firstNotBefore(this.#shown.length, (position) => this.at(position) ?? place, place);
  }

  /** Any held entry, shown or not. */
  find(place: EntryPlace): TimelineEntry | undefined {
    const held = this.#entries[firstNotBefore(this.#entries.length, (index) => this.#entries[index] ?? place, place)];
    return held !== undefined && comparePlaces(held, place) === 0 ? held : undefined;
  }

  replace(entries: readonly TimelineEntry[], older: boolean): void {
    this.#entries = [];
    this.#shown = [];
    for (const level of LEVELS) this.#counts[level] = 0;
    this.older = older;
    this.generation += 1;
    this.append(entries);
  }

  /** Entries that are not after the last one are left out: they are here already. Returns what was taken and given back. */
  append(entries: readonly TimelineEntry[]): {
    readonly taken: readonly TimelineEntry[];
    readonly shownGivenBack: number;
  } {
    const last = this.last;
    const taken =
      last === undefined ? entries : entries.slice(firstNotBefore(entries.length, entryAt(entries), after(last)));
    for (const entry of taken) {
      this.#counts[entry.level] += 1;
      if (this.#passes(entry)) this.#shown.push(this.#entries.length);
      this.#entries.push(entry);
    }
    return { taken, shownGivenBack: this.#entries.length > this.#rowsMax ? this.#giveBack() : 0 };
  }

  /** Returns what was taken, and how many rows are shown before the ones of before. */
  prepend(
    entries: readonly TimelineEntry[],
    older: boolean,
  ): { readonly taken: readonly TimelineEntry[]; readonly shownBefore: number } {
    const first = this.first;
    const fresh =
      first === undefined ? entries : entries.slice(0, firstNotBefore(entries.length, entryAt(entries), first));
    const room = Math.max(0, this.#rowsMax - this.#entries.length);
    const taken = room < fresh.length ? fresh.slice(fresh.length - room) : fresh;
    this.older = older || taken.length < fresh.length;
    for (const entry of taken) this.#counts[entry.level] += 1;
    const before = this.#shown.length;
    this.#entries = [...taken, ...this.#entries];
    this.#showAgain();
    return { taken, shownBefore: this.#shown.length - before };
  }

  /** Whether one more page of older entries would fit. */
  get hasRoom(): boolean {
    return this.#entries.length < this.#rowsMax;
  }

  setFilter(filter: EntryFilter): void {
    this.#filter = filter;
    this.#showAgain();
  }

  setCollapsed(id: EpisodeId, collapsed: boolean): void {
    if (collapsed) this.#collapsed.add(id);
    else this.#collapsed.delete(id);
    this.#showAgain();
  }

  /** The nearest shown row after (or before) a position that fits; goes round once. */
  nextPosition(from: number, direction: 1 | -1, fits: (entry: TimelineEntry) => boolean): number | undefined {
    const count = this.#shown.length;
    for (let step = 1; step <= count; step++) {
      const position = (((from + direction * step) % count) + count) % count;
      const entry = this.at(position);
      if (entry !== undefined && fits(entry)) return position;
    }
    return undefined;
  }

  #passes(entry: TimelineEntry): boolean {
    const folded = entry.corrId !== undefined && entry.kind !== "EpisodeStarted" && this.#collapsed.has(entry.corrId);
    return !folded && passesFilter(entry, this.#filter);
  }

  #showAgain(): void {
    const shown: number[] = [];
    const entries = this.#entries;
    for (let held = 0; held < entries.length; held++) {
      const entry = entries[held];
      if (entry !== undefined && this.#passes(entry)) shown.push(held);
    }
    this.#shown = shown;
    this.generation += 1;
  }

  #giveBack(): number {
    const count = Math.max(this.#givenBack, this.#entries.length - this.#rowsMax);
    const dropped = this.#entries.slice(0, count);
    for (const { level } of dropped) this.#counts[level] -= 1;
    const before = this.#shown.length;
    this.#entries = this.#entries.slice(count);
    this.older = true;
    this.#showAgain();
    return before - this.#shown.length;
  }
}

function entryAt(entries: readonly TimelineEntry[]): (position: number) => EntryPlace {
  return (position) => {
    const entry = entries[position];
    if (entry === undefined) throw new RangeError(`no entry at ${position}`);
    return entry;
  };
}

/** The first place after an entry's. */
function after({ sequence, index }: EntryPlace): EntryPlace {
  return { sequence, index: index + 1 };
}
