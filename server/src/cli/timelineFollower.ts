// The timeline as one endless sequence of entries for a command that may be slower than the Home.
// It holds a bounded number of entries; past that it drops what was pushed and reads again from where it was.
// It must never skip or repeat an entry.
import { ArwError } from "#protocol/errors.ts";
import type { EpisodeId } from "#protocol/ids.ts";
import type { Sequence } from "#protocol/quantities.ts";
import type { TimelineEntry } from "#protocol/timeline.ts";
import { METHODS } from "#protocol/wire/client.ts";
import type { TimelinePage } from "#protocol/wire/clientViews.ts";
import type { HomeClient } from "./homeClient.ts";

/** Entries held for a slow command: a few pages. */
export const FOLLOW_ENTRIES_MAX = 4_000;

export interface FollowOptions {
  readonly fromSequence: Sequence;
  readonly episodeId?: EpisodeId;
}

/** Ends when the signal aborts. Throws ArwError `home-gone` when the Home does. One at a time on a connection. */
export async function* followTimeline(
  home: HomeClient,
  options: FollowOptions,
  signal: AbortSignal,
): AsyncGenerator<TimelineEntry, void, void> {
  const inbox = new Inbox();
  const wake = (): void => inbox.wake();
  let gone = false;
  void home.closed.then(() => {
    gone = true;
    wake();
  });
  signal.addEventListener("abort", wake);
  const pages = home.onTimelinePage((page) => inbox.receive(page));
  let nextSequence = options.fromSequence;
  let behind = false;
  try {
    await home.call(METHODS.followTimeline, options);
    while (!signal.aborted) {
      let page: TimelinePage | undefined = behind ? undefined : inbox.take();
      if (page === undefined && (behind || inbox.dropped)) {
        inbox.startOver();
        page = await home.call(METHODS.readTimeline, { ...options, fromSequence: nextSequence });
        behind = page.more;
      }
      if (page === undefined) {
        if (gone) throw goneWhileFollowing();
        await inbox.woken();
        continue;
      }
      const from = nextSequence;
      // What was read again may be pushed as well: an entry before the cursor was given already.
      for (const entry of page.entries) if (entry.sequence >= from && !signal.aborted) yield entry;
      if (page.nextSequence > nextSequence) nextSequence = page.nextSequence;
    }
  } finally {
    pages[Symbol.dispose]();
    signal.removeEventListener("abort", wake);
  }
}

/** Pushed pages that wait for their reader. */
class Inbox {
  readonly #pages: TimelinePage[] = [];
  #entries = 0;
  #dropped = false;
  #reader: (() => void) | undefined;

  receive(page: TimelinePage): void {
    // Once one page is dropped the next ones must be too: behind a hole they would be out of order.
    if (this.#dropped || this.#entries + page.entries.length > FOLLOW_ENTRIES_MAX) this.#dropped = true;
    else {
      this.#pages.push(page);
      this.#entries += page.entries.length;
    }
    this.wake();
  }

  take(): TimelinePage | undefined {
    const page = this.#pages.shift();
    this.#entries -= page?.entries.length ?? 0;
    return page;
  }

  get dropped(): boolean {
    return this.#dropped;
  }

  /** Before the timeline is read: what was pushed up to now is durable, so the reading has it. */
  startOver(): void {
    this.#pages.length = 0;
    this.#entries = 0;
    this.#dropped = false;
  }

  wake(): void {
    this.#reader?.();
    this.#reader = undefined;
  }

  woken(): Promise<void> {
    return new Promise((resolve) => {
      this.#reader = resolve;
    });
  }
}

function goneWhileFollowing(): ArwError {
  return new ArwError(
    "home-gone",
    "The Home closed the connection while its timeline was followed.",
    "Run arw-home timeline to see what became durable; home.log in the Home's state folder says why it ended.",
  );
}
