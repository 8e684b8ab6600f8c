// What one run produced, kept in order until it is released, so that a reader may begin, stop and begin again anywhere.
// It holds no more bytes than the job's limit: past it nothing is kept, and the caller ends the run.
import type { OutputStream } from "#protocol/result.ts";
import type { EngineEnding, EngineOutput } from "../core/engine.ts";

/** More items than this end a run: every item costs memory beside its bytes, and a job may write one byte at a time. */
export const OUTPUT_ITEMS_MAX = 262_144;

/** Chunks that nobody has read yet are joined up to this size; it keeps the items few without delaying a reader. */
const JOINED_BYTES_MAX = 4_096;

export interface OutputLog {
  /** Keeps the chunk, or its first part up to the limit. False once the limit is passed. */
  append(stream: OutputStream, bytes: Uint8Array): boolean;
  /** The last item. What comes later is dropped: a run has one ending. */
  end(ending: EngineEnding): void;
  hasEnded(): boolean;
  /** The items from the n-th on; waits for more until the ending. */
  stream(from: number, signal: AbortSignal): AsyncIterable<EngineOutput>;
}

export function createOutputLog(bytesMax: number): OutputLog {
  const items: EngineOutput[] = [];
  const waiting = new Set<() => void>();
  let keptBytes = 0;
  let readItems = 0;
  let ended = false;

  const announce = (): void => {
    for (const wake of waiting) wake();
    waiting.clear();
  };

  /** A joined chunk replaces its predecessor, which only works while no reader holds that one. */
  const keep = (stream: OutputStream, bytes: Uint8Array): void => {
    const last = items.at(-1);
    const joins = last?.kind === "chunk" && last.stream === stream && items.length > readItems;
    if (joins && last.bytes.length + bytes.length <= JOINED_BYTES_MAX) {
      items[items.length - 1] = { kind: "chunk", stream, bytes: Buffer.concat([last.bytes, bytes]) };
    } else items.push({ kind: "chunk", stream, bytes });
  };

  return {
    append(stream, bytes) {
      if (ended || bytes.length === 0) return !ended;
      const fitting = bytes.subarray(0, bytesMax - keptBytes);
      if (fitting.length > 0 && items.length < OUTPUT_ITEMS_MAX) {
        // A copy: what a pipe hands out is a view of a pool that would stay alive as a whole.
        keep(stream, Uint8Array.prototype.slice.call(fitting));
        keptBytes += fitting.length;
        announce();
      }
      return fitting.length === bytes.length && items.length < OUTPUT_ITEMS_MAX;
    },
    end(ending) {
      if (ended) return;
      ended = true;
      items.push({ kind: "ended", ending });
      announce();
    },
    hasEnded: () => ended,
    async *stream(from, signal) {
      for (let next = from; ; next++) {
        while (next >= items.length) {
          if (ended) return;
          await nextItem(waiting, signal);
        }
        signal.throwIfAborted();
        const item = items[next];
        if (item === undefined) return;
        readItems = Math.max(readItems, next + 1);
        yield item;
        if (item.kind === "ended") return;
      }
    },
  };
}

function nextItem(waiting: Set<() => void>, signal: AbortSignal): Promise<void> {
  return new Promise((resolve, reject) => {
    signal.throwIfAborted();
    const stop = (): void => {
      waiting.delete(wake);
      reject(signal.reason);
    };
    const wake = (): void => {
      signal.removeEventListener("abort", stop);
      resolve();
    };
    signal.addEventListener("abort", stop, { once: true });
    waiting.add(wake);
  });
}
