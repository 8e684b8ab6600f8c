// What the Timeline page knows: the rows, what they add up to, and what the Home says beside them. It takes messages and
// answers questions; it knows no screen. It must count each entry once, however often the Home sends it.
import type { EpisodeId } from "#protocol/ids.ts";
import type { TimelineEntry } from "#protocol/timeline.ts";
import type { EntryPlace, HomeNotice, ShownEpisode } from "#protocol/webview/feed.ts";
import type { TimelineScope } from "#protocol/webview/timeline.ts";
import { EntrySearch } from "./entrySearch.ts";
import { comparePlaces, placeOf } from "./entryOrder.ts";
import { type EpisodeTotals, TotalsByEpisode } from "./episodeTotals.ts";
import { JobSpans } from "./jobSpans.ts";
import { SeenFacets } from "./seenFacets.ts";
import { TimelineRows } from "./timelineRows.ts";

export class TimelineModel {
  readonly rows: TimelineRows;
  readonly search: EntrySearch;
  readonly totals: TotalsByEpisode = new TotalsByEpisode();
  readonly spans: JobSpans = new JobSpans();
  readonly facets: SeenFacets = new SeenFacets();
  scope: TimelineScope = { kind: "workspace" };
  /** Undefined until the Home has answered: nothing is said about emptiness before. */
  loaded = false;
  /** How the Home is, as the editor last said. */
  home: Omit<HomeNotice, "kind"> = { reachable: true, text: "", urgent: false };
  olderProblem: string | undefined;
  readingOlder = false;
  #episodes = new Map<EpisodeId, ShownEpisode>();
  /** Entries from here on were added up. */
  #countedFrom: EntryPlace | undefined;

  constructor(rows: TimelineRows = new TimelineRows()) {
    this.rows = rows;
    this.search = new EntrySearch(rows);
  }

  replace(entries: readonly TimelineEntry[], older: boolean): void {
    this.loaded = true;
    this.readingOlder = false;
    this.olderProblem = undefined;
    this.totals.clear();
    this.spans.clear();
    this.rows.replace(entries, older);
    this.#countedFrom = entries[0] === undefined ? undefined : placeOf(entries[0]);
    this.#count(entries);
  }

  /** Returns what was new, and how many shown rows went from the top. */
  append(entries: readonly TimelineEntry[]): {
    readonly taken: readonly TimelineEntry[];
    readonly shownGivenBack: number;
  } {
    const appended = this.rows.append(entries);
    const first = appended.taken[0];
    if (first !== undefined) this.#countedFrom ??= placeOf(first);
    this.#count(appended.taken);
    return appended;
  }

  /** Returns how many shown rows came on top. */
  prepend(entries: readonly TimelineEntry[], older: boolean, problem: string | undefined): number {
    this.readingOlder = false;
    this.olderProblem = problem;
    const { taken, shownBefore } = this.rows.prepend(entries, older);
    const from = this.#countedFrom;
    this.#count(from === undefined ? taken : taken.filter((entry) => comparePlaces(entry, from) < 0));
    const first = taken[0];
    if (first !== undefined && (from === undefined || comparePlaces(first, from) < 0)) {
      this.#countedFrom = placeOf(first);
    }
    return shownBefore;
  }

  setEpisodes(episodes: readonly ShownEpisode[]): void {
    this.#episodes = new Map(episodes.map((episode) => [episode.episodeId, episode]));
  }

  episode(id: EpisodeId): ShownEpisode | undefined {
    return this.#episodes.get(id);
  }

  totalsOf(id: EpisodeId): EpisodeTotals | undefined {
    return this.totals.of(id);
  }

  /** Whether no episode has ever been: what the Home says of itself alone is no work yet. */
  get isIdle(): boolean {
    return this.loaded && !this.rows.older && this.scope.kind === "workspace" && !this.totals.hasAny;
  }

  /** What an episode is called: by its view, by its first entry, or by its id where neither is here. */
  titleOf(id: EpisodeId): string {
    if (this.scope.kind === "episode" && this.scope.episodeId === id) return this.scope.title;
    return this.#episodes.get(id)?.title ?? this.totals.of(id)?.startText ?? id;
  }

  /** Whether the owner can still decide what this entry asked. */
  isWaiting(entry: TimelineEntry): boolean {
    const episode = entry.corrId === undefined ? undefined : this.#episodes.get(entry.corrId);
    return entry.previewId !== undefined && episode?.state === "waiting-for-approval";
  }

  #count(entries: readonly TimelineEntry[]): void {
    this.totals.add(entries);
    this.spans.add(entries);
    this.facets.add(entries);
  }
}
