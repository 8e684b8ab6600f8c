// Counts the bytes that cross for each attempt, and keeps a send within the bytes that its lease names.
// Only job bytes count: the specification, blobs, output and results, in both directions.
import type { Transfer } from "#protocol/commands.ts";
import type { Digest } from "#protocol/digest.ts";
import type { AttemptId } from "#protocol/ids.ts";
import { byteCount } from "#protocol/quantities.ts";

interface Counted {
  out: number;
  back: number;
  readonly outMax: number;
  /** False where an earlier process sent some of it. */
  readonly whole: boolean;
  /** How far each blob was sent, and over which link. */
  readonly sent: Map<Digest, { readonly link: object; readonly toByte: number }>;
}

export class Crossings {
  readonly #counted = new Map<AttemptId, Counted>();

  /** Begins counting. `outMax` is what was reserved of the lease; Infinity for what stays on this machine. */
  open(attemptId: AttemptId, outMax: number): void {
    this.#counted.set(attemptId, { out: 0, back: 0, outMax, whole: true, sent: new Map() });
  }

  /** Counts on for an attempt that began before this process: what had left by then is not known, so nothing more may. */
  reopen(attemptId: AttemptId): void {
    this.#counted.set(attemptId, { out: 0, back: 0, outMax: 0, whole: false, sent: new Map() });
  }

  /** Whether every byte of the attempt is counted here. */
  isWhole(attemptId: AttemptId): boolean {
    return this.#counted.get(attemptId)?.whole === true;
  }

  /** Takes bytes of the budget before they leave; false where they would pass it, and then they must not leave. */
  takeOut(attemptId: AttemptId, bytes: number): boolean {
    const counted = this.#counted.get(attemptId);
    if (counted === undefined || counted.out + bytes > counted.outMax) return false;
    counted.out += bytes;
    return true;
  }

  /** Gives bytes back that were taken and did not leave: their link was closed. */
  giveBack(attemptId: AttemptId, bytes: number): void {
    const counted = this.#counted.get(attemptId);
    if (counted !== undefined) counted.out -= bytes;
  }

  sentBlob(attemptId: AttemptId, link: object, digest: Digest, toByte: number): void {
    this.#counted.get(attemptId)?.sent.set(digest, { link, toByte });
  }

  /**
   * A blob is asked for from this byte on. What an earlier, broken link was given past it never arrived: it does not cost
   * the lease twice. Over the same link it does, or a node could ask for the same bytes without end.
   */
  askedBlob(attemptId: AttemptId, link: object, digest: Digest, fromByte: number): void {
    const before = this.#counted.get(attemptId)?.sent.get(digest);
    if (before === undefined || before.link === link) return;
    this.giveBack(attemptId, Math.max(0, before.toByte - fromByte));
    this.sentBlob(attemptId, link, digest, fromByte);
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

  /** All that is wholly counted: what a command needs that may end several attempts. Of the others it is not known. */
  transfers(): readonly Transfer[] {
    return [...this.#counted].filter(([, { whole }]) => whole).map(([attemptId]) => this.transfer(attemptId));
  }

  /** Attempts that are being counted. */
  get size(): number {
    return this.#counted.size;
  }

  close(attemptId: AttemptId): void {
    this.#counted.delete(attemptId);
  }
}
