// Admitting a worker, turning it away, and ending its membership. Nobody is admitted whose four words a person has not
// compared: the native confirmation shows them, and neither of its answers is a default.
import * as vscode from "vscode";
import { ArwError } from "#protocol/errors.ts";
import { METHODS } from "#protocol/wire/client.ts";
import type { NodeView } from "#protocol/wire/clientViews.ts";
import { Dismissed } from "../commandRunner.ts";
import { confirm } from "../confirm.ts";
import type { Editor } from "../editor.ts";
import { fitOf } from "../nodes/nodeFit.ts";
import { nodeName, unfitText } from "../nodes/nodeWords.ts";
import { chosenNode } from "./chosenNode.ts";
import { nodeWhen } from "./nodeWhen.ts";
import { sayInformation, sayProgress, sayWarning } from "../notice.ts";

/** An admitted worker connects within moments; a slow one is admitted all the same. */
const CONNECT_MS_MAX = 60_000;

export async function approveWorker(editor: Editor, given: unknown): Promise<void> {
  await admit(editor, await waitingNode(editor, given, vscode.l10n.t("Which worker should be admitted?")));
}

export async function refuseWorker(editor: Editor, given: unknown): Promise<void> {
  const node = await waitingNode(editor, given, vscode.l10n.t("Which worker should be turned away?"));
  await confirm({
    question: vscode.l10n.t("Turn “{0}” away?", nodeName(node)),
    detail: vscode.l10n.t("Its invite is used up. To let it in later, make a new one."),
    button: vscode.l10n.t("Turn Away"),
  });
  await turnAway(editor, node, "turned away in the editor");
}

/** Shows the words and does what the person answers; then waits until the worker is there. Throws Dismissed for no answer. */
export async function admit(editor: Editor, node: NodeView): Promise<void> {
  const same = vscode.l10n.t("The Words Match: Admit");
  const differ = vscode.l10n.t("They Differ: Turn Away");
  const name = nodeName(node);
  const answer = await sayWarning(
    vscode.l10n.t("“{0}” asks to join this Home.", name),
    {
      modal: true,
      detail: vscode.l10n.t(
        "The same four words must stand on its screen:\n\n{0}\n\nIf they differ, somebody is in between. Once admitted it gets what you approve and nothing else, until you forget it.",
        (node.compareWords ?? []).join("  "),
      ),
    },
    // The first one is what Enter takes: nobody is admitted by a single key.
    differ,
    same,
  );
  if (answer === differ) return turnAway(editor, node, "the words differed");
  if (answer !== same) throw new Dismissed();
  await editor.home.call(METHODS.approveNode, { nodeId: node.nodeId });
  sayReady(await connected(editor, node));
}

/** Ends a worker's membership after a confirmation that says what ends with it. */
export async function forgetWorker(editor: Editor, given: unknown): Promise<void> {
  const node = await chosenNode(editor, given, {
    placeholder: vscode.l10n.t("Which worker should this Home forget?"),
    fits: ({ local, state }) => !local && (state === "ready" || state === "unreachable"),
    none: vscode.l10n.t("No worker is paired with this Home."),
    advice: vscode.l10n.t("Pair one with ARW: Pair Worker…"),
  });
  const running = node.running === 0 ? "" : vscode.l10n.t("What runs there now ends as lost: {0}. ", node.running);
  await confirm({
    question: vscode.l10n.t("Forget “{0}”?", nodeName(node)),
    detail: vscode.l10n.t(
      "{0}Its link is cut at once and its leases end; nothing more is sent to it. What it was sent before stays with it. To use it again, pair it anew: there it needs a new identity (arw-worker leave --new-identity).",
      running,
    ),
    button: vscode.l10n.t("Forget"),
  });
  await editor.home.call(METHODS.revokeNode, { nodeId: node.nodeId, reason: "forgotten in the editor" });
}

/** Says that a worker can be used now, or why it cannot yet, and offers the next step. */
export function sayReady(node: NodeView): void {
  const name = nodeName(node);
  const problem = unfitText(fitOf(node, { kind: "command" }));
  if (node.state === "ready" && problem !== undefined) {
    const text = vscode.l10n.t("“{0}” is paired, but cannot run commands: {1}", name, problem);
    void sayWarning(text);
    return;
  }
  const run = vscode.l10n.t("Run Something There…");
  const text =
    node.state === "ready"
      ? vscode.l10n.t("Paired: {0}.", name)
      : vscode.l10n.t("{0} is admitted. It has not connected yet; it does so by itself.", name);
  void sayInformation(text, ...(node.state === "ready" ? [run] : [])).then(async (answer) => {
    if (answer === run) await vscode.commands.executeCommand("arw.startEpisode", { kind: "node", node });
  });
}

/** The node once it has connected and said what it can do; as it is by then where it takes too long. */
export async function connected({ home }: Editor, { nodeId }: NodeView): Promise<NodeView> {
  const progress = {
    location: vscode.ProgressLocation.Window,
    title: vscode.l10n.t("Waiting for the worker to connect…"),
  };
  const isThere = (node: NodeView): boolean =>
    node.nodeId === nodeId && node.state === "ready" && node.capabilities !== undefined;
  return sayProgress(progress, async () => {
    try {
      return await nodeWhen(home, isThere, AbortSignal.timeout(CONNECT_MS_MAX));
    } catch (error) {
      if (error instanceof ArwError) throw error;
      const { nodes } = await home.call(METHODS.listNodes, {});
      const node = nodes.find((each) => each.nodeId === nodeId);
      if (node === undefined) throw error;
      return node;
    }
  });
}

function waitingNode(editor: Editor, given: unknown, placeholder: string): Promise<NodeView> {
  return chosenNode(editor, given, {
    placeholder,
    fits: ({ state }) => state === "pending",
    none: vscode.l10n.t("No worker waits to be admitted."),
    advice: vscode.l10n.t("Make an invite with ARW: Pair Worker… and use it on the other machine."),
  });
}

async function turnAway({ home }: Editor, node: NodeView, reason: string): Promise<void> {
  await home.call(METHODS.refuseNode, { nodeId: node.nodeId, reason });
  const text = vscode.l10n.t("“{0}” was turned away. It got nothing.", nodeName(node));
  void sayInformation(text);
}
