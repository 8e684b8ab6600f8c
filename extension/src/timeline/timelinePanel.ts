// One Timeline panel of the editor area: VS Code's panel, the page in it and the session between page and Home.
// Whoever closes it, panel or extension, all of it is disposed exactly once.
import * as vscode from "vscode";
import type { EpisodeId } from "#protocol/ids.ts";
import type { Sequence } from "#protocol/quantities.ts";
import {
  type Density,
  type RevealEntry,
  timelineFromPageSchema,
  type TimelineFromPage,
  type TimelineJump,
  type TimelineScope,
  type TimelineToPage,
} from "#protocol/webview/timeline.ts";
import type { Editor } from "../editor.ts";
import { openPage } from "../webviewHost/webviewPage.ts";
import { homeNotice } from "../webviewHost/homeNotice.ts";
import { timerAfter } from "../webviewHost/timerAfter.ts";
import { TimelineSession } from "./timelineSession.ts";
import { performWish } from "./timelineWishes.ts";

export const VIEW_TYPE = "arw.timeline";

/** What a panel asks of the window's other panels. */
export interface PanelNeighbours {
  readonly heard: () => Sequence;
  readonly openTimeline: (id: EpisodeId) => void;
  readonly activated: () => void;
  readonly closed: () => void;
}

export class TimelinePanel implements vscode.Disposable {
  readonly #panel: vscode.WebviewPanel;
  readonly #session: TimelineSession;
  readonly #owned: vscode.Disposable;

  constructor(editor: Editor, panel: vscode.WebviewPanel, scope: TimelineScope, neighbours: PanelNeighbours) {
    this.#panel = panel;
    panel.title = titleOf(scope);
    const page = openPage<TimelineToPage, TimelineFromPage>(
      panel.webview,
      { name: "timeline", title: panel.title, fromPage: timelineFromPageSchema },
      editor,
      (message) => this.#session.receive(message),
    );
    this.#session = new TimelineSession({
      home: editor.home,
      mirror: editor.mirror,
      log: editor.log,
      scope,
      heard: neighbours.heard,
      density,
      post: (message) => page.post(message),
      wish: (wish) => {
        if (wish.kind === "open-timeline") neighbours.openTimeline(wish.episodeId);
        else void performWish(editor, wish);
      },
      notice: homeNotice,
      after: timerAfter,
    });
    this.#owned = vscode.Disposable.from(
      page,
      this.#session,
      panel.onDidChangeViewState(() => {
        if (!panel.visible) this.#session.hidden();
        if (panel.active) neighbours.activated();
      }),
      panel.onDidDispose(() => {
        this.#owned.dispose();
        neighbours.closed();
      }),
    );
  }

  show(request: TimelineJump | RevealEntry): void {
    this.#session.show(request);
  }

  reveal(): void {
    this.#panel.reveal();
  }

  dispose(): void {
    // The panel's own end disposes of everything else.
    this.#panel.dispose();
  }
}

export function titleOf(scope: TimelineScope): string {
  return scope.kind === "workspace" ? vscode.l10n.t("Timeline") : vscode.l10n.t("{0} — Timeline", scope.title);
}

function density(): Density {
  return vscode.workspace.getConfiguration("arw").get("timeline.density") === "full" ? "full" : "compact";
}
