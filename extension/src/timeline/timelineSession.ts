// One Timeline page's conversation: tells it what it shows, feeds it, answers what it asks, passes its wishes on.
// It must never do what a page wishes by itself: every wish becomes a command of the editor, with its own questions.
import type * as vscode from "vscode";
import { messageWithAdvice } from "#protocol/errors.ts";
import type { ShownEpisodes } from "#protocol/webview/feed.ts";
import type {
  Density,
  RevealEntry,
  TimelineFromPage,
  TimelineJump,
  TimelineScope,
  TimelineToPage,
} from "#protocol/webview/timeline.ts";
import { METHODS } from "#protocol/wire/client.ts";
import type { EpisodeView } from "#protocol/wire/clientViews.ts";
import { readRequest } from "./episodeRequest.ts";
import { PageFeed, type SessionOptions } from "./pageFeed.ts";
import { shownEpisodes } from "./shownEpisodes.ts";

/** What a page may wish for; each opens a surface of the editor. */
export type TimelineWish = Extract<
  TimelineFromPage,
  {
    readonly kind:
      | "open-review"
      | "open-proposal"
      | "open-output"
      | "open-timeline"
      | "open-ledger"
      | "start-episode"
      | "copy";
  }
>;

export interface TimelineSessionOptions extends SessionOptions<TimelineToPage> {
  readonly scope: TimelineScope;
  readonly density: () => Density;
  readonly wish: (wish: TimelineWish) => void;
  readonly log: Pick<vscode.LogOutputChannel, "warn">;
}

export class TimelineSession implements vscode.Disposable {
  readonly #options: TimelineSessionOptions;
  readonly #feed: PageFeed<TimelineToPage>;
  /** What a command asked for before the page was there. */
  #pending: TimelineJump | RevealEntry | undefined;
  /** The episode of the scope, where the mirror no longer lists it. */
  #scoped: EpisodeView | undefined;

  constructor(options: TimelineSessionOptions) {
    this.#options = options;
    const { log, scope } = options;
    this.#feed = new PageFeed<TimelineToPage>({
      ...options,
      episodes: () => this.#episodes(),
      failed: (error) => log.warn(`the timeline could not be read: ${messageWithAdvice(error)}`),
      ...(scope.kind === "episode" ? { episodeId: scope.episodeId } : {}),
    });
  }

  receive(message: TimelineFromPage): void {
    switch (message.kind) {
      case "ready":
        return this.#begin();
      case "taken":
        return this.#feed.taken(message.number);
      case "read-older":
        return void this.#readOlder();
      case "read-output":
        return this.#feed.readOutput(message);
      case "read-request":
        return void readRequest(this.#options.home, message.episodeId).then((request) => this.#feed.tell(request));
      case "open-review":
      case "open-proposal":
      case "open-output":
      case "open-timeline":
      case "open-ledger":
      case "start-episode":
      case "copy":
        return this.#options.wish(message);
    }
  }

  /** Carries a command out, as soon as the page is there. */
  show(request: TimelineJump | RevealEntry): void {
    if (this.#feed.isOpen) this.#feed.tell(request);
    else this.#pending = request;
  }

  hidden(): void {
    this.#feed.hidden();
  }

  dispose(): void {
    this.#feed.dispose();
  }

  #begin(): void {
    const { scope, density } = this.#options;
    this.#feed.ready({ kind: "opened", scope, density: density() });
    if (this.#pending !== undefined) this.#feed.tell(this.#pending);
    this.#pending = undefined;
    this.#feed.begin();
    if (scope.kind === "episode") void this.#readScoped(scope);
  }

  #episodes(): ShownEpisodes {
    const { episodes } = this.#options.mirror.facts;
    const { scope } = this.#options;
    const wanted =
      scope.kind === "workspace" ? episodes : episodes.filter(({ episodeId }) => episodeId === scope.episodeId);
    return shownEpisodes(wanted.length > 0 || this.#scoped === undefined ? wanted : [this.#scoped]);
  }

  async #readScoped({ episodeId }: Extract<TimelineScope, { kind: "episode" }>): Promise<void> {
    if (this.#options.mirror.facts.episodes.some((episode) => episode.episodeId === episodeId)) return;
    try {
      this.#scoped = await this.#options.home.call(METHODS.showEpisode, { episodeId });
      this.#feed.tellEpisodes();
    } catch (error) {
      this.#options.log.warn(`the timeline of ${episodeId} goes without totals: ${messageWithAdvice(error)}`);
    }
  }

  async #readOlder(): Promise<void> {
    try {
      const found = await this.#feed.readOlder();
      if (found !== undefined) this.#feed.tell({ kind: "older", entries: found.entries, older: found.older });
    } catch (error) {
      this.#feed.tell({ kind: "older", entries: [], older: true, problem: messageWithAdvice(error) });
    }
  }
}
