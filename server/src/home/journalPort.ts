// What the Home needs of its journal: frames in, one promise a frame that settles when the frame is on the disk.
// It decides the faults a journal may report. It must never say "durable" of what a power cut could take back.
import { ArwError } from "#protocol/errors.ts";
import type { Sequence } from "#protocol/quantities.ts";

export interface Journal<E> {
  /** The last frame appended; memory may be ahead of the disk. Nothing has 0. */
  readonly lastSequence: Sequence;
  /** The last frame that survives a power cut. Nobody outside may see a later one. */
  readonly durableSequence: Sequence;
  /**
   * Joins the open batch; resolves when the frame is durable. Throws RangeError (a bug of the caller) unless
   * `frame.sequence` is lastSequence + 1. Rejects with a JournalFault; a frame refused for its size or for the queue's
   * length has not been taken: lastSequence stays.
   * `beside` makes durable what the frame names (a blob, a range of output): the frame counts as durable only once both
   * are on the disk, in whichever order they get there, and a `beside` that rejects is a fault of the journal.
   */
  append(frame: JournalFrame<E>, beside?: Promise<void>): Promise<void>;
  /** Durable frames from `from` on, at most `limit`. */
  read(from: Sequence, limit: number): AsyncIterable<JournalFrame<E>>;
  /** Waits for the frames in flight, then marks the last batch as durable on the disk. Appends are refused afterwards. */
  close(): Promise<void>;
}

/** The events of one command: they become durable together or not at all. */
export interface JournalFrame<E> {
  readonly sequence: Sequence;
  readonly events: readonly E[];
}

export type JournalFaultCode =
  /** In flight when a write or sync failed: the frame may or may not be found after a restart. */
  | "journal-unknown-outcome"
  /** An earlier write or sync failed: nothing is taken until the journal is opened again. */
  | "journal-read-only"
  /** The journal was closed. */
  | "journal-closed"
  /** Too many frames wait for the disk. */
  | "journal-overloaded"
  /** One frame is larger than a frame may be. */
  | "journal-frame-too-large"
  /** Bytes that were durable are damaged or were changed. */
  | "journal-corrupt"
  /** The journal belongs to another workspace or another Home. */
  | "journal-foreign"
  /** A record of a version, or an event of a kind, that this program does not know. */
  | "journal-undecodable"
  /** The disk refused while the journal was opened or read. */
  | "journal-unavailable";

/** A byte of the journal: which segment file, and where in it. */
export interface JournalPlace {
  readonly segment: string;
  readonly atByte: number;
}

/** What went wrong with the journal, and where when a place is to blame. */
export class JournalFault extends ArwError {
  override readonly code: JournalFaultCode;
  readonly place: JournalPlace | undefined;

  constructor(
    code: JournalFaultCode,
    message: string,
    advice: string,
    detail: { readonly place?: JournalPlace; readonly cause?: unknown } = {},
  ) {
    super(code, message, advice, detail.cause === undefined ? undefined : { cause: detail.cause });
    this.name = "JournalFault";
    this.code = code;
    this.place = detail.place;
  }
}
