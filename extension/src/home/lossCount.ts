// How often the Home may be lost before this window stops trying by itself: a Home that dies at once would be started for ever.
// It decides that and nothing else, on the clock it is given.

/** One more loss than this within LOSS_WINDOW_MS, and a person has to look. */
export const LOSSES_MAX = 5;
export const LOSS_WINDOW_MS = 180_000;

export class LossCount {
  #losses: readonly number[] = [];

  add(nowMs: number): void {
    this.#losses = [...this.#recent(nowMs), nowMs];
  }

  isTooMany(nowMs: number): boolean {
    return this.#recent(nowMs).length > LOSSES_MAX;
  }

  forget(): void {
    this.#losses = [];
  }

  #recent(nowMs: number): readonly number[] {
    return this.#losses.filter((lossMs) => nowMs - lossMs < LOSS_WINDOW_MS).slice(-LOSSES_MAX - 1);
  }
}
