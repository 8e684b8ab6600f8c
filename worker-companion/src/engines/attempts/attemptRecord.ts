// What the shell keeps of one attempt: the bytes of its unacknowledged output, their running digests, and what arrived.
// Numbers are the core's; this only holds bytes under them and sums up in the end.
import { createHash, type Hash } from "node:crypto";
import { type Digest, digestFromHex, digestOf } from "#protocol/digest.ts";
import { canonicalJson } from "#protocol/canonicalJson.ts";
import type { JobSpec } from "#protocol/job.ts";
import { type Bytes, byteCount } from "#protocol/quantities.ts";
import type { JobOutcome, OutputStream, ProducedStream } from "#protocol/result.ts";
import type { OutputRange } from "../../core/attempt.ts";

/** The order in which a result lists streams. */
const STREAMS: readonly OutputStream[] = ["stdout", "stderr", "text"];

export class AttemptRecord {
  readonly job: JobSpec;
  /** Ends the reading of the engine's output when the attempt is released. */
  readonly released: AbortController = new AbortController();
  /** Why the engine was told to end, if it was. */
  cancelledAs: JobOutcome | undefined;
  /** Times that an input had to be looked for again. */
  interruptions = 0;
  /** The run of the engine, from submit to its last output. */
  run: Promise<void> = Promise.resolve();
  /** Made here from the job that arrived, not taken from whoever sent it. */
  readonly jobKey: Digest;
  #receivedBytes: number;
  readonly #ranges: Map<number, Uint8Array> = new Map();
  readonly #streams: Map<OutputStream, { hash: Hash; bytes: number }> = new Map();

  constructor(job: JobSpec) {
    this.job = job;
    const canonical = canonicalJson(job);
    this.jobKey = digestOf(canonical);
    this.#receivedBytes = Buffer.byteLength(canonical);
  }

  /** Bytes of the canonical job and of every blob chunk that came for this attempt. */
  get receivedBytes(): Bytes {
    return byteCount(this.#receivedBytes);
  }

  received(chunk: Uint8Array): void {
    this.#receivedBytes += chunk.length;
  }

  retain(range: OutputRange, bytes: Uint8Array): void {
    this.#ranges.set(range.number, bytes);
    const stream = this.#streams.get(range.stream) ?? { hash: createHash("sha256"), bytes: 0 };
    stream.hash.update(bytes);
    stream.bytes += bytes.length;
    this.#streams.set(range.stream, stream);
  }

  range(number: number): Uint8Array | undefined {
    return this.#ranges.get(number);
  }

  dropThrough(number: number): void {
    for (const held of this.#ranges.keys()) {
      // Numbers were given out in order, and a map remembers the order.
      if (held > number) break;
      this.#ranges.delete(held);
    }
  }

  /** The whole streams so far. */
  produced(): readonly ProducedStream[] {
    return STREAMS.flatMap((stream) => {
      const found = this.#streams.get(stream);
      if (found === undefined) return [];
      return [{ stream, bytes: byteCount(found.bytes), digest: digestFromHex(found.hash.copy().digest("hex")) }];
    });
  }
}
