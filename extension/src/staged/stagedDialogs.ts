// What is asked of the person in VS Code's own dialogs: the decision itself, the reason of a no, and what should be different.
// The first button of a decision only looks; nothing is approved by a key that was meant for something else.
import * as vscode from "vscode";
import { ArwError } from "#protocol/errors.ts";
import { durationMs } from "#protocol/quantities.ts";
import type { StagedAction } from "#protocol/staging.ts";
import { plainText } from "#protocol/text/plainText.ts";
import type { StagedChange, StagedView } from "#protocol/wire/stagingViews.ts";
import { workspacePathSchema } from "#protocol/workspacePath.ts";
import { commandLineOf, splitCommandLine } from "../episodes/commandLine.ts";
import { stagedDetail, stagedQuestion, tableDetail } from "./stagedText.ts";
import { sayWarning } from "../notice.ts";

const MINUTE_MS = 60_000;

/** Answers true only where the person pressed the button that approves. */
export async function confirmApprove(views: readonly StagedView[]): Promise<boolean> {
  const [only] = views;
  if (only === undefined) return false;
  const look = vscode.l10n.t("Look First");
  const approve = views.length === 1 ? vscode.l10n.t("Approve Once") : vscode.l10n.t("Approve All {0}", views.length);
  const options = { modal: true, detail: views.length === 1 ? stagedDetail(only) : tableDetail(views) };
  return (await sayWarning(stagedQuestion(views), options, look, approve)) === approve;
}

export async function askReason({ title }: StagedView): Promise<string | undefined> {
  return vscode.window.showInputBox({
    title: vscode.l10n.t("Reject: {0}", plainText(title)),
    prompt: vscode.l10n.t("Why? Whoever asked reads it. It may stay empty."),
  });
}

/** What should be different; undefined where the person backs out, or changes nothing. */
export async function askChange({ action }: StagedView, paths: readonly string[]): Promise<StagedChange | undefined> {
  switch (action.kind) {
    case "apply-proposal":
      return keptFiles(paths);
    case "run-command":
      return otherCommand(action);
    case "grant-lease":
      return otherTerms(action);
    case "adopt-policy":
      return nothingToChange();
    case "change-setting":
      return action.change.name === "unmark-never-leaves" ? keptMarks(action.change.globs) : nothingToChange();
  }
}

async function keptFiles(paths: readonly string[]): Promise<StagedChange | undefined> {
  if (paths.length < 2) return nothingToChange();
  const picked = await pickSome(paths, vscode.l10n.t("Which files should still be written?"));
  if (picked === undefined) return undefined;
  return { kind: "apply-proposal", paths: picked.map((path) => workspacePathSchema.parse(path)) };
}

async function keptMarks(globs: readonly string[]): Promise<StagedChange | undefined> {
  if (globs.length < 2) return nothingToChange();
  const picked = await pickSome(globs, vscode.l10n.t("Which marks should still be taken away?"));
  return picked === undefined ? undefined : { kind: "unmark-never-leaves", globs: picked };
}

async function pickSome(names: readonly string[], placeHolder: string): Promise<readonly string[] | undefined> {
  const items = names.map((name) => ({ label: plainText(name), picked: true, name }));
  const picked = await vscode.window.showQuickPick(items, { placeHolder, canPickMany: true });
  if (picked === undefined || picked.length === 0 || picked.length === names.length) return undefined;
  return picked.map(({ name }) => name);
}

async function otherCommand({
  job,
}: Extract<StagedAction, { readonly kind: "run-command" }>): Promise<StagedChange | undefined> {
  const before = commandLineOf(job.argv);
  const line = await vscode.window.showInputBox({
    title: vscode.l10n.t("Propose a Change"),
    prompt: vscode.l10n.t("The command as it should be. No shell runs it."),
    value: before,
    validateInput: (text) =>
      splitCommandLine(text).kind === "words" ? undefined : vscode.l10n.t("This is no whole command."),
  });
  const split = line === undefined || line === before ? undefined : splitCommandLine(line);
  return split?.kind === "words" ? { kind: "run-command", argv: split.words } : undefined;
}

async function otherTerms({
  terms,
}: Extract<StagedAction, { readonly kind: "grant-lease" }>): Promise<StagedChange | undefined> {
  const uses = await askNumber(vscode.l10n.t("For how many jobs?"), terms.budget.uses);
  if (uses === undefined) return undefined;
  const minutes = await askNumber(vscode.l10n.t("For how many minutes?"), Math.ceil(terms.leaseMs / MINUTE_MS));
  if (minutes === undefined) return undefined;
  const leaseMs = durationMs(minutes * MINUTE_MS);
  return { kind: "grant-lease", terms: { ...terms, budget: { ...terms.budget, uses }, leaseMs } };
}

async function askNumber(prompt: string, value: number): Promise<number | undefined> {
  const isNumber = (text: string): boolean => /^[1-9]\d{0,5}$/u.test(text);
  const answer = await vscode.window.showInputBox({
    title: vscode.l10n.t("Propose a Change"),
    prompt,
    value: String(value),
    validateInput: (text) => (isNumber(text) ? undefined : vscode.l10n.t("A whole number, 1 or more.")),
  });
  return answer !== undefined && isNumber(answer) ? Number(answer) : undefined;
}

function nothingToChange(): never {
  throw new ArwError(
    "staged-one-part",
    vscode.l10n.t("It is one piece: nothing of it can be left out."),
    vscode.l10n.t("Reject it with a reason instead."),
  );
}
