// What the check of a receipt found, in words for a dialog: the verdict, what is wrong, and whom to compare the keys with.
import * as vscode from "vscode";
import type { ReceiptReport } from "#protocol/ledger/receiptFile.ts";
import { amountsIn } from "#protocol/text/amounts.ts";
import { plainText } from "#protocol/text/plainText.ts";

/** A problem is a sentence of ours, with names of others in it. */
const PROBLEM_CHARACTERS_MAX = 300;

export function receiptVerdict({ valid }: ReceiptReport): string {
  return valid
    ? vscode.l10n.t("This receipt is valid: the worker received exactly what the Home recorded.")
    : vscode.l10n.t("This receipt is not valid: it is not what the worker and the Home signed.");
}

export function receiptDetail({ file, homeWords, nodeWords, problems, valid }: ReceiptReport): string {
  const wrong = problems.map((problem) => plainText(problem, PROBLEM_CHARACTERS_MAX));
  if (file === undefined) return wrong.join("\n");
  const { receipt } = file.receipt;
  const said = [
    vscode.l10n.t("Worker: {0}, key {1}", receipt.nodeId, nodeWords.join(" ")),
    vscode.l10n.t("Home: {0}, key {1}", file.homeId, homeWords.join(" ")),
    vscode.l10n.t("Received: {0}, {1}", amountsIn(vscode.env.language).bytes(receipt.receivedBytes), receipt.received),
  ];
  const trust = valid
    ? [vscode.l10n.t("Anybody can make keys: compare these with the ones that their owners show you.")]
    : [];
  return [...wrong, ...(wrong.length === 0 ? [] : [""]), ...said, "", ...trust].join("\n").trimEnd();
}
