// Collects the input of a command into blobs and a manifest, and says of every file whether it goes and why not.
// What may not leave is in no blob, manifest or item of a remote collection. Scanned, hashed and stored are the same bytes.
import { realpath } from "node:fs/promises";
import { join } from "node:path";
import type { BlobStore, StoredBlob } from "#platform/blobs/blobStore.ts";
import { canonicalBytes } from "#platform/givingWay.ts";
import { errnoOf } from "#platform/files/fileSystem.ts";
import { classSaid, highestClass, type PathClass, saidText, staysHere } from "#protocol/classes.ts";
import { digestOf } from "#protocol/digest.ts";
import type { LeftOut, PreviewItem } from "#protocol/egress.ts";
import { ArwError } from "#protocol/errors.ts";
import type { Dependencies, TreeEntry, TreeManifest } from "#protocol/job.ts";
import { type Bytes, byteCount } from "#protocol/quantities.ts";
import type { WorkspacePath } from "#protocol/workspacePath.ts";
import { atOnce } from "./atOnce.ts";
import { classOfRule } from "./regulatedPatterns.ts";
import { detectSecrets, FINDINGS_MAX, type Finding, type SecretDetector } from "./secretDetector.ts";
import { readSteadyFile } from "./steadyFile.ts";
import { type Candidate, treeCandidates } from "./treeCandidates.ts";
import { FILE_BYTES_MAX, requireTreeFits } from "./treeLimits.ts";

export interface CollectRequest {
  readonly workspaceFolder: string;
  /** Where the command runs; only files under it are collected. Paths stay relative to the workspace. */
  readonly folder: WorkspacePath | ".";
  readonly dependencies: Dependencies;
  /** Globs of what the owner keeps out of this run. */
  readonly leaveOut: readonly string[];
  /** Globs of what the owner marked as never leaving; they count for another machine only. */
  readonly neverLeaves: readonly string[];
  /** What marks and derivation say of the class of paths. */
  readonly classOf: (path: string) => PathClass;
  /** `local` withholds nothing for secrecy: it stays on this machine. */
  readonly destination: "local" | "remote";
  readonly blobs: BlobStore;
  readonly detector: SecretDetector;
  readonly onProgress?: (progress: CollectProgress) => void;
}

export interface CollectProgress {
  readonly files: number;
  readonly filesTotal: number;
  readonly bytes: number;
}

export interface CollectedTree {
  readonly manifest: TreeManifest;
  /** The manifest's canonical JSON in the blob store. */
  readonly tree: StoredBlob;
  /** Every blob that a worker would fetch, the manifest itself included as `(file list)`. Sorted by path. */
  readonly items: readonly PreviewItem[];
  readonly leftOut: readonly LeftOut[];
  /** Of all items together. */
  readonly bytes: Bytes;
}

/** How a manifest is called where people see what leaves. */
export const FILE_LIST_ITEM = "(file list)";
/** Each holds up to one file of FILE_BYTES_MAX in memory. */
const FILES_AT_ONCE = 4;

type FileEntry = Extract<TreeEntry, { kind: "file" }>;
type FileCandidate = Extract<Candidate, { kind: "file" }>;

/** Throws ArwError `folder-stays`, `tree-too-large`, `file-changing`, `git-failed`, `folder-missing` or `dependency-folder-missing`. */
export async function collectTree(request: CollectRequest, signal: AbortSignal): Promise<CollectedTree> {
  requireLeavingFolder(request);
  const root = await workspaceRoot(request.workspaceFolder);
  const candidates = await treeCandidates({ ...request, root }, signal);
  const named = await withoutSecretNames(candidates.entries, request.destination, signal);
  const leftOut: LeftOut[] = [...candidates.leftOut, ...named.leftOut];
  const files = named.entries.filter((entry) => entry.kind === "file");
  requireTreeFits(named.entries.map((entry) => ({ path: entry.path, fileBytes: sizeOf(entry) })));

  const entries: TreeEntry[] = named.entries.filter((entry) => entry.kind === "symlink");
  const items: PreviewItem[] = [];
  let bytes = 0;
  let done = 0;
  const collectOne = async (file: FileCandidate): Promise<void> => {
    const collected = await collectFile(root, file, request, signal);
    if (collected?.kind === "left-out") leftOut.push({ path: file.path, reason: collected.reason });
    else if (collected !== undefined) {
      const { digest, bytes: fileBytes } = collected;
      entries.push(collected);
      const { classification, path, why } = file;
      items.push({ path, bytes: fileBytes, classification, ...(why === undefined ? {} : { why }), digest });
      bytes += fileBytes;
    }
    request.onProgress?.({ files: ++done, filesTotal: files.length, bytes });
  };
  await atOnce(files, FILES_AT_ONCE, collectOne, signal);
  // Once more, by what was read: files grow.
  requireTreeFits(entries.map((entry) => ({ path: entry.path, fileBytes: entry.kind === "file" ? entry.bytes : 0 })));

  const manifest: TreeManifest = { kind: "tree", entries: entries.sort(byPath) };
  const tree = await request.blobs.put(await canonicalBytes(manifest));
  items.push({ path: FILE_LIST_ITEM, bytes: tree.bytes, ...listClass(request, items), digest: tree.digest });
  return {
    manifest,
    tree,
    items: items.sort(byPath),
    leftOut: leftOut.sort(byPath),
    bytes: byteCount(bytes + tree.bytes),
  };
}

/** The list says how the folder is laid out, so it is of its class, and of no lower one than any file in it. */
function listClass(
  { classOf, folder }: CollectRequest,
  items: readonly PreviewItem[],
): Pick<PreviewItem, "classification" | "why"> {
  const said = classOf(folder);
  const why = saidText(said, folder);
  const classes = items.map(({ classification }) => classification);
  return {
    classification: highestClass([classSaid(said), ...classes]),
    ...(why === undefined ? {} : { why }),
  };
}

/** Nothing of a folder that stays here is in any collection, its list of files included. */
function requireLeavingFolder({ classOf, destination, folder }: CollectRequest): void {
  const said = classOf(folder);
  if (destination === "local" || !staysHere(classSaid(said))) return;
  throw new ArwError(
    "folder-stays",
    `Nothing in ${folder === "." ? "this workspace" : folder} may leave this machine: ${saidText(said, folder) ?? ""}.`,
    "Run it here (--on local), or let the owner mark the folder otherwise: arw-home classify.",
  );
}

/** Throws ArwError `folder-missing`. */
export async function workspaceRoot(workspaceFolder: string): Promise<string> {
  return realpath(workspaceFolder).catch((error: unknown) => {
    const message = `The workspace ${JSON.stringify(workspaceFolder)} cannot be opened (${errnoOf(error) ?? "unknown error"}).`;
    throw new ArwError("folder-missing", message, "Start again in a folder that exists.");
  });
}

/** The entry of a file in the manifest, why it stays, or undefined where it is gone by now. */
async function collectFile(
  root: string,
  { path }: FileCandidate,
  { destination, blobs, detector }: CollectRequest,
  signal: AbortSignal,
): Promise<FileEntry | { readonly kind: "left-out"; readonly reason: string } | undefined> {
  const read = await readSteadyFile(join(root, path), FILE_BYTES_MAX).catch(whyUnreadable);
  switch (read.kind) {
    case "gone":
      return undefined;
    case "refused":
      return { kind: "left-out", reason: read.reason };
    case "too-large":
      requireTreeFits([{ path, fileBytes: read.fileBytes }]);
      return undefined;
    case "file": {
      const digest = digestOf(read.bytes);
      if (destination === "remote") {
        const finding = (await detector.ofFile(read.bytes, digest, signal))[0];
        if (finding !== undefined) return { kind: "left-out", reason: findingReason(finding) };
      }
      if ((await blobs.size(digest)) === undefined) await blobs.put(read.bytes);
      return { kind: "file", path, digest, bytes: byteCount(read.bytes.length), executable: read.executable };
    }
  }
}

/** What an error of reading a file means for it. Throws what is no answer. */
export function whyUnreadable(
  error: unknown,
): { readonly kind: "gone" } | { readonly kind: "refused"; readonly reason: string } {
  const errno = errnoOf(error);
  if (errno === "ENOENT" || errno === "ENOTDIR") return { kind: "gone" };
  if (errno === "ELOOP") return { kind: "refused", reason: "reached through a symlink" };
  if (errno === "EACCES" || errno === "EPERM") return { kind: "refused", reason: `not readable (${errno})` };
  throw error;
}

/** File names and link targets are sent too: what looks like a secret in them keeps the entry here. */
export async function withoutSecretNames(
  entries: readonly Candidate[],
  destination: "local" | "remote",
  signal: AbortSignal,
): Promise<{ readonly entries: readonly Candidate[]; readonly leftOut: readonly LeftOut[] }> {
  if (destination === "local") return { entries, leftOut: [] };
  const leftOut: LeftOut[] = [];
  let kept = entries;
  for (;;) {
    const names = kept.map((entry) => (entry.kind === "file" ? entry.path : `${entry.path} -> ${entry.target}`));
    const findings = await detectSecrets(names.map((name) => name.replaceAll("\n", " ")).join("\n"), signal);
    const lines = new Set(findings.map(({ line }) => line));
    kept = kept.filter((_, index) => !lines.has(index + 1));
    for (const { rule } of findings)
      leftOut.push({ path: "(a name that holds a secret)", reason: `${classOfRule(rule)}: ${rule}` });
    // The detector stops counting at FINDINGS_MAX, so a full list may not be the whole truth.
    if (findings.length < FINDINGS_MAX) return { entries: kept, leftOut };
  }
}

/** Why a file with the finding stays: its class, what was found, and where. */
export function findingReason({ message, rule, line }: Finding): string {
  return `${classOfRule(rule)}: ${message} (${rule}, line ${line})`;
}

function sizeOf(entry: Candidate): number {
  return entry.kind === "file" ? entry.fileBytes : 0;
}

/** By UTF-16 code units, as canonical JSON sorts: the same tree has the same digest everywhere. */
function byPath(left: { readonly path: string }, right: { readonly path: string }): number {
  return left.path < right.path ? -1 : left.path > right.path ? 1 : 0;
}
