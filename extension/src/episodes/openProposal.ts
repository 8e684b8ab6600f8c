// Opens what a job proposes as VS Code's own diff of all files: the workspace on the left, the proposal on the right.
// Looking writes nothing: applying is a command of its own.
import { lstat } from "node:fs/promises";
import * as vscode from "vscode";
import * as z from "zod";
import { decode } from "#protocol/decode.ts";
import { ArwError } from "#protocol/errors.ts";
import type { ProposedChange } from "#protocol/proposal.ts";
import { type EditedContent, editedChanges, editedContentsSchema } from "#protocol/staging.ts";
import { oneLine } from "#protocol/text/plainText.ts";
import { METHODS } from "#protocol/wire/client.ts";
import type { EpisodeView, ProposalView } from "#protocol/wire/clientViews.ts";
import type { Editor } from "../editor.ts";
import { chosenEpisode } from "./chosenEpisode.ts";
import { placeText } from "./episodeWords.ts";
import { type ChangeSides, type Reading, sidesOf } from "./proposedContent.ts";
import { sayInformation, sayWarning } from "../notice.ts";

/** Of these files only and with what was written anew since, for somebody who decides elsewhere: then nothing is offered here. */
interface Look {
  readonly inReview: true;
  readonly paths?: readonly string[];
  readonly edited?: readonly EditedContent[];
}
const lookSchema: z.ZodType<Look> = z.looseObject({
  inReview: z.literal(true),
  paths: z.array(z.string()).exactOptional(),
  edited: editedContentsSchema.exactOptional(),
});

export async function openProposal(editor: Editor, given: unknown): Promise<void> {
  const { episode, folder, view } = await proposalOf(editor, given);
  const { appliedAt, proposal } = view;
  const decoded = decode(lookSchema, given);
  const look = decoded.ok ? decoded.value : undefined;
  const chosen = proposal.changes.filter(({ path }) => look?.paths?.includes(path) !== false);
  const changes = editedChanges(chosen, look?.edited);
  if (changes.length === 0) {
    void sayWarning(leftOutText(view) ?? vscode.l10n.t("“{0}” changed no file.", episode.title));
    return;
  }
  const reading = look === undefined ? {} : ({ staged: true } as const);
  const sides = await Promise.all(changes.map((change) => sidesNow(view, change, folder, reading)));
  const title =
    appliedAt === undefined
      ? vscode.l10n.t("Proposed by “{0}” on {1}", episode.title, placeText(episode.target))
      : vscode.l10n.t("Applied from “{0}”: Your Files and What Was Proposed", episode.title);
  const [only, ...others] = sides;
  if (only?.left !== undefined && only.right !== undefined && others.length === 0) {
    // A diff of one file has a button that applies it.
    await vscode.commands.executeCommand("vscode.diff", only.left, only.right, title);
  } else {
    const resources = sides.map(({ label, left, right }) => [label, left, right]);
    await vscode.commands.executeCommand("vscode.changes", title, resources);
  }
  if (appliedAt === undefined && look === undefined) void offerToApply(episode, view);
}

/** What is proposed and held for the owner's look, if anything is: nothing is offered, for it cannot be applied yet. */
export async function openHeldProposal({ folder, home }: Editor, episode: EpisodeView): Promise<void> {
  const { proposalId } = episode;
  if (proposalId === undefined || folder === undefined) return;
  const reading = { review: true } as const;
  const view = await home.call(METHODS.showProposal, { proposalId, ...reading });
  const sides = await Promise.all(view.proposal.changes.map((change) => sidesNow(view, change, folder, reading)));
  const resources = sides.map(({ label, left, right }) => [label, left, right]);
  if (resources.length > 0) await vscode.commands.executeCommand("vscode.changes", heldTitle(episode), resources);
}

export function heldTitle({ target, title }: EpisodeView): string {
  return vscode.l10n.t("Not accepted yet: proposed by “{0}” on {1}", oneLine(title), placeText(target));
}

/** The proposal of the episode that was given or is picked, as it is now. */
export async function proposalOf(
  editor: Editor,
  given: unknown,
): Promise<{ readonly episode: EpisodeView; readonly view: ProposalView; readonly folder: vscode.WorkspaceFolder }> {
  const { folder, home } = editor;
  const episode = await chosenEpisode(editor, given, {
    placeholder: vscode.l10n.t("Whose proposal?"),
    fits: ({ proposalId }) => proposalId !== undefined,
    none: vscode.l10n.t("No episode has proposed changes."),
  });
  if (episode.proposalId === undefined || folder === undefined) {
    throw new ArwError(
      "proposal-absent",
      vscode.l10n.t("“{0}” proposed no changes.", episode.title),
      vscode.l10n.t("Name the files to keep when you start it: Start Episode…, the step after the command."),
    );
  }
  const view = await home.call(METHODS.showProposal, { proposalId: episode.proposalId });
  return { episode, view, folder };
}

/** Both sides of one change as the workspace is now. */
export async function sidesNow(
  { proposalId }: ProposalView,
  change: ProposedChange,
  folder: vscode.WorkspaceFolder,
  reading: Reading = {},
): Promise<ChangeSides> {
  const path = vscode.Uri.joinPath(folder.uri, ...change.path.split("/")).fsPath;
  return sidesOf(proposalId, change, folder, await isFile(path), reading);
}

/**
 * Shows one change alone. Where both sides have a file, the workspace's is on the right: that side can be edited, and VS Code
 * copies single lines of the proposal over to it.
 */
export async function openChange(
  view: ProposalView,
  change: ProposedChange,
  folder: vscode.WorkspaceFolder,
): Promise<void> {
  const { label, left, right } = await sidesNow(view, change, folder);
  if (left !== undefined && right !== undefined) {
    await vscode.commands.executeCommand(
      "vscode.diff",
      right,
      left,
      vscode.l10n.t("{0} (Proposed ↔ Yours)", change.path),
    );
    return;
  }
  // A diff of two sides cannot show that one of them is nothing; one of many files can.
  const title = vscode.l10n.t("{0} (Yours ↔ Proposed)", change.path);
  await vscode.commands.executeCommand("vscode.changes", title, [[label, left, right]]);
}

async function offerToApply(episode: EpisodeView, view: ProposalView): Promise<void> {
  const apply = vscode.l10n.t("Apply…");
  const choose = vscode.l10n.t("Choose Files…");
  const count = view.proposal.changes.length;
  const said = [
    count === 1
      ? vscode.l10n.t("1 change is proposed; nothing is written until you apply it.")
      : vscode.l10n.t("{0} changes are proposed; nothing is written until you apply them.", count),
    leftOutText(view),
  ];
  const text = said.filter((each) => each !== undefined).join(" ");
  const answer = await sayInformation(text, apply, choose);
  const given = { episodeId: episode.episodeId };
  if (answer === apply) await vscode.commands.executeCommand("arw.applyProposal", given);
  if (answer === choose) await vscode.commands.executeCommand("arw.applyProposedFile", given);
}

/** What of the outputs was not taken, and why. */
function leftOutText({ proposal: { leftOut } }: ProposalView): string | undefined {
  const [first] = leftOut;
  if (first === undefined) return undefined;
  return leftOut.length === 1
    ? vscode.l10n.t("Not taken: {0} ({1}).", first.path, first.reason)
    : vscode.l10n.t("Not taken: {0} ({1}) and {2} more.", first.path, first.reason, leftOut.length - 1);
}

/** Through no link: the left side of a diff must not be a file outside the workspace. */
async function isFile(path: string): Promise<boolean> {
  try {
    return (await lstat(path)).isFile();
  } catch {
    return false;
  }
}
