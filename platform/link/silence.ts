// Tells when a peer has been silent for too long, exactly at the limit, on either end of a link.
// It runs on the monotonic clock: a wall clock that is set means nothing. It must never take this program's own sleep (a
// closed lid, SIGSTOP, a blocked loop) for the peer's: what the peer said meanwhile waits unread in the socket.

/** The part of the limit by which its own timer may be late before this program counts as having slept. */
const OWN_SLEEP_FRACTION = 1 / 6;

export interface SilenceTerms {
  /** Silence of this long is too long. */
  readonly limitMs: number;
  /** Monotonic milliseconds. */
  readonly nowMs: () => number;
  /** Called once. */
  readonly onSilent: () => void;
}

export class SilenceWatch {
  readonly #terms: SilenceTerms;
  #lastHeardMs: number;
  #dueMs = 0;
  #timer: NodeJS.Timeout | undefined;

  constructor(terms: SilenceTerms) {
    this.#terms = terms;
    this.#lastHeardMs = terms.nowMs();
    this.#arm(terms.limitMs);
  }

  /** A word of the peer. Costs no timer, so it may be every message. */
  heard(): void {
    this.#lastHeardMs = this.#terms.nowMs();
  }

  /** How long the peer has been silent. */
  get silentMs(): number {
    return this.#terms.nowMs() - this.#lastHeardMs;
  }

  dispose(): void {
    clearTimeout(this.#timer);
  }

  #arm(waitMs: number): void {
    this.#dueMs = this.#terms.nowMs() + waitMs;
    this.#timer = setTimeout(() => this.#judge(), waitMs);
  }

  #judge(): void {
    const { limitMs, nowMs, onSilent } = this.#terms;
    if (nowMs() - this.#dueMs > limitMs * OWN_SLEEP_FRACTION) {
      // This program was away itself: the peer gets the whole limit again.
      this.#lastHeardMs = nowMs();
    }
    const leftMs = limitMs - this.silentMs;
    if (leftMs <= 0) onSilent();
    else this.#arm(leftMs);
  }
}
