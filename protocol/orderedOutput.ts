// The one order in which output is shown: that of its ranges as they became durable, whichever stream they are of.
// An answer may reach past the range that was asked for; the rest of it is kept until its own range comes.
// It must never give a byte twice, nor one whose range has not come.
import type { AttemptId } from "./ids.ts";
import { type Bytes, byteCount } from "./quantities.ts";
import type { OutputStream } from "./result.ts";
import { type RemovedOutput, shownOutput } from "./shownOutput.ts";
import type { TimelineEntry } from "./timeline.ts";

/** The output of a stream from a byte on, as much as the Home gives at once. */
export type ReadOutputPage = (attemptId: AttemptId, stream: OutputStream, fromByte: Bytes) => Promise<OutputBytes>;

export interface OutputBytes {
  /** None at the end. */
  readonly bytes: Uint8Array;
  readonly removed: readonly RemovedOutput[];
  /** There is more, which the Home gives once more has come, or the attempt has ended. */
  readonly held: boolean;
}

export type OutputPart =
  | {
      readonly kind: "bytes";
      readonly attemptId: AttemptId;
      readonly stream: OutputStream;
      /** Of the output itself: this many bytes of it, from this one on, are shown as `shown`. */
      readonly fromByte: Bytes;
      readonly bytes: Bytes;
      readonly shown: Uint8Array;
      /** Placeholders in it. */
      readonly removed: number;
    }
  /** The Home has none of these any more. What comes after them may still be there. */
  | { readonly kind: "missing"; readonly stream: OutputStream; readonly fromByte: Bytes; readonly endByte: Bytes };

interface Shown {
  readonly attemptId: AttemptId;
  readonly stream: OutputStream;
  bytes: number;
  /** Up to where its ranges have come. */
  endByte: number;
  /** What was read and not shown yet. */
  ahead: Uint8Array;
  removed: readonly RemovedOutput[];
}

const NO_BYTES = new Uint8Array(0);

export class OrderedOutput {
  readonly #read: ReadOutputPage;
  /** By attempt and stream. */
  readonly #shown = new Map<string, Shown>();

  constructor(read: ReadOutputPage) {
    this.#read = read;
  }

  /**
   * What is to be shown of a range, and of what the Home held back before it. After an error of the reading the same range
   * goes on where it was.
   */
  async *take(
    attemptId: AttemptId,
    { bytes, fromByte, stream }: NonNullable<TimelineEntry["output"]>,
  ): AsyncGenerator<OutputPart, void> {
    const shown = this.#of(attemptId, stream);
    shown.endByte = Math.max(shown.endByte, fromByte + bytes);
    yield* this.#upTo(shown, fromByte + bytes);
  }

  /** What the Home held back, once the attempts have ended. */
  async *rest(): AsyncGenerator<OutputPart, void> {
    for (const shown of this.#shown.values()) yield* this.#upTo(shown, shown.endByte);
  }

  async *#upTo(shown: Shown, toByte: number): AsyncGenerator<OutputPart, void> {
    const { attemptId, stream } = shown;
    while (shown.bytes < toByte) {
      const from = byteCount(shown.bytes);
      if (shown.ahead.length === 0) {
        const { bytes, held, removed } = await this.#read(attemptId, stream, from);
        if (bytes.length === 0 && held) return;
        [shown.ahead, shown.removed] = [bytes, removed];
      }
      if (shown.ahead.length === 0) {
        shown.bytes = toByte;
        yield { kind: "missing", stream, fromByte: from, endByte: byteCount(toByte) };
        return;
      }
      const part = shown.ahead.subarray(0, toByte - from);
      shown.ahead = shown.ahead.subarray(part.length);
      shown.bytes += part.length;
      const { bytes, removed } = shownOutput(part, from, shown.removed);
      yield { kind: "bytes", attemptId, stream, fromByte: from, bytes: byteCount(part.length), shown: bytes, removed };
    }
  }

  #of(attemptId: AttemptId, stream: OutputStream): Shown {
    const key = `${attemptId} ${stream}`;
    const shown = this.#shown.get(key) ?? { attemptId, stream, bytes: 0, endByte: 0, ahead: NO_BYTES, removed: [] };
    this.#shown.set(key, shown);
    return shown;
  }
}
