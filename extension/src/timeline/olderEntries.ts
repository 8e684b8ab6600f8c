// Reads a timeline backwards, although the Home reads forwards only: it steps back in windows that grow while they are
// empty, and keeps the newest of what a window holds. It must never leave out an entry between two answers.
import { type Sequence, sequence } from "#protocol/quantities.ts";
import type { TimelineEntry } from "#protocol/timeline.ts";
import type { TimelinePage } from "#protocol/wire/clientViews.ts";

/** Frames of the first window: a frame has one to a few entries. */
const WINDOW_FRAMES = 400;
/** Pages read for one answer; an episode that lies deeper than this is found by the next ask. */
export const READS_MAX = 60;

export interface EntriesBefore {
  /** Oldest first. */
  readonly entries: readonly TimelineEntry[];
  /** Nothing from here on is missing: the next ask ends here. */
  readonly from: Sequence;
  readonly older: boolean;
}

export async function readBefore(
  read: (from: Sequence) => Promise<TimelinePage>,
  before: Sequence,
  entriesMax: number,
): Promise<EntriesBefore> {
  let windowFrames = WINDOW_FRAMES;
  let end: number = before;
  let reads = 0;
  let found: TimelineEntry[] = [];
  while (end > 1 && found.length < entriesMax && reads < READS_MAX) {
    const start = Math.max(1, end - windowFrames);
    let entries: TimelineEntry[] = [];
    let next = sequence(start);
    while (next < end) {
      const page = await read(next);
      reads += 1;
      entries.push(...page.entries.filter(({ sequence: at }) => at < end));
      // The newest of the window are wanted. One more than those is kept, as the sign that there are older ones.
      if (entries.length > 2 * entriesMax) entries = entries.slice(-entriesMax - 1);
      if (page.nextSequence <= next) break;
      next = page.nextSequence;
    }
    found = [...entries, ...found];
    end = start;
    windowFrames = entries.length === 0 ? windowFrames * 2 : windowFrames;
  }
  return newest(found, sequence(Math.max(1, end)), entriesMax);
}

/** Cut between two frames, so that the next ask can end at a sequence. */
function newest(found: readonly TimelineEntry[], from: Sequence, entriesMax: number): EntriesBefore {
  if (found.length <= entriesMax) return { entries: found, from, older: from > 1 };
  const cut = found[found.length - entriesMax - 1];
  const whole = found.slice(-entriesMax).filter(({ sequence: at }) => cut === undefined || at > cut.sequence);
  // A frame larger than an answer is cut inside: its first entries are not shown, which no frame of ours is.
  const entries = whole.length > 0 ? whole : found.slice(-entriesMax);
  return { entries, from: entries[0]?.sequence ?? from, older: true };
}
