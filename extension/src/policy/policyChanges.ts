// The past offloads that a policy would have decided otherwise, to be looked at in the editor's own peek: one read-only text
// each. It holds the last list only, and none of what was sent.
import * as vscode from "vscode";
import { plainText } from "#protocol/text/plainText.ts";
import type { ChangedDecision } from "#protocol/wire/policyViews.ts";

const SCHEME = "arw-decision";
const NAME_CHARACTERS_MAX = 60;

export class PolicyChanges implements vscode.Disposable {
  readonly #provider: vscode.Disposable;
  #texts: ReadonlyMap<string, string> = new Map();

  constructor() {
    this.#provider = vscode.workspace.registerTextDocumentContentProvider(SCHEME, {
      provideTextDocumentContent: (uri) => this.#texts.get(uri.toString()) ?? "",
    });
  }

  async peek(document: vscode.TextDocument, changed: readonly ChangedDecision[]): Promise<void> {
    if (changed.length === 0) {
      void vscode.window.showInformationMessage(
        vscode.l10n.t("It would have decided every one of the last offloads as it was decided."),
      );
      return;
    }
    const entries = changed.map((change) => ({ uri: uriOf(change), text: textOf(change) }));
    this.#texts = new Map(entries.map(({ uri, text }) => [uri.toString(), text]));
    const locations = entries.map(({ uri }) => new vscode.Location(uri, new vscode.Position(0, 0)));
    await vscode.window.showTextDocument(document);
    const start = new vscode.Position(0, 0);
    await vscode.commands.executeCommand("editor.action.peekLocations", document.uri, start, locations, "peek");
  }

  dispose(): void {
    this.#provider.dispose();
  }
}

function uriOf({ episodeId, title, before, after }: ChangedDecision): vscode.Uri {
  const name = plainText(title, NAME_CHARACTERS_MAX).replaceAll("/", "∕");
  return vscode.Uri.from({ scheme: SCHEME, path: `/${episodeId}/${before} → ${after}: ${name}` });
}

function textOf({ title, destination, at, before, after, explanation, episodeId }: ChangedDecision): string {
  return [
    vscode.l10n.t("{0}: {1} → {2}", plainText(title), before, after),
    vscode.l10n.t("to {0}, {1}", plainText(destination), new Date(at).toISOString()),
    vscode.l10n.t("Why: {0}", plainText(explanation)),
    vscode.l10n.t("Episode {0}; ARW: Open Timeline shows it.", episodeId),
    "",
  ].join("\n");
}
