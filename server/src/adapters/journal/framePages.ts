// Where the durable frames lie on the disk, a page of about 64 KiB at a time, so that a read costs a page and not a segment.
// It decides the pages' bounds: always between records. It must never name a byte that is not durable.

/** Small enough that one frame costs little to find, large enough that a gigabyte of journal needs 16,000 pages. */
const PAGE_BYTES = 64 * 1024;

/** Whole records of one segment. */
export interface FramePage {
  readonly segment: string;
  readonly fromByte: number;
  readonly toByte: number;
}

interface GrowingPage extends FramePage {
  toByte: number;
  readonly firstSequence: number;
}

/** A segment before a checkpoint, or the part of one: what it holds is not known yet. */
export interface UnreadSegment {
  readonly segment: string;
  /** Absent for a whole one. */
  readonly toByte?: number;
}

interface UnreadPage {
  readonly unread: UnreadSegment;
  readonly firstSequence: number;
}

export class FramePages {
  #pages: (GrowingPage | UnreadPage)[] = [];

  /** Takes note of a durable frame; frames come in order. */
  note(sequence: number, { segment, fromByte, toByte }: FramePage): void {
    const page = this.#pages.at(-1);
    const grows = page !== undefined && "fromByte" in page && page.segment === segment;
    if (grows && page.toByte - page.fromByte < PAGE_BYTES) page.toByte = toByte;
    else this.#pages.push({ segment, fromByte, toByte, firstSequence: sequence });
  }

  /** Takes note of a segment that is read when somebody asks for its frames; segments come in order, before all frames. */
  noteUnread(unread: UnreadSegment, firstSequence: number): void {
    this.#pages.push({ unread, firstSequence });
  }

  /** What the segment turned out to hold. A segment that has been read meanwhile stays as it is. */
  resolve(unread: UnreadSegment, frames: readonly (FramePage & { readonly sequence: number })[]): void {
    const at = this.#pages.findIndex((page) => "unread" in page && page.unread === unread);
    if (at < 0) return;
    const read = new FramePages();
    for (const frame of frames) read.note(frame.sequence, frame);
    this.#pages = [...this.#pages.slice(0, at), ...read.#pages, ...this.#pages.slice(at + 1)];
  }

  /** The pages that hold the frames from `sequence` on, those noted during the iteration included; it ends at an unread one. */
  *from(sequence: number): Generator<FramePage | UnreadSegment, void> {
    const first = this.#pages.findLastIndex((page) => page.firstSequence <= sequence);
    for (let index = Math.max(first, 0); index < this.#pages.length; index++) {
      const page = this.#pages[index];
      if (page === undefined) return;
      if ("unread" in page) {
        yield page.unread;
        return;
      }
      yield { segment: page.segment, fromByte: page.fromByte, toByte: page.toByte };
    }
  }
}
