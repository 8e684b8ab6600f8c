// Each job's stretch of time, gathered from its entries: when it was asked for, ran and ended, where, and what crossed.
// The waterfall and its table draw the same spans. Entries may come in any order, each once.
import type { EpisodeId, JobId } from "#protocol/ids.ts";
import type { TimelineEntry } from "#protocol/timeline.ts";
import type { EntryPlace } from "#protocol/webview/feed.ts";
import { comparePlaces, placeOf } from "./entryOrder.ts";

/** Spans in memory; of more, the newest are drawn. */
export const SPANS_MAX = 5_000;

export type SpanState = "waiting" | "running" | "done" | "failed" | "cancelled";

export interface SpanCrossing {
  readonly at: number;
  readonly direction: "out" | "back";
  readonly bytes: number;
  readonly place: EntryPlace;
}

export interface JobSpan {
  readonly jobId: JobId;
  readonly episodeId: EpisodeId | undefined;
  /** Where its first entry is, for a jump. */
  readonly place: EntryPlace;
  readonly node: { readonly nodeId: string; readonly name: string } | undefined;
  readonly queuedAt: number;
  readonly startedAt: number | undefined;
  readonly endedAt: number | undefined;
  readonly state: SpanState;
  readonly crossings: readonly SpanCrossing[];
}

interface Gathered {
  place: EntryPlace;
  placed: TimelineEntry | undefined;
  queuedAt: number;
  startedAt: number | undefined;
  ended: TimelineEntry | undefined;
  readonly episodeId: EpisodeId | undefined;
  readonly crossings: SpanCrossing[];
}

const ENDINGS: ReadonlySet<string> = new Set(["JobFinished", "JobFailed", "JobCancelled"]);

export class JobSpans {
  readonly #jobs = new Map<JobId, Gathered>();

  add(entries: readonly TimelineEntry[]): void {
    for (const entry of entries) if (entry.jobId !== undefined) this.#add(entry, entry.jobId);
    if (this.#jobs.size > SPANS_MAX) this.#dropOldest();
  }

  clear(): void {
    this.#jobs.clear();
  }

  /** The newest of those that pass, in the order in which they were asked for. */
  newest(count: number, passes: (span: JobSpan) => boolean): readonly JobSpan[] {
    return [...this.#jobs]
      .map(([jobId, gathered]) => spanOf(jobId, gathered))
      .filter(passes)
      .toSorted((left, right) => comparePlaces(left.place, right.place))
      .slice(-count);
  }

  #add(entry: TimelineEntry, jobId: JobId): void {
    let job = this.#jobs.get(jobId);
    if (job === undefined) {
      job = {
        place: placeOf(entry),
        placed: undefined,
        queuedAt: entry.at,
        startedAt: undefined,
        ended: undefined,
        episodeId: entry.corrId,
        crossings: [],
      };
      this.#jobs.set(jobId, job);
    }
    if (comparePlaces(entry, job.place) < 0) job.place = placeOf(entry);
    if (entry.at < job.queuedAt) job.queuedAt = entry.at;
    const tellsPlace = entry.kind === "JobPlaced" || entry.kind === "JobOffered";
    if (tellsPlace && (job.placed === undefined || comparePlaces(entry, job.placed) > 0)) job.placed = entry;
    if (entry.kind === "JobStarted") job.startedAt = Math.max(job.startedAt ?? 0, entry.at);
    if (ENDINGS.has(entry.kind)) job.ended = entry;
    if (entry.crossing !== undefined) {
      const { direction, bytes } = entry.crossing;
      job.crossings.push({ at: entry.at, direction, bytes, place: placeOf(entry) });
    }
  }

  #dropOldest(): void {
    const oldest = [...this.#jobs].toSorted(([, left], [, right]) => comparePlaces(left.place, right.place));
    for (const [jobId] of oldest.slice(0, oldest.length - Math.floor(SPANS_MAX / 2))) this.#jobs.delete(jobId);
  }
}

function spanOf(jobId: JobId, job: Gathered): JobSpan {
  return {
    jobId,
    episodeId: job.episodeId,
    place: job.place,
    node: job.placed?.where,
    queuedAt: job.queuedAt,
    startedAt: job.startedAt,
    endedAt: job.ended?.at,
    state: stateOf(job),
    crossings: job.crossings.toSorted((left, right) => comparePlaces(left.place, right.place)),
  };
}

function stateOf({ ended, startedAt }: Gathered): SpanState {
  if (ended === undefined) return startedAt === undefined ? "waiting" : "running";
  if (ended.kind === "JobCancelled") return "cancelled";
  return ended.kind === "JobFailed" ? "failed" : "done";
}
