// The words for how a node stands and why it can or cannot take a job, for every flow of this window.
import * as vscode from "vscode";
import { oneLine } from "#protocol/text/plainText.ts";
import type { NodeView } from "#protocol/wire/clientViews.ts";
import type { Fit } from "./nodeFit.ts";

export function nodeName(node: Pick<NodeView, "name" | "local">): string {
  return node.local ? vscode.l10n.t("This machine") : oneLine(node.name);
}

/** The state as shape and word, then since when and why where that matters. */
export function nodeStateText(node: NodeView): string {
  switch (node.state) {
    case "pending":
      return vscode.l10n.t("◔ waits for your approval");
    case "ready":
      return node.running === 0 ? vscode.l10n.t("● ready") : vscode.l10n.t("● ready · {0} running", node.running);
    case "unreachable":
      return vscode.l10n.t("○ unreachable");
    case "revoked":
      return vscode.l10n.t("✗ revoked");
  }
}

/** Why a node cannot take it, with what to do about it; undefined where it can. */
export function unfitText(fit: Fit): string | undefined {
  switch (fit.kind) {
    case "fits":
      return undefined;
    case "pending":
      return vscode.l10n.t("It waits for your approval: ARW: Approve Worker.");
    case "unreachable":
      return vscode.l10n.t("{0}. Start it there: arw-worker run.", oneLine(fit.reason));
    case "revoked":
      return vscode.l10n.t("It was revoked: {0}.", oneLine(fit.reason));
    case "engine-absent":
      return vscode.l10n.t("{0}. {1}", oneLine(fit.reason), oneLine(fit.advice));
    case "engine-unknown":
      return vscode.l10n.t("It has no engine for this.");
    case "model-absent":
      return fit.models.length === 0
        ? vscode.l10n.t("It has no model.")
        : vscode.l10n.t("It does not have this model; it has {0}.", oneLine(fit.models.join(", ")));
  }
}
