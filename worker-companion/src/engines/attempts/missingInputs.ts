// Finds which inputs of a job are not in the blob store, first its root, then what a tree's manifest names.
// It asks nobody for anything: only the Home's offer, made under a lease, has brought the digests here.
import type { Digest } from "#protocol/digest.ts";
import { ArwError } from "#protocol/errors.ts";
import type { JobSpec } from "#protocol/job.ts";
import { decodeTree } from "#protocol/largeDocument.ts";
import { byteCount } from "#protocol/quantities.ts";
import type { BlobStore } from "#platform/blobs/blobStore.ts";
import { givingWay } from "#platform/givingWay.ts";
import type { InputStage } from "../../core/attempt.ts";
import type { MissingBlob } from "../../core/attemptInputs.ts";
import { MANIFEST_BYTES_MAX } from "../command/jobFolder.ts";

/** Throws ArwError `tree-unreadable` for a manifest that is none. */
export async function missingInputs(
  blobs: BlobStore,
  job: JobSpec,
  stage: InputStage,
): Promise<readonly MissingBlob[]> {
  const missing: MissingBlob[] = [];
  for (const digest of await inputsOf(blobs, job, stage)) {
    if ((await blobs.size(digest)) === undefined) missing.push({ digest, fromByte: await blobs.partialBytes(digest) });
  }
  return missing;
}

async function inputsOf(blobs: BlobStore, job: JobSpec, stage: InputStage): Promise<ReadonlySet<Digest>> {
  if (job.kind === "ask") return new Set([job.prompt]);
  if (stage === "root") return new Set([job.tree]);
  const text = new TextDecoder().decode(await readSmallBlob(blobs, job.tree, MANIFEST_BYTES_MAX));
  const decoded = await givingWay(decodeTree(text));
  if (!decoded.ok) throw unreadable(`${decoded.path} ${decoded.problem}`);
  return new Set(decoded.value.entries.flatMap((entry) => (entry.kind === "file" ? [entry.digest] : [])));
}

/** A whole blob in memory. Throws ArwError `blob-absent`, or `tree-unreadable` past the limit. */
export async function readSmallBlob(blobs: BlobStore, digest: Digest, bytesMax: number): Promise<Uint8Array> {
  const bytes = await blobs.size(digest);
  if (bytes !== undefined && bytes > bytesMax) throw unreadable(`it has ${bytes} bytes, the limit is ${bytesMax}`);
  return blobs.read(digest, byteCount(0), bytesMax);
}

function unreadable(problem: string): ArwError {
  return new ArwError(
    "tree-unreadable",
    `The list of the job's input files cannot be read: ${problem}.`,
    "Start the episode again; if it happens again, send fewer files.",
  );
}
