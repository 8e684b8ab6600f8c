// The Timeline in the editor area and the tail in the panel, with their commands: opens pages, finds the one that a command
// means, and brings panels back after a reload. It must never open a page that nobody asked for.
import * as vscode from "vscode";
import * as z from "zod";
import { decode } from "#protocol/decode.ts";
import { type EpisodeId, episodeId } from "#protocol/ids.ts";
import { type Sequence, sequence } from "#protocol/quantities.ts";
import { type EntryPlace, entryPlaceSchema } from "#protocol/webview/feed.ts";
import {
  timelineKeptSchema,
  type RevealEntry,
  type TimelineJump,
  type TimelineScope,
} from "#protocol/webview/timeline.ts";
import type { Editor, Feature } from "../editor.ts";
import { openTailView } from "./tailView.ts";
import { TimelinePanel, titleOf, VIEW_TYPE } from "./timelinePanel.ts";
import { timerAfter } from "../webviewHost/timerAfter.ts";
import { wakeTab } from "../webviewHost/sleepingTab.ts";

/** VS Code restores a panel at once when its tab comes to the front; one that it does not restore is opened anew. */
const WAKE_PATIENCE_MS = 5_000;

interface NamedEpisode {
  readonly episodeId: EpisodeId;
  readonly title: string;
}
const namedEpisode: z.ZodType<NamedEpisode> = z.looseObject({ episodeId: episodeId.schema, title: z.string() });
/** What a tree item, or a step that has just started an episode, hands over. */
const episodeElement: z.ZodType<{ readonly episode: NamedEpisode }> = z.looseObject({ episode: namedEpisode });
/** Another surface names one entry of it. */
const placedElement: z.ZodType<{ readonly place: EntryPlace }> = z.looseObject({ place: entryPlaceSchema });

export function openTimelineFeature(editor: Editor): Feature {
  const panels = new TimelinePanels(editor);
  const jump = (to: TimelineJump["to"]) => async (): Promise<void> =>
    (await panels.current()).show({ kind: "jump", to });
  return {
    commands: {
      "arw.openTimeline": async (given) => {
        const panel = await panels.open(scopeOf(given));
        const named = decode(placedElement, given);
        if (named.ok) panel.show({ kind: "reveal", place: named.value.place });
      },
      "arw.jumpToNextError": jump("error"),
      "arw.jumpToNextApproval": jump("approval"),
      "arw.jumpToNextEgress": jump("egress"),
      "arw.focusLatestEvent": jump("latest"),
    },
    dispose: () => panels.dispose(),
  };
}

/** The panels of this window, by what they show, and the tail beside them. */
class TimelinePanels implements vscode.Disposable {
  readonly #editor: Editor;
  readonly #panels = new Map<string, TimelinePanel>();
  readonly #owned: vscode.Disposable;
  /** The one that was looked at last. */
  #latest: TimelinePanel | undefined;
  #heard: Sequence = sequence(0);
  /** The key of a panel that was opened or restored. */
  readonly #opened = new vscode.EventEmitter<string>();

  constructor(editor: Editor) {
    this.#editor = editor;
    this.#owned = vscode.Disposable.from(
      // Kept from the window's first page on, so that a page that opens later knows where the timeline ends.
      editor.home.onDidReceivePage(({ nextSequence }) => {
        this.#heard = nextSequence;
      }),
      vscode.window.registerWebviewPanelSerializer(VIEW_TYPE, {
        deserializeWebviewPanel: async (panel, kept) => {
          const decoded = decode(timelineKeptSchema, kept);
          this.#adopt(panel, decoded.ok ? decoded.value.scope : { kind: "workspace" });
        },
      }),
      openTailView(
        editor,
        () => this.#heard,
        ({ place, episodeId: id }) => void this.#reveal({ kind: "reveal", place }, id),
      ),
    );
  }

  async open(scope: TimelineScope): Promise<TimelinePanel> {
    const open = this.#panels.get(keyOf(scope)) ?? (await this.#woken(scope));
    if (open !== undefined) {
      open.reveal();
      return open;
    }
    const options = { enableScripts: true, retainContextWhenHidden: false, enableFindWidget: false };
    const title = vscode.l10n.t("Timeline");
    const panel = vscode.window.createWebviewPanel(VIEW_TYPE, title, vscode.ViewColumn.Active, options);
    return this.#adopt(panel, scope);
  }

  /** The timeline that a command without an argument means. */
  async current(): Promise<TimelinePanel> {
    if (this.#latest === undefined) return this.open({ kind: "workspace" });
    this.#latest.reveal();
    return this.#latest;
  }

  /** The panel that a reload left behind another tab: VS Code restores it when it is looked at. */
  async #woken(scope: TimelineScope): Promise<TimelinePanel | undefined> {
    const key = keyOf(scope);
    if (!(await wakeTab(VIEW_TYPE, titleOf(scope)))) return undefined;
    return new Promise((resolve) => {
      const end = (): void => {
        waiting.dispose();
        resolve(this.#panels.get(key));
      };
      const waiting = vscode.Disposable.from(
        timerAfter(WAKE_PATIENCE_MS, end),
        this.#opened.event((opened) => {
          if (opened === key) end();
        }),
      );
      if (this.#panels.has(key)) end();
    });
  }

  dispose(): void {
    this.#owned.dispose();
    this.#opened.dispose();
    for (const panel of this.#panels.values()) panel.dispose();
  }

  #adopt(webviewPanel: vscode.WebviewPanel, scope: TimelineScope): TimelinePanel {
    const key = keyOf(scope);
    // Two windows' worth of one scope would be two cursors for one sight.
    this.#panels.get(key)?.dispose();
    const panel = new TimelinePanel(this.#editor, webviewPanel, scope, {
      heard: () => this.#heard,
      openTimeline: (id) => void this.open(this.#scopeOf(id)),
      activated: () => {
        this.#latest = panel;
      },
      closed: () => {
        if (this.#panels.get(key) === panel) this.#panels.delete(key);
        if (this.#latest === panel) this.#latest = this.#panels.values().next().value;
      },
    });
    this.#panels.set(key, panel);
    this.#latest = panel;
    this.#opened.fire(key);
    return panel;
  }

  async #reveal(request: RevealEntry, id: EpisodeId | undefined): Promise<void> {
    const panel = await this.open(id === undefined ? { kind: "workspace" } : this.#scopeOf(id));
    panel.show(request);
  }

  #scopeOf(id: EpisodeId): TimelineScope {
    const episode = this.#editor.mirror.facts.episodes.find((candidate) => candidate.episodeId === id);
    return { kind: "episode", episodeId: id, title: episode?.title ?? id };
  }
}

function keyOf(scope: TimelineScope): string {
  return scope.kind === "workspace" ? "workspace" : scope.episodeId;
}

/** One episode where a menu or a step hands one over, else the whole workspace. */
function scopeOf(given: unknown): TimelineScope {
  const element = decode(episodeElement, given);
  const named = element.ok ? element.value.episode : undefined;
  return named === undefined
    ? { kind: "workspace" }
    : { kind: "episode", episodeId: named.episodeId, title: named.title };
}
