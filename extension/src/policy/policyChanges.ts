// The past offloads that a policy would have decided otherwise, to be looked at in the editor's own peek: one read-only text
// each. It holds the last list only, and none of what was sent.
import * as vscode from "vscode";
import { plainText } from "#protocol/text/plainText.ts";
import type { ChangedDecision } from "#protocol/wire/policyViews.ts";
import { sayInformation } from "../notice.ts";

const SCHEME = "arw-decision";
const NAME_CHARACTERS_MAX = 60;

export class PolicyChanges implements vscode.Disposable {
  readonly #providers: vscode.Disposable;
  #changes: ReadonlyMap<string, ChangedDecision> = new Map();

  constructor() {
    const changeAt = (uri: vscode.Uri): ChangedDecision | undefined => this.#changes.get(uri.toString());
    this.#providers = vscode.Disposable.from(
      vscode.workspace.registerTextDocumentContentProvider(SCHEME, {
        provideTextDocumentContent: (uri) => textOf(changeAt(uri)),
      }),
      vscode.languages.registerDocumentLinkProvider(
        { scheme: SCHEME },
        { provideDocumentLinks: (document) => linksOf(document, changeAt(document.uri)) },
      ),
    );
  }

  async peek(document: vscode.TextDocument, changed: readonly ChangedDecision[]): Promise<void> {
    if (changed.length === 0) {
      void sayInformation(vscode.l10n.t("It would have decided every one of the last offloads as it was decided."));
      return;
    }
    const entries = changed.map((change) => ({ uri: uriOf(change), change }));
    this.#changes = new Map(entries.map(({ uri, change }) => [uri.toString(), change]));
    const locations = entries.map(({ uri }) => new vscode.Location(uri, new vscode.Position(0, 0)));
    await vscode.window.showTextDocument(document);
    const start = new vscode.Position(0, 0);
    await vscode.commands.executeCommand("editor.action.peekLocations", document.uri, start, locations, "peek");
  }

  dispose(): void {
    this.#providers.dispose();
  }
}

function uriOf({ episodeId, title, before, after }: ChangedDecision): vscode.Uri {
  const name = plainText(title, NAME_CHARACTERS_MAX).replaceAll("/", "∕");
  return vscode.Uri.from({ scheme: SCHEME, path: `/${episodeId}/${before} → ${after}: ${name}` });
}

function textOf(change: ChangedDecision | undefined): string {
  if (change === undefined) return "";
  const { title, destination, at, before, after, explanation, episodeId, recorded } = change;
  return [
    vscode.l10n.t("{0}: {1} → {2}", plainText(title), before, after),
    vscode.l10n.t("to {0}, {1}", plainText(destination), new Date(at).toISOString()),
    vscode.l10n.t("Why: {0}", plainText(explanation)),
    vscode.l10n.t("Episode {0}; ARW: Open Timeline shows it.", episodeId),
    ...(recorded ? [vscode.l10n.t("Its record in the egress ledger")] : []),
    "",
  ].join("\n");
}

/** Its last line leads to the record, where the ledger has one. */
function linksOf(document: vscode.TextDocument, change: ChangedDecision | undefined): vscode.DocumentLink[] {
  if (change?.recorded !== true) return [];
  const { range } = document.lineAt(document.lineCount - 2);
  const { episodeId } = change;
  const given = encodeURIComponent(JSON.stringify([{ episode: { episodeId } }]));
  return [new vscode.DocumentLink(range, vscode.Uri.parse(`command:arw.openLedger?${given}`))];
}
