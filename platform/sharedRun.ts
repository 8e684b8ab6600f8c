// Many callers, few runs: whoever joins gets a run that began after it joined, and shares it with all who came meanwhile.
// It decides nothing of what runs. It must never hand out a run that was already under way: that one may have missed the
// caller's work.

export class SharedRun {
  readonly #run: () => Promise<void>;
  #underWay: Promise<void> = Promise.resolve();
  #next: Promise<void> | undefined;

  constructor(run: () => Promise<void>) {
    this.#run = run;
  }

  /** Settles as the next run does. */
  join(): Promise<void> {
    this.#next ??= this.#runAfter(this.#underWay);
    return this.#next;
  }

  /** Resolves when no run is under way or waits, however they end. */
  async settled(): Promise<void> {
    while (this.#next !== undefined) await this.#next.catch(() => undefined);
    await this.#underWay.catch(() => undefined);
  }

  async #runAfter(before: Promise<void>): Promise<void> {
    await before.catch(() => undefined);
    if (this.#next !== undefined) this.#underWay = this.#next;
    this.#next = undefined;
    await this.#run();
  }
}
