// How many frames of one link are handled in a second: so many at once, and then none until the second is over.
// Pure: the monotonic time comes in, a wait goes out. It decides only when; nothing is dropped.

const SECOND_MS = 1_000;

export class FrameRate {
  readonly #framesPerSecondMax: number;
  #secondBeganMs: number = Number.NEGATIVE_INFINITY;
  #frames = 0;

  constructor(framesPerSecondMax: number) {
    this.#framesPerSecondMax = framesPerSecondMax;
  }

  /** 0 where a frame may be handled now, which counts; else the milliseconds until it is worth asking again. */
  take(nowMs: number): number {
    if (nowMs - this.#secondBeganMs >= SECOND_MS) {
      this.#secondBeganMs = nowMs;
      this.#frames = 0;
    }
    if (this.#frames >= this.#framesPerSecondMax) return Math.ceil(this.#secondBeganMs + SECOND_MS - nowMs);
    this.#frames += 1;
    return 0;
  }
}
