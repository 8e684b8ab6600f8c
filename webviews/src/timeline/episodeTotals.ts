// What an episode came to, added up from its entries: time, attempts, what crossed, where it ran and why there. Entries may
// come in any order, each once. It must never count what a record says did not leave.
import type { AttemptId, EpisodeId, JobId } from "#protocol/ids.ts";
import type { EpochMs } from "#protocol/quantities.ts";
import type { JobOutcome } from "#protocol/result.ts";
import type { TimelineEntry } from "#protocol/timeline.ts";
import { comparePlaces } from "./entryOrder.ts";

export interface EpisodeTotals {
  readonly episodeId: EpisodeId;
  /** What the Home called it. Absent while its first entry is not here. */
  readonly startText?: string;
  readonly startedAt?: EpochMs;
  readonly finishedAt?: EpochMs;
  readonly lastAt: EpochMs;
  readonly outcome?: JobOutcome;
  readonly attempts: number;
  readonly bytesOut: number;
  readonly bytesBack: number;
  readonly errors: number;
  readonly where?: NonNullable<TimelineEntry["where"]>;
  /** Why it ran there, in the Home's words. */
  readonly why?: string;
}

interface Sums {
  start?: TimelineEntry;
  finish?: TimelineEntry;
  placed?: TimelineEntry;
  lastAt: EpochMs;
  errors: number;
  bytesBack: number;
  readonly attempts: Set<AttemptId>;
  readonly recorded: { readonly jobId: JobId | undefined; readonly bytes: number }[];
  /** Jobs whose send was recorded and came to nothing. */
  readonly unsent: Set<JobId>;
}

export class TotalsByEpisode {
  readonly #sums = new Map<EpisodeId, Sums>();
  readonly #added = new Map<EpisodeId, EpisodeTotals>();

  add(entries: readonly TimelineEntry[]): void {
    for (const entry of entries) if (entry.corrId !== undefined) this.#add(entry, entry.corrId);
  }

  clear(): void {
    this.#sums.clear();
    this.#added.clear();
  }

  get hasAny(): boolean {
    return this.#sums.size > 0;
  }

  get episodes(): IterableIterator<EpisodeId> {
    return this.#sums.keys();
  }

  of(id: EpisodeId): EpisodeTotals | undefined {
    const known = this.#added.get(id);
    if (known !== undefined) return known;
    const sums = this.#sums.get(id);
    if (sums === undefined) return undefined;
    const totals = totalsOf(id, sums);
    this.#added.set(id, totals);
    return totals;
  }

  #add(entry: TimelineEntry, id: EpisodeId): void {
    let sums = this.#sums.get(id);
    if (sums === undefined) {
      sums = { lastAt: entry.at, errors: 0, bytesBack: 0, attempts: new Set(), recorded: [], unsent: new Set() };
      this.#sums.set(id, sums);
    }
    this.#added.delete(id);
    if (entry.at > sums.lastAt) sums.lastAt = entry.at;
    if (entry.level === "error") sums.errors += 1;
    if (entry.attemptId !== undefined) sums.attempts.add(entry.attemptId);
    if (entry.crossing?.direction === "out") sums.recorded.push({ jobId: entry.jobId, bytes: entry.crossing.bytes });
    if (entry.crossing?.direction === "back") sums.bytesBack += entry.crossing.bytes;
    if (entry.kind === "EgressSettled" && entry.crossing === undefined && entry.jobId !== undefined) {
      sums.unsent.add(entry.jobId);
    }
    if (entry.kind === "EpisodeStarted") sums.start = entry;
    if (entry.kind === "EpisodeFinished") sums.finish = entry;
    const isLaterPlace = sums.placed === undefined || comparePlaces(entry, sums.placed) > 0;
    if (entry.kind === "JobPlaced" && isLaterPlace) sums.placed = entry;
  }
}

function totalsOf(episodeId: EpisodeId, sums: Sums): EpisodeTotals {
  const { start, finish, placed, lastAt, errors, bytesBack, attempts, recorded, unsent } = sums;
  const left = recorded.filter(({ jobId }) => jobId === undefined || !unsent.has(jobId));
  return {
    episodeId,
    lastAt,
    errors,
    bytesBack,
    attempts: attempts.size,
    bytesOut: left.reduce((sum, { bytes }) => sum + bytes, 0),
    ...(start === undefined ? {} : { startText: start.text, startedAt: start.at }),
    ...(finish === undefined ? {} : { finishedAt: finish.at }),
    ...(finish?.outcome === undefined ? {} : { outcome: finish.outcome }),
    ...(placed?.where === undefined ? {} : { where: placed.where, why: placed.text }),
  };
}
