// Checks a receipt that somebody handed over, as a file: says in one dialog whether it holds, whose it is and what is wrong.
// It needs no Home and asks none: whoever holds the file can check it.
import * as vscode from "vscode";
import { ArwError } from "#protocol/errors.ts";
import { RECEIPT_CHARACTERS_MAX, verifyReceipt } from "#protocol/ledger/receiptFile.ts";
import { Dismissed } from "../commandRunner.ts";
import { receiptDetail, receiptVerdict } from "./receiptWords.ts";
import { sayError, sayInformation } from "../notice.ts";

/** `given`: the file, where a menu hands one over. */
export async function verifyReceiptFile(folder: vscode.WorkspaceFolder | undefined, given: unknown): Promise<void> {
  const uri = given instanceof vscode.Uri ? given : await chosenFile(folder?.uri);
  const report = verifyReceipt(await textOf(uri));
  const options = { modal: true, detail: receiptDetail(report) };
  const verdict = receiptVerdict(report);
  if (report.valid) void sayInformation(verdict, options);
  else void sayError(verdict, options);
}

async function chosenFile(defaultUri: vscode.Uri | undefined): Promise<vscode.Uri> {
  const [chosen] =
    (await vscode.window.showOpenDialog({
      title: vscode.l10n.t("Verify a receipt"),
      openLabel: vscode.l10n.t("Verify"),
      ...(defaultUri === undefined ? {} : { defaultUri }),
    })) ?? [];
  if (chosen === undefined) throw new Dismissed();
  return chosen;
}

/** Throws ArwError `file-unreadable`. A file that is far too long is not read at all. */
async function textOf(uri: vscode.Uri): Promise<string> {
  try {
    const { size } = await vscode.workspace.fs.stat(uri);
    if (size > 4 * RECEIPT_CHARACTERS_MAX) return "x".repeat(RECEIPT_CHARACTERS_MAX + 1);
    return new TextDecoder().decode(await vscode.workspace.fs.readFile(uri));
  } catch (cause) {
    throw new ArwError(
      "file-unreadable",
      vscode.l10n.t("{0} cannot be read.", uri.path),
      vscode.l10n.t("Choose a receipt that somebody exported, as a file."),
      { cause },
    );
  }
}
