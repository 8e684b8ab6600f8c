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

export class FramePages {
  readonly #pages: GrowingPage[] = [];

  /** Takes note of a durable frame; frames come in order. */
  note(sequence: number, { segment, fromByte, toByte }: FramePage): void {
    const page = this.#pages.at(-1);
    if (page?.segment === segment && page.toByte - page.fromByte < PAGE_BYTES) page.toByte = toByte;
    else this.#pages.push({ segment, fromByte, toByte, firstSequence: sequence });
  }

  /** The pages that hold the frames from `sequence` on, those noted during the iteration included. */
  *from(sequence: number): Generator<FramePage, void> {
    const first = this.#pages.findLastIndex((page) => page.firstSequence <= sequence);
    for (let index = Math.max(first, 0); index < this.#pages.length; index++) {
      const page = this.#pages[index];
      if (page !== undefined) yield { segment: page.segment, fromByte: page.fromByte, toByte: page.toByte };
    }
  }
}
