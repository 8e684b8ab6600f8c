// Reports as read-only Markdown documents: they can be read, searched, copied into an issue, and previewed.
// They must never hold a secret: no invite, no owner secret, no content of a file.
import * as vscode from "vscode";

export const REPORT_SCHEME = "arw-report";
/** Reports that are kept for a reader who comes back to their tab. */
export const REPORTS_KEPT_MAX = 8;

export class Reports implements vscode.Disposable {
  /** By URI, in the order they were shown. */
  readonly #texts = new Map<string, string>();
  readonly #changes = new vscode.EventEmitter<vscode.Uri>();
  readonly #provider: vscode.Disposable;

  constructor() {
    this.#provider = vscode.workspace.registerTextDocumentContentProvider(REPORT_SCHEME, {
      onDidChange: this.#changes.event,
      provideTextDocumentContent: (uri) =>
        this.#texts.get(uri.toString()) ?? vscode.l10n.t("This report is gone; run its command again."),
    });
  }

  /** Shows the report; a newer one of the same name takes the place of the older. */
  async show(name: string, text: string): Promise<void> {
    const uri = vscode.Uri.from({ scheme: REPORT_SCHEME, path: `/${name.replaceAll("/", "∕")}.md` });
    const key = uri.toString();
    this.#texts.delete(key);
    this.#texts.set(key, text);
    for (const oldest of this.#texts.keys()) if (this.#texts.size > REPORTS_KEPT_MAX) this.#texts.delete(oldest);
    this.#changes.fire(uri);
    await vscode.window.showTextDocument(uri, { preview: true });
  }

  dispose(): void {
    this.#provider.dispose();
    this.#changes.dispose();
  }
}
