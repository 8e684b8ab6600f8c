// A Home's timeline and a page in memory, for tests of what is between them. The page draws and is hidden as the test says.
// Like the real ones, the Home answers in pages and the page takes one message at a time.
import assert from "node:assert/strict";
import { ArwError } from "#protocol/errors.ts";
import { type EpisodeId, episodeId } from "#protocol/ids.ts";
import { epochMs, type Sequence, sequence } from "#protocol/quantities.ts";
import type { TimelineEntry } from "#protocol/timeline.ts";
import type { FeedLive, FeedSnapshot } from "#protocol/webview/feed.ts";
import type { Method } from "#protocol/wire/client.ts";
import { METHODS } from "#protocol/wire/client.ts";
import { type HelloResult, TIMELINE_PAGE_ENTRIES_MAX, type TimelinePage } from "#protocol/wire/clientViews.ts";
import type { Home } from "../../../extension/src/home/home.ts";
import { idOf } from "./sampleEntries.ts";

export class FakeHome implements Pick<Home, "call" | "connect" | "onDidReceivePage"> {
  readonly entries: TimelineEntry[] = [];
  readonly listeners: Set<(page: TimelinePage) => void> = new Set();
  readonly episodes: readonly string[] = [idOf("ep", 1), idOf("ep", 2)];
  reads = 0;
  broken = false;
  #next = 1;

  constructor(entries: number) {
    this.append(entries);
  }

  get heard(): Sequence {
    return sequence(this.#next);
  }

  episodeId(text: string): EpisodeId {
    assert.ok(episodeId.is(text));
    return text;
  }

  /** Frames of one to three entries, as many as it takes. */
  append(count: number, episode: string = this.episodes[0] ?? ""): void {
    const fresh: TimelineEntry[] = [];
    while (fresh.length < count) {
      const size = Math.min(count - fresh.length, 1 + (this.#next % 3));
      for (let index = 0; index < size; index++) fresh.push(this.#entry(index, episode));
      this.#next += 1;
    }
    for (const entry of fresh) this.entries.push(entry);
    for (let from = 0; from < fresh.length; from += TIMELINE_PAGE_ENTRIES_MAX) {
      const entries = fresh.slice(from, from + TIMELINE_PAGE_ENTRIES_MAX);
      const page = { entries, nextSequence: sequence((entries.at(-1)?.sequence ?? 0) + 1), more: false };
      for (const listener of this.listeners) listener(page);
    }
  }

  readonly onDidReceivePage: Home["onDidReceivePage"] = (listener): { dispose: () => void } => {
    const own = (page: TimelinePage): void => listener(page);
    this.listeners.add(own);
    return { dispose: () => this.listeners.delete(own) };
  };

  async call<Params, Result>(method: Method<Params, Result>, params: Params): Promise<Result> {
    if (method.name !== METHODS.readTimeline.name) throw new Error(`the fake Home has no ${method.name}`);
    const asked = METHODS.readTimeline.params.parse(params);
    return method.result.parse(await this.readTimeline(asked));
  }

  async readTimeline(asked: {
    readonly fromSequence: Sequence;
    readonly episodeId?: EpisodeId;
  }): Promise<TimelinePage> {
    this.reads += 1;
    await new Promise(setImmediate);
    if (this.broken) throw new ArwError("home-gone", "The Home is gone.", "Start it again.");
    let at = firstFrom(this.entries, asked.fromSequence);
    const entries: TimelineEntry[] = [];
    for (; at < this.entries.length && entries.length < TIMELINE_PAGE_ENTRIES_MAX; at++) {
      const entry = this.entries[at];
      if (entry !== undefined && (asked.episodeId === undefined || entry.corrId === asked.episodeId)) {
        entries.push(entry);
      }
    }
    // A page ends between two frames.
    const cut = this.entries[at];
    const whole = cut === undefined ? entries : entries.filter((entry) => entry.sequence !== cut.sequence);
    const nextSequence = cut === undefined ? sequence(Math.max(asked.fromSequence, this.#next)) : cut.sequence;
    return { entries: whole, nextSequence, more: cut !== undefined };
  }

  async connect(): Promise<HelloResult> {
    if (this.broken) throw new ArwError("home-gone", "The Home is gone.", "Start it again.");
    return METHODS.hello.result.parse({
      v: 1,
      workspaceId: idOf("ws", 1),
      workspaceFolder: "/work",
      homeId: idOf("node", 1),
      processId: 1,
      // As it was when the window connected, long ago.
      lastSequence: 0,
      clustering: { on: false },
    });
  }

  #entry(index: number, episode: string): TimelineEntry {
    return {
      sequence: sequence(this.#next),
      index,
      at: epochMs(1_700_000_000_000 + this.#next),
      kind: "JobStarted",
      level: "info",
      text: `entry ${this.#next}.${index}`,
      corrId: this.episodeId(episode),
    };
  }
}

export class FakePage {
  readonly timers: Set<() => void> = new Set();
  readonly failures: unknown[] = [];
  held: TimelineEntry[] = [];
  older = false;
  messages = 0;
  visible = true;
  drawing = true;
  onTaken: (number: number) => void = () => {};
  #undrawn: number[] = [];

  async post(message: FeedSnapshot | FeedLive): Promise<boolean> {
    await Promise.resolve();
    if (!this.visible) return false;
    this.messages += 1;
    switch (message.kind) {
      case "snapshot":
        this.held = [...message.entries];
        this.older = message.older;
        break;
      case "live":
        // Only the newest may come again, where a frame was split: the page leaves out what it has.
        this.held.push(...message.entries.filter((entry) => isAfter(entry, this.held.at(-1))));
        this.#undrawn.push(message.number);
        if (this.drawing) queueMicrotask(() => this.draw());
        break;
    }
    return true;
  }

  prepend(answer: { readonly entries: readonly TimelineEntry[]; readonly older: boolean } | undefined): void {
    assert.ok(answer !== undefined);
    this.held.unshift(...answer.entries);
    this.older = answer.older;
  }

  draw(): void {
    this.drawing = true;
    for (const number of this.#undrawn.splice(0)) this.onTaken(number);
  }

  hide(): void {
    this.visible = false;
    this.#undrawn = [];
  }

  /** The page's script runs anew: it holds nothing. */
  show(): void {
    this.visible = true;
    this.held = [];
  }

  after(run: () => void): { dispose: () => void } {
    this.timers.add(run);
    return { dispose: () => this.timers.delete(run) };
  }

  runTimers(): void {
    const due = Array.from(this.timers);
    this.timers.clear();
    for (const run of due) run();
  }
}

/** Until nothing happens any more: reads are answered, timers have run, all is drawn. */
export async function settled(page: FakePage): Promise<void> {
  for (let quiet = 0, last = -1; quiet < 8; ) {
    page.runTimers();
    await new Promise(setImmediate);
    quiet = page.messages === last ? quiet + 1 : 0;
    last = page.messages;
  }
}

export function placeText(entry: TimelineEntry | undefined): string {
  return entry === undefined ? "none" : `${entry.sequence}.${entry.index}`;
}

function firstFrom(entries: readonly TimelineEntry[], from: Sequence): number {
  let low = 0;
  let high = entries.length;
  while (low < high) {
    const middle = (low + high) >> 1;
    if ((entries[middle]?.sequence ?? 0) < from) low = middle + 1;
    else high = middle;
  }
  return low;
}

function isAfter(entry: TimelineEntry, last: TimelineEntry | undefined): boolean {
  if (last === undefined) return true;
  return entry.sequence > last.sequence || (entry.sequence === last.sequence && entry.index > last.index);
}
