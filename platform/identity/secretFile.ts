// Small files that nobody but their owner may read: seeds, TLS keys, invite secrets.
// A file appears whole or not at all, and survives a power cut once its promise has resolved.
// It must never read a secret that others could have read or replaced: lax permissions are refused, not repaired.
import { randomBytes } from "node:crypto";
import { constants } from "node:fs";
import { type FileHandle, link, mkdir, open, rename, rm } from "node:fs/promises";
import { dirname } from "node:path";
import { ArwError } from "#protocol/errors.ts";
import { errnoOf } from "../files/fileSystem.ts";

/** A larger file is none of ours and is not read into memory. */
export const SECRET_FILE_BYTES_MAX: number = 64 * 1024;

/** The bytes, or undefined where there is no such file. Throws ArwError `identity-permissions` when others could get at it. */
export async function readSecretFile(path: string): Promise<Buffer | undefined> {
  let file: FileHandle;
  try {
    file = await open(path, constants.O_RDONLY | constants.O_NOFOLLOW);
  } catch (error) {
    if (errnoOf(error) === "ENOENT") return undefined;
    if (errnoOf(error) === "ELOOP")
      throw new ArwError("identity-permissions", `${path} is a symbolic link.`, "Put the file itself there.");
    throw error;
  }
  try {
    const stat = await file.stat();
    requireOwnersOnly(path, stat, 0o077, "600");
    await requirePrivateFolder(dirname(path));
    if (!stat.isFile() || stat.size > SECRET_FILE_BYTES_MAX) {
      throw new ArwError(
        "identity-malformed",
        `${path} is not a small file of ours.`,
        "Move it away, and a new one is made.",
      );
    }
    return await file.readFile();
  } finally {
    await file.close();
  }
}

/** Creates the file and its folder. False, and nothing changed, where it exists: of two racing creators one wins. */
export async function createSecretFile(path: string, bytes: Uint8Array): Promise<boolean> {
  const temporary = await writeTemporary(path, bytes);
  try {
    // A hard link never replaces anything, a rename would.
    await link(temporary, path);
  } catch (error) {
    if (errnoOf(error) === "EEXIST") return false;
    throw error;
  } finally {
    await rm(temporary, { force: true });
  }
  await syncFolder(dirname(path));
  return true;
}

/** Creates or replaces the file at once. */
export async function replaceSecretFile(path: string, bytes: Uint8Array): Promise<void> {
  const temporary = await writeTemporary(path, bytes);
  try {
    await rename(temporary, path);
  } catch (error) {
    await rm(temporary, { force: true });
    throw error;
  }
  await syncFolder(dirname(path));
}

/** Removes the file; nothing happens where there is none. */
export async function removeSecretFile(path: string): Promise<void> {
  await rm(path, { force: true });
}

async function writeTemporary(path: string, bytes: Uint8Array): Promise<string> {
  if (bytes.length > SECRET_FILE_BYTES_MAX) throw new RangeError(`a secret file of ${bytes.length} bytes is too large`);
  await mkdir(dirname(path), { recursive: true, mode: 0o700 });
  await requirePrivateFolder(dirname(path));
  const temporary = `${path}.${randomBytes(8).toString("hex")}.new`;
  const file = await open(temporary, "wx", 0o600);
  try {
    await file.writeFile(bytes);
    await file.sync();
  } catch (error) {
    await rm(temporary, { force: true });
    throw error;
  } finally {
    await file.close();
  }
  return temporary;
}

async function syncFolder(folder: string): Promise<void> {
  // Windows has no way to sync a folder; its file system orders names itself.
  if (process.platform === "win32") return;
  const handle = await open(folder, "r");
  try {
    await handle.sync();
  } finally {
    await handle.close();
  }
}

/** Whoever may write the folder may put another file in the secret's place. */
async function requirePrivateFolder(folder: string): Promise<void> {
  if (process.platform === "win32") return;
  const handle = await open(folder, "r");
  try {
    requireOwnersOnly(folder, await handle.stat(), 0o022, "700");
  } finally {
    await handle.close();
  }
}

function requireOwnersOnly(
  path: string,
  stat: { readonly mode: number; readonly uid: number },
  forbidden: number,
  wanted: string,
): void {
  // Windows keeps access lists instead of modes; the user's profile folder is already private there.
  if (process.platform === "win32") return;
  if (stat.uid !== process.getuid?.()) {
    throw new ArwError(
      "identity-permissions",
      `${path} belongs to another user.`,
      `Run this as the user it belongs to, or choose another state folder.`,
    );
  }
  if ((stat.mode & forbidden) === 0) return;
  throw new ArwError(
    "identity-permissions",
    `Other users of this machine can get at ${path} (mode ${(stat.mode & 0o777).toString(8)}).`,
    `Run: chmod ${wanted} '${path}'. If others may have read it, remove it and pair the nodes again.`,
  );
}
