// Which entries a person wants to see. A filter only hides: what it hides is counted, and one press clears it.
import type { EpisodeId } from "#protocol/ids.ts";
import type { TimelineEntry } from "#protocol/timeline.ts";

export type Level = TimelineEntry["level"];

/** From the loudest to the quietest, as the filter lists them. */
export const LEVELS: readonly Level[] = ["error", "attention", "info", "detail"];
/** Steps in between (accepted, reserved, each range of output) are there for the asking. */
export const USUAL_LEVELS: readonly Level[] = ["error", "attention", "info"];

/** The place of what happened at the Home itself. No node has this id. */
export const HOME_PLACE = "home";

export interface EntryFilter {
  readonly levels: readonly Level[];
  /** A node's id, or HOME_PLACE. */
  readonly node?: string;
  readonly episodeId?: EpisodeId;
  readonly eventKind?: string;
  /** Only what crossed the machine's boundary. */
  readonly crossedOnly: boolean;
}

export const USUAL_FILTER: EntryFilter = { levels: USUAL_LEVELS, crossedOnly: false };

export function passesFilter(entry: TimelineEntry, filter: EntryFilter): boolean {
  return (
    filter.levels.includes(entry.level) &&
    (!filter.crossedOnly || entry.crossing !== undefined) &&
    (filter.node === undefined || filter.node === (entry.where?.nodeId ?? HOME_PLACE)) &&
    (filter.episodeId === undefined || filter.episodeId === entry.corrId) &&
    (filter.eventKind === undefined || filter.eventKind === entry.kind)
  );
}

/** How many of its parts differ from the usual filter. */
export function narrowings(filter: EntryFilter): number {
  const levels = LEVELS.some((level) => filter.levels.includes(level) !== USUAL_LEVELS.includes(level));
  return [
    levels,
    filter.crossedOnly,
    filter.node !== undefined,
    filter.episodeId !== undefined,
    filter.eventKind !== undefined,
  ].filter(Boolean).length;
}
