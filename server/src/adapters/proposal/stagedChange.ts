// One change of a proposal on its way into the workspace: staged, placed with a rename, and undone if a later one fails.
// Every placing looks again at what stands there: an edit made a moment ago wins.
import { constants } from "node:fs";
import { chmod, copyFile, link, lstat, mkdir, open, rename, rmdir, symlink, unlink } from "node:fs/promises";
import { dirname, join } from "node:path";
import type { BlobStore } from "#platform/blobs/blobStore.ts";
import { errnoOf } from "#platform/files/fileSystem.ts";
import { ArwError } from "#protocol/errors.ts";
import type { ProposedChange } from "#protocol/proposal.ts";
import { conflictOf, isWanted, type ProtectedPaths } from "./conflicts.ts";
import { type PathState, readFileState, stateOfPath } from "./pathState.ts";

export interface StagedChange {
  readonly change: ProposedChange;
  /** The new file or symlink, ready to be renamed into its place; nothing stands there for a delete. */
  readonly newPath: string;
  /** Where the old one is kept until all changes are placed. */
  readonly oldPath: string;
}

/** The mode of a new file, as git would create it. */
const NEW_FILE_MODE = 0o644;

/** Writes the new content beside its place, durable, with the mode it will have. */
export async function stageChange(
  root: string,
  folder: string,
  index: number,
  change: ProposedChange,
  blobs: BlobStore,
): Promise<StagedChange> {
  const staged: StagedChange = { change, newPath: join(folder, `new-${index}`), oldPath: join(folder, `old-${index}`) };
  switch (change.kind) {
    case "create":
    case "edit": {
      const state = await stateOfPath(root, change.path);
      await blobs.materialise(change.digest, staged.newPath, change.executable);
      await finish(staged.newPath, state.kind === "file" ? state.mode : NEW_FILE_MODE, change.executable);
      break;
    }
    case "mode": {
      const state = await stateOfPath(root, change.path);
      await copyFile(join(root, change.path), staged.newPath, constants.COPYFILE_EXCL);
      // The copy is what will stand there, so the copy is what has to be the base.
      const { digest } = await readFileState(staged.newPath);
      if (digest !== change.base) throw changedMeanwhile(change.path, "changed since the job saw it");
      await finish(staged.newPath, state.kind === "file" ? state.mode : NEW_FILE_MODE, change.executable);
      break;
    }
    case "symlink":
      await symlink(change.target, staged.newPath);
      break;
    case "delete":
    case "delete-symlink":
      break;
  }
  return staged;
}

/** Who may read decides who may execute. */
async function finish(path: string, mode: number, executable: boolean): Promise<void> {
  await chmod(path, executable ? mode | 0o100 | ((mode & 0o444) >> 2) : mode & ~0o111);
  await sync(path);
}

/** Places staged changes one after the other and remembers how to take each back. */
export class Placement {
  readonly #root: string;
  readonly #protectedPaths: ProtectedPaths;
  readonly #undos: { readonly path: string; readonly undo: () => Promise<void> }[] = [];
  readonly #folders = new Set<string>();

  constructor(root: string, protectedPaths: ProtectedPaths = "refused") {
    this.#root = root;
    this.#protectedPaths = protectedPaths;
  }

  /** Throws ArwError `proposal-conflict` where the path has changed since the proposal was checked. */
  async place({ change, newPath, oldPath }: StagedChange): Promise<void> {
    const reason = await conflictOf(this.#root, change, this.#protectedPaths);
    if (reason !== undefined) throw changedMeanwhile(change.path, reason);
    const state = await stateOfPath(this.#root, change.path);
    if (isWanted(change, state)) return;
    const path = join(this.#root, change.path);
    const isDelete = change.kind === "delete" || change.kind === "delete-symlink";
    if (!isDelete) await this.#makeParents(change.path);
    await keepOld(path, oldPath, state);
    if (isDelete) await unlink(path);
    else if (state.kind === "absent") await moveToFreePlace(newPath, path, change);
    else await rename(newPath, path);
    this.#folders.add(dirname(path));
    const undo = state.kind === "absent" ? () => unlink(path) : () => rename(oldPath, path);
    this.#undos.push({ path: change.path, undo });
  }

  /** Takes back what was placed, last first. The paths where that failed. */
  async undo(): Promise<readonly string[]> {
    const lost: string[] = [];
    for (const { path, undo } of this.#undos.reverse()) await undo().catch(() => lost.push(path));
    return lost;
  }

  async syncFolders(): Promise<void> {
    for (const folder of this.#folders) await sync(folder);
  }

  async #makeParents(path: string): Promise<void> {
    const parts = path.split("/").slice(0, -1);
    for (let count = 1; count <= parts.length; count++) {
      const folder = join(this.#root, ...parts.slice(0, count));
      if (await isFolder(folder)) continue;
      await mkdir(folder);
      this.#folders.add(dirname(folder));
      // Whoever put a file into the new folder since keeps both.
      this.#undos.push({ path: folder, undo: () => rmdir(folder).catch(() => undefined) });
    }
  }
}

async function keepOld(path: string, oldPath: string, state: PathState): Promise<void> {
  if (state.kind === "symlink") return symlink(state.target, oldPath);
  if (state.kind !== "file") return;
  // A second name costs nothing; where the file system has none, a copy does.
  await link(path, oldPath).catch(() => copyFile(path, oldPath, constants.COPYFILE_EXCL));
}

/** A rename would silently replace what appeared a moment ago; a link and a symlink refuse to. */
async function moveToFreePlace(newPath: string, path: string, change: ProposedChange): Promise<void> {
  try {
    await (change.kind === "symlink" ? symlink(change.target, path) : link(newPath, path));
  } catch (error) {
    if (errnoOf(error) === "EEXIST") throw changedMeanwhile(change.path, "something exists there by now");
    await rename(newPath, path);
  }
}

function changedMeanwhile(path: string, reason: string): ArwError {
  return new ArwError(
    "proposal-conflict",
    `The proposal no longer fits the workspace: ${JSON.stringify(path)}: ${reason}.`,
    "Undo those edits or run the episode again; nothing was changed.",
  );
}

async function isFolder(path: string): Promise<boolean> {
  return lstat(path).then(
    (found) => found.isDirectory(),
    () => false,
  );
}

async function sync(path: string): Promise<void> {
  const file = await open(path, constants.O_RDONLY);
  try {
    await file.sync();
  } finally {
    await file.close();
  }
}
