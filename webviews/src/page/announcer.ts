// Speaks short lines through one polite region: what asks for attention, and what a key has done. Never more than a few at
// a time, so that a busy timeline does not talk without end.

/** Lines spoken at once; of more, how many there are is said. */
export const LINES_AT_ONCE = 3;
const PAUSE_MS = 1_500;

export interface AnnouncerOptions {
  readonly region: HTMLElement;
  /** How the lines that were left out are said. */
  readonly more: (count: number) => string;
}

export class Announcer {
  readonly #options: AnnouncerOptions;
  #waiting: string[] = [];
  #left = 0;
  #timer: number | undefined;

  constructor(options: AnnouncerOptions) {
    this.#options = options;
  }

  say(line: string): void {
    if (this.#waiting.length < LINES_AT_ONCE) this.#waiting.push(line);
    else this.#left += 1;
    if (this.#timer === undefined) this.#speak();
  }

  #speak(): void {
    const { region, more } = this.#options;
    region.textContent = [...this.#waiting, ...(this.#left > 0 ? [more(this.#left)] : [])].join("\n");
    this.#waiting = [];
    this.#left = 0;
    this.#timer = window.setTimeout(() => {
      this.#timer = undefined;
      if (this.#waiting.length > 0) this.#speak();
    }, PAUSE_MS);
  }
}
