// Counts the bytes that cross for each attempt, and keeps a send within the bytes that its lease names.
// Only job bytes count: the specification, blobs, output and results, in both directions.
import type { Transfer } from "#protocol/commands.ts";
import type { AttemptId } from "#protocol/ids.ts";
import { byteCount } from "#protocol/quantities.ts";

interface Counted {
  out: number;
  back: number;
  readonly outMax: number;
}

export class Crossings {
  readonly #counted = new Map<AttemptId, Counted>();

  /** Begins counting. `outMax` is the lease's budget in bytes; Infinity for what stays on this machine. */
  open(attemptId: AttemptId, outMax: number): void {
    this.#counted.set(attemptId, { out: 0, back: 0, outMax });
  }

  /** Takes bytes of the budget before they leave; false where they would pass it, and then they must not leave. */
  takeOut(attemptId: AttemptId, bytes: number): boolean {
    const counted = this.#counted.get(attemptId);
    if (counted === undefined || counted.out + bytes > counted.outMax) return false;
    counted.out += bytes;
    return true;
  }

  cameBack(attemptId: AttemptId, bytes: number): void {
    const counted = this.#counted.get(attemptId);
    if (counted !== undefined) counted.back += bytes;
  }

  transfer(attemptId: AttemptId): Transfer {
    const counted = this.#counted.get(attemptId);
    return { attemptId, bytesOut: byteCount(counted?.out ?? 0), bytesIn: byteCount(counted?.back ?? 0) };
  }

  /** All that is being counted: what a command needs that may end several attempts. */
  transfers(): readonly Transfer[] {
    return [...this.#counted.keys()].map((attemptId) => this.transfer(attemptId));
  }

  close(attemptId: AttemptId): void {
    this.#counted.delete(attemptId);
  }
}
