// Writes the records that a page shows into a file of the person's choice: all that pass its filter, from the newest on the page
// on, past what is drawn. The file is there whole or not at all, and says no secret that the page would not show.
import * as vscode from "vscode";
import { ArwError } from "#protocol/errors.ts";
import { amountsIn } from "#protocol/text/amounts.ts";
import type { ExportRecords } from "#protocol/webview/ledger.ts";
import { METHODS } from "#protocol/wire/client.ts";
import { Dismissed } from "../commandRunner.ts";
import type { Editor } from "../editor.ts";
import { redactedMessage } from "../webviewHost/redactedMessage.ts";
import { exportedText } from "./exportedText.ts";
import type { RecordForm } from "./recordLines.ts";
import { sayInformation, sayProgress } from "../notice.ts";

export async function exportRecords({ folder, home }: Editor, asked: ExportRecords): Promise<void> {
  const target = await chosenFile(folder?.uri);
  const form: RecordForm = target.path.toLowerCase().endsWith(".jsonl") ? "jsonl" : "csv";
  const options = {
    location: vscode.ProgressLocation.Notification,
    title: vscode.l10n.t("Exporting the egress ledger"),
    cancellable: true,
  };
  const records = await sayProgress(options, async (progress, cancel) => {
    const written = await exportedText(asked, form, {
      read: (params) => home.call(METHODS.listRecords, params),
      isCancelled: () => cancel.isCancellationRequested,
      redact: redactedMessage,
      tooLarge,
      onProgress: (count, share) => {
        const message = vscode.l10n.t("{0} records", amountsIn(vscode.env.language).count(count));
        progress.report({ message, increment: 100 * share });
      },
    });
    if (written === undefined) throw new Dismissed();
    await write(target, written.text);
    return written.records;
  });
  const open = vscode.l10n.t("Open");
  const said = vscode.l10n.t(
    "{0} records are in {1}.",
    amountsIn(vscode.env.language).count(records),
    vscode.workspace.asRelativePath(target),
  );
  void sayInformation(said, open).then((answer) => {
    if (answer === open) void vscode.window.showTextDocument(target);
  });
}

async function chosenFile(folder: vscode.Uri | undefined): Promise<vscode.Uri> {
  const name = `egress-ledger-${new Date().toISOString().slice(0, 10)}.csv`;
  const target = await vscode.window.showSaveDialog({
    title: vscode.l10n.t("Export the Shown Records"),
    saveLabel: vscode.l10n.t("Export"),
    filters: { CSV: ["csv"], "JSON Lines": ["jsonl"] },
    ...(folder === undefined ? {} : { defaultUri: vscode.Uri.joinPath(folder, name) }),
  });
  if (target === undefined) throw new Dismissed();
  return target;
}

async function write(target: vscode.Uri, text: string): Promise<void> {
  try {
    await vscode.workspace.fs.writeFile(target, new TextEncoder().encode(text));
  } catch (cause) {
    throw new ArwError(
      "file-unwritable",
      vscode.l10n.t("{0} cannot be written.", target.path),
      vscode.l10n.t("Choose another place for the file."),
      { cause },
    );
  }
}

function tooLarge(): ArwError {
  return new ArwError(
    "export-too-large",
    vscode.l10n.t("These are more records than one file should have."),
    vscode.l10n.t("Narrow them down, or export the whole ledger in a terminal: {0}", "arw-home egress export"),
  );
}
