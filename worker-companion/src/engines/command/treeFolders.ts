// Reaches into a tree that somebody else may be changing: each folder is opened from the one before it and never through a
// link, so that a folder swapped for a link meanwhile leads nowhere. Elsewhere than on Linux it goes by plain paths.
import { constants, type FileHandle, open } from "node:fs/promises";
import { join } from "node:path";

/**
 * Calls `use` with a path under which this one folder of the tree can be reached, however deep it lies. `folder` is relative,
 * "" for the tree itself. Answers undefined where the folder is none any more.
 */
export async function inTreeFolder<T>(
  tree: string,
  folder: string,
  use: (reachable: string) => Promise<T>,
): Promise<T | undefined> {
  if (process.platform !== "linux") return use(join(tree, folder));
  let handle = await openFolder(tree);
  try {
    for (const name of folder.split("/").filter((part) => part !== "")) {
      const next = await openFolder(join(reachableAs(handle), name));
      await handle?.close();
      handle = next;
      if (handle === undefined) return undefined;
    }
    return handle === undefined ? undefined : await use(reachableAs(handle));
  } finally {
    await handle?.close();
  }
}

/** Whether an error of the file system only says that what was there is there no more, or is something else now. */
export function saysChanged(error: unknown): boolean {
  if (!(error instanceof Error) || !("code" in error)) return false;
  return error.code === "ENOENT" || error.code === "ENOTDIR" || error.code === "ELOOP" || error.code === "EINVAL";
}

function reachableAs(handle: FileHandle | undefined): string {
  return `/proc/self/fd/${handle?.fd}`;
}

async function openFolder(path: string): Promise<FileHandle | undefined> {
  try {
    return await open(path, constants.O_RDONLY | constants.O_DIRECTORY | constants.O_NOFOLLOW);
  } catch (error) {
    if (saysChanged(error)) return undefined;
    throw error;
  }
}
