// Pair Worker…: an invite, the file and the one line for the other machine, waiting for it, then the words to compare.
// Nothing is admitted by waiting: whoever used the invite stands before the owner with its four words.
import * as vscode from "vscode";
import { messageOf } from "#protocol/errors.ts";
import type { NodeId } from "#protocol/ids.ts";
import { amountsIn } from "#protocol/text/amounts.ts";
import { METHODS } from "#protocol/wire/client.ts";
import type { NodeView } from "#protocol/wire/clientViews.ts";
import { Dismissed } from "../commandRunner.ts";
import type { Editor } from "../editor.ts";
import { admit } from "./admission.ts";
import { type Invite, inviteWorker } from "./invite.ts";
import { nodeWhen } from "./nodeWhen.ts";
import { joinLine, makeWorkerFile, saveWorkerFile, workerFile } from "./workerFile.ts";
import { sayError, sayInformation, sayProgress, sayWarning } from "../notice.ts";

export async function pairWorker(editor: Editor): Promise<void> {
  await editor.home.connect();
  const known = await pendingNodes(editor);
  const invite = await inviteWorker(editor.home);
  const asking = await waitForWorker(editor, invite, known);
  await admit(editor, asking);
}

/** Only the line for the other machine: who uses it shows up under Needs You. */
export async function copyJoinCommand(editor: Editor): Promise<void> {
  await editor.home.connect();
  const invite = await inviteWorker(editor.home);
  const file = workerFile(editor.context);
  await vscode.env.clipboard.writeText(joinLine(file, invite.text));
  const save = vscode.l10n.t("Save Worker File…");
  const text = vscode.l10n.t(
    "Copied. Run it once on the other machine before {0}, beside the worker file; then it shows up under Needs You.",
    untilText(invite),
  );
  void sayInformation(text, save).then(async (answer) => {
    if (answer === save) await saveWorkerFile(editor.context).catch(() => undefined);
  });
}

interface BoardItem extends vscode.QuickPickItem {
  readonly act: () => Promise<void>;
}

/** Shows what to do on the other machine until somebody uses the invite. Throws Dismissed where the person stops waiting. */
async function waitForWorker(editor: Editor, invite: Invite, known: ReadonlySet<NodeId>): Promise<NodeView> {
  const waiting = new AbortController();
  const isNew = (node: NodeView): boolean => node.state === "pending" && !known.has(node.nodeId);
  const lifetimeMs = Math.max(0, invite.expiresAt - Date.now());
  const signal = AbortSignal.any([waiting.signal, AbortSignal.timeout(lifetimeMs)]);
  const board = showBoard(editor, invite, () => waiting.abort(new Dismissed()));
  try {
    return await nodeWhen(editor.home, isNew, signal);
  } catch (error) {
    if (error instanceof DOMException && error.name === "TimeoutError") {
      void sayWarning(vscode.l10n.t("Nobody used the invite before it expired. Pair again for a new one."));
      throw new Dismissed();
    }
    throw error;
  } finally {
    board.dispose();
  }
}

/** A quick pick that stays: its busy bar shows that it waits, Esc moves the waiting into a notification with Cancel. */
function showBoard(editor: Editor, invite: Invite, stop: () => void): vscode.Disposable {
  const board = vscode.window.createQuickPick<BoardItem>();
  const ended = new vscode.EventEmitter<void>();
  let hasEnded = false;
  board.title = vscode.l10n.t("Pair a Worker: On the Other Machine, Before {0}", untilText(invite));
  board.placeholder = vscode.l10n.t(
    "Waiting for the other machine… It reaches this one at {0}.",
    invite.addresses.join(", "),
  );
  board.busy = true;
  board.ignoreFocusOut = true;
  board.items = boardItems(editor, invite, stop);
  board.onDidAccept(() => {
    const [item] = board.selectedItems;
    // A refusal of the file system or the clipboard is told; the board stays.
    item?.act().catch((error: unknown) => {
      if (!(error instanceof Dismissed)) void sayError(messageOf(error));
    });
  });
  board.onDidHide(() => {
    if (hasEnded) return;
    const progress = {
      location: vscode.ProgressLocation.Notification,
      title: vscode.l10n.t("Waiting for the other machine until {0}…", untilText(invite)),
      cancellable: true,
    };
    void sayProgress(progress, async (_, cancel) => {
      cancel.onCancellationRequested(stop);
      if (!hasEnded) await new Promise<void>((resolve) => ended.event(() => resolve()));
    });
  });
  board.show();
  return new vscode.Disposable(() => {
    hasEnded = true;
    ended.fire();
    ended.dispose();
    board.dispose();
  });
}

function boardItems({ context }: Editor, invite: Invite, stop: () => void): readonly BoardItem[] {
  const file = workerFile(context);
  const line = joinLine(file, invite.text);
  const icon = (id: string): { iconPath: vscode.ThemeIcon; alwaysShow: true } => ({
    iconPath: new vscode.ThemeIcon(id),
    alwaysShow: true,
  });
  return [
    {
      label: vscode.l10n.t("1. Save the Worker File…"),
      detail: vscode.l10n.t("One file for Node 20 or newer; carry it to the other machine as you like."),
      ...icon("save-as"),
      act: async () => sayCopied(vscode.l10n.t("Saved as {0}.", (await saveWorkerFile(context)).fsPath)),
    },
    {
      label: vscode.l10n.t("    Show It in the File Manager"),
      description: file.fsPath,
      ...icon("folder-opened"),
      act: async () => {
        await vscode.commands.executeCommand("revealFileInOS", await makeWorkerFile(context));
      },
    },
    {
      label: vscode.l10n.t("2. Copy the Line to Run There"),
      description: `${line.slice(0, 60)}…`,
      detail: vscode.l10n.t(
        "It holds a secret that is good once, until {0}: send it to nobody else.",
        untilText(invite),
      ),
      ...icon("copy"),
      act: async () => {
        await vscode.env.clipboard.writeText(line);
        sayCopied(vscode.l10n.t("Copied. Paste it into a terminal of the other machine."));
      },
    },
    {
      label: vscode.l10n.t("Stop Waiting"),
      detail: vscode.l10n.t("The invite stays good; whoever uses it shows up under Needs You."),
      ...icon("close"),
      act: async () => stop(),
    },
  ];
}

function sayCopied(text: string): void {
  vscode.window.setStatusBarMessage(text, 5_000);
}

async function pendingNodes({ home }: Editor): Promise<ReadonlySet<NodeId>> {
  const { nodes } = await home.call(METHODS.listNodes, {});
  return new Set(nodes.filter(({ state }) => state === "pending").map(({ nodeId }) => nodeId));
}

function untilText({ expiresAt }: Invite): string {
  return amountsIn(vscode.env.language).time(expiresAt);
}
