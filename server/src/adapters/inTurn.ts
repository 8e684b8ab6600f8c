// Changes that happen one after the other, in the order they were asked for, however each of them ends.
// It decides nothing of what they do. It must never begin one while another is under way.

export class InTurn {
  #last: Promise<unknown> = Promise.resolve();

  /** Settles as the change does. */
  run<Result>(change: () => Promise<Result>): Promise<Result> {
    const changed = this.#last.then(change);
    this.#last = changed.catch(() => undefined);
    return changed;
  }

  /** Resolves when what was asked for until now has ended. Never rejects. */
  async settled(): Promise<void> {
    await this.#last;
  }
}
