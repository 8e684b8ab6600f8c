// The two files of a policy: the Home's own, private in its state folder, and the workspace's, which anyone may have written.
// It reads text and writes the Home's file whole. It never follows a link, and never takes less than all of a file for the file.
import { constants } from "node:fs";
import { lstat, open, rename } from "node:fs/promises";
import { dirname, join } from "node:path";
import { POLICY_CHARACTERS_MAX } from "#protocol/policy.ts";
import { errnoOf } from "#platform/files/fileSystem.ts";

/** The workspace's own document; its folder is for what a project says of ARW. */
export const WORKSPACE_POLICY = ".arw/policy.jsonc";
/** The Home's file in its state folder. */
export const HOME_POLICY = "policy.jsonc";
/** A character is at most this many bytes of UTF-8. */
const BYTES_PER_CHARACTER_MAX = 4;
const BYTES_MAX: number = POLICY_CHARACTERS_MAX * BYTES_PER_CHARACTER_MAX;

export type PolicyFileText =
  | { readonly kind: "absent" }
  | { readonly kind: "text"; readonly text: string }
  /** `passing`: the same file may be read the next time, though nothing about it changes. */
  | { readonly kind: "unreadable"; readonly reason: string; readonly passing?: true };

export interface PolicyFiles {
  readonly homeFile: string;
  readonly workspaceFile: string;
  /** Changes whenever either file may have. */
  stamp(): Promise<string>;
  read(file: string): Promise<PolicyFileText>;
  writeHome(text: string): Promise<void>;
}

export function policyFiles(homeFolder: string, workspaceFolder: string): PolicyFiles {
  const homeFile = join(homeFolder, HOME_POLICY);
  const workspaceFile = join(workspaceFolder, WORKSPACE_POLICY);
  return {
    homeFile,
    workspaceFile,
    stamp: async () => {
      const stamps = [stampOf(homeFile), stampOf(workspaceFile), isLink(dirname(workspaceFile))];
      return (await Promise.all(stamps)).join(" ");
    },
    // The folder is anyone's as well: what a link leads to is not this workspace's.
    read: async (file) => {
      if (file !== workspaceFile) return read(file);
      const found = await read(file);
      return (await isLink(dirname(file))) ? { kind: "unreadable", reason: "its folder is a link" } : found;
    },
    writeHome: (text) => write(homeFile, text),
  };
}

async function stampOf(file: string): Promise<string> {
  try {
    const { ino, size, mtimeNs, ctimeNs } = await lstat(file, { bigint: true });
    return [ino, size, mtimeNs, ctimeNs].join(":");
  } catch (error) {
    return errnoOf(error) ?? "unknown";
  }
}

async function isLink(path: string): Promise<boolean> {
  try {
    return (await lstat(path)).isSymbolicLink();
  } catch (error) {
    if (errnoOf(error) === "ENOENT" || errnoOf(error) === "ENOTDIR") return false;
    throw error;
  }
}

async function read(file: string): Promise<PolicyFileText> {
  try {
    await using handle = await open(file, constants.O_RDONLY | constants.O_NOFOLLOW | constants.O_NONBLOCK);
    const facts = await handle.stat();
    if (!facts.isFile()) return { kind: "unreadable", reason: "it is no regular file" };
    if (facts.size > BYTES_MAX) return { kind: "unreadable", reason: `it is larger than ${BYTES_MAX} bytes` };
    const bytes = await handle.readFile();
    return { kind: "text", text: new TextDecoder("utf-8", { fatal: true }).decode(bytes) };
  } catch (error) {
    const errno = errnoOf(error);
    if (errno === "ENOENT" || errno === "ENOTDIR") return { kind: "absent" };
    if (errno === "ELOOP") return { kind: "unreadable", reason: "it is a link" };
    if (errno === undefined) return { kind: "unreadable", reason: "it is no text in UTF-8" };
    return { kind: "unreadable", reason: errno, passing: true };
  }
}

/** All of it or nothing: whoever reads meanwhile sees the text before or the text after. */
async function write(file: string, text: string): Promise<void> {
  const beside = `${file}.new`;
  {
    await using handle = await open(beside, "w", 0o600);
    await handle.chmod(0o600);
    await handle.writeFile(text);
    await handle.sync();
  }
  await rename(beside, file);
}
