// Reads the exact secrets that a workspace has in its files: values of `.env` files, and what credential files hold.
// They are read to be taken out of what leaves; none of them may be kept anywhere but in memory.
import { lstat } from "node:fs/promises";
import { join } from "node:path";
import { environmentSecrets, secretIn } from "#platform/redaction/environmentSecrets.ts";
import { KNOWN_CHARACTERS_MIN } from "#platform/redaction/knownSecrets.ts";
import { looksDrawnByLot } from "#platform/redaction/drawnByLot.ts";
import { atOnce } from "./atOnce.ts";
import { classifySource } from "./classify.ts";
import { walkFolder } from "./folderWalk.ts";
import { gitFiles } from "./gitFiles.ts";
import { readSteadyFile } from "./steadyFile.ts";

/** More such files are not read, nor larger ones: the limits of redaction say so. */
export const SECRET_FILES_MAX = 64;
export const SECRET_FILE_BYTES_MAX: number = 64 * 1_024;
const FILES_AT_ONCE = 4;
const KEY_LINE_CHARACTERS_MIN = 40;

/** A file that holds secrets, as it was when it was listed. */
export interface SecretFile {
  readonly path: string;
  readonly bytes: number;
  readonly modifiedMs: number;
}

/** Every file of the workspace whose name says that it holds secrets, also those that git ignores. */
export async function secretFiles(workspaceFolder: string, signal: AbortSignal): Promise<readonly SecretFile[]> {
  const listed = await gitFiles(workspaceFolder, signal).catch(() => {
    signal.throwIfAborted();
    return undefined;
  });
  const paths =
    listed === undefined ? (await walkFolder(workspaceFolder, "", signal)).paths : [...listed.paths, ...listed.ignored];
  const named = [...new Set(paths)].filter((path) => classifySource(path).classification === "secret").sort();
  const files: SecretFile[] = [];
  const look = async (path: string): Promise<void> => {
    const found = await lstat(join(workspaceFolder, path)).catch(() => undefined);
    if (found?.isFile() === true && found.size <= SECRET_FILE_BYTES_MAX) {
      files.push({ path, bytes: found.size, modifiedMs: found.mtimeMs });
    }
  };
  await atOnce(named.slice(0, SECRET_FILES_MAX), FILES_AT_ONCE, look, signal);
  return files.sort((left, right) => (left.path < right.path ? -1 : 1));
}

export async function secretsOfFiles(
  workspaceFolder: string,
  files: readonly SecretFile[],
  signal: AbortSignal,
): Promise<readonly string[]> {
  const secrets = new Map<string, readonly string[]>();
  const read = async ({ path }: SecretFile): Promise<void> => {
    const file = await readSteadyFile(join(workspaceFolder, path), SECRET_FILE_BYTES_MAX).catch(() => undefined);
    if (file?.kind === "file") secrets.set(path, secretsOf(Buffer.from(file.bytes).toString("utf8")));
  };
  await atOnce(files, FILES_AT_ONCE, read, signal);
  return files.flatMap(({ path }) => secrets.get(path) ?? []);
}

/** The secrets of one file's text: assigned values, words that look drawn by lot, and the lines of keys. */
export function secretsOf(text: string): readonly string[] {
  const found = new Set<string>();
  for (const line of text.split(/\r?\n/u)) {
    const assigned = /^\s*(?:export\s+)?["']?([\w./:@-]{1,200}?)["']?\s*[=:]\s*(.*?)\s*,?\s*$/u.exec(line);
    const [, name = "", right = ""] = assigned ?? [];
    const value = unquoted(right);
    for (const secret of secretIn(name, value)) found.add(secret);
    for (const secret of environmentSecrets({ [name]: value.split(/\s+#/u)[0] })) found.add(secret);
    for (const word of line.split(/[\s"'`,;=]+/u)) {
      const isKeyLine = word.length >= KEY_LINE_CHARACTERS_MIN && /^[A-Za-z0-9+/=]+$/u.test(word);
      if (isKeyLine || (word.length >= 2 * KNOWN_CHARACTERS_MIN && looksDrawnByLot(word))) found.add(word);
    }
    const netrc = /\bpassword\s+(\S{8,})/u.exec(line)?.[1];
    if (netrc !== undefined) found.add(netrc);
  }
  return [...found];
}

function unquoted(text: string): string {
  const quoted = /^(["'`])(.*?)\1/u.exec(text);
  return quoted?.[2] ?? text;
}
