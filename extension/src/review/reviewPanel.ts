// The one panel `arw.review`, beside whatever is open: carries views to the page and asks to the desk. It opens only when a
// person asks for it, keeps nothing while it is hidden, and holds no decision.
import * as vscode from "vscode";
import { plainText } from "#protocol/text/plainText.ts";
import {
  type ReviewAsk,
  type ReviewFromPage,
  type ReviewToPage,
  type ReviewView,
  reviewFromPageSchema,
} from "#protocol/webview/review.ts";
import type { Editor } from "../editor.ts";
import { type OpenPage, openPage } from "../webviewHost/webviewPage.ts";

const VIEW_TYPE = "arw.review";
const TITLE_CHARACTERS_MAX = 40;

export interface ReviewPanelPorts {
  /** What to show now. */
  view(): ReviewView | undefined;
  ask(ask: ReviewAsk): void;
  /** Whether a person can see the page. */
  seen(visible: boolean): void;
}

export class ReviewPanel implements vscode.Disposable {
  readonly #editor: Editor;
  readonly #ports: ReviewPanelPorts;
  #open: { readonly panel: vscode.WebviewPanel; readonly page: OpenPage<ReviewToPage> } | undefined;

  constructor(editor: Editor, ports: ReviewPanelPorts) {
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

  /** Where a document opens that must not cover the panel. */
  get besideColumn(): vscode.ViewColumn {
    return this.#open?.panel.viewColumn === vscode.ViewColumn.One ? vscode.ViewColumn.Two : vscode.ViewColumn.One;
  }

  /** Opens the panel or brings it to the front. */
  reveal(): void {
    if (this.#open !== undefined) return this.#open.panel.reveal(undefined, false);
    const panel = vscode.window.createWebviewPanel(VIEW_TYPE, this.#title(), vscode.ViewColumn.Beside, {
      retainContextWhenHidden: false,
    });
    const screen = { name: "review", title: vscode.l10n.t("Review"), fromPage: reviewFromPageSchema } as const;
    const page = openPage<ReviewToPage, ReviewFromPage>(panel.webview, screen, this.#editor, (message) => {
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

  /** Sends what is shown now. A page that is hidden takes nothing; it asks again with `ready` when it is back. */
  draw(): void {
    const view = this.#ports.view();
    if (this.#open === undefined || view === undefined) return;
    const title = this.#title();
    if (this.#open.panel.title !== title) this.#open.panel.title = title;
    void this.#open.page.post({ kind: "review", review: view });
  }

  #title(): string {
    const view = this.#ports.view();
    if (view === undefined) return vscode.l10n.t("Review");
    return vscode.l10n.t("Review: {0}", plainText(view.preview.title, TITLE_CHARACTERS_MAX));
  }

  dispose(): void {
    this.#open?.panel.dispose();
  }
}
