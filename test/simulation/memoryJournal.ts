// A journal in memory whose durability the test controls: it holds frames back, releases them in any order, refuses them
// before taking them, or fails. It decides nothing by itself, and never settles a frame that the test holds.
import type { JournalEvent } from "#protocol/events.ts";
import { type Sequence, sequence } from "#protocol/quantities.ts";
import {
  type Journal,
  JournalFault,
  type JournalFaultCode,
  type JournalFrame,
} from "../../server/src/home/journalPort.ts";

interface HeldFrame {
  readonly frame: JournalFrame<JournalEvent>;
  readonly resolve: () => void;
  readonly reject: (fault: JournalFault) => void;
}

export class MemoryJournal implements Journal<JournalEvent> {
  readonly #frames: JournalFrame<JournalEvent>[] = [];
  #held: HeldFrame[] = [];
  #durable = 0;
  #holding = false;
  #refusesNext: JournalFault | undefined;
  #fault: JournalFault | undefined;
  #inFlightMax = Number.POSITIVE_INFINITY;

  get lastSequence(): Sequence {
    return sequence(this.#frames.length);
  }

  get durableSequence(): Sequence {
    return sequence(this.#durable);
  }

  /** Frames taken and not yet settled. */
  get inFlight(): number {
    return this.#held.length;
  }

  append(frame: JournalFrame<JournalEvent>): Promise<void> {
    const refused = this.#fault ?? this.#refusesNext;
    this.#refusesNext = undefined;
    if (refused !== undefined) return Promise.reject(refused);
    if (this.#held.length >= this.#inFlightMax) return Promise.reject(faultOf("journal-overloaded"));
    if (frame.sequence !== this.#frames.length + 1) throw new RangeError(`frame ${frame.sequence} is out of order`);
    this.#frames.push(frame);
    if (!this.#holding) {
      this.#durable = frame.sequence;
      return Promise.resolve();
    }
    return new Promise((resolve, reject) => this.#held.push({ frame, resolve, reject }));
  }

  async *read(from: Sequence, limit: number): AsyncGenerator<JournalFrame<JournalEvent>, void, void> {
    yield* this.#frames.slice(Math.max(0, from - 1), this.#durable).slice(0, limit);
  }

  async close(): Promise<void> {
    this.release();
  }

  /** From now on a frame stays in flight until the test lets it go. */
  hold(): void {
    this.#holding = true;
  }

  /** From now on it is overloaded while so many frames are in flight. */
  overloadAt(inFlightMax: number): void {
    this.#inFlightMax = inFlightMax;
  }

  /** Makes all held frames durable; their promises settle in the order that `order` gives the frames. */
  release(order: (sequences: readonly number[]) => readonly number[] = (same) => same): void {
    const held = new Map(this.#held.map((waiting) => [Number(waiting.frame.sequence), waiting]));
    this.#held = [];
    this.#durable = Math.max(this.#durable, ...held.keys());
    for (const number of order([...held.keys()])) held.get(number)?.resolve();
  }

  /** Makes the oldest held frame durable. */
  releaseOne(): void {
    const oldest = this.#held.shift();
    if (oldest === undefined) throw new Error("no frame is held");
    this.#durable = oldest.frame.sequence;
    oldest.resolve();
  }

  /** Fails all held frames and refuses every later one, as a failed sync does. */
  fail(): void {
    const held = this.#held;
    this.#held = [];
    this.#fault = faultOf("journal-read-only");
    for (const waiting of held) waiting.reject(faultOf("journal-unknown-outcome"));
  }

  /** Fails the oldest held frame only: no real journal does, and the Home must not count on that. */
  failOldest(): void {
    this.#held.shift()?.reject(faultOf("journal-unknown-outcome"));
  }

  /** Fails the newest held frame before the older ones have settled. */
  failNewest(): void {
    this.#held.pop()?.reject(faultOf("journal-unknown-outcome"));
  }

  /** Refuses the next frame before taking it. */
  refuseNext(code: JournalFaultCode): void {
    this.#refusesNext = faultOf(code);
  }
}

function faultOf(code: JournalFaultCode): JournalFault {
  return new JournalFault(code, `The test says ${code}.`, "Nothing to mend: it is a test.");
}

/** Lets everything that can settle by itself settle. */
export async function settled(): Promise<void> {
  await new Promise((resolve) => setImmediate(resolve));
}
