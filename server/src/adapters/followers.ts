// Wakes those who follow the timeline when more of it is durable. It tells that there is more, never what:
// each follower reads at its own pace from its own cursor.

export class Followers {
  readonly #listeners = new Set<() => void>();

  add(listener: () => void): Disposable {
    this.#listeners.add(listener);
    return { [Symbol.dispose]: () => void this.#listeners.delete(listener) };
  }

  wake(): void {
    for (const listener of this.#listeners) listener();
  }
}
