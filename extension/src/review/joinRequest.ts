// A machine that wants in: the four words stand in VS Code's own dialog, and the person says whether they are the same.
// Closing the dialog decides nothing; the answer itself is the cluster's command.
import * as vscode from "vscode";
import { plainText } from "#protocol/webview/plainText.ts";
import type { NodeView } from "#protocol/wire/clientViews.ts";
import { Dismissed } from "../commandRunner.ts";

export async function answerJoin(node: NodeView): Promise<void> {
  const same = vscode.l10n.t("They Are the Same");
  const differ = vscode.l10n.t("They Differ – Refuse");
  const words = (node.compareWords ?? []).map((word) => plainText(word)).join(" ");
  const answer = await vscode.window.showWarningMessage(
    vscode.l10n.t("{0} wants to join. Are these the words on the other machine's screen?", plainText(node.name, 80)),
    {
      modal: true,
      detail: vscode.l10n.t(
        "{0}\n\nThe same words on both screens prove that nobody is in between. Once it is in, you are still asked before anything leaves for it.",
        words,
      ),
    },
    // The first button is the one that Enter presses: it must not let anybody in.
    differ,
    same,
  );
  if (answer === undefined) throw new Dismissed();
  await vscode.commands.executeCommand(answer === same ? "arw.approveWorker" : "arw.refuseWorker", { kind: "node", node });
}
