// The Home's journal with a window: tells when an event has become durable, without asking for it in a loop.
// It adds nothing to an append but a look at the events afterwards.
import type { EventKind, JournalEvent } from "#protocol/events.ts";
import type { EpisodeId } from "#protocol/ids.ts";
import type { Sequence } from "#protocol/quantities.ts";
import type { Journal, JournalFrame } from "../../server/src/home/journalPort.ts";

/** More than can be open at once. */
const ENDED_MAX = 128;

interface Waiting {
  readonly kind: EventKind;
  readonly episodeId: EpisodeId | undefined;
  readonly resolve: (event: JournalEvent) => void;
}

export class DurableWatch implements Journal<JournalEvent> {
  readonly #journal: Journal<JournalEvent>;
  readonly #waiting = new Set<Waiting>();
  /** Episodes that ended lately: an end may be durable before anybody asks for it. */
  readonly #ended = new Map<EpisodeId, JournalEvent>();

  constructor(journal: Journal<JournalEvent>) {
    this.#journal = journal;
  }

  get lastSequence(): Sequence {
    return this.#journal.lastSequence;
  }

  get durableSequence(): Sequence {
    return this.#journal.durableSequence;
  }

  /** The next event of this kind that becomes durable; of one episode, where one is named. */
  next(kind: EventKind, episodeId?: EpisodeId): Promise<JournalEvent> {
    const ended = kind === "EpisodeFinished" && episodeId !== undefined ? this.#ended.get(episodeId) : undefined;
    if (ended !== undefined) return Promise.resolve(ended);
    return new Promise((resolve) => this.#waiting.add({ kind, episodeId, resolve }));
  }

  async append(frame: JournalFrame<JournalEvent>, beside?: Promise<void>): Promise<void> {
    // A failed append settles no wait: the row then ends with the run's own time limit.
    const appended = this.#journal.append(frame, beside);
    await appended;
    for (const event of frame.events) this.#tell(event);
  }

  read(from: Sequence, limit: number): AsyncIterable<JournalFrame<JournalEvent>> {
    return this.#journal.read(from, limit);
  }

  close(): Promise<void> {
    return this.#journal.close();
  }

  #tell(event: JournalEvent): void {
    if (event.kind === "EpisodeFinished") this.#ended.set(event.corrId, event);
    const [oldest] = this.#ended.keys();
    if (oldest !== undefined && this.#ended.size > ENDED_MAX) this.#ended.delete(oldest);
    for (const waiting of this.#waiting) {
      if (waiting.kind !== event.kind) continue;
      if (waiting.episodeId !== undefined && !("corrId" in event && event.corrId === waiting.episodeId)) continue;
      this.#waiting.delete(waiting);
      waiting.resolve(event);
    }
  }
}
