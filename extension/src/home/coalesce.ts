// Runs a piece of work again after it was asked for, however often it was asked for meanwhile: once, with a pause between runs.
// It must never run it twice at the same time, nor lose the last request.

export class Coalesce implements Disposable {
  readonly #work: () => Promise<void>;
  readonly #pauseMs: number;
  #timer: NodeJS.Timeout | undefined;
  #running = false;
  #again = false;
  #closed = false;

  /** `work` must not reject. */
  constructor(work: () => Promise<void>, pauseMs: number) {
    this.#work = work;
    this.#pauseMs = pauseMs;
  }

  request(): void {
    if (this.#closed) return;
    if (this.#running) this.#again = true;
    else this.#timer ??= setTimeout(() => void this.#run(), this.#pauseMs);
  }

  async #run(): Promise<void> {
    this.#timer = undefined;
    this.#running = true;
    await this.#work();
    this.#running = false;
    if (!this.#again) return;
    this.#again = false;
    this.request();
  }

  [Symbol.dispose](): void {
    this.#closed = true;
    clearTimeout(this.#timer);
  }
}
