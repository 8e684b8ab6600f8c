// Writes a proposal into the workspace, whole or not at all: everything is staged beside its place, then renamed.
// It must never write through a symlink, over an edit made since, or outside the workspace. Only the owner starts it.
// A crash in the middle leaves each file old or new; applying the same proposal again brings it to its end.
import { randomBytes } from "node:crypto";
import { lstat, mkdir, readdir, realpath, rm } from "node:fs/promises";
import { join } from "node:path";
import type { BlobStore } from "#platform/blobs/blobStore.ts";
import { errnoOf } from "#platform/files/fileSystem.ts";
import { ArwError } from "#protocol/errors.ts";
import type { Proposal } from "#protocol/proposal.ts";
import { type Conflict, conflictsOf, type ProtectedPaths, STAGING_PREFIX } from "./conflicts.ts";
import { Placement, type StagedChange, stageChange } from "./stagedChange.ts";

export interface AppliedProposal {
  /** How many files and symlinks were created, changed or deleted. */
  readonly files: number;
}

/** This many conflicts are named in the error; the rest is counted. */
const CONFLICTS_NAMED_MAX = 5;

/** Workspaces in which a proposal is being applied by this process, by their real path. */
const beingApplied = new Set<string>();

/**
 * Throws ArwError `proposal-conflict`, `proposal-blob-absent`, `proposal-busy` or `proposal-not-applied`, and then
 * nothing has changed; `proposal-half-applied` where even undoing failed. The signal is heeded until the first rename.
 */
export async function applyProposal(
  workspaceFolder: string,
  proposal: Proposal,
  blobs: BlobStore,
  signal: AbortSignal,
  protectedPaths: ProtectedPaths = "refused",
): Promise<AppliedProposal> {
  const root = await realpath(workspaceFolder);
  if (beingApplied.has(root)) {
    throw new ArwError(
      "proposal-busy",
      "Another proposal is being applied to this workspace.",
      "Try again when it is done.",
    );
  }
  beingApplied.add(root);
  try {
    await removeLeftovers(root);
    const conflicts = await conflictsOf(root, proposal, protectedPaths);
    if (conflicts.length > 0) throw conflictError(conflicts);
    await requireBlobs(proposal, blobs);
    return await stageAndPlace(root, proposal, blobs, signal, protectedPaths);
  } finally {
    beingApplied.delete(root);
  }
}

async function stageAndPlace(
  root: string,
  proposal: Proposal,
  blobs: BlobStore,
  signal: AbortSignal,
  protectedPaths: ProtectedPaths,
): Promise<AppliedProposal> {
  const folder = join(root, STAGING_PREFIX + randomBytes(6).toString("hex"));
  let keepStaging = false;
  try {
    await mkdir(folder, { mode: 0o700 });
    const staged: StagedChange[] = [];
    for (const [index, change] of proposal.changes.entries()) {
      signal.throwIfAborted();
      staged.push(await stageChange(root, folder, index, change, blobs));
    }
    signal.throwIfAborted();
    await placeAll(new Placement(root, protectedPaths), staged);
    return { files: staged.length };
  } catch (error) {
    keepStaging = error instanceof ArwError && error.code === "proposal-half-applied";
    if (signal.aborted || error instanceof ArwError) throw error;
    const cause = errnoOf(error) ?? "unknown error";
    throw new ArwError(
      "proposal-not-applied",
      `The proposal was not applied (${cause}); the workspace is as it was.`,
      cause === "ENOSPC" ? "Free some disk space and apply it again." : "Mend the cause and apply it again.",
      { cause: error },
    );
  } finally {
    if (!keepStaging) await rm(folder, { recursive: true, force: true });
  }
}

/** Deletes come last: until then nothing is gone that a failure would have to bring back. */
async function placeAll(placement: Placement, staged: readonly StagedChange[]): Promise<void> {
  const isDelete = ({ change }: StagedChange): boolean => change.kind === "delete" || change.kind === "delete-symlink";
  try {
    for (const one of staged.filter((candidate) => !isDelete(candidate))) await placement.place(one);
    for (const one of staged.filter(isDelete)) await placement.place(one);
  } catch (error) {
    const lost = await placement.undo();
    if (lost.length === 0) throw error;
    throw new ArwError(
      "proposal-half-applied",
      `Applying failed, and undoing failed for ${JSON.stringify(lost[0])} and ${lost.length - 1} more.`,
      `The old files are in the folder ${STAGING_PREFIX}… of the workspace; move them back by hand.`,
      { cause: error },
    );
  }
  await placement.syncFolders();
}

/** A crash leaves staged files behind. Their names are ours alone, so they go, and symlinks in them are not followed. */
async function removeLeftovers(root: string): Promise<void> {
  for (const name of await readdir(root)) {
    if (!name.startsWith(STAGING_PREFIX)) continue;
    const path = join(root, name);
    if ((await lstat(path)).isDirectory()) await rm(path, { recursive: true, force: true });
  }
}

async function requireBlobs(proposal: Proposal, blobs: BlobStore): Promise<void> {
  for (const change of proposal.changes) {
    if (change.kind !== "create" && change.kind !== "edit") continue;
    if ((await blobs.size(change.digest)) !== undefined) continue;
    throw new ArwError(
      "proposal-blob-absent",
      `The new content of ${JSON.stringify(change.path)} is not in the Home's blob store.`,
      "Run the episode again to make the proposal anew.",
    );
  }
}

function conflictError(conflicts: readonly Conflict[]): ArwError {
  const named = conflicts.slice(0, CONFLICTS_NAMED_MAX).map(({ path, reason }) => `${JSON.stringify(path)}: ${reason}`);
  const more = conflicts.length > named.length ? `; and ${conflicts.length - named.length} more` : "";
  return new ArwError(
    "proposal-conflict",
    `The proposal no longer fits the workspace: ${named.join("; ")}${more}.`,
    "Undo those edits or run the episode again; nothing was changed.",
  );
}
