// Writes a proposal into the workspace, whole or by file, after a confirmation that names the files. What was edited since is
// shown and never overwritten: unsaved changes count as edits, so they are saved first, and the Home judges again.
import * as vscode from "vscode";
import { ArwError } from "#protocol/errors.ts";
import type { ProposalId } from "#protocol/ids.ts";
import type { ProposedChange } from "#protocol/proposal.ts";
import { APPLIED_PATHS_MAX, METHODS } from "#protocol/wire/client.ts";
import type { EpisodeView, ProposalView } from "#protocol/wire/clientViews.ts";
import type { WorkspacePath } from "#protocol/workspacePath.ts";
import { Dismissed } from "../commandRunner.ts";
import { confirm } from "../confirm.ts";
import type { Editor } from "../editor.ts";
import { placeText } from "./episodeWords.ts";
import { openChange, proposalOf } from "./openProposal.ts";
import { proposedFileOf } from "./proposedContent.ts";
import { sayInformation } from "../notice.ts";

/** Paths named in a confirmation; the diff has all of them. */
const NAMED_PATHS_MAX = 15;

interface Shown {
  readonly episode: EpisodeView;
  readonly view: ProposalView;
  readonly folder: vscode.WorkspaceFolder;
}

/** All of it, or what of it still fits. */
export async function applyProposal(editor: Editor, given: unknown): Promise<void> {
  const shown = await proposalOf(editor, given);
  if (saidThatNothingIsToDo(shown)) return;
  await applyOrReview(editor, shown, undefined);
}

/** What has to be looked at first waits now: its review is opened at once, since the person's own command led there. */
async function reviewFirst({ mirror }: Editor, proposalId: ProposalId, error: ArwError): Promise<void> {
  const { waiting } = await mirror.refresh();
  const item = waiting.find(
    (each) =>
      each.kind === "staged" &&
      each.staged.action.kind === "apply-proposal" &&
      each.staged.action.proposalId === proposalId,
  );
  if (item === undefined) throw error;
  await vscode.commands.executeCommand("arw.reviewStaged", { kind: "waiting", item });
}

/** The file of the diff that is in front, or those that the person picks. */
export async function applyProposedFile(editor: Editor, given: unknown): Promise<void> {
  const file = proposedFileOf(given);
  const shown = await proposalOf(editor, file === undefined ? given : await episodeOfProposal(editor, file.proposal));
  if (saidThatNothingIsToDo(shown)) return;
  const paths = file === undefined ? await pickPaths(shown.view) : [file.path];
  await applyOrReview(editor, shown, paths);
}

async function applyOrReview(editor: Editor, shown: Shown, paths: readonly WorkspacePath[] | undefined): Promise<void> {
  try {
    await apply(editor, shown, paths);
  } catch (error) {
    if (!(error instanceof ArwError) || error.code !== "waits-for-owner") throw error;
    await reviewFirst(editor, shown.view.proposalId, error);
  }
}

async function apply(editor: Editor, shown: Shown, paths: readonly WorkspacePath[] | undefined): Promise<void> {
  const { episode, folder } = shown;
  const applied = new Set(shown.view.appliedPaths);
  const wanted = ({ path }: ProposedChange): boolean =>
    !applied.has(path) && (paths === undefined || paths.includes(path));
  await saveFirst(folder, shown.view.proposal.changes.filter(wanted));
  const view = await editor.home.call(METHODS.showProposal, { proposalId: shown.view.proposalId });
  const changes = view.proposal.changes.filter(wanted);
  const conflicts = new Map(view.conflicts.map(({ path, reason }) => [path, reason]));
  const fitting = changes.filter(({ path }) => !conflicts.has(path));
  if (fitting.length < changes.length) await showConflicts({ episode, folder, view }, changes, conflicts);
  await confirmWrite(episode, folder, fitting);
  const { proposalId, digest } = view;
  if (paths === undefined && fitting.length === changes.length) {
    const { files } = await editor.home.call(METHODS.applyProposal, { proposalId, digest });
    return sayWritten(files);
  }
  let written = 0;
  for (let from = 0; from < fitting.length; from += APPLIED_PATHS_MAX) {
    const named = fitting.slice(from, from + APPLIED_PATHS_MAX).map(({ path }) => path);
    written += (await editor.home.call(METHODS.applyProposal, { proposalId, digest, paths: named })).files;
  }
  sayWritten(written);
}

function saidThatNothingIsToDo({ episode, view }: Shown): boolean {
  if (view.appliedAt !== undefined) {
    void sayInformation(vscode.l10n.t("The proposal of “{0}” was applied already.", episode.title));
    return true;
  }
  if (view.proposal.changes.length > 0) return false;
  void sayInformation(vscode.l10n.t("“{0}” proposed no change.", episode.title));
  return true;
}

/** Unsaved changes are edits that the Home cannot see on the disk yet. */
async function saveFirst(folder: vscode.WorkspaceFolder, changes: readonly ProposedChange[]): Promise<void> {
  const files = new Set(changes.map(({ path }) => vscode.Uri.joinPath(folder.uri, ...path.split("/")).toString()));
  const dirty = vscode.workspace.textDocuments.filter(({ isDirty, uri }) => isDirty && files.has(uri.toString()));
  if (dirty.length === 0) return;
  const names = dirty.map(({ uri }) => vscode.workspace.asRelativePath(uri, false));
  await confirm({
    question:
      dirty.length === 1
        ? vscode.l10n.t("{0} has unsaved changes.", names[0] ?? "")
        : vscode.l10n.t("{0} of these files have unsaved changes.", dirty.length),
    detail: vscode.l10n.t(
      "They count as edits made since, so they must be saved before ARW can tell whether the proposal still fits. Nothing of yours is overwritten.\n\n{0}",
      listed(names),
    ),
    button: vscode.l10n.t("Save and Compare Again"),
  });
  for (const document of dirty) if (!(await document.save())) throw new Dismissed();
}

interface ConflictItem extends vscode.QuickPickItem {
  readonly change?: ProposedChange;
}

/** Returns where the person takes the rest; throws Dismissed where they look at a conflict or leave it. */
async function showConflicts(
  { episode, folder, view }: Shown,
  changes: readonly ProposedChange[],
  conflicts: ReadonlyMap<string, string>,
): Promise<void> {
  const inConflict = changes.filter(({ path }) => conflicts.has(path));
  const others = changes.length - inConflict.length;
  const rest: ConflictItem = {
    label: others === 1 ? vscode.l10n.t("Apply the Other File…") : vscode.l10n.t("Apply the {0} Other Files…", others),
    iconPath: new vscode.ThemeIcon("check"),
    alwaysShow: true,
  };
  const items: readonly ConflictItem[] = [
    ...inConflict.map((change) => ({
      label: change.path,
      description: conflicts.get(change.path) ?? "",
      detail: vscode.l10n.t("Opens the proposed one beside yours, which you can edit: take over what you want."),
      iconPath: new vscode.ThemeIcon("git-pull-request-closed"),
      change,
    })),
    ...(others === 0 ? [] : [rest]),
  ];
  const picked = await vscode.window.showQuickPick(items, {
    title: vscode.l10n.t("“{0}” no longer fits everywhere", episode.title),
    placeHolder:
      inConflict.length === 1
        ? vscode.l10n.t("1 file was edited since. It is not overwritten.")
        : vscode.l10n.t("{0} files were edited since. They are not overwritten.", inConflict.length),
    matchOnDescription: true,
  });
  if (picked === rest) return;
  if (picked?.change !== undefined) await openChange(view, picked.change, folder);
  throw new Dismissed();
}

async function confirmWrite(
  episode: EpisodeView,
  folder: vscode.WorkspaceFolder,
  changes: readonly ProposedChange[],
): Promise<void> {
  const question =
    changes.length === 1
      ? vscode.l10n.t("Write 1 change into {0}?", folder.name)
      : vscode.l10n.t("Write {0} changes into {1}?", changes.length, folder.name);
  const detail = vscode.l10n.t(
    "Proposed by “{0}” on {1}:\n\n{2}",
    episode.title,
    placeText(episode.target),
    listed(changes.map(changeText)),
  );
  await confirm({ question, detail, button: vscode.l10n.t("Write") });
}

function sayWritten(files: number): void {
  const show = vscode.l10n.t("Show Changes");
  const text =
    files === 1
      ? vscode.l10n.t("1 file was written. To take it back: undo in its editor, or discard it in Source Control.")
      : vscode.l10n.t(
          "{0} files were written. To take them back: undo in their editors, or discard them in Source Control.",
          files,
        );
  void sayInformation(text, show).then(async (answer) => {
    if (answer === show) await vscode.commands.executeCommand("workbench.view.scm");
  });
}

async function pickPaths({ appliedPaths, conflicts, proposal }: ProposalView): Promise<readonly WorkspacePath[]> {
  const reasons = new Map(conflicts.map(({ path, reason }) => [path, reason]));
  const applied = new Set(appliedPaths);
  const left = proposal.changes.filter(({ path }) => !applied.has(path));
  const items = left.map((change) => {
    const reason = reasons.get(change.path);
    const conflict = reason === undefined ? {} : { detail: vscode.l10n.t("edited since: {0}", reason) };
    return {
      label: change.path,
      description: kindText(change),
      path: change.path,
      picked: reason === undefined,
      ...conflict,
    };
  });
  const placeHolder = vscode.l10n.t("Which files should be written?");
  const picked = await vscode.window.showQuickPick(items, { canPickMany: true, placeHolder, matchOnDescription: true });
  if (picked === undefined || picked.length === 0) throw new Dismissed();
  return picked.map(({ path }) => path);
}

/** The episode of a proposal that a document names. */
async function episodeOfProposal(
  { home }: Editor,
  proposal: ProposalView["proposalId"],
): Promise<{ readonly episodeId: EpisodeView["episodeId"] }> {
  const { episodeId } = await home.call(METHODS.showProposal, { proposalId: proposal });
  return { episodeId };
}

function changeText(change: ProposedChange): string {
  return vscode.l10n.t("{0} — {1}", change.path, kindText(change));
}

function kindText(change: ProposedChange): string {
  switch (change.kind) {
    case "create":
      return change.executable ? vscode.l10n.t("new, executable") : vscode.l10n.t("new");
    case "edit":
      return vscode.l10n.t("changed");
    case "mode":
      return change.executable ? vscode.l10n.t("made executable") : vscode.l10n.t("no longer executable");
    case "delete":
      return vscode.l10n.t("deleted");
    case "symlink":
      return vscode.l10n.t("a link to {0}", change.target);
    case "delete-symlink":
      return vscode.l10n.t("link deleted");
  }
}

function listed(lines: readonly string[]): string {
  const named = lines.slice(0, NAMED_PATHS_MAX).join("\n");
  const more = lines.length - NAMED_PATHS_MAX;
  return more > 0 ? vscode.l10n.t("{0}\n… and {1} more", named, more) : named;
}
