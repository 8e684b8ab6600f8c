// Lists the files of a folder that is no git repository, or that was named as a dependency.
// It follows no symlink, enters no repository of its own and skips `.git`.
import { readdir } from "node:fs/promises";
import { join } from "node:path";
import { errnoOf } from "#platform/files/fileSystem.ts";
import { TREE_ENTRIES_MAX } from "#protocol/job.ts";

/** How deep folders may nest: deeper trees are made by accident or to hurt. */
export const FOLDER_DEPTH_MAX = 128;

/** Gone since it was listed, or not for this user. */
const SKIPPED: ReadonlySet<string> = new Set(["EACCES", "EPERM", "ENOENT", "ENOTDIR"]);

export interface WalkedFolder {
  /** Relative to the root of the walk, with the folder in front. A path that ends with a slash was not entered. */
  readonly paths: readonly string[];
  /** True where the walk stopped because no tree may have that many entries. */
  readonly tooMany: boolean;
}

/** Everything under `root`/`folder`; an empty folder means the root itself. Where a folder inside cannot be read, it throws. */
export function walkFolder(root: string, folder: string, signal: AbortSignal): Promise<WalkedFolder> {
  return walk(root, folder, "throw", signal);
}

/** The same, but a folder inside that is gone or that this user may not read is skipped. */
export function walkReadable(root: string, signal: AbortSignal): Promise<WalkedFolder> {
  return walk(root, "", "skip", signal);
}

async function walk(
  root: string,
  folder: string,
  unreadable: "throw" | "skip",
  signal: AbortSignal,
): Promise<WalkedFolder> {
  const paths: string[] = [];
  const pending = [{ folder, depth: 0 }];
  for (let next = pending.pop(); next !== undefined; next = pending.pop()) {
    signal.throwIfAborted();
    const entries = await readdir(join(root, next.folder), { withFileTypes: true }).catch((error: unknown) => {
      if (unreadable === "skip" && next.depth > 0 && SKIPPED.has(errnoOf(error) ?? "")) return [];
      throw error;
    });
    const isRepository = next.folder !== folder && entries.some(({ name }) => name === ".git");
    if (isRepository || next.depth > FOLDER_DEPTH_MAX) {
      paths.push(`${next.folder}/`);
      continue;
    }
    for (const entry of entries) {
      if (entry.name === ".git") continue;
      const path = next.folder === "" ? entry.name : `${next.folder}/${entry.name}`;
      if (entry.isDirectory()) pending.push({ folder: path, depth: next.depth + 1 });
      else paths.push(path);
      if (paths.length + pending.length > TREE_ENTRIES_MAX) return { paths, tooMany: true };
    }
  }
  return { paths, tooMany: false };
}
