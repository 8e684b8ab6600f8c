// Gathers an engine's chunks into ranges: at most OUTPUT_RANGE_BYTES_MAX bytes or OUTPUT_RANGE_MS_MAX old, one stream each.
// A change of stream ends a range, so the order between stdout and stderr is the engine's. It never drops a byte.
import type { OutputStream } from "#protocol/result.ts";
import { OUTPUT_RANGE_BYTES_MAX, OUTPUT_RANGE_MS_MAX } from "#protocol/wire/worker.ts";

export type RangeHandler = (stream: OutputStream, bytes: Uint8Array) => void;

export class OutputCoalescer {
  readonly #emit: RangeHandler;
  #stream: OutputStream = "stdout";
  #chunks: Uint8Array[] = [];
  #bytes = 0;
  #timer: NodeJS.Timeout | undefined;

  constructor(emit: RangeHandler) {
    this.#emit = emit;
  }

  push(stream: OutputStream, bytes: Uint8Array): void {
    if (stream !== this.#stream) this.flush();
    this.#stream = stream;
    for (let from = 0; from < bytes.length; ) {
      const part = bytes.subarray(from, from + OUTPUT_RANGE_BYTES_MAX - this.#bytes);
      this.#chunks.push(part);
      this.#bytes += part.length;
      from += part.length;
      if (this.#bytes >= OUTPUT_RANGE_BYTES_MAX) this.flush();
    }
    if (this.#bytes > 0) this.#timer ??= setTimeout(() => this.flush(), OUTPUT_RANGE_MS_MAX);
  }

  /** Emits what is gathered; also to be called when the output ends. */
  flush(): void {
    clearTimeout(this.#timer);
    this.#timer = undefined;
    if (this.#bytes === 0) return;
    // A copy of its own: the range is kept until it is acknowledged, the engine's buffer is not ours to keep.
    const range = Buffer.concat(this.#chunks);
    this.#chunks = [];
    this.#bytes = 0;
    this.#emit(this.#stream, range);
  }
}
