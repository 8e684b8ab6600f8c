// Lays a job's input tree out as files in a folder of its own. The manifest comes from another machine:
// nothing it says may write outside the folder, through a link, or over another entry.
import { execFile } from "node:child_process";
import { mkdir, rm, symlink } from "node:fs/promises";
import { dirname, join } from "node:path";
import { promisify } from "node:util";
import type { BlobStore } from "#platform/blobs/blobStore.ts";
import { givingWay } from "#platform/givingWay.ts";
import type { Digest } from "#protocol/digest.ts";
import { ArwError } from "#protocol/errors.ts";
import type { AttemptId } from "#protocol/ids.ts";
import type { CommandJob, TreeManifest } from "#protocol/job.ts";
import { decodeTree } from "#protocol/largeDocument.ts";
import { byteCount } from "#protocol/quantities.ts";
import { symlinkStaysInside } from "#protocol/workspacePath.ts";

/** A manifest of TREE_ENTRIES_MAX long paths stays below this. */
export const MANIFEST_BYTES_MAX: number = 64 * 1024 ** 2;

export interface JobFolder {
  /** The input tree; the command's whole world. */
  readonly tree: string;
  /** Beside the tree: a home and a temporary folder for a command without a sandbox. */
  readonly home: string;
  readonly temporary: string;
  readonly manifest: TreeManifest;
}

/** Makes the attempt's folder. Throws ArwError `tree-…` for a manifest that cannot be laid out, `blob-absent` for bytes that lack. */
export async function makeJobFolder(
  blobs: BlobStore,
  folder: string,
  attemptId: AttemptId,
  job: CommandJob,
  signal: AbortSignal,
): Promise<JobFolder> {
  const manifest = await readManifest(blobs, job.tree);
  requireLayout(manifest);
  requireStart(manifest, job.folder);
  const own = jobFolderPath(folder, attemptId);
  // An earlier life of this worker may have died in it.
  await removeJobFolder(own);
  const made: JobFolder = { tree: join(own, "tree"), home: join(own, "home"), temporary: join(own, "tmp"), manifest };
  for (const path of [made.tree, made.home, made.temporary]) await mkdir(path, { recursive: true, mode: 0o700 });
  await layOut(blobs, made.tree, manifest, signal);
  return made;
}

/** Where an attempt's files are. An attempt id has no separator in it. */
export function jobFolderPath(folder: string, attemptId: AttemptId): string {
  return join(folder, attemptId);
}

/** Takes an attempt's folder away, whatever its command made of it. */
export async function removeJobFolder(path: string): Promise<void> {
  try {
    await rm(path, { recursive: true, force: true });
  } catch (error) {
    if (process.platform === "win32") throw error;
    // Folders nested deeper than a path may be long, or that nobody may enter: these two programs go step by step.
    await runProgram("chmod", ["-R", "u+rwX", "--", path]).catch(() => {});
    await runProgram("rm", ["-rf", "--", path]);
  }
}

const runProgram = promisify(execFile);

async function readManifest(blobs: BlobStore, digest: Digest): Promise<TreeManifest> {
  const sizeBytes = (await blobs.size(digest)) ?? 0;
  if (sizeBytes > MANIFEST_BYTES_MAX) {
    throw unusable(`the list of input files has ${sizeBytes} bytes, more than ${MANIFEST_BYTES_MAX}`);
  }
  const bytes = await blobs.read(digest, byteCount(0), MANIFEST_BYTES_MAX);
  const decoded = await givingWay(decodeTree(new TextDecoder().decode(bytes)));
  if (!decoded.ok) throw unusable(`the list of input files is not valid at ${decoded.path}: ${decoded.problem}`);
  return decoded.value;
}

/** Refuses what two entries cannot both be, and links that leave the tree. */
function requireLayout({ entries }: TreeManifest): void {
  const paths = new Set<string>();
  for (const { path } of entries) {
    if (paths.has(path)) throw unusable(`${path} is listed twice`);
    paths.add(path);
  }
  for (const entry of entries) {
    for (let parent = dirname(entry.path); parent !== "."; parent = dirname(parent)) {
      if (paths.has(parent)) throw unusable(`${parent} is listed as a file and as the folder of ${entry.path}`);
    }
    if (entry.kind === "symlink" && !symlinkStaysInside(entry.path, entry.target)) {
      throw unusable(`the link ${entry.path} leaves the tree`);
    }
  }
}

function requireStart({ entries }: TreeManifest, startFolder: string): void {
  if (startFolder === "." || entries.some(({ path }) => path.startsWith(`${startFolder}/`))) return;
  throw new ArwError(
    "folder-absent",
    `the folder ${startFolder} has no file among the inputs`,
    "start the command in a folder whose files are sent",
  );
}

async function layOut(blobs: BlobStore, tree: string, { entries }: TreeManifest, signal: AbortSignal): Promise<void> {
  const folders = new Set(entries.map(({ path }) => dirname(path)));
  for (const parent of folders) await mkdir(join(tree, parent), { recursive: true });
  for (const entry of entries) {
    signal.throwIfAborted();
    if (entry.kind === "file") await blobs.materialise(entry.digest, join(tree, entry.path), entry.executable);
  }
  // Last, so that no file was ever written through one.
  for (const entry of entries) {
    if (entry.kind === "symlink") await symlink(entry.target, join(tree, entry.path));
  }
}

function unusable(message: string): ArwError {
  return new ArwError("tree-unusable", message, "send the inputs again; report it when it happens twice");
}
