// What a session of any page with entries does: says how the Home is and which episodes there are, feeds the page, reads output.
// It must never tell a page anything before that is ready, nor hold entries for one that is hidden.
import type * as vscode from "vscode";
import { messageWithAdvice } from "#protocol/errors.ts";
import type { EpisodeId } from "#protocol/ids.ts";
import type { Sequence } from "#protocol/quantities.ts";
import {
  FEED_ENTRIES_MAX,
  type FeedToPage,
  type HomeNotice,
  type ReadOutput,
  type ShownEpisodes,
} from "#protocol/webview/feed.ts";
import type { Home, HomeStatus } from "../home/home.ts";
import type { HomeMirror } from "../home/homeMirror.ts";
import { readOutputPiece } from "./outputPieces.ts";
import { TimelineFeed } from "./timelineFeed.ts";

/** What a session is given from outside; `ToPage` is all that its page understands. */
export interface SessionOptions<ToPage> {
  readonly home: Home;
  readonly mirror: Pick<HomeMirror, "facts" | "onDidChange">;
  readonly heard: () => Sequence;
  readonly post: (message: ToPage | FeedToPage) => Promise<boolean>;
  readonly notice: (status: HomeStatus) => HomeNotice;
  readonly after: (ms: number, run: () => void) => vscode.Disposable;
}

export interface PageFeedOptions<ToPage> extends SessionOptions<ToPage> {
  /** Only this episode's entries; absent for the whole workspace. */
  readonly episodeId?: EpisodeId;
  readonly episodes: () => ShownEpisodes;
  /** Hears why the Home could not be read; the page is told by itself. */
  readonly failed?: (error: unknown) => void;
}

export class PageFeed<ToPage> implements vscode.Disposable {
  readonly #options: PageFeedOptions<ToPage>;
  readonly #feed: TimelineFeed;
  readonly #listening: readonly vscode.Disposable[];
  /** The page's script runs. */
  #open = false;

  constructor(options: PageFeedOptions<ToPage>) {
    this.#options = options;
    const { home, mirror, heard, post, after, episodeId } = options;
    this.#feed = new TimelineFeed({
      home,
      heard,
      post,
      after,
      // The tail shows fewer, but steps in between may be most of them.
      snapshotEntries: FEED_ENTRIES_MAX,
      failed: (error) => {
        options.failed?.(error);
        this.tell({ kind: "home", reachable: false, text: messageWithAdvice(error), urgent: true });
      },
      ...(episodeId === undefined ? {} : { episodeId }),
    });
    this.#listening = [
      mirror.onDidChange(() => this.tellEpisodes()),
      home.onDidChangeStatus((status) => {
        this.tell(options.notice(status));
        // What could not be read while the Home was away is read now, from the beginning.
        if (status.kind === "connected" && this.#open && !this.#feed.isFeeding) this.begin();
      }),
    ];
  }

  get isOpen(): boolean {
    return this.#open;
  }

  /** The page says that it is ready. It hears `first` before anything else. */
  ready(...first: readonly ToPage[]): void {
    this.#open = true;
    for (const message of first) this.tell(message);
    this.tell(this.#options.notice(this.#options.home.status));
    this.tellEpisodes();
  }

  /** Feeds it from here on; where there is no Home, one is started for it. */
  begin(): void {
    void this.#feed.begin();
  }

  taken(number: number): void {
    this.#feed.taken(number);
  }

  readOutput(asked: ReadOutput): void {
    void readOutputPiece(this.#options.home, asked).then((piece) => this.tell(piece));
  }

  readOlder(): ReturnType<TimelineFeed["readOlder"]> {
    return this.#feed.readOlder();
  }

  tell(message: ToPage | FeedToPage): void {
    if (this.#open) void this.#options.post(message);
  }

  tellEpisodes(): void {
    this.tell(this.#options.episodes());
  }

  /** The page is hidden: VS Code has thrown it away, and it says that it is ready when it comes back. */
  hidden(): void {
    this.#open = false;
    this.#feed.pause();
  }

  dispose(): void {
    this.hidden();
    for (const listening of this.#listening) listening.dispose();
    this.#feed.dispose();
  }
}
