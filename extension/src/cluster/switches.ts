// The switches: clustering off and on, all offloads paused and resumed. Off and pause take effect at once; what opens a door
// or lets something leave again asks first.
import * as vscode from "vscode";
import { METHODS } from "#protocol/wire/client.ts";
import type { NodeView } from "#protocol/wire/clientViews.ts";
import { confirm } from "../confirm.ts";
import type { Editor } from "../editor.ts";
import { nodeName } from "../nodes/nodeWords.ts";
import { sayInformation } from "../notice.ts";

export async function turnOffClustering({ home, mirror }: Editor): Promise<void> {
  const { nodes } = await home.call(METHODS.listNodes, {});
  const question = vscode.l10n.t("Turn off clustering?");
  const detail = vscode.l10n.t(
    "This Home closes its port and every link to a worker at once. {0} Leases for other machines stay as they are and cover nothing meanwhile. Everything on this machine goes on. Turn On Clustering brings the same workers back.",
    runningText(nodes),
  );
  await confirm({ question, detail, button: vscode.l10n.t("Turn Off") });
  await home.call(METHODS.turnClusteringOff, {});
  await mirror.refresh();
  void sayInformation(vscode.l10n.t("Clustering is off: nothing listens, nothing leaves."));
}

export async function turnOnClustering({ home, mirror }: Editor): Promise<void> {
  const question = vscode.l10n.t("Turn on clustering?");
  const detail = vscode.l10n.t(
    "This Home listens where it did before, for the workers that are paired. Nothing is sent without a preview that you approve or a lease that you granted.",
  );
  await confirm({ question, detail, button: vscode.l10n.t("Turn On") });
  const { host, port } = await home.call(METHODS.turnClusteringOn, {});
  await mirror.refresh();
  void sayInformation(vscode.l10n.t("Clustering is on: this Home listens on {0}, port {1}.", host, port));
}

/** Without a question: whoever wants to stop what leaves must not be kept waiting. */
export async function pauseOffloads({ home, mirror }: Editor): Promise<void> {
  await home.call(METHODS.pauseOffloads, {});
  await mirror.refresh();
  const resume = vscode.l10n.t("Resume…");
  const text = vscode.l10n.t(
    "All offloads are paused: nothing new leaves this machine, whatever was approved. What other machines have goes on there.",
  );
  void sayInformation(text, resume).then(async (answer) => {
    if (answer === resume) await vscode.commands.executeCommand("arw.resumeOffloads");
  });
}

export async function resumeOffloads({ home, mirror }: Editor): Promise<void> {
  const question = vscode.l10n.t("Let offloads leave again?");
  const detail = vscode.l10n.t(
    "What is approved, or covered by a live lease, may leave this machine again from now on.",
  );
  await confirm({ question, detail, button: vscode.l10n.t("Resume") });
  await home.call(METHODS.resumeOffloads, {});
  await mirror.refresh();
}

function runningText(nodes: readonly NodeView[]): string {
  const busy = nodes.filter(({ local, running }) => !local && running > 0);
  if (busy.length === 0) return vscode.l10n.t("Nothing runs elsewhere now.");
  const where = busy.map((node) => vscode.l10n.t("{0} ({1})", nodeName(node), node.running)).join(", ");
  return vscode.l10n.t("What runs elsewhere ends: {0}.", where);
}
