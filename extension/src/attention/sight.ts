// What the person can see now: whoever owns a view or a page says so, and nobody is interrupted about what is in sight.
// It decides nothing; what it is told it keeps until it is told otherwise.

/** The pages on which a person reads what waits. */
export type ReadingPage = "review" | "staged";

export class Sight implements Disposable {
  readonly #reading = new Map<ReadingPage, ReadonlySet<string>>();
  readonly #listeners = new Set<() => void>();
  #needsYou = false;

  /** Whether the view *Needs You* is on the screen. */
  get needsYou(): boolean {
    return this.#needsYou;
  }

  set needsYou(visible: boolean) {
    this.#needsYou = visible;
    this.#changed();
  }

  /** What a person reads on a page, or what their own command is about to show there; nothing while the page is hidden. */
  read(page: ReadingPage, waitingKeys: readonly string[]): void {
    this.#reading.set(page, new Set(waitingKeys));
    this.#changed();
  }

  isRead(key: string): boolean {
    return [...this.#reading.values()].some((keys) => keys.has(key));
  }

  /** Called after each change, until the returned is disposed. */
  onDidChange(listener: () => void): Disposable {
    this.#listeners.add(listener);
    return { [Symbol.dispose]: () => void this.#listeners.delete(listener) };
  }

  [Symbol.dispose](): void {
    this.#listeners.clear();
  }

  #changed(): void {
    for (const listener of this.#listeners) listener();
  }
}
