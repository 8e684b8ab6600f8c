// The journal on a disk: appends share one write and one sync a batch, one batch in flight, and settle after the sync.
// It decides when a frame counts as durable. It must never say so early, never repeat a failed sync, and never write
// again after one: what the disk kept is then unknown until the journal is opened anew.
import { setImmediate } from "node:timers/promises";
import type { FileSystem } from "#platform/files/fileSystem.ts";
import type { Sequence } from "#protocol/quantities.ts";
import { sequence as sequenceOf } from "#protocol/quantities.ts";
import type { Journal, JournalFrame } from "../../home/journalPort.ts";
import type { JournalFault } from "../../home/journalPort.ts";
import type { FramePages } from "./framePages.ts";
import { corruptionAt, faultOf } from "./journalFaults.ts";
import type { EncodedRecord, RecordPosition } from "./record.ts";
import {
  encodeFrame,
  encodeHeader,
  encodeMark,
  FRAME_OVERHEAD_BYTES,
  JOURNAL_FRAME_BYTES_MAX,
  parseRecordAt,
} from "./record.ts";
import { type RecordPlace, segmentName } from "./scanJournal.ts";

/** Frames that may wait for the disk, the batch in flight included: at 200 a sync, some seconds of a slow disk. */
export const JOURNAL_PENDING_FRAMES_MAX = 16_384;
/** Their JSON altogether: bounds the memory that a stuck disk can cost. */
export const JOURNAL_PENDING_BYTES_MAX: number = 64 * 1024 * 1024;
/** A batch takes waiting frames up to this, and always at least one. */
const BATCH_BYTES_MAX = 8 * 1024 * 1024;

/** The journal of a file system, with the mark that its owner may set when idle. */
export interface FileJournal<E> extends Journal<E> {
  /** Marks all before as durable, so that damage to the last batch is told from a torn tail. Nothing to mark, no write. */
  mark(): Promise<void>;
  /** Writes a mark whether or not it says anything new. Rejects with the JournalFault where the disk takes nothing. */
  prove(): Promise<void>;
  /** The last durable record of this life; undefined while frames wait for the disk, and after a fault. */
  readonly lastRecord: RecordPlace | undefined;
}

/** Where the journal stands when it begins to append. */
export interface JournalStart<E> {
  readonly fileSystem: FileSystem;
  readonly owner: { readonly workspaceId: string; readonly homeId: string };
  readonly segmentBytes: number;
  readonly decodeEvents: (events: readonly unknown[], segment: string, atByte: number) => readonly E[];
  readonly onFault: (fault: JournalFault) => void;
  readonly pages: FramePages;
  readonly lastSequence: number;
  readonly lastDigest: string;
  /** Whether the last record is a frame, so that a mark would say something. */
  readonly unmarked: boolean;
  /** The segment to append to; undefined when there is none yet, or when its header is not whole. */
  readonly segment: { readonly name: string; readonly bytes: number } | undefined;
}

interface WaitingFrame {
  readonly sequence: number;
  readonly eventsJson: string;
  readonly jsonBytes: number;
  readonly beside: Promise<void> | undefined;
  readonly resolve: () => void;
  readonly reject: (fault: JournalFault) => void;
}

export class JournalWriter<E> implements FileJournal<E> {
  readonly #start: JournalStart<E>;
  readonly #fileSystem: FileSystem;
  #segment: { readonly name: string; readonly bytes: number } | undefined;
  /** Of the last record composed. */
  #lastDigest: string;
  #unmarked: boolean;
  #last: number;
  #durable: number;
  #waiting: WaitingFrame[] = [];
  #pendingFrames = 0;
  #pendingBytes = 0;
  #markWanted = false;
  #lastRecord: RecordPlace | undefined;
  #writing: Promise<void> | undefined;
  #fault: JournalFault | undefined;
  #closed = false;

  constructor(start: JournalStart<E>) {
    this.#start = start;
    this.#fileSystem = start.fileSystem;
    this.#segment = start.segment;
    this.#lastDigest = start.lastDigest;
    this.#unmarked = start.unmarked;
    this.#last = start.lastSequence;
    this.#durable = start.lastSequence;
  }

  get lastSequence(): Sequence {
    return sequenceOf(this.#last);
  }

  get durableSequence(): Sequence {
    return sequenceOf(this.#durable);
  }

  append(frame: JournalFrame<E>, beside?: Promise<void>): Promise<void> {
    // Its batch looks at it later; that it fails before then must not end the process.
    beside?.catch(() => undefined);
    if (this.#fault !== undefined) return Promise.reject(this.#fault);
    if (this.#closed) return Promise.reject(faultOf("journal-closed"));
    if (frame.sequence !== this.#last + 1) {
      throw new RangeError(`frame ${frame.sequence} cannot follow frame ${this.#last}`);
    }
    const eventsJson = JSON.stringify(frame.events);
    const jsonBytes = Buffer.byteLength(eventsJson) + FRAME_OVERHEAD_BYTES;
    if (jsonBytes > JOURNAL_FRAME_BYTES_MAX) return Promise.reject(faultOf("journal-frame-too-large"));
    const overloaded =
      this.#pendingFrames >= JOURNAL_PENDING_FRAMES_MAX || this.#pendingBytes + jsonBytes > JOURNAL_PENDING_BYTES_MAX;
    if (overloaded) return Promise.reject(faultOf("journal-overloaded"));
    this.#last = frame.sequence;
    this.#pendingFrames++;
    this.#pendingBytes += jsonBytes;
    return new Promise((resolve, reject) => {
      this.#waiting.push({ sequence: frame.sequence, eventsJson, jsonBytes, beside, resolve, reject });
      this.#writing ??= this.#writeWhatWaits();
    });
  }

  async *read(from: Sequence, limit: number): AsyncGenerator<JournalFrame<E>, void, void> {
    let left = limit;
    // The pages hold durable frames only.
    for (const { segment, fromByte, toByte } of this.#start.pages.from(from)) {
      const page = await this.#fileSystem.read(segment, { fromByte, bytesMax: toByte - fromByte });
      const bytes = Buffer.from(page.buffer, page.byteOffset, page.byteLength);
      for (let at = 0; at < toByte - fromByte; ) {
        const found = parseRecordAt(bytes, at);
        if (found === undefined)
          throw corruptionAt(segment, fromByte + at, "its bytes were sound when they were written");
        const { record } = found;
        if (record.kind === "frame" && record.sequence >= from) {
          if (left-- <= 0) return;
          const events = this.#start.decodeEvents(record.events, segment, fromByte + at);
          yield { sequence: sequenceOf(record.sequence), events };
        }
        at = found.endByte;
      }
    }
  }

  /** The last record, if nothing is on its way to the disk: where a checkpoint of that moment stands. */
  get lastRecord(): RecordPlace | undefined {
    return this.#fault === undefined && this.#pendingFrames === 0 ? this.#lastRecord : undefined;
  }

  async mark(): Promise<void> {
    this.#markWanted = true;
    await (this.#writing ??= this.#writeWhatWaits());
  }

  async prove(): Promise<void> {
    this.#unmarked = true;
    await this.mark();
    if (this.#fault !== undefined) throw this.#fault;
  }

  async close(): Promise<void> {
    this.#closed = true;
    await this.mark();
  }

  /** Never rejects: each frame's own promise says how it went. */
  async #writeWhatWaits(): Promise<void> {
    // All appends of this turn of the loop share the first batch.
    await setImmediate();
    while (this.#fault === undefined && (this.#waiting.length > 0 || this.#markWanted)) {
      const batch = this.#takeBatch();
      if (batch.length > 0) {
        await this.#writeBatch(batch);
      } else {
        this.#markWanted = false;
        if (this.#unmarked) await this.#writeMark();
      }
    }
    this.#writing = undefined;
  }

  #takeBatch(): readonly WaitingFrame[] {
    let bytes = 0;
    const beyond = this.#waiting.findIndex((frame, index) => {
      bytes += frame.jsonBytes;
      return index > 0 && bytes > BATCH_BYTES_MAX;
    });
    return this.#waiting.splice(0, beyond < 0 ? this.#waiting.length : beyond);
  }

  /** A frame waits for what it names and for the frames before it; none waits for what a later frame of its batch names. */
  async #writeBatch(batch: readonly WaitingFrame[]): Promise<void> {
    let settled = 0;
    try {
      const segment = await this.#segmentToWrite();
      const records = batch.map((frame) => this.#next(encodeFrame(this.#position(frame.sequence), frame.eventsJson)));
      await this.#writeDurably(segment, Buffer.concat(records));
      this.#unmarked = true;
      let toByte = segment.bytes;
      for (const [index, frame] of batch.entries()) {
        if (frame.beside !== undefined) await frame.beside;
        const fromByte = toByte;
        toByte += records[index]?.length ?? 0;
        this.#start.pages.note(frame.sequence, { segment: segment.name, fromByte, toByte });
        this.#durable = frame.sequence;
        this.#noteLast(segment.name, fromByte);
        settled = index + 1;
        this.#settle([frame], ({ resolve }) => resolve());
      }
    } catch (cause) {
      // Nothing of a batch is still on its way when the journal gives up.
      await Promise.allSettled(batch.flatMap(({ beside }) => beside ?? []));
      this.#giveUp(cause, batch.slice(settled));
    }
  }

  async #writeMark(): Promise<void> {
    try {
      const segment = await this.#segmentToWrite();
      await this.#writeDurably(segment, this.#next(encodeMark(this.#position(this.#durable))));
      this.#noteLast(segment.name, segment.bytes);
      this.#unmarked = false;
    } catch (cause) {
      this.#giveUp(cause, []);
    }
  }

  /** The segment with room. Each batch was synced before the next begins, so the one left behind is durable. */
  async #segmentToWrite(): Promise<{ readonly name: string; readonly bytes: number }> {
    const segment = this.#segment;
    if (segment !== undefined && segment.bytes < this.#start.segmentBytes) return segment;
    const name = segmentName(this.#durable + 1);
    await this.#fileSystem.create(name);
    await this.#fileSystem.syncDirectory();
    return this.#writeDurably(
      { name, bytes: 0 },
      this.#next(encodeHeader(this.#position(this.#durable), this.#start.owner)),
    );
  }

  async #writeDurably(
    segment: { readonly name: string; readonly bytes: number },
    bytes: Uint8Array,
  ): Promise<{ readonly name: string; readonly bytes: number }> {
    await this.#fileSystem.write(segment.name, bytes, segment.bytes);
    await this.#fileSystem.sync(segment.name);
    this.#segment = { name: segment.name, bytes: segment.bytes + bytes.length };
    return this.#segment;
  }

  /** Of the last record composed, which is now durable. */
  #noteLast(segment: string, atByte: number): void {
    this.#lastRecord = { segment, atByte, sequence: this.#durable, digest: this.#lastDigest };
  }

  #position(sequence: number): RecordPosition {
    return { sequence, durableBefore: this.#durable, previousDigest: this.#lastDigest };
  }

  #next({ bytes, digest }: EncodedRecord): Uint8Array {
    this.#lastDigest = digest;
    return bytes;
  }

  #giveUp(cause: unknown, inFlight: readonly WaitingFrame[]): void {
    const fault = faultOf("journal-read-only", cause);
    this.#fault = fault;
    this.#settle(inFlight, (frame) => frame.reject(faultOf("journal-unknown-outcome", cause)));
    this.#settle(this.#waiting.splice(0), (frame) => frame.reject(fault));
    this.#start.onFault(fault);
  }

  #settle(frames: readonly WaitingFrame[], how: (frame: WaitingFrame) => void): void {
    for (const frame of frames) {
      this.#pendingFrames--;
      this.#pendingBytes -= frame.jsonBytes;
      how(frame);
    }
  }
}
