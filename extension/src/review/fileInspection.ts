// *Preview Egress for This File*: a report of what would leave of the chosen files, and for a single one the diff of what is in
// the editor and what would be sent. It asks the Home; it starts nothing.
import * as vscode from "vscode";
import { ArwError } from "#protocol/errors.ts";
import { plainText } from "#protocol/text/plainText.ts";
import { INSPECTED_PATHS_MAX } from "#protocol/wire/egressViews.ts";
import type { Editor } from "../editor.ts";
import { egressUri } from "./egressUri.ts";
import type { ExactContent } from "./exactContent.ts";
import { meantFiles } from "./workspaceFiles.ts";

export async function inspectFiles(
  { folder }: Editor,
  content: ExactContent,
  given: readonly unknown[],
): Promise<void> {
  const files = await meantFiles(folder, given);
  if (files.length > INSPECTED_PATHS_MAX) {
    throw new ArwError(
      "too-many-files",
      vscode.l10n.t("{0} files were chosen.", files.length),
      vscode.l10n.t("Choose at most {0}.", INSPECTED_PATHS_MAX),
    );
  }
  const [only] = files;
  const report = egressUri(vscode.l10n.t("What would leave.txt"), {
    kind: "report",
    paths: files.map(({ path }) => path),
  });
  content.askAgain(report);
  const document = await vscode.workspace.openTextDocument(report);
  await vscode.window.showTextDocument(document, {
    preview: true,
    viewColumn: vscode.ViewColumn.Beside,
    preserveFocus: true,
  });
  if (only === undefined || files.length > 1 || only.isFolder) return;
  const sent = egressUri(only.path, { kind: "saved", path: only.path });
  content.askAgain(sent);
  const title = vscode.l10n.t("{0} (here now ↔ what would be sent)", plainText(only.path));
  await vscode.commands.executeCommand("vscode.diff", only.uri, sent, title, {
    preview: true,
    viewColumn: vscode.ViewColumn.One,
  });
}
