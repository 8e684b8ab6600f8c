// The one panel `arw.ledger`: VS Code's panel, the page in it and the session between page and Home. It opens only when a
// person asks for it, comes back after a reload as it was left, and is disposed of exactly once.
import * as vscode from "vscode";
import { type LedgerFromPage, ledgerFromPageSchema, type LedgerToPage } from "#protocol/webview/ledger.ts";
import type { LedgerFilter } from "#protocol/wire/ledgerRecords.ts";
import type { Editor } from "../editor.ts";
import { homeNotice } from "../webviewHost/homeNotice.ts";
import { wakeTab } from "../webviewHost/sleepingTab.ts";
import { timerAfter } from "../webviewHost/timerAfter.ts";
import { openPage } from "../webviewHost/webviewPage.ts";
import { LedgerSession, type LedgerWish } from "./ledgerSession.ts";

const VIEW_TYPE = "arw.ledger";
/** VS Code restores a panel at once when its tab comes to the front; one that it does not restore is opened anew. */
const WAKE_PATIENCE_MS = 5_000;

interface OpenLedger {
  readonly panel: vscode.WebviewPanel;
  readonly session: LedgerSession;
}

export class LedgerPanel implements vscode.Disposable {
  readonly #editor: Editor;
  readonly #wish: (wish: LedgerWish) => void;
  readonly #serializer: vscode.Disposable;
  readonly #opened = new vscode.EventEmitter<void>();
  #open: OpenLedger | undefined;

  constructor(editor: Editor, wish: (wish: LedgerWish) => void) {
    this.#editor = editor;
    this.#wish = wish;
    this.#serializer = vscode.window.registerWebviewPanelSerializer(VIEW_TYPE, {
      // What the page kept comes back to the page itself.
      deserializeWebviewPanel: async (panel) => void this.#adopt(panel),
    });
  }

  /** Opens the panel or brings it to the front; with a filter, it shows only what passes that. */
  async open(filter: LedgerFilter | undefined): Promise<void> {
    const isThere = this.#open !== undefined || (await this.#woken());
    const open = this.#open ?? this.#adopt(this.#create());
    if (isThere) open.panel.reveal();
    if (filter !== undefined) open.session.narrow(filter);
  }

  dispose(): void {
    this.#serializer.dispose();
    this.#opened.dispose();
    this.#open?.panel.dispose();
  }

  #create(): vscode.WebviewPanel {
    const options = { enableScripts: true, retainContextWhenHidden: false, enableFindWidget: false };
    return vscode.window.createWebviewPanel(VIEW_TYPE, title(), vscode.ViewColumn.Active, options);
  }

  #adopt(panel: vscode.WebviewPanel): OpenLedger {
    this.#open?.panel.dispose();
    panel.title = title();
    const { home, mirror } = this.#editor;
    const page = openPage<LedgerToPage, LedgerFromPage>(
      panel.webview,
      { name: "ledger", title: title(), fromPage: ledgerFromPageSchema },
      this.#editor,
      (message) => session.receive(message),
    );
    const session: LedgerSession = new LedgerSession({
      home,
      mirror,
      post: (message) => page.post(message),
      wish: this.#wish,
      notice: homeNotice,
      after: timerAfter,
    });
    const owned = vscode.Disposable.from(
      page,
      session,
      panel.onDidChangeViewState(() => {
        if (!panel.visible) session.hidden();
      }),
    );
    panel.onDidDispose(() => {
      owned.dispose();
      if (this.#open?.panel === panel) this.#open = undefined;
    });
    this.#open = { panel, session };
    this.#opened.fire();
    return this.#open;
  }

  /** The panel that a reload left behind another tab: VS Code restores it when it is looked at. */
  async #woken(): Promise<boolean> {
    if (!(await wakeTab(VIEW_TYPE, title()))) return false;
    return new Promise((resolve) => {
      const end = (): void => {
        waiting.dispose();
        resolve(this.#open !== undefined);
      };
      const waiting = vscode.Disposable.from(timerAfter(WAKE_PATIENCE_MS, end), this.#opened.event(end));
      if (this.#open !== undefined) end();
    });
  }
}

function title(): string {
  return vscode.l10n.t("Egress Ledger");
}
