// The one order in which output is shown: that of its ranges as they became durable, whichever stream they are of.
// An answer may reach past the range that was asked for; the rest of it is kept until its own range comes.
// It must never give a byte twice, nor one whose range has not come.
import type { AttemptId } from "./ids.ts";
import { type Bytes, byteCount } from "./quantities.ts";
import type { OutputStream } from "./result.ts";
import type { TimelineEntry } from "./timeline.ts";

/** The bytes of a stream from a byte on, as many as the Home gives at once; none at the end. */
export type ReadBytes = (attemptId: AttemptId, stream: OutputStream, fromByte: Bytes) => Promise<Uint8Array>;

export type OutputPart =
  | { readonly kind: "bytes"; readonly fromByte: Bytes; readonly bytes: Uint8Array }
  /** The Home has none of these any more. What comes after them may still be there. */
  | { readonly kind: "missing"; readonly fromByte: Bytes; readonly endByte: Bytes };

interface Shown {
  bytes: number;
  /** What was read and not shown yet. */
  ahead: Uint8Array;
}

const NO_BYTES = new Uint8Array(0);

export class OrderedOutput {
  readonly #read: ReadBytes;
  /** By attempt and stream. */
  readonly #shown = new Map<string, Shown>();

  constructor(read: ReadBytes) {
    this.#read = read;
  }

  /** What is to be shown of a range. After an error of the reading the same range goes on where it was. */
  async *take(
    attemptId: AttemptId,
    { bytes, fromByte, stream }: NonNullable<TimelineEntry["output"]>,
  ): AsyncGenerator<OutputPart, void> {
    const shown = this.#of(`${attemptId} ${stream}`);
    const endByte = byteCount(fromByte + bytes);
    while (shown.bytes < endByte) {
      const from = byteCount(shown.bytes);
      if (shown.ahead.length === 0) shown.ahead = await this.#read(attemptId, stream, from);
      if (shown.ahead.length === 0) {
        shown.bytes = endByte;
        yield { kind: "missing", fromByte: from, endByte };
        return;
      }
      const part = shown.ahead.subarray(0, endByte - from);
      shown.ahead = shown.ahead.subarray(part.length);
      shown.bytes += part.length;
      yield { kind: "bytes", fromByte: from, bytes: part };
    }
  }

  #of(key: string): Shown {
    const shown = this.#shown.get(key) ?? { bytes: 0, ahead: NO_BYTES };
    this.#shown.set(key, shown);
    return shown;
  }
}
