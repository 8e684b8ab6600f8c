// The tail's conversation: the newest entries, the output of what runs, and one wish. A smaller sibling of TimelineSession.
// It must never hold entries for a hidden view.
import type * as vscode from "vscode";
import { messageWithAdvice } from "#protocol/errors.ts";
import type { Sequence } from "#protocol/quantities.ts";
import type { HomeNotice } from "#protocol/webview/feed.ts";
import { FEED_ENTRIES_MAX } from "#protocol/webview/feed.ts";
import { type TailFromPage, type TailToPage } from "#protocol/webview/tail.ts";
import type { Home, HomeStatus } from "../home/home.ts";
import type { HomeMirror } from "../home/homeMirror.ts";
import { readOutputPiece } from "./outputPieces.ts";
import { shownEpisodes } from "./shownEpisodes.ts";
import { TimelineFeed } from "./timelineFeed.ts";

export type TailWish = Extract<TailFromPage, { readonly kind: "start-episode" | "open-entry" }>;

export interface TailSessionOptions {
  readonly home: Home;
  readonly mirror: Pick<HomeMirror, "facts" | "onDidChange">;
  readonly heard: () => Sequence;
  readonly post: (message: TailToPage) => Promise<boolean>;
  readonly wish: (wish: TailWish) => void;
  readonly notice: (status: HomeStatus) => HomeNotice;
  readonly after: (ms: number, run: () => void) => vscode.Disposable;
}

export class TailSession implements vscode.Disposable {
  readonly #options: TailSessionOptions;
  readonly #feed: TimelineFeed;
  readonly #listening: readonly vscode.Disposable[];
  #open = false;

  constructor(options: TailSessionOptions) {
    this.#options = options;
    const { home, mirror, heard, post, after } = options;
    this.#feed = new TimelineFeed({
      home,
      heard,
      post,
      after,
      // More than it shows: steps in between may be most of them.
      snapshotEntries: FEED_ENTRIES_MAX,
      failed: (error) => this.#tell({ kind: "home", reachable: false, text: messageWithAdvice(error), urgent: true }),
    });
    this.#listening = [
      mirror.onDidChange(({ episodes }) => this.#tell(shownEpisodes(episodes))),
      home.onDidChangeStatus((status) => {
        this.#tell(options.notice(status));
        if (status.kind === "connected" && this.#open && !this.#feed.isFeeding) void this.#feed.begin();
      }),
    ];
  }

  receive(message: TailFromPage): void {
    switch (message.kind) {
      case "ready":
        this.#open = true;
        this.#tell(this.#options.notice(this.#options.home.status));
        this.#tell(shownEpisodes(this.#options.mirror.facts.episodes));
        // The tail alone starts no Home: a person who looks at the panel has not asked for one.
        if (this.#options.home.status.kind === "connected") void this.#feed.begin();
        return;
      case "taken":
        return this.#feed.taken(message.number);
      case "read-output":
        return void readOutputPiece(this.#options.home, message).then((piece) => this.#tell(piece));
      case "start-episode":
      case "open-entry":
        return this.#options.wish(message);
    }
  }

  hidden(): void {
    this.#open = false;
    this.#feed.pause();
  }

  dispose(): void {
    this.hidden();
    for (const listening of this.#listening) listening.dispose();
    this.#feed.dispose();
  }

  #tell(message: TailToPage): void {
    if (this.#open) void this.#options.post(message);
  }
}
