// What stands at a path of the workspace right now, looked at without following a symlink in any of its parts.
import { createHash } from "node:crypto";
import { constants } from "node:fs";
import { lstat, open, readlink } from "node:fs/promises";
import { join } from "node:path";
import { errnoOf } from "#platform/files/fileSystem.ts";
import { type Digest, digestFromHex } from "#protocol/digest.ts";
import type { WorkspacePath } from "#protocol/workspacePath.ts";

export type PathState =
  | { readonly kind: "absent" }
  | { readonly kind: "file"; readonly digest: Digest; readonly mode: number }
  | { readonly kind: "symlink"; readonly target: string }
  | { readonly kind: "directory" }
  | { readonly kind: "other" }
  /** A part before the last one is no folder: nothing beyond it may be touched. */
  | { readonly kind: "unreachable"; readonly reason: string };

/** `root` is the workspace's real path. Rejects with the file system's error where the path cannot be read. */
export async function stateOfPath(root: string, path: WorkspacePath): Promise<PathState> {
  const parents = await stateOfParents(root, path);
  if (parents !== "folders") return parents;
  const absolute = join(root, path);
  const found = await lstatOrAbsent(absolute);
  if (found === undefined) return { kind: "absent" };
  if (found.isSymbolicLink()) return { kind: "symlink", target: await readlink(absolute) };
  if (found.isDirectory()) return { kind: "directory" };
  if (!found.isFile()) return { kind: "other" };
  return { kind: "file", ...(await readFileState(absolute)) };
}

async function stateOfParents(root: string, path: WorkspacePath): Promise<"folders" | PathState> {
  const parts = path.split("/");
  for (let count = 1; count < parts.length; count++) {
    const parent = parts.slice(0, count).join("/");
    const found = await lstatOrAbsent(join(root, parent));
    if (found === undefined) return { kind: "absent" };
    if (found.isSymbolicLink()) return { kind: "unreachable", reason: `${JSON.stringify(parent)} is a symlink` };
    if (!found.isDirectory()) return { kind: "unreachable", reason: `${JSON.stringify(parent)} is no folder` };
  }
  return "folders";
}

async function lstatOrAbsent(path: string): Promise<Awaited<ReturnType<typeof lstat>> | undefined> {
  return lstat(path).catch((error: unknown) => {
    if (errnoOf(error) === "ENOENT") return undefined;
    throw error;
  });
}

/** Digest and permission bits of a regular file; rejects with ELOOP for a symlink. */
export async function readFileState(absolute: string): Promise<{ readonly digest: Digest; readonly mode: number }> {
  const file = await open(absolute, constants.O_RDONLY | constants.O_NOFOLLOW | constants.O_NONBLOCK);
  try {
    const hash = createHash("sha256");
    for await (const chunk of file.createReadStream({ autoClose: false })) hash.update(chunk);
    const { mode } = await file.stat();
    return { digest: digestFromHex(hash.digest("hex")), mode: mode & 0o777 };
  } finally {
    await file.close();
  }
}
