// The tail in the panel, beside the terminal: VS Code's view, the page in it and its session. VS Code asks for it when the
// view is first seen, and may do so again after it was moved.
import * as vscode from "vscode";
import type { Sequence } from "#protocol/quantities.ts";
import { tailFromPageSchema, type TailFromPage, type TailToPage } from "#protocol/webview/tail.ts";
import type { Editor } from "../editor.ts";
import { openPage } from "../webviewHost/webviewPage.ts";
import { homeNotice } from "../webviewHost/homeNotice.ts";
import { TailSession, type TailWish } from "./tailSession.ts";
import { timerAfter } from "../webviewHost/timerAfter.ts";

const VIEW_ID = "arw.tail";

export function openTailView(
  editor: Editor,
  heard: () => Sequence,
  openEntry: (wish: Extract<TailWish, { kind: "open-entry" }>) => void,
): vscode.Disposable {
  const views = new Set<vscode.Disposable>();
  const registered = vscode.window.registerWebviewViewProvider(VIEW_ID, {
    resolveWebviewView: (view) => {
      const owned = openTail(editor, view, heard, openEntry);
      views.add(owned);
      view.onDidDispose(() => {
        views.delete(owned);
        owned.dispose();
      });
    },
  });
  return {
    dispose: () => {
      registered.dispose();
      for (const view of views) view.dispose();
      views.clear();
    },
  };
}

function openTail(
  editor: Editor,
  view: vscode.WebviewView,
  heard: () => Sequence,
  openEntry: (wish: Extract<TailWish, { kind: "open-entry" }>) => void,
): vscode.Disposable {
  const page = openPage<TailToPage, TailFromPage>(
    view.webview,
    { name: "tail", title: vscode.l10n.t("Episode Timeline"), fromPage: tailFromPageSchema },
    editor,
    (message) => session.receive(message),
  );
  const session = new TailSession({
    home: editor.home,
    mirror: editor.mirror,
    heard,
    post: (message) => page.post(message),
    wish: (wish) => {
      if (wish.kind === "open-entry") openEntry(wish);
      else void vscode.commands.executeCommand("arw.startEpisode");
    },
    notice: homeNotice,
    after: timerAfter,
  });
  const visibility = view.onDidChangeVisibility(() => {
    if (!view.visible) session.hidden();
  });
  return vscode.Disposable.from(page, session, visibility);
}
