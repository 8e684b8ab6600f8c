// Closes what was opened, the last first, each even where another failed to close. Whoever creates disposes: here.

export class ClosingStack {
  readonly #closers: (() => void | Promise<void>)[] = [];

  defer(closer: () => void | Promise<void>): void {
    this.#closers.push(closer);
  }

  /** Rejects with the first failure, after all have been closed. */
  async close(): Promise<void> {
    const failures: unknown[] = [];
    for (let closer = this.#closers.pop(); closer !== undefined; closer = this.#closers.pop()) {
      try {
        await closer();
      } catch (error) {
        failures.push(error);
      }
    }
    if (failures.length > 0) throw failures[0];
  }
}
