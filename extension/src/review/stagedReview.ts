// The review of a staged action: VS Code's own dialog says what would be done, how risky it is and why, what it binds and how
// it is undone. Its first button only looks; nothing is approved by a key that was meant for something else.
import * as vscode from "vscode";
import { ArwError } from "#protocol/errors.ts";
import { plainText } from "#protocol/text/plainText.ts";
import { METHODS } from "#protocol/wire/client.ts";
import { costBudgetText } from "#protocol/lease.ts";
import type { StagedAction } from "#protocol/staging.ts";
import type { StagedResult, StagedView } from "#protocol/wire/stagingViews.ts";
import { Dismissed } from "../commandRunner.ts";
import type { Editor } from "../editor.ts";
import type { HomeFacts } from "../home/homeMirror.ts";

const TEXT_CHARACTERS_MAX = 200;
const DIGEST_CHARACTERS = 19;

/** The one that a row hands over, else the oldest; read again, so that the digest is of what is shown now. */
export async function reviewStaged(editor: Editor, given: unknown): Promise<void> {
  const { home, mirror } = editor;
  const waiting = stagedOf(await mirror.refresh());
  const pointer = pointerOf(given);
  const meant = pointer === undefined ? waiting[0] : waiting.find(({ stagedId }) => stagedId === pointer);
  if (meant === undefined) throw nothingStaged();
  const [view] = (await home.call(METHODS.showStaged, { stagedIds: [meant.stagedId] })).items;
  if (view?.state !== "pending") throw nothingStaged();
  const look = vscode.l10n.t("Look First");
  const approve = vscode.l10n.t("Approve Once");
  const reject = vscode.l10n.t("Reject…");
  const message = vscode.l10n.t("{0}?", plainText(view.title, TEXT_CHARACTERS_MAX));
  const options = { modal: true, detail: stagedDetail(view) };
  const answer = await vscode.window.showWarningMessage(message, options, look, approve, reject);
  if (answer === look) return lookAt(view);
  if (answer === reject) return rejectStaged(editor, view);
  if (answer !== approve) throw new Dismissed();
  const { digest, stagedId } = view;
  const { results } = await home.call(METHODS.approveStaged, { items: [{ stagedId, digest }] });
  await mirror.refresh();
  for (const result of results) tellResult(result);
}

export function stagedOf({ waiting }: HomeFacts): readonly StagedView[] {
  return waiting.flatMap((item) => (item.kind === "staged" ? [item.staged] : []));
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
      return action.change.name === "resume-offloads"
        ? [vscode.l10n.t("Offloads are resumed.")]
        : [
            vscode.l10n.t(
              "These marks are taken away: {0}",
              action.change.globs.map((glob) => plainText(glob)).join(" "),
            ),
          ];
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

/** Files are seen in the diff of their proposal, anything else where it was asked for. */
async function lookAt({ action, episodeId }: StagedView): Promise<void> {
  if (action.kind === "apply-proposal" && episodeId !== undefined) {
    await vscode.commands.executeCommand("arw.openProposal", { episodeId });
  } else await vscode.commands.executeCommand("arw.openTimeline");
}

async function rejectStaged({ home, mirror }: Editor, { digest, stagedId }: StagedView): Promise<void> {
  const reason = await vscode.window.showInputBox({
    title: vscode.l10n.t("Reject"),
    prompt: vscode.l10n.t("Why? Whoever asked reads it. It may stay empty."),
  });
  if (reason === undefined) throw new Dismissed();
  await home.call(METHODS.rejectStaged, { stagedId, digest, reason });
  await mirror.refresh();
  void vscode.window.showInformationMessage(vscode.l10n.t("Rejected. Nothing was done."));
}

function tellResult({ detail, outcome }: StagedResult): void {
  if (outcome === "done") {
    void vscode.window.showInformationMessage(vscode.l10n.t("Done as you approved it."));
  } else {
    void vscode.window.showWarningMessage(vscode.l10n.t("Not done: {0}", plainText(detail, TEXT_CHARACTERS_MAX)));
  }
}

function pointerOf(given: unknown): unknown {
  let value = given;
  for (const key of ["item", "staged", "stagedId"]) {
    value =
      typeof value === "object" && value !== null ? Object.getOwnPropertyDescriptor(value, key)?.value : undefined;
  }
  return value;
}

function nothingStaged(): ArwError {
  return new ArwError(
    "nothing-waits",
    vscode.l10n.t("No action waits for your approval."),
    vscode.l10n.t("Risky actions stop here before they run."),
  );
}
