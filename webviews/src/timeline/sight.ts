// How a person looks at the timeline at this moment: what they typed, opened and chose. It is what the page keeps.
import type { EntryPlace } from "#protocol/webview/feed.ts";
import type { Density, TimelineKept, TimelineScope } from "#protocol/webview/timeline.ts";
import { type EntryFilter, USUAL_FILTER } from "./entryFilter.ts";

export interface Sight {
  readonly density: Density;
  readonly search: string;
  readonly filtersOpen: boolean;
  readonly waterfall: TimelineKept["waterfall"];
  /** Stays at the newest row as rows come. */
  readonly follow: boolean;
  /** The row that the keyboard is on. */
  readonly active?: EntryPlace;
  readonly detailsOpen: boolean;
}

export const FIRST_SIGHT: Sight = {
  density: "compact",
  search: "",
  filtersOpen: false,
  waterfall: "hidden",
  follow: true,
  detailsOpen: false,
};

export function keptOf(scope: TimelineScope, sight: Sight, filter: EntryFilter): TimelineKept {
  return { scope, ...sight, ...filter };
}

export function sightOf(kept: TimelineKept): { readonly sight: Sight; readonly filter: EntryFilter } {
  const { scope: _scope, levels, node, episodeId, eventKind, crossedOnly, ...sight } = kept;
  return {
    sight,
    filter: {
      ...USUAL_FILTER,
      levels,
      crossedOnly,
      ...(node === undefined ? {} : { node }),
      ...(episodeId === undefined ? {} : { episodeId }),
      ...(eventKind === undefined ? {} : { eventKind }),
    },
  };
}
