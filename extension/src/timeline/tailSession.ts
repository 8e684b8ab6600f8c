// The tail's conversation: the newest entries, the output of what runs, and two wishes. A smaller sibling of TimelineSession.
import type * as vscode from "vscode";
import type { TailFromPage, TailToPage } from "#protocol/webview/tail.ts";
import { PageFeed, type SessionOptions } from "./pageFeed.ts";
import { shownEpisodes } from "./shownEpisodes.ts";

export type TailWish = Extract<TailFromPage, { readonly kind: "start-episode" | "open-entry" }>;

export interface TailSessionOptions extends SessionOptions<TailToPage> {
  readonly wish: (wish: TailWish) => void;
}

export class TailSession implements vscode.Disposable {
  readonly #options: TailSessionOptions;
  readonly #feed: PageFeed<TailToPage>;

  constructor(options: TailSessionOptions) {
    this.#options = options;
    this.#feed = new PageFeed<TailToPage>({ ...options, episodes: () => shownEpisodes(options.mirror.facts.episodes) });
  }

  receive(message: TailFromPage): void {
    switch (message.kind) {
      case "ready":
        this.#feed.ready();
        // The tail alone starts no Home: a person who looks at the panel has not asked for one.
        if (this.#options.home.status.kind === "connected") this.#feed.begin();
        return;
      case "taken":
        return this.#feed.taken(message.number);
      case "read-output":
        return this.#feed.readOutput(message);
      case "start-episode":
      case "open-entry":
        return this.#options.wish(message);
    }
  }

  hidden(): void {
    this.#feed.hidden();
  }

  dispose(): void {
    this.#feed.dispose();
  }
}
