// How something that waits for the owner looks in the Needs You view, and in which order: the oldest first, and what could not
// be done any more as it is after what could.
// A row only leads to the place where it is decided; no click approves.
import * as vscode from "vscode";
import { amountsIn } from "#protocol/text/amounts.ts";
import type { WaitingItem } from "../home/homeMirror.ts";
import { waitsSinceMs } from "../attention/waitingKeys.ts";
import { agoText } from "./ago.ts";
import { dotted, type ItemLook, plainLabel } from "./itemLook.ts";

export function oldestFirst(waiting: readonly WaitingItem[]): readonly WaitingItem[] {
  const isStale = (item: WaitingItem): number => (item.kind === "staged" && item.staged.stale !== undefined ? 1 : 0);
  return waiting.toSorted((left, right) => isStale(left) - isStale(right) || waitsSinceMs(left) - waitsSinceMs(right));
}

/** `argument` is what the commands of the row get. */
export function waitingLook(item: WaitingItem, nowMs: number, argument: unknown): ItemLook {
  const ago = agoText(waitsSinceMs(item), nowMs, vscode.env.language);
  switch (item.kind) {
    case "egress":
      return egressLook(item, ago, argument);
    case "staged":
      return stagedLook(item, ago, argument);
    case "result":
      return resultLook(item, ago, argument);
    case "join":
      return joinLook(item, ago, argument);
  }
}

function stagedLook({ staged }: Extract<WaitingItem, { kind: "staged" }>, ago: string, argument: unknown): ItemLook {
  const { requestedBy, revision, risk, stagedId, stale, title } = staged;
  const mark = stale === undefined ? undefined : vscode.l10n.t("stale");
  return {
    id: `waiting/${stagedId}`,
    label: vscode.l10n.t("{0}?", plainLabel(title)),
    description: dotted(mark, ago, plainLabel(requestedBy)),
    icon: {
      shape: stale === undefined ? (risk.level === "high" ? "warning" : "bell-dot") : "history",
      color: "attention",
    },
    tooltip: [
      ...(stale === undefined ? [] : [[vscode.l10n.t("Stale"), stale] as const]),
      ...(revision === 1 ? [] : [vscode.l10n.t("Revision {0}.", revision)]),
      [vscode.l10n.t("Risk"), risk.reason],
      [vscode.l10n.t("Asked for by"), requestedBy],
      [vscode.l10n.t("Waiting since"), ago],
      vscode.l10n.t("Nothing of it is done until you approve exactly what is shown."),
    ],
    contextValue: "waiting.staged",
    children: "none",
    command: { id: "arw.reviewStaged", title: vscode.l10n.t("Review…"), argument },
  };
}

function resultLook({ episode }: Extract<WaitingItem, { kind: "result" }>, ago: string, argument: unknown): ItemLook {
  const { episodeId, target, title } = episode;
  const name = plainLabel(target.name);
  return {
    id: `waiting/result/${episodeId}`,
    label: vscode.l10n.t("Use what came back from {0}?", name),
    description: dotted(ago, plainLabel(title)),
    icon: { shape: "inbox", color: "attention" },
    tooltip: [
      [vscode.l10n.t("For"), title],
      [vscode.l10n.t("Where"), target.name],
      [vscode.l10n.t("Waiting since"), ago],
      vscode.l10n.t("Nothing else shows or uses what came back before you accept it."),
    ],
    contextValue: "waiting.result",
    children: "none",
    command: { id: "arw.reviewResult", title: vscode.l10n.t("Review…"), argument },
  };
}

function egressLook(item: Extract<WaitingItem, { kind: "egress" }>, ago: string, argument: unknown): ItemLook {
  const { destination, items, leftOut, payloadBytes, title, why } = item.shown.preview;
  const size = amountsIn(vscode.env.language).bytes(payloadBytes);
  const name = plainLabel(destination.name);
  return {
    id: `waiting/${item.previewId}`,
    label: vscode.l10n.t("Send {0} to {1}?", size, name),
    description: dotted(ago, plainLabel(title)),
    icon: { shape: "bell-dot", color: "attention" },
    tooltip: [
      [vscode.l10n.t("For"), title],
      [vscode.l10n.t("What leaves"), vscode.l10n.t("items: {0}, {1}", items.length, size)],
      [vscode.l10n.t("Stays here"), vscode.l10n.t("everything else; left out: {0}", leftOut.length)],
      [vscode.l10n.t("Where"), dotted(destination.name, destination.keyWords.join(" "))],
      [vscode.l10n.t("Here"), why.localAlternative],
      [vscode.l10n.t("Waiting since"), ago],
      vscode.l10n.t("Nothing leaves until you approve exactly what is shown."),
    ],
    contextValue: "waiting.egress",
    children: "none",
    command: { id: "arw.review", title: vscode.l10n.t("Review…"), argument },
  };
}

function joinLook(item: Extract<WaitingItem, { kind: "join" }>, ago: string, argument: unknown): ItemLook {
  const words = item.node.compareWords?.join(" ") ?? "";
  const name = plainLabel(item.node.name);
  return {
    id: `waiting/join/${item.node.nodeId}`,
    label: vscode.l10n.t("Let {0} join?", name),
    description: dotted(ago, words),
    icon: { shape: "bell-dot", color: "attention" },
    tooltip: [
      [vscode.l10n.t("Compare these words with the other screen"), words],
      [vscode.l10n.t("Key"), item.node.keyWords.join(" ")],
      [vscode.l10n.t("Waiting since"), ago],
      vscode.l10n.t("It gets no job until you have compared the words and let it in."),
    ],
    contextValue: "waiting.join",
    children: "none",
    command: { id: "arw.approveWorker", title: vscode.l10n.t("Approve Worker…"), argument },
  };
}
