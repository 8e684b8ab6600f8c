// The one panel `arw.staged`, beside whatever is open: carries what the desk shows to the page and the page's asks to the desk.
// It opens only when a person asks for it, keeps nothing while it is hidden, and holds no decision.
import * as vscode from "vscode";
import { plainText } from "#protocol/text/plainText.ts";
import {
  type StagedAsk,
  type StagedFromPage,
  stagedFromPageSchema,
  type StagedToPage,
} from "#protocol/webview/staged.ts";
import type { Editor } from "../editor.ts";
import { type OpenPage, openPage } from "../webviewHost/webviewPage.ts";

const VIEW_TYPE = "arw.staged";
const TITLE_CHARACTERS_MAX = 40;

export interface StagedPanelPorts {
  /** What to show now. */
  shown(): StagedToPage | undefined;
  ask(ask: StagedAsk): void;
  /** Whether a person can see the page. */
  seen(visible: boolean): void;
}

export class StagedPanel implements vscode.Disposable {
  readonly #editor: Editor;
  readonly #ports: StagedPanelPorts;
  #open: { readonly panel: vscode.WebviewPanel; readonly page: OpenPage<StagedToPage> } | undefined;

  constructor(editor: Editor, ports: StagedPanelPorts) {
    this.#editor = editor;
    this.#ports = ports;
  }

  get isOpen(): boolean {
    return this.#open !== undefined;
  }

  /** Whether a person can see it: it is in front of its column. */
  get isVisible(): boolean {
    return this.#open?.panel.visible === true;
  }

  /** Opens the panel or brings it to the front. */
  reveal(): void {
    if (this.#open !== undefined) return this.#open.panel.reveal(undefined, false);
    const panel = vscode.window.createWebviewPanel(VIEW_TYPE, this.#title(), vscode.ViewColumn.Beside, {
      retainContextWhenHidden: false,
    });
    const screen = { name: "staged", title: vscode.l10n.t("Review"), fromPage: stagedFromPageSchema } as const;
    const page = openPage<StagedToPage, StagedFromPage>(panel.webview, screen, this.#editor, (message) => {
      if (message.kind === "ready") this.draw();
      else this.#ports.ask(message);
    });
    panel.onDidChangeViewState(() => this.#ports.seen(panel.visible));
    panel.onDidDispose(() => {
      page.dispose();
      this.#open = undefined;
      this.#ports.seen(false);
    });
    this.#open = { panel, page };
    this.#ports.seen(true);
  }

  /** Moves the keyboard to another column, so that what opens next does not cover the page. */
  async leave(): Promise<void> {
    const isFirst = this.#open?.panel.viewColumn === vscode.ViewColumn.One;
    await vscode.commands.executeCommand(
      isFirst ? "workbench.action.focusSecondEditorGroup" : "workbench.action.focusFirstEditorGroup",
    );
  }

  /** Sends what is shown now. A page that is hidden takes nothing; it asks again with `ready` when it is back. */
  draw(): void {
    const shown = this.#ports.shown();
    if (this.#open === undefined || shown === undefined) return;
    const title = this.#title();
    if (this.#open.panel.title !== title) this.#open.panel.title = title;
    void this.#open.page.post(shown);
  }

  #title(): string {
    const shown = this.#ports.shown();
    if (shown === undefined) return vscode.l10n.t("Review");
    if (shown.kind === "table") return vscode.l10n.t("Review: {0} actions", shown.table.rows.length);
    return vscode.l10n.t("Review: {0}", plainText(shown.review.staged.title, TITLE_CHARACTERS_MAX));
  }

  dispose(): void {
    this.#open?.panel.dispose();
  }
}
