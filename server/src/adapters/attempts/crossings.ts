// Counts the bytes that cross for each attempt, and keeps a send within the bytes that its lease names.
// Only job bytes count: the specification, blobs, output and results, in both directions.
import type { Transfer } from "#protocol/commands.ts";
import type { AttemptId } from "#protocol/ids.ts";
import { byteCount } from "#protocol/quantities.ts";

interface Counted {
  out: number;
  back: number;
  readonly outMax: number;
  readonly whole: boolean;
}

export class Crossings {
  readonly #counted = new Map<AttemptId, Counted>();

  /** Begins counting at the offer. `outMax` is what was reserved of the lease; Infinity for what stays on this machine. */
  open(attemptId: AttemptId, outMax: number): void {
    this.#counted.set(attemptId, { out: 0, back: 0, outMax, whole: true });
  }

  /** Begins counting somewhere in the middle: what had left before is not known, so nothing more may. */
  reopen(attemptId: AttemptId): void {
    this.#counted.set(attemptId, { out: 0, back: 0, outMax: 0, whole: false });
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
    const [out, back] = [counted?.out ?? 0, counted?.back ?? 0];
    return { attemptId, bytesOut: byteCount(out), bytesIn: byteCount(back), whole: counted?.whole === true };
  }

  /** All that is being counted: what a command needs that may end several attempts. */
  transfers(): readonly Transfer[] {
    return [...this.#counted.keys()].map((attemptId) => this.transfer(attemptId));
  }

  close(attemptId: AttemptId): void {
    this.#counted.delete(attemptId);
  }
}
