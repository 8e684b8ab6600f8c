// Tells the owner that something waits, once and merged, where they do not see it by themselves. One verb leads to it; nothing
// opens by itself, and a notice that is closed decides nothing.
import * as vscode from "vscode";
import { plainText } from "#protocol/text/plainText.ts";
import type { Editor } from "../editor.ts";
import type { WaitingItem } from "../home/homeMirror.ts";
import { type NoticeState, noticeStep } from "./noticeClock.ts";

const NAME_CHARACTERS_MAX = 60;

export function openWaitingNotice({ log, mirror, sight }: Editor): vscode.Disposable {
  let state: NoticeState = { told: new Set() };
  let again: NodeJS.Timeout | undefined;
  const look = (): void => {
    clearTimeout(again);
    const { waiting } = mirror.facts;
    const step = noticeStep(state, {
      waiting: waiting.map(keyOf),
      inSight: isInSight(sight.needsYou),
      // Counts since this window opened: nobody can set it back.
      now: performance.now(),
    });
    ({ state } = step);
    if (step.againInMs !== undefined) again = setTimeout(look, step.againInMs);
    if (step.notify) tell(waiting).catch((error: unknown) => log.warn(`A notice was not shown: ${String(error)}`));
  };
  const subscriptions = [mirror.onDidChange(look), vscode.window.onDidChangeWindowState(look)];
  look();
  return {
    dispose: () => {
      clearTimeout(again);
      for (const subscription of subscriptions) subscription.dispose();
    },
  };
}

function isInSight(needsYouVisible: boolean): boolean {
  const when = vscode.workspace.getConfiguration("arw").get<string>("notifications.when");
  if (when === "never") return true;
  return when !== "always" && needsYouVisible && vscode.window.state.focused;
}

/** Another revision of what waits is the same wait. */
function keyOf(item: WaitingItem): string {
  switch (item.kind) {
    case "egress":
      return item.episode.episodeId;
    case "staged":
      return item.staged.stagedId;
    case "join":
      return item.node.nodeId;
  }
}

async function tell(waiting: readonly WaitingItem[]): Promise<void> {
  const review = vscode.l10n.t("Review");
  const answer = await vscode.window.showInformationMessage(noticeText(waiting), review);
  if (answer === review) await vscode.commands.executeCommand("arw.reviewNext");
}

function noticeText(waiting: readonly WaitingItem[]): string {
  const [only] = waiting;
  if (only === undefined || waiting.length > 1) {
    return vscode.l10n.t("{0} things wait for you. Nothing of them happens until you answer.", waiting.length);
  }
  if (only.kind === "join") return vscode.l10n.t("{0} wants to join.", plainText(only.node.name, NAME_CHARACTERS_MAX));
  if (only.kind === "staged") {
    return vscode.l10n.t("{0}: this waits for your approval.", plainText(only.staged.title, NAME_CHARACTERS_MAX));
  }
  const { destination, title } = only.shown.preview;
  return vscode.l10n.t(
    "{0} waits for your approval to leave for {1}.",
    plainText(title, NAME_CHARACTERS_MAX),
    plainText(destination.name, NAME_CHARACTERS_MAX),
  );
}
