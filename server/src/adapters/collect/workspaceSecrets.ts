// Reads the exact secrets that a workspace has in its files: values of `.env` files, and what credential files hold.
// They are read to be taken out of what leaves; none of them may be kept anywhere but in memory.
import { lstat, realpath } from "node:fs/promises";
import { isAbsolute, join, relative, sep } from "node:path";
import { errnoOf } from "#platform/files/fileSystem.ts";
import { environmentSecrets, secretIn } from "#platform/redaction/environmentSecrets.ts";
import { KNOWN_CHARACTERS_MIN } from "#platform/redaction/knownSecrets.ts";
import { looksDrawnByLot } from "#platform/redaction/drawnByLot.ts";
import { atOnce } from "./atOnce.ts";
import { classifySource, SECRET_NAMES } from "./classify.ts";
import { type WalkedFolder, walkReadable } from "./folderWalk.ts";
import { gitFilesNamed, gitRepositoriesIn } from "./gitFiles.ts";
import { readSteadyFile } from "./steadyFile.ts";

/** No more such files are read, and none that is larger: the limits of redaction say so. */
export const SECRET_FILES_MAX = 256;
export const SECRET_FILE_BYTES_MAX: number = 64 * 1_024;
/** Repositories inside the workspace that are looked through, submodules and others, and how deep they may nest. */
export const REPOSITORIES_MAX = 64;
const REPOSITORY_DEPTH_MAX = 8;
const FILES_AT_ONCE = 4;
const KEY_LINE_CHARACTERS_MIN = 40;
/** Others' files, which are read last: where there are too many, those of the work itself are not missed. */
const DEPENDENCY = /(?:^|\/)node_modules\//u;

/** A file that holds secrets, as it was when it was listed. */
export interface SecretFile {
  readonly path: string;
  readonly bytes: number;
  readonly modifiedMs: number;
}

export interface SecretFiles {
  readonly files: readonly SecretFile[];
  /** Why there may be more of them; absent where all are listed. */
  readonly missed?: string;
}

export interface FileSecrets {
  readonly secrets: readonly string[];
  /** Why not all are known; absent where every file was read. */
  readonly missed?: string;
}

/** Every file of the workspace whose name says that it holds secrets, also those that git ignores. */
export async function secretFiles(workspaceFolder: string, signal: AbortSignal): Promise<SecretFiles> {
  const { paths, tooMany, tooManyRepositories } = await listedWithin(workspaceFolder, signal);
  const named = [...new Set(paths)].filter((path) => classifySource(path).classification === "secret").sort();
  const own = named.filter((path) => !DEPENDENCY.test(path));
  const missed: string[] = [];
  if (tooMany) missed.push("the workspace has too many entries to look through");
  if (tooManyRepositories)
    missed.push(`more than ${REPOSITORIES_MAX} repositories lie in the workspace, or they nest too deep`);
  if (own.length > SECRET_FILES_MAX) missed.push(`more than ${SECRET_FILES_MAX} files are secret by their name`);
  const files: SecretFile[] = [];
  const look = async (named: string): Promise<void> => {
    const target = await targetOf(workspaceFolder, named).catch((error: unknown) => {
      if (!isGone(error)) missed.push(`${JSON.stringify(named)} cannot be looked at`);
      return undefined;
    });
    // What a link leads to outside is not this workspace's, and is not read.
    if (target === undefined) return;
    const { path } = target;
    const found = await lstat(join(workspaceFolder, path)).catch((error: unknown) => {
      if (!isGone(error)) missed.push(`${JSON.stringify(path)} cannot be looked at`);
    });
    if (files.some((file) => file.path === path)) return;
    if (found?.isFile() === true && found.size <= SECRET_FILE_BYTES_MAX) {
      files.push({ path, bytes: found.size, modifiedMs: found.mtimeMs });
    }
  };
  const others = named.filter((path) => DEPENDENCY.test(path));
  await atOnce([...own, ...others].slice(0, SECRET_FILES_MAX), FILES_AT_ONCE, look, signal);
  // Where there are more secrets than the redactor knows, those of the work itself come first.
  const place = new Map([...own, ...others].map((path, index) => [path, index]));
  files.sort((left, right) => (place.get(left.path) ?? 0) - (place.get(right.path) ?? 0));
  return { files, ...firstOf(missed) };
}

export async function secretsOfFiles(
  workspaceFolder: string,
  files: readonly SecretFile[],
  signal: AbortSignal,
): Promise<FileSecrets> {
  const secrets = new Map<string, readonly string[]>();
  const missed: string[] = [];
  const read = async ({ path }: SecretFile): Promise<void> => {
    try {
      const file = await readSteadyFile(join(workspaceFolder, path), SECRET_FILE_BYTES_MAX);
      if (file.kind === "file") secrets.set(path, secretsOf(Buffer.from(file.bytes).toString("utf8")));
    } catch (error) {
      if (!isGone(error)) missed.push(`${JSON.stringify(path)} cannot be read`);
    }
  };
  await atOnce(files, FILES_AT_ONCE, read, signal);
  return { secrets: files.flatMap(({ path }) => secrets.get(path) ?? []), ...firstOf(missed) };
}

interface ListedWithin extends WalkedFolder {
  readonly tooManyRepositories: boolean;
}

/** Of the folder and of every repository inside it: git itself says nothing of what those hold. */
async function listedWithin(workspaceFolder: string, signal: AbortSignal): Promise<ListedWithin> {
  const paths: string[] = [];
  const real = await realpath(workspaceFolder);
  const pending = [{ inside: "", depth: 0 }];
  let looked = 0;
  let tooMany = false;
  let tooManyRepositories = false;
  for (let next = pending.shift(); next !== undefined; next = pending.shift()) {
    const { inside, depth } = next;
    const folder = join(workspaceFolder, inside);
    // No link is followed to it, and one that was not fetched is not there.
    if (inside !== "" && (await realpath(folder).catch(() => undefined)) !== join(real, inside)) continue;
    const listing = await listed(folder, signal);
    const below = (path: string): string => (inside === "" ? path : `${inside}/${path}`);
    // Of thousands of files, too many for the arguments of one call.
    for (const path of listing.paths) paths.push(below(path));
    tooMany ||= listing.tooMany;
    for (const path of listing.repositories) {
      if (depth < REPOSITORY_DEPTH_MAX && looked < REPOSITORIES_MAX) {
        looked += 1;
        pending.push({ inside: below(path), depth: depth + 1 });
      } else tooManyRepositories = true;
    }
  }
  return { paths, tooMany, tooManyRepositories };
}

/** Where the file really lies in the workspace; undefined where a link leads out of it. */
async function targetOf(workspaceFolder: string, path: string): Promise<{ readonly path: string } | undefined> {
  const found = await lstat(join(workspaceFolder, path)).catch(() => undefined);
  if (found?.isSymbolicLink() !== true) return { path };
  const target = relative(await realpath(workspaceFolder), await realpath(join(workspaceFolder, path)));
  const leadsOut = target === "" || target === ".." || target.startsWith(`..${sep}`) || isAbsolute(target);
  return leadsOut ? undefined : { path: target.split(sep).join("/") };
}

/** By git where it can; a walk of the folder sees the same files, and more of them. */
async function listed(
  folder: string,
  signal: AbortSignal,
): Promise<WalkedFolder & { readonly repositories: readonly string[] }> {
  const byGit = await listedByGit(folder, signal).catch(() => {
    signal.throwIfAborted();
    return undefined;
  });
  if (byGit !== undefined) return { ...byGit, tooMany: false };
  const walked = await walkReadable(folder, signal);
  const repositories = walked.paths.filter((path) => path.endsWith("/")).map((path) => path.slice(0, -1));
  return { ...walked, repositories };
}

async function listedByGit(
  folder: string,
  signal: AbortSignal,
): Promise<{ readonly paths: readonly string[]; readonly repositories: readonly string[] } | undefined> {
  const paths = await gitFilesNamed(folder, SECRET_NAMES, signal);
  return paths === undefined ? undefined : { paths, repositories: await gitRepositoriesIn(folder, signal) };
}

function isGone(error: unknown): boolean {
  const errno = errnoOf(error);
  return errno === "ENOENT" || errno === "ENOTDIR";
}

function firstOf([missed]: readonly string[]): { readonly missed?: string } {
  return missed === undefined ? {} : { missed };
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
