// The query view while somebody uses it: made at the first question, brought up to date for each, given up when nobody
// has asked for a while. It must never answer from a view that failed half way.
import type { JournalEvent } from "#protocol/events.ts";
import type { HomeIdentity } from "../../home/identity.ts";
import type { Journal } from "../../home/journalPort.ts";
import { QueryView } from "./queryView.ts";

/** Its tables take memory for every episode there ever was; making them again takes a second a hundred thousand events. */
export const VIEW_IDLE_MS: number = 5 * 60_000;

export class ViewOnDemand {
  readonly #journal: Journal<JournalEvent>;
  readonly #identity: HomeIdentity;
  #view: Promise<QueryView> | undefined;
  #idle: NodeJS.Timeout | undefined;

  constructor(journal: Journal<JournalEvent>, identity: HomeIdentity) {
    this.#journal = journal;
    this.#identity = identity;
  }

  /** A view that includes all that is durable now. Use it at once: it may be given up later. */
  async current(): Promise<QueryView> {
    clearTimeout(this.#idle);
    this.#view ??= QueryView.open(this.#journal, this.#identity);
    const opening = this.#view;
    try {
      const view = await opening;
      await view.catchUp();
      // Another question may have set its own meanwhile.
      clearTimeout(this.#idle);
      this.#idle = setTimeout(() => this.dispose(), VIEW_IDLE_MS).unref();
      return view;
    } catch (error) {
      if (this.#view === opening) this.dispose();
      throw error;
    }
  }

  dispose(): void {
    clearTimeout(this.#idle);
    const view = this.#view;
    this.#view = undefined;
    void view?.then(
      (opened) => opened.close(),
      () => undefined,
    );
  }
}
