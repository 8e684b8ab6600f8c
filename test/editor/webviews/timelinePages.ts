// The Timeline page with an extension's part that has any number of entries: it answers as TimelineSession does, page by page.
import { pageHtml } from "../../../extension/src/webviewHost/pageHtml.ts";
import { decode } from "../../../protocol/decode.ts";
import type { TimelineEntry } from "../../../protocol/timeline.ts";
import { FEED_ENTRIES_MAX, type ShownEpisode } from "../../../protocol/webview/feed.ts";
import type { TimelineFromPage, TimelineScope, TimelineToPage } from "../../../protocol/webview/timeline.ts";
import { timelineFromPageSchema } from "../../../protocol/webview/timeline.ts";
import type { WebviewPage, WebviewPageOptions } from "../webviewPage.ts";
import type { Open } from "./pageChecks.ts";
import { sampleStory } from "./sampleStory.ts";

export interface TimelineTold {
  readonly entries: readonly TimelineEntry[];
  readonly episodes: readonly ShownEpisode[];
  readonly scope?: TimelineScope;
  readonly output?: string;
  readonly request?: string;
}

/** Opens the page and waits for its first row, or for its empty state. */
export async function openTimeline(
  open: Open,
  told: TimelineTold = sampleStory(),
  options: Partial<WebviewPageOptions> = {},
): Promise<WebviewPage> {
  const teller = new TimelineTeller(told);
  const page = await open({
    screen: "timeline",
    document: pageHtml,
    width: 1_000,
    height: 700,
    answer: (message) => teller.answer(message),
    ...options,
  });
  await page.page.locator(".row, .empty").first().waitFor();
  return page;
}

/** The messages of the page that are wishes: not those which keep the feed going. */
export function wishesOf({ posted }: WebviewPage): readonly TimelineFromPage[] {
  const feeding: readonly string[] = ["ready", "taken", "read-older", "read-output", "read-request"];
  return posted.map(decoded).filter(({ kind }) => !feeding.includes(kind));
}

class TimelineTeller {
  readonly #told: TimelineTold;
  #from = 0;

  constructor(told: TimelineTold) {
    this.#told = told;
  }

  answer(message: unknown): readonly unknown[] {
    const asked = decoded(message);
    switch (asked.kind) {
      case "ready":
        return this.#begin();
      case "read-older":
        return [this.#older()];
      case "read-output": {
        const text = asked.stream === "stdout" && asked.fromByte === 0 ? (this.#told.output ?? "") : "";
        const { attemptId, stream, fromByte } = asked;
        return [{ kind: "output", attemptId, stream, fromByte, text, nextByte: fromByte + text.length, more: false }];
      }
      case "read-request":
        return [{ kind: "request", episodeId: asked.episodeId, text: this.#told.request ?? "npm test", cut: false }];
      case "taken":
      case "open-review":
      case "open-proposal":
      case "open-output":
      case "open-timeline":
      case "open-ledger":
      case "start-episode":
      case "copy":
        return [];
    }
  }

  #begin(): readonly unknown[] {
    const { entries, episodes, scope = { kind: "workspace" } } = this.#told;
    this.#from = Math.max(0, entries.length - FEED_ENTRIES_MAX);
    const said: readonly TimelineToPage[] = [
      { kind: "opened", scope, density: "compact" },
      { kind: "home", reachable: true, text: "", urgent: false },
      { kind: "episodes", episodes },
      { kind: "snapshot", entries: entries.slice(this.#from), older: this.#from > 0 },
    ];
    return [{ kind: "start", language: "en", strings: {} }, ...said];
  }

  #older(): TimelineToPage {
    const from = Math.max(0, this.#from - FEED_ENTRIES_MAX);
    const entries = this.#told.entries.slice(from, this.#from);
    this.#from = from;
    return { kind: "older", entries, older: from > 0 };
  }
}

function decoded(message: unknown): TimelineFromPage {
  const result = decode(timelineFromPageSchema, message);
  if (!result.ok) throw new Error(`the page posted what the extension drops: ${result.path} ${result.problem}`);
  return result.value;
}
