// What would leave of a few files, as a text to read: where it would go, each file with its class and why, what looks like a
// secret by rule and line. Nothing is started or sent for it, and no secret's text is in it.
import * as vscode from "vscode";
import { amountsIn } from "#protocol/text/amounts.ts";
import { plainText } from "#protocol/text/plainText.ts";
import type { ResultOf } from "#protocol/wire/client.ts";
import type { InspectedFile } from "#protocol/wire/egressViews.ts";

export function reportText({ destination, files }: ResultOf<"inspectPaths">): string {
  const where =
    destination === undefined
      ? vscode.l10n.t("Where: nowhere now, for no worker is ready.")
      : vscode.l10n.t("Where: {0} · key {1}", plainText(destination.name), plainText(destination.keyWords.join(" ")));
  return [
    files.length === 1
      ? vscode.l10n.t("What would leave of this file, if a job that needs it were sent now")
      : vscode.l10n.t("What would leave of these {0} files, if a job that needs them were sent now", files.length),
    vscode.l10n.t("Nothing was sent for this, and nothing is sent before you approve it."),
    "",
    where,
    "",
    ...files.flatMap(fileLines),
    vscode.l10n.t(
      "Redaction and detection know common formats and the values of your environment files; they miss other secrets, passwords that are words, what is paraphrased or encoded otherwise, and pictures.",
    ),
    "",
  ].join("\n");
}

function fileLines(file: InspectedFile): readonly string[] {
  const { classification, findings, leaves, reason, why } = file;
  const path = plainText(file.path);
  const size = file.bytes === undefined ? "" : amountsIn(vscode.env.language).bytes(file.bytes);
  return [
    leaves
      ? vscode.l10n.t("▲ would leave  {0}  {1}", path, size)
      : vscode.l10n.t("✕ stays here   {0}  {1}", path, plainText(reason ?? "")),
    vscode.l10n.t("    class: {0} ({1})", classification, plainText(why)),
    ...findings.map(({ line, message, rule }) =>
      vscode.l10n.t("    line {0}: {1} ({2})", line, plainText(message), plainText(rule)),
    ),
    "",
  ];
}

/** What stands on the right of the diff where a file stays. */
export function staysText({ reason }: InspectedFile): string {
  return vscode.l10n.t("Nothing of this file would be sent: {0}.", plainText(reason ?? ""));
}
