// Decides, without reading any content, which entries of a workspace an input tree may hold and what stays out and why.
// For another machine it must never let through what a file's name already says is secret.
import { lstat, readlink, realpath } from "node:fs/promises";
import { dirname, join, sep } from "node:path";
import { errnoOf } from "#platform/files/fileSystem.ts";
import { classSaid, highestClass, type PathClass, saidText, staysHere } from "#protocol/classes.ts";
import type { Classification, LeftOut } from "#protocol/egress.ts";
import { ArwError } from "#protocol/errors.ts";
import type { Dependencies } from "#protocol/job.ts";
import { neverLeaves } from "#protocol/neverLeaves.ts";
import { isWorkspacePath, symlinkStaysInside, type WorkspacePath } from "#protocol/workspacePath.ts";
import { atOnce } from "./atOnce.ts";
import { classifySource } from "./classify.ts";
import { walkFolder } from "./folderWalk.ts";
import { gitFiles } from "./gitFiles.ts";
import { globMatcher } from "./globMatcher.ts";
import { tooManyEntries } from "./treeLimits.ts";

export interface CandidateRequest {
  /** The real path of the workspace. */
  readonly root: string;
  readonly folder: WorkspacePath | ".";
  readonly dependencies: Dependencies;
  /** Globs of what the owner keeps out of this run. */
  readonly leaveOut: readonly string[];
  /** What the owner marked; it counts for another machine only. */
  readonly neverLeaves: readonly string[];
  /** What marks and derivation say of the class of paths. */
  readonly classOf: (path: string) => PathClass;
  readonly destination: "local" | "remote";
  /** Judges just these of the paths; absent for all of them. */
  readonly only?: ReadonlySet<string>;
}

export type Candidate =
  | {
      readonly kind: "file";
      readonly path: WorkspacePath;
      readonly fileBytes: number;
      readonly classification: Classification;
      /** Why it is of this class; absent where nothing says that it is anything but internal. */
      readonly why?: string;
    }
  | { readonly kind: "symlink"; readonly path: WorkspacePath; readonly target: string };

export interface Candidates {
  readonly entries: readonly Candidate[];
  readonly leftOut: readonly LeftOut[];
}

/** The reason of what somebody kept out of this run, by a glob or by taking it out of the preview. */
export const LEFT_OUT_BY_YOU = "left out by you";
/** Of what git ignores, this many paths are named; the rest is counted. */
export const IGNORED_NAMED_MAX = 200;
/** Staged changes of a proposal that is being applied: never an input. */
const APPLY_FOLDER = /^\.arw-apply-/u;
const LOOKUPS_AT_ONCE = 16;

type Judged = Candidate | { readonly kind: "left-out"; readonly reason: string } | { readonly kind: "gone" };

export async function treeCandidates(request: CandidateRequest, signal: AbortSignal): Promise<Candidates> {
  const { paths, ignored } = await listedPaths(request, signal);
  const { only } = request;
  const wanted = only === undefined ? paths : paths.filter((path) => only.has(path));
  const isLeftOut = globMatcher(request.leaveOut);
  const markOf = neverLeaves(request.destination === "remote" ? request.neverLeaves : []);
  const entries: Candidate[] = [];
  const leftOut: LeftOut[] = [...ignored];
  const judgeOne = async (path: string): Promise<void> => {
    const mark = markOf(path);
    const judged =
      mark !== undefined
        ? ({ kind: "left-out", reason: `never leaves: marked ${mark}` } as const)
        : withParents(path).some(isLeftOut)
          ? ({ kind: "left-out", reason: LEFT_OUT_BY_YOU } as const)
          : (keptByClass(request, path) ?? (await judge(request, path)));
    if (judged.kind === "left-out") leftOut.push({ path, reason: judged.reason });
    else if (judged.kind !== "gone") entries.push(judged);
  };
  await atOnce(wanted, LOOKUPS_AT_ONCE, judgeOne, signal);
  return { entries, leftOut };
}

/** Why a path stays by what was said of it or of what it was written from; links have names too. */
function keptByClass({ classOf, destination }: CandidateRequest, path: string): Judged | undefined {
  if (destination === "local") return undefined;
  const said = classOf(path);
  const classification = classSaid(said);
  if (!staysHere(classification)) return undefined;
  return { kind: "left-out", reason: `${classification}: ${saidText(said, path) ?? ""}` };
}

async function listedPaths(
  request: CandidateRequest,
  signal: AbortSignal,
): Promise<{ readonly paths: readonly string[]; readonly ignored: readonly LeftOut[] }> {
  const { root, folder, dependencies } = request;
  const top = folder === "." ? "" : folder;
  await requireFolder(root, top, "folder-missing", "Name a folder inside the workspace.");
  const prefix = top === "" ? "" : `${top}/`;
  const git = await gitFiles(join(root, top), signal);
  const paths = new Set(git?.paths.map((path) => prefix + path) ?? (await walked(root, top, signal)));
  const folders = dependencies.kind === "folders" ? dependencies.paths : [];
  for (const path of folders) {
    const advice = "Install the dependencies first, or name the folder where they are.";
    await requireFolder(root, path, "dependency-folder-missing", advice);
    for (const file of await walked(root, path, signal)) paths.add(file);
  }
  const ignored = (git?.ignored ?? [])
    .map((path) => prefix + path)
    .filter((path) => !folders.some((sent) => `${path}/`.startsWith(`${sent}/`)));
  return {
    paths: [...paths].filter((path) => !APPLY_FOLDER.test(path)),
    ignored: ignoredAsLeftOut(ignored, request.destination),
  };
}

async function walked(root: string, folder: string, signal: AbortSignal): Promise<readonly string[]> {
  const { paths, tooMany } = await walkFolder(root, folder, signal);
  if (tooMany) throw tooManyEntries(paths);
  return paths;
}

/** A folder of the workspace that is really there: no symlink on the way, so nothing outside is taken for inside. */
async function requireFolder(root: string, folder: string, code: string, advice: string): Promise<void> {
  const path = join(root, folder);
  const real = await realpath(path).catch(() => undefined);
  const isFolder = real === path && (await lstat(path)).isDirectory();
  if (!isFolder) {
    throw new ArwError(
      code,
      `${JSON.stringify(folder)} is no folder of the workspace, or lies behind a symlink.`,
      advice,
    );
  }
}

function ignoredAsLeftOut(ignored: readonly string[], destination: "local" | "remote"): readonly LeftOut[] {
  const named = ignored.slice(0, IGNORED_NAMED_MAX).map((path) => {
    const secret = destination === "remote" ? classifySource(path).reason : undefined;
    return { path, reason: secret === undefined ? "ignored by git" : `ignored by git; secret: ${secret}` };
  });
  const more = ignored.length - named.length;
  return more === 0 ? named : [...named, { path: `(${more} more)`, reason: "ignored by git" }];
}

async function judge(request: CandidateRequest, path: string): Promise<Judged> {
  if (path.endsWith("/")) return { kind: "left-out", reason: "a repository of its own, or nested too deep" };
  // A name that is not UTF-8 was read with replacement characters; under that name there is no file.
  if (path.includes("\uFFFD")) return { kind: "left-out", reason: "its name is not UTF-8" };
  if (!isWorkspacePath(path)) return { kind: "left-out", reason: "its name holds a backslash, a colon or too much" };
  const absolute = join(request.root, path);
  const found = await lstat(absolute).catch((error: unknown) => errnoOf(error) ?? "unknown error");
  if (found === "ENOENT" || found === "ENOTDIR") return { kind: "gone" };
  if (typeof found === "string") return { kind: "left-out", reason: `not readable (${found})` };
  if (found.isSymbolicLink()) return judgeSymlink(request.root, path, absolute);
  if (found.isDirectory()) return { kind: "left-out", reason: "a submodule, or a repository of its own" };
  if (!found.isFile()) return { kind: "left-out", reason: "not a regular file" };
  const { classification, reason } = classifySource(path);
  if (reason !== undefined && request.destination === "remote")
    return { kind: "left-out", reason: `secret: ${reason}` };
  const said = request.classOf(path);
  const why = reason === undefined ? saidText(said, path) : `its name: ${reason}`;
  const highest = reason === undefined ? classSaid(said) : highestClass([classification, classSaid(said)]);
  return { kind: "file", path, fileBytes: found.size, classification: highest, ...(why === undefined ? {} : { why }) };
}

async function judgeSymlink(root: string, path: WorkspacePath, absolute: string): Promise<Judged> {
  const parent = dirname(absolute);
  if ((await realpath(parent).catch(() => "")) !== parent)
    return { kind: "left-out", reason: "reached through a symlink" };
  const target = await readlink(absolute).catch(() => undefined);
  if (target === undefined) return { kind: "gone" };
  const outside = { kind: "left-out", reason: "a symlink that leaves the workspace" } as const;
  if (target.includes("\uFFFD") || !symlinkStaysInside(path, target)) return outside;
  // Through other links even a harmless text may lead outside. One that leads nowhere yet stays: its text is harmless.
  const real = await realpath(absolute).catch((error: unknown) => (errnoOf(error) === "ENOENT" ? root : undefined));
  if (real === undefined) return { kind: "left-out", reason: "a symlink that leads in a circle" };
  return real === root || real.startsWith(root + sep) ? { kind: "symlink", path, target } : outside;
}

/** `a/b/c` as `a`, `a/b` and `a/b/c`: what leaves out a folder leaves out all that is in it. */
export function withParents(path: string): readonly string[] {
  const parts = path.split("/");
  return parts.map((_, index) => parts.slice(0, index + 1).join("/"));
}
