// Asks git which files of a folder belong to the work: tracked ones and those it does not ignore.
// Where a repository exists and git cannot answer, nothing is collected: a plain walk would take what git ignores.
import { lstat } from "node:fs/promises";
import { dirname, join } from "node:path";
import { ArwError } from "#protocol/errors.ts";
import { askGit } from "./git.ts";

export interface GitFiles {
  /** Relative to the folder. A path that ends with a slash is a repository of its own. */
  readonly paths: readonly string[];
  /** What git ignores, whole folders as one path that ends with a slash. */
  readonly ignored: readonly string[];
}

/** A listing of more bytes than this belongs to no tree that we would take. */
export const GIT_LISTING_BYTES_MAX = 67_108_864;

/** The files of a folder inside a git repository, or undefined where there is none, or one that ignores it. Throws ArwError `git-failed`. */
export async function gitFiles(folder: string, signal: AbortSignal): Promise<GitFiles | undefined> {
  if (!(await isInsideRepository(folder))) return undefined;
  const paths = await gitList(folder, ["--cached", "--others", "--exclude-standard"], signal);
  // A folder that an outer repository ignores is not that repository's matter.
  if (paths.length === 0 && (await isIgnored(folder, signal))) return undefined;
  const ignored = await ignoredPaths(folder, signal);
  return { paths: [...new Set(paths)], ignored };
}

/** Every file that one of the globs names, ignored ones and those in ignored folders too; undefined where there is no repository. Throws ArwError `git-failed`. */
export async function gitFilesNamed(
  folder: string,
  globs: readonly string[],
  signal: AbortSignal,
): Promise<readonly string[] | undefined> {
  if (!(await isInsideRepository(folder))) return undefined;
  // Without an exclusion git lists what it ignores as well; the globs keep that small.
  const named = globs.map((glob) => `:(icase,glob)${glob}`);
  return gitList(folder, ["--cached", "--others", "--", ...named], signal);
}

/** The repositories of their own below the folder: submodules, and others that git does not ignore. Throws ArwError `git-failed`. */
export async function gitRepositoriesIn(folder: string, signal: AbortSignal): Promise<readonly string[]> {
  const staged = await gitList(folder, ["--stage"], signal);
  const submodules = staged.flatMap((entry) => /^160000 [^\t]*\t(.*)$/su.exec(entry)?.[1] ?? []);
  const others = await gitList(folder, ["--others", "--exclude-standard"], signal);
  const nested = others.filter((path) => path.endsWith("/")).map((path) => path.slice(0, -1));
  return [...new Set([...submodules, ...nested])];
}

export async function isInsideRepository(folder: string): Promise<boolean> {
  for (let current = folder; ; current = dirname(current)) {
    if (await exists(join(current, ".git"))) return true;
    if (current === dirname(current)) return false;
  }
}

async function exists(path: string): Promise<boolean> {
  return lstat(path).then(
    () => true,
    () => false,
  );
}

async function isIgnored(folder: string, signal: AbortSignal): Promise<boolean> {
  return runGit(folder, ["check-ignore", "-q", "."], signal).then(
    () => true,
    () => {
      signal.throwIfAborted();
      return false;
    },
  );
}

/** Only told to the owner, never decided by: git itself fails on some of these listings, and then nothing is told. */
async function ignoredPaths(folder: string, signal: AbortSignal): Promise<readonly string[]> {
  return gitList(folder, ["--others", "--ignored", "--exclude-standard", "--directory"], signal).catch(() => {
    signal.throwIfAborted();
    return [];
  });
}

async function gitList(folder: string, options: readonly string[], signal: AbortSignal): Promise<readonly string[]> {
  const output = await runGit(folder, ["ls-files", "-z", ...options], signal);
  return output
    .toString("utf8")
    .split("\0")
    .filter((path) => path !== "");
}

async function runGit(folder: string, argv: readonly string[], signal: AbortSignal): Promise<Buffer> {
  const answer = await askGit({ folder, argv, bytesMax: GIT_LISTING_BYTES_MAX }, signal);
  switch (answer.kind) {
    case "output":
      return answer.output;
    case "too-long":
      throw gitFailed("its listing is too long");
    case "failed":
      throw gitFailed(answer.cause);
  }
}

function gitFailed(cause: string): ArwError {
  return new ArwError(
    "git-failed",
    `The folder is a git repository, but git did not list its files: ${cause || "it gave no reason"}.`,
    "Run `git status` in the folder and mend what it says; git has to be installed and to trust the folder.",
  );
}
