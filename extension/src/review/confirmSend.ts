// The decision itself: VS Code's own dialog repeats exactly what would leave, to whom and until when. Its first button, the
// one that Enter presses, only shows more: nothing is ever approved by a key that was meant for something else.
import * as vscode from "vscode";
import { plainText } from "#protocol/text/plainText.ts";
import type { SendQuestion } from "./reviewDesk.ts";
import { NAME_CHARACTERS_MAX, sendDetail, sendMessage } from "./sendText.ts";
import { sayWarning } from "../notice.ts";

/** Answers true only where the person pressed the button that says send. `look` opens what would leave. */
export async function confirmSend(question: SendQuestion, look: () => Promise<void>): Promise<boolean> {
  const send = vscode.l10n.t("Send to {0}", plainText(question.preview.destination.name, NAME_CHARACTERS_MAX));
  const lookAgain = vscode.l10n.t("Look Again");
  const options = { modal: true, detail: sendDetail(question, Date.now()) };
  const answer = await sayWarning(sendMessage(question), options, lookAgain, send);
  if (answer === lookAgain) await look();
  return answer === send;
}
