// One Timeline page's conversation: tells it what it shows, feeds it, answers what it asks, passes its wishes on.
// It must never do what a page wishes by itself: every wish becomes a command of the editor, with its own questions.
import type * as vscode from "vscode";
import { messageWithAdvice } from "#protocol/errors.ts";
import type { Sequence } from "#protocol/quantities.ts";
import type { HomeNotice } from "#protocol/webview/feed.ts";
import { FEED_ENTRIES_MAX } from "#protocol/webview/feed.ts";
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
import type { Home, HomeStatus } from "../home/home.ts";
import type { HomeMirror } from "../home/homeMirror.ts";
import { readRequest } from "./episodeRequest.ts";
import { shownEpisodes } from "./shownEpisodes.ts";
import { readOutputPiece } from "./outputPieces.ts";
import { TimelineFeed } from "./timelineFeed.ts";

/** What a page may wish for; each opens a surface of the editor. */
export type TimelineWish = Extract<
  TimelineFromPage,
  { readonly kind: "open-review" | "open-proposal" | "open-output" | "open-timeline" | "start-episode" | "copy" }
>;

export interface TimelineSessionOptions {
  readonly home: Home;
  readonly mirror: Pick<HomeMirror, "facts" | "onDidChange">;
  readonly heard: () => Sequence;
  readonly scope: TimelineScope;
  readonly density: () => Density;
  readonly post: (message: TimelineToPage) => Promise<boolean>;
  readonly wish: (wish: TimelineWish) => void;
  readonly notice: (status: HomeStatus) => HomeNotice;
  readonly log: Pick<vscode.LogOutputChannel, "warn">;
  readonly after: (ms: number, run: () => void) => vscode.Disposable;
}

export class TimelineSession implements vscode.Disposable {
  readonly #options: TimelineSessionOptions;
  readonly #feed: TimelineFeed;
  readonly #listening: readonly vscode.Disposable[];
  /** The page's script runs and was told what it shows. */
  #open = false;
  /** What a command asked for before the page was there. */
  #pending: TimelineJump | RevealEntry | undefined;
  /** The episode of the scope, where the mirror no longer lists it. */
  #scoped: EpisodeView | undefined;

  constructor(options: TimelineSessionOptions) {
    this.#options = options;
    const { home, mirror, scope, post, heard, after } = options;
    this.#feed = new TimelineFeed({
      home,
      heard,
      post,
      after,
      snapshotEntries: FEED_ENTRIES_MAX,
      failed: (error) => this.#failed(error),
      ...(scope.kind === "episode" ? { episodeId: scope.episodeId } : {}),
    });
    this.#listening = [
      mirror.onDidChange(() => this.#tell(this.#episodes())),
      home.onDidChangeStatus((status) => {
        this.#tell(options.notice(status));
        // What could not be read while the Home was away is read now, from the beginning.
        if (status.kind === "connected" && this.#open && !this.#feed.isFeeding) void this.#feed.begin();
      }),
    ];
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
        return void readOutputPiece(this.#options.home, message).then((piece) => this.#tell(piece));
      case "read-request":
        return void readRequest(this.#options.home, message.episodeId).then((request) => this.#tell(request));
      case "open-review":
      case "open-proposal":
      case "open-output":
      case "open-timeline":
      case "start-episode":
      case "copy":
        return this.#options.wish(message);
    }
  }

  /** Carries a command out, as soon as the page is there. */
  show(request: TimelineJump | RevealEntry): void {
    if (this.#open) this.#tell(request);
    else this.#pending = request;
  }

  /** The page is hidden: VS Code has thrown it away, and it says that it is ready when it comes back. */
  hidden(): void {
    this.#open = false;
    this.#feed.pause();
  }

  dispose(): void {
    this.#open = false;
    for (const listening of this.#listening) listening.dispose();
    this.#feed.dispose();
  }

  #begin(): void {
    const { scope, density, notice, home } = this.#options;
    this.#open = true;
    this.#tell({ kind: "opened", scope, density: density() });
    this.#tell(notice(home.status));
    this.#tell(this.#episodes());
    if (this.#pending !== undefined) this.#tell(this.#pending);
    this.#pending = undefined;
    void this.#feed.begin();
    if (scope.kind === "episode") void this.#readScoped(scope);
  }

  #tell(message: TimelineToPage): void {
    if (this.#open) void this.#options.post(message);
  }

  #episodes(): TimelineToPage {
    const { episodes } = this.#options.mirror.facts;
    const { scope } = this.#options;
    const wanted =
      scope.kind === "workspace" ? episodes : episodes.filter(({ episodeId }) => episodeId === scope.episodeId);
    const shown = wanted.length > 0 || this.#scoped === undefined ? wanted : [this.#scoped];
    return shownEpisodes(shown);
  }

  async #readScoped({ episodeId }: Extract<TimelineScope, { kind: "episode" }>): Promise<void> {
    if (this.#options.mirror.facts.episodes.some((episode) => episode.episodeId === episodeId)) return;
    try {
      this.#scoped = await this.#options.home.call(METHODS.showEpisode, { episodeId });
      this.#tell(this.#episodes());
    } catch (error) {
      this.#options.log.warn(`the timeline of ${episodeId} goes without totals: ${messageWithAdvice(error)}`);
    }
  }

  async #readOlder(): Promise<void> {
    try {
      const found = await this.#feed.readOlder();
      if (found !== undefined) this.#tell({ kind: "older", entries: found.entries, older: found.older });
    } catch (error) {
      this.#tell({ kind: "older", entries: [], older: true, problem: messageWithAdvice(error) });
    }
  }

  #failed(error: unknown): void {
    this.#options.log.warn(`the timeline could not be read: ${messageWithAdvice(error)}`);
    this.#tell({ kind: "home", reachable: false, text: messageWithAdvice(error), urgent: true });
  }
}
