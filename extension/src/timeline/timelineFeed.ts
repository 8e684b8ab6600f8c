// Brings the timeline to one page at the page's own pace: a snapshot of the newest entries, then what follows, coalesced,
// one message at a time. It keeps a cursor and at most a few pages; a page that lags is read for again from the Home.
// It must never skip or repeat an entry, and never hold entries for a page that is hidden.
import type * as vscode from "vscode";
import type { EpisodeId } from "#protocol/ids.ts";
import { type Sequence, sequence } from "#protocol/quantities.ts";
import type { TimelineEntry } from "#protocol/timeline.ts";
import { FEED_ENTRIES_MAX, type FeedLive, type FeedSnapshot } from "#protocol/webview/feed.ts";
import { METHODS } from "#protocol/wire/client.ts";
import type { TimelinePage } from "#protocol/wire/clientViews.ts";
import type { Home } from "../home/home.ts";
import { readBefore } from "./olderEntries.ts";

/** Entries that wait for a page which has not drawn the last ones; past this they are read again when it has. */
export const WAITING_ENTRIES_MAX = 4_000;
/** Entries that come within this time go in one message: a screen shows no more often. */
const COALESCE_MS = 50;

export interface TimelineFeedOptions {
  readonly home: Pick<Home, "call" | "connect" | "onDidReceivePage">;
  /** Where the timeline ends, as far as this window has heard. */
  readonly heard: () => Sequence;
  /** Only this episode's entries; absent for the whole workspace. */
  readonly episodeId?: EpisodeId;
  /** How many entries the snapshot has at most. */
  readonly snapshotEntries: number;
  readonly post: (message: FeedSnapshot | FeedLive) => Promise<boolean>;
  /** Hears why the Home could not be read. */
  readonly failed: (error: unknown) => void;
  readonly after: (ms: number, run: () => void) => vscode.Disposable;
}

export class TimelineFeed implements vscode.Disposable {
  readonly #options: TimelineFeedOptions;
  readonly #listening: vscode.Disposable;
  /** Everything before this was sent to the page. */
  #cursor: Sequence = sequence(0);
  /** Everything before this was heard of. */
  #heard: Sequence;
  #waiting: TimelineEntry[] = [];
  #state: "idle" | "beginning" | "following" | "behind" = "idle";
  /** The live message that the page has not taken yet. */
  #untaken: number | undefined;
  #number = 0;
  #timer: vscode.Disposable | undefined;
  /** Grows whenever the page begins anew or is gone: what was read for an earlier one is thrown away. */
  #life = 0;
  /** The life that is reading on now: a page may take a message before its delivery is known here. */
  #catchingUp: number | undefined;
  #oldest: Sequence = sequence(0);

  constructor(options: TimelineFeedOptions) {
    this.#options = options;
    this.#heard = options.heard();
    this.#listening = options.home.onDidReceivePage((page) => this.#receive(page));
  }

  /** The page has nothing yet: sends it the newest entries, then what follows. */
  async begin(): Promise<void> {
    const life = this.pause();
    this.#state = "beginning";
    try {
      const { lastSequence } = await this.#options.home.connect();
      const end = sequence(Math.max(lastSequence + 1, this.#heard));
      const found = await readBefore(this.#reading(), end, this.#options.snapshotEntries);
      if (life !== this.#life) return;
      this.#oldest = found.from;
      this.#cursor = end;
      const entries = found.entries.slice(-this.#options.snapshotEntries);
      if (!(await this.#options.post({ kind: "snapshot", entries, older: found.older }))) return;
      if (life !== this.#life) return;
      // What came meanwhile was heard of and not kept: it is read like anything the page is behind with.
      this.#state = "behind";
      await this.#catchUp(life);
    } catch (error) {
      if (life === this.#life) this.#fail(error);
    }
  }

  /** The page has drawn the live message. */
  taken(number: number): void {
    if (number !== this.#untaken) return;
    this.#untaken = undefined;
    if (this.#state === "behind") this.#resume();
    else this.#schedule();
  }

  /** The entries before those that the page has, oldest first. Throws ArwError where the Home cannot be read. */
  async readOlder(): Promise<{ readonly entries: readonly TimelineEntry[]; readonly older: boolean } | undefined> {
    const life = this.#life;
    const found = await readBefore(this.#reading(), this.#oldest, FEED_ENTRIES_MAX);
    if (life !== this.#life) return undefined;
    this.#oldest = found.from;
    return found;
  }

  /** False while the page is hidden, before it began, and after the Home could not be read. */
  get isFeeding(): boolean {
    return this.#state !== "idle";
  }

  /** The page is hidden or gone. Returns the life that begins. */
  pause(): number {
    this.#state = "idle";
    this.#waiting = [];
    this.#untaken = undefined;
    this.#timer?.dispose();
    this.#timer = undefined;
    return ++this.#life;
  }

  dispose(): void {
    this.pause();
    this.#listening.dispose();
  }

  #reading(): Parameters<typeof readBefore>[0] {
    const { home, episodeId } = this.#options;
    const only = episodeId === undefined ? {} : { episodeId };
    return (fromSequence) => home.call(METHODS.readTimeline, { ...only, fromSequence });
  }

  #receive(page: TimelinePage): void {
    if (page.nextSequence > this.#heard) this.#heard = page.nextSequence;
    if (this.#state !== "following") return;
    const { episodeId } = this.#options;
    for (const entry of page.entries) {
      if (entry.sequence < this.#cursor) continue;
      if (episodeId === undefined || entry.corrId === episodeId) this.#waiting.push(entry);
    }
    if (this.#waiting.length > WAITING_ENTRIES_MAX) {
      this.#state = "behind";
      this.#waiting = [];
      if (this.#untaken === undefined) this.#resume();
    } else this.#schedule();
  }

  #schedule(): void {
    if (this.#waiting.length === 0 || this.#untaken !== undefined || this.#timer !== undefined) return;
    this.#timer = this.#options.after(COALESCE_MS, () => {
      this.#timer = undefined;
      if (this.#state === "following" && this.#untaken === undefined) void this.#sendWaiting();
    });
  }

  async #sendWaiting(): Promise<void> {
    const entries = this.#waiting.slice(0, FEED_ENTRIES_MAX);
    const last = entries.at(-1);
    if (last === undefined) return;
    this.#waiting = this.#waiting.slice(entries.length);
    // Entries of one frame may be split over two messages: the cursor stays on the frame until its last one is sent.
    const next = this.#waiting[0];
    this.#cursor = next === undefined ? this.#heard : next.sequence;
    await this.#send(entries);
  }

  /** A page that does not take it is gone, and is not fed further until it is ready again. */
  async #send(entries: readonly TimelineEntry[]): Promise<void> {
    const life = this.#life;
    const number = ++this.#number;
    this.#untaken = number;
    const taken = await this.#options.post({ kind: "live", number, entries });
    if (!taken && life === this.#life) this.pause();
  }

  #resume(): void {
    const life = this.#life;
    this.#catchUp(life).catch((error: unknown) => {
      if (life === this.#life) this.#fail(error);
    });
  }

  /** Reads one page from the cursor and sends it; the next one follows when the page has taken it. */
  async #catchUp(life: number): Promise<void> {
    if (this.#catchingUp === life) return;
    this.#catchingUp = life;
    try {
      await this.#readOn(life);
    } finally {
      if (this.#catchingUp === life) this.#catchingUp = undefined;
    }
  }

  async #readOn(life: number): Promise<void> {
    while (life === this.#life && this.#state === "behind" && this.#untaken === undefined) {
      const { nextSequence, more, entries } = await this.#reading()(this.#cursor);
      if (life !== this.#life) return;
      this.#cursor = nextSequence;
      if (nextSequence > this.#heard) this.#heard = nextSequence;
      // What was heard of during the reading and is not in it is read next: until then nothing is kept.
      if (!more && this.#heard === nextSequence) this.#state = "following";
      if (entries.length > 0) await this.#send(entries);
    }
  }

  #fail(error: unknown): void {
    this.pause();
    this.#options.failed(error);
  }
}
