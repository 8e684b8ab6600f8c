// The words of the confirmation: what would be done, how risky it is and why, what it binds and how much of it is said to be
// stale. It is made from the action itself, in full: an approval must never cover what was not shown.
import * as vscode from "vscode";
import { costBudgetText } from "#protocol/lease.ts";
import type { DroppedRules, SettingChange, StagedAction } from "#protocol/staging.ts";
import { plainText } from "#protocol/text/plainText.ts";
import type { StagedView } from "#protocol/wire/stagingViews.ts";

const TEXT_CHARACTERS_MAX = 200;
const DIGEST_CHARACTERS = 19;

export function stagedQuestion(views: readonly StagedView[]): string {
  const [only] = views;
  return only === undefined || views.length > 1
    ? vscode.l10n.t("Approve these {0} actions?", views.length)
    : vscode.l10n.t("{0}?", plainText(only.title, TEXT_CHARACTERS_MAX));
}

/** Of several, each is repeated with its risk and its digest. */
export function tableDetail(views: readonly StagedView[]): string {
  return [
    ...views.map((view, index) =>
      [
        vscode.l10n.t("{0}. {1} Risk: {2}.", index + 1, plainText(view.title, TEXT_CHARACTERS_MAX), levelText(view)),
        ...actionLines(view.action),
        ...(view.stale === undefined ? [] : [vscode.l10n.t("Stale: {0}", plainText(view.stale, TEXT_CHARACTERS_MAX))]),
        view.digest.slice(0, DIGEST_CHARACTERS),
      ].join("\n"),
    ),
    vscode.l10n.t(
      "Approves exactly these {0} actions in this workspace, each once, now. Each is decided by itself: one that changed is not done, and you are asked again.",
      views.length,
    ),
  ].join("\n\n");
}

/** What the dialog repeats: what, where, until when, and what speaks for and against it. */
export function stagedDetail(view: StagedView): string {
  const { action, digest, endorsements, evidence, requestedBy, risk, stale } = view;
  const by = endorsements.map((endorsement) => plainText(endorsement.by, TEXT_CHARACTERS_MAX)).join(", ");
  return [
    ...actionLines(action),
    vscode.l10n.t("Asked for by {0}.", plainText(requestedBy, TEXT_CHARACTERS_MAX)),
    vscode.l10n.t("Risk: {0}. {1}", levelText(view), plainText(risk.reason, TEXT_CHARACTERS_MAX)),
    ...evidence.flatMap((piece) => {
      switch (piece.kind) {
        case "asked":
        case "command":
          // What would run stands above, from the action itself: evidence is only what somebody said about it.
          return [];
        case "diff":
          return [...piece.protectedPaths, ...piece.outsidePaths].map((path) =>
            vscode.l10n.t("Not asked for, or protected: {0}", plainText(path, TEXT_CHARACTERS_MAX)),
          );
        case "dry-run":
          return [vscode.l10n.t("Ran in a sandbox before: {0}", plainText(piece.title, TEXT_CHARACTERS_MAX))];
        case "taint":
          return [vscode.l10n.t("Not from this machine: {0}", plainText(piece.untrusted, TEXT_CHARACTERS_MAX))];
      }
    }),
    ...(by === "" ? [] : [vscode.l10n.t("Endorsed by {0}.", by)]),
    ...(stale === undefined ? [] : [vscode.l10n.t("Stale: {0}", plainText(stale, TEXT_CHARACTERS_MAX))]),
    vscode.l10n.t(
      "Approves exactly this ({0}…) in this workspace, once, now. If anything changes, you are asked again.",
      digest.slice(0, DIGEST_CHARACTERS),
    ),
  ].join("\n");
}

/** What the digest binds, in full: an approval must never cover what was not shown. */
function actionLines(action: StagedAction): readonly string[] {
  switch (action.kind) {
    case "apply-proposal": {
      const { deletes, files, outside, protected: steering } = action.touched;
      return [
        vscode.l10n.t(
          "Writes {0} files: {1} deleted, {2} not asked for, {3} protected.",
          files,
          deletes,
          outside,
          steering,
        ),
        ...(action.paths ?? []).map((path) => plainText(path)),
      ];
    }
    case "run-command":
      return [
        vscode.l10n.t("Command: {0}", action.job.argv.map((word) => JSON.stringify(plainText(word))).join(" ")),
        vscode.l10n.t(
          "In the folder {0}, with inputs {1}…",
          plainText(action.job.folder),
          action.job.tree.slice(0, DIGEST_CHARACTERS),
        ),
        action.contained
          ? vscode.l10n.t("In the sandbox of this machine.")
          : vscode.l10n.t("On this machine, without a sandbox."),
      ];
    case "grant-lease": {
      const { budget, ceiling, leaseMs, paths } = action.terms;
      return [
        vscode.l10n.t(
          "Lets {0} jobs of the kind {1} go to {2}, {3} bytes in all, for {4} minutes.",
          budget.uses,
          action.job,
          action.nodeId,
          budget.bytes,
          Math.ceil(leaseMs / 60_000),
        ),
        vscode.l10n.t(
          "Files: {0}; data up to {1}; cost: {2}",
          paths.map((path) => plainText(path)).join(" "),
          ceiling,
          budget.cost === undefined ? vscode.l10n.t("no limit") : costBudgetText(budget.cost),
        ),
      ];
    }
    case "change-setting":
      return [settingLine(action.change)];
    case "adopt-policy":
      return [
        vscode.l10n.t(
          "The text on the page becomes the policy, under the name “{0}”. It has {1} characters.",
          plainText(action.name, TEXT_CHARACTERS_MAX),
          action.text.length,
        ),
        ...droppedLines(action.base?.drops),
      ];
  }
}

function droppedLines(drops: DroppedRules | undefined): readonly string[] {
  if (drops === undefined) return [];
  const rules = plainText(drops.rules.join(" "));
  return [
    drops.noEgress === true
      ? vscode.l10n.t(
          "No more in force then, of a workspace's file that was removed or rewritten: nothing leaves; {0}",
          rules,
        )
      : vscode.l10n.t("No more in force then, of a workspace's file that was removed or rewritten: {0}", rules),
  ];
}

function settingLine(change: SettingChange): string {
  switch (change.name) {
    case "resume-offloads":
      return vscode.l10n.t("Offloads are resumed.");
    case "unmark-never-leaves":
      return vscode.l10n.t("These marks are taken away: {0}", change.globs.map((glob) => plainText(glob)).join(" "));
    case "turn-clustering-on":
      return vscode.l10n.t(
        "The port {0} of {1} is opened for the workers that are enrolled.",
        change.port,
        plainText(change.host),
      );
  }
}

function levelText({ risk }: StagedView): string {
  switch (risk.level) {
    case "low":
      return vscode.l10n.t("low");
    case "medium":
      return vscode.l10n.t("medium");
    case "high":
      return vscode.l10n.t("high");
  }
}
