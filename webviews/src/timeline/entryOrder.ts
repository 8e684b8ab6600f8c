// The total order of entries and how to find a place in it.
import type { TimelineEntry } from "#protocol/timeline.ts";
import type { EntryPlace } from "#protocol/webview/feed.ts";

export function comparePlaces(left: EntryPlace, right: EntryPlace): number {
  return left.sequence - right.sequence || left.index - right.index;
}

export function placeOf({ sequence, index }: TimelineEntry): EntryPlace {
  return { sequence, index };
}

export function samePlace(left: EntryPlace | undefined, right: EntryPlace | undefined): boolean {
  return left !== undefined && right !== undefined && comparePlaces(left, right) === 0;
}

/** The first position whose item is not before the place, in a sorted list that is read by position. */
export function firstNotBefore(length: number, at: (position: number) => EntryPlace, place: EntryPlace): number {
  let low = 0;
  let high = length;
  while (low < high) {
    const middle = (low + high) >>> 1;
    if (comparePlaces(at(middle), place) < 0) low = middle + 1;
    else high = middle;
  }
  return low;
}
