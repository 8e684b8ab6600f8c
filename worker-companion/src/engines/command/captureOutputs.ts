// What a command changed, as a proposal: the files that match the job's output globs, compared with its input tree.
// The tree is hostile by now: no link is followed, nothing but regular files is read, and every count has a cap.
// Deletions come first, then the rest, each by path: in this order a proposal can be applied.
import type { Dirent } from "node:fs";
import { lstat, readdir, readlink } from "node:fs/promises";
import { basename, dirname, join } from "node:path";
import picomatch from "picomatch";
import type { BlobStore, StoredBlob } from "#platform/blobs/blobStore.ts";
import { canonicalJson } from "#protocol/canonicalJson.ts";
import { digestOf } from "#protocol/digest.ts";
import { ArwError } from "#protocol/errors.ts";
import type { TreeEntry, TreeManifest } from "#protocol/job.ts";
import { type OutputLeftOut, PROPOSED_CHANGES_MAX, type Proposal, type ProposedChange } from "#protocol/proposal.ts";
import { byteCount } from "#protocol/quantities.ts";
import { isWorkspacePath, symlinkStaysInside, type WorkspacePath } from "#protocol/workspacePath.ts";
import type { EngineEnding } from "../../core/engine.ts";
import { foldedPath, nameProblem } from "./portableNames.ts";
import { inTreeFolder, saysChanged } from "./treeFolders.ts";

export interface OutputLimits {
  /** Files and folders looked at; a tree with more is too large to compare. */
  readonly entriesMax: number;
  readonly fileBytesMax: number;
  /** All contents of one proposal together. */
  readonly totalBytesMax: number;
  readonly changesMax: number;
}

export const OUTPUT_LIMITS: OutputLimits = {
  entriesMax: 500_000,
  fileBytesMax: 256 * 1024 ** 2,
  totalBytesMax: 1024 ** 3,
  changesMax: PROPOSED_CHANGES_MAX,
};

/** The proposal's own limit; the last entry says how many more there were. */
const LEFT_OUT_MAX = 1_024;

/** Stores the proposal and its contents; undefined where nothing that matches changed or was left out. */
export async function captureOutputs(
  blobs: BlobStore,
  tree: string,
  manifest: TreeManifest,
  globs: readonly string[],
  signal: AbortSignal,
  limits: OutputLimits = OUTPUT_LIMITS,
): Promise<EngineEnding["proposal"]> {
  if (globs.length === 0) return undefined;
  const matches = picomatch([...globs], { dot: true, nonegate: true });
  const bases = new Map(manifest.entries.filter(({ path }) => matches(path)).map((entry) => [entry.path, entry]));
  const leftOut: OutputLeftOut[] = [];
  const found = await findOutputs(tree, matches, leftOut, limits.entriesMax, signal);
  const changes = deletions(bases, found);
  const budget = { bytes: limits.totalBytesMax };
  const names = new Map(manifest.entries.map(({ path }) => [foldedPath(path), path]));
  for (const output of found.values()) {
    signal.throwIfAborted();
    const problem = bases.has(output.path) ? undefined : newNameProblem(output.path, names);
    if (problem !== undefined) {
      leftOut.push({ path: output.path, reason: problem });
      continue;
    }
    if (changes.length >= limits.changesMax) {
      leftOut.push({ path: output.path, reason: `a proposal has at most ${limits.changesMax} changes` });
      continue;
    }
    const change = await changeOf(blobs, tree, output, bases.get(output.path), { limits, budget, leftOut, signal });
    if (change !== undefined) changes.push(change);
  }
  // Without a change the proposal still carries the reasons why nothing was taken.
  if (changes.length === 0 && leftOut.length === 0) return undefined;
  const proposal: Proposal = { kind: "proposal", changes, leftOut: shortened(leftOut) };
  const { digest } = await blobs.put(new TextEncoder().encode(canonicalJson(proposal)));
  return { digest, changes: changes.length };
}

/** Takes the name where it is free on every system. */
function newNameProblem(path: WorkspacePath, names: Map<string, string>): string | undefined {
  const problem = nameProblem(path);
  if (problem !== undefined) return problem;
  const folded = foldedPath(path);
  const twin = names.get(folded) ?? path;
  names.set(folded, twin);
  return twin === path ? undefined : `${JSON.stringify(twin).slice(0, 512)} has the same name on some systems`;
}

interface FoundOutput {
  readonly path: WorkspacePath;
  readonly kind: "file" | "symlink" | "other";
}

interface Capture {
  readonly limits: OutputLimits;
  readonly budget: { bytes: number };
  readonly leftOut: OutputLeftOut[];
  readonly signal: AbortSignal;
}

/** Everything that matches, sorted by path. Goes into real folders only. */
async function findOutputs(
  tree: string,
  matches: (path: string) => boolean,
  leftOut: OutputLeftOut[],
  entriesMax: number,
  signal: AbortSignal,
): Promise<ReadonlyMap<string, FoundOutput>> {
  const outputs: FoundOutput[] = [];
  const folders = [""];
  let entries = 0;
  for (let folder = folders.pop(); folder !== undefined; folder = folders.pop()) {
    signal.throwIfAborted();
    for (const entry of await entriesOf(tree, folder, leftOut)) {
      entries++;
      if (entries > entriesMax) {
        throw new ArwError(
          "outputs-too-many",
          `the command left more than ${entriesMax} files, too many to compare`,
          "remove what the command need not leave, such as caches",
        );
      }
      const name = entry.name.toString();
      const path = folder === "" ? name : `${folder}/${name}`;
      if (!Buffer.from(name).equals(entry.name) || !isWorkspacePath(path)) {
        if (matches(path)) leftOut.push({ path: path.slice(0, 4_096), reason: "the name is not portable" });
      } else if (entry.isDirectory()) folders.push(path);
      else if (matches(path)) outputs.push({ path, kind: kindOf(entry) });
    }
  }
  outputs.sort((left, right) => (left.path < right.path ? -1 : 1));
  return new Map(outputs.map((output) => [output.path, output]));
}

async function entriesOf(tree: string, folder: string, leftOut: OutputLeftOut[]): Promise<readonly Dirent<Buffer>[]> {
  const read = (path: string): Promise<Dirent<Buffer>[]> => readdir(path, { withFileTypes: true, encoding: "buffer" });
  try {
    return (await inTreeFolder(tree, folder, read)) ?? [];
  } catch (error) {
    leftOut.push({ path: folder, reason: reasonOf(error) });
    return [];
  }
}

const CHANGED = "it was changed while it was taken";

/** What the command may have caused; anything else is thrown on. */
function reasonOf(error: unknown): string {
  if (saysChanged(error)) return CHANGED;
  if (error instanceof Error && "code" in error && error.code === "EACCES") return "the command left it unreadable";
  throw error;
}

function kindOf(entry: Dirent<Buffer>): FoundOutput["kind"] {
  if (entry.isFile()) return "file";
  return entry.isSymbolicLink() ? "symlink" : "other";
}

function deletions(bases: ReadonlyMap<string, TreeEntry>, found: ReadonlyMap<string, FoundOutput>): ProposedChange[] {
  return [...bases.values()]
    .filter((base) => {
      const now = found.get(base.path);
      // A link that became a file is the link's deletion and the file's creation.
      return now === undefined || (base.kind === "symlink" && now.kind === "file");
    })
    .sort((left, right) => (left.path < right.path ? -1 : 1))
    .map((base) =>
      base.kind === "file"
        ? { kind: "delete", path: base.path, base: base.digest }
        : { kind: "delete-symlink", path: base.path, target: base.target },
    );
}

async function changeOf(
  blobs: BlobStore,
  tree: string,
  { kind, path }: FoundOutput,
  base: TreeEntry | undefined,
  capture: Capture,
): Promise<ProposedChange | undefined> {
  if (kind === "other") {
    capture.leftOut.push({ path, reason: "not a regular file" });
    return undefined;
  }
  const take = async (folder: string): Promise<{ readonly change: ProposedChange | undefined }> => {
    const at = join(folder, basename(path));
    return {
      change:
        kind === "file" ? await fileChange(blobs, at, path, base, capture) : await linkChange(at, path, base, capture),
    };
  };
  const folder = dirname(path) === "." ? "" : dirname(path);
  try {
    const taken = await inTreeFolder(tree, folder, take);
    if (taken === undefined) capture.leftOut.push({ path, reason: CHANGED });
    return taken?.change;
  } catch (error) {
    capture.leftOut.push({ path, reason: reasonOf(error) });
    return undefined;
  }
}

async function fileChange(
  blobs: BlobStore,
  at: string,
  path: WorkspacePath,
  base: TreeEntry | undefined,
  { limits, budget, leftOut, signal }: Capture,
): Promise<ProposedChange | undefined> {
  const executable = ((await lstat(at)).mode & 0o100) !== 0;
  let stored: StoredBlob;
  try {
    stored = await blobs.putFile(at, byteCount(Math.min(limits.fileBytesMax, budget.bytes)), signal);
  } catch (error) {
    if (!(error instanceof ArwError) || error.code === "disk-full") throw error;
    leftOut.push({ path, reason: error.code === "not-a-regular-file" ? "not a regular file" : error.message });
    return undefined;
  }
  if (base?.kind === "file") {
    if (base.digest === stored.digest) {
      return base.executable === executable ? undefined : { kind: "mode", path, base: base.digest, executable };
    }
    budget.bytes -= stored.bytes;
    return { kind: "edit", path, base: base.digest, ...stored, executable };
  }
  budget.bytes -= stored.bytes;
  return { kind: "create", path, ...stored, executable };
}

async function linkChange(
  at: string,
  path: WorkspacePath,
  base: TreeEntry | undefined,
  { leftOut }: Capture,
): Promise<ProposedChange | undefined> {
  const target = await readlink(at);
  if (base?.kind === "symlink" && base.target === target) return undefined;
  if (!symlinkStaysInside(path, target)) {
    leftOut.push({ path, reason: "the link leaves the tree" });
    return undefined;
  }
  if (base === undefined) return { kind: "symlink", path, target };
  return { kind: "symlink", path, target, base: base.kind === "file" ? base.digest : digestOf(base.target) };
}

function shortened(leftOut: readonly OutputLeftOut[]): readonly OutputLeftOut[] {
  if (leftOut.length <= LEFT_OUT_MAX) return leftOut;
  const named = leftOut.slice(0, LEFT_OUT_MAX - 1);
  return [...named, { path: "…", reason: `${leftOut.length - named.length} more` }];
}
