// Blobs that are still arriving: one file a digest, appended in order, whatever link or attempt brings the bytes.
// A partial file is a claim until its last byte: bytes that hash to anything but the digest are all thrown away.
import { createHash, type Hash } from "node:crypto";
import { constants } from "node:fs";
import { type FileHandle, lstat, open, rm } from "node:fs/promises";
import { join } from "node:path";
import { errnoOf } from "#platform/files/fileSystem.ts";
import { type Digest, digestHex, isDigest } from "#protocol/digest.ts";
import { ArwError } from "#protocol/errors.ts";
import { type Bytes, byteCount } from "#protocol/quantities.ts";

/** So many hash states are kept in memory; an older one is rebuilt by reading its partial file again. */
export const RECEIVING_MAX = 64;

export interface PartialBlobs {
  bytes(digest: Digest): Promise<Bytes>;
  append(digest: Digest, arrival: ArrivingChunk, whole: WholeBlob): Promise<"more" | "complete">;
}

interface ArrivingChunk {
  readonly blobBytes: Bytes;
  readonly fromByte: Bytes;
  readonly chunk: Uint8Array;
}

/** Where a blob goes once it is whole, and whether it is there already. */
interface WholeBlob {
  readonly isWhole: () => Promise<boolean>;
  /** Takes the whole file, which is not synced yet. */
  readonly settle: (path: string) => Promise<void>;
}

interface Progress {
  readonly hash: Hash;
  receivedBytes: number;
}

export function openPartialBlobs(folder: string): PartialBlobs {
  const progressOf = new Map<Digest, Progress>();
  const queueOf = new Map<Digest, Promise<unknown>>();

  /** One digest's chunks are appended one after the other, even when two attempts bring them at once. */
  const inTurn = async <T>(digest: Digest, work: () => Promise<T>): Promise<T> => {
    const before = queueOf.get(digest) ?? Promise.resolve();
    const turn = before.then(work, work);
    queueOf.set(digest, turn);
    try {
      return await turn;
    } finally {
      if (queueOf.get(digest) === turn) queueOf.delete(digest);
    }
  };

  return {
    bytes: async (digest) => byteCount(await fileBytes(partialPath(folder, digest))),
    append: (digest, arrival, whole) =>
      inTurn(digest, async () => {
        const known = progressOf.get(digest);
        // One that is still arriving here has not become whole elsewhere: its chunks all come by this way.
        if (known === undefined && (await whole.isWhole())) return "complete";
        const path = partialPath(folder, digest);
        const progress = known ?? (await rebuild(path));
        remember(progressOf, digest, progress);
        try {
          const ending = await appendChunk(path, progress, digest, arrival);
          if (ending === "more") return "more";
          await whole.settle(path);
        } catch (error) {
          // What a failed write left behind is read again by the next chunk, rather than guessed.
          progressOf.delete(digest);
          throw error;
        }
        progressOf.delete(digest);
        return "complete";
      }),
  };
}

async function appendChunk(
  path: string,
  progress: Progress,
  digest: Digest,
  { blobBytes, fromByte, chunk }: ArrivingChunk,
): Promise<"more" | "complete"> {
  if (fromByte > progress.receivedBytes) {
    throw new ArwError(
      "blob-gap",
      `a chunk from byte ${fromByte} does not follow the ${progress.receivedBytes} bytes that are here`,
      `send from byte ${progress.receivedBytes}`,
    );
  }
  // Another attempt may have brought the first part of this chunk already.
  const fresh = chunk.subarray(progress.receivedBytes - fromByte);
  if (progress.receivedBytes + fresh.length > blobBytes) {
    await rm(path, { force: true });
    throw wrongDigest(digest, "more bytes came than it has");
  }
  const file = await open(path, constants.O_WRONLY | constants.O_CREAT | (constants.O_NOFOLLOW ?? 0), 0o600);
  try {
    const writing = writeAll(file, fresh, progress.receivedBytes);
    // While the kernel copies: a write that fails forgets this hash with all the rest.
    progress.hash.update(fresh);
    await writing;
    progress.receivedBytes += fresh.length;
    if (progress.receivedBytes < blobBytes) return "more";
  } catch (error) {
    if (errnoOf(error) !== "ENOSPC") throw error;
    throw new ArwError("disk-full", "the disk of the blob store is full", "free some space, then try again", {
      cause: error,
    });
  } finally {
    await file.close();
  }
  if (progress.hash.digest("hex") === digestHex(digest)) return "complete";
  await rm(path, { force: true });
  throw wrongDigest(digest, "the bytes that came hash to another digest");
}

async function writeAll(file: FileHandle, bytes: Uint8Array, fromByte: number): Promise<void> {
  let written = 0;
  while (written < bytes.length) {
    const step = await file.write(bytes, written, bytes.length - written, fromByte + written);
    written += step.bytesWritten;
  }
}

async function rebuild(path: string): Promise<Progress> {
  const hash = createHash("sha256");
  let receivedBytes = 0;
  if ((await fileBytes(path)) > 0) {
    const file = await open(path, constants.O_RDONLY | (constants.O_NOFOLLOW ?? 0));
    for await (const piece of file.createReadStream()) {
      if (!(piece instanceof Uint8Array)) continue;
      hash.update(piece);
      receivedBytes += piece.length;
    }
  }
  return { hash, receivedBytes };
}

function remember(progressOf: Map<Digest, Progress>, digest: Digest, progress: Progress): void {
  progressOf.delete(digest);
  progressOf.set(digest, progress);
  for (const oldest of progressOf.keys()) {
    if (progressOf.size <= RECEIVING_MAX) return;
    progressOf.delete(oldest);
  }
}

async function fileBytes(path: string): Promise<number> {
  try {
    const found = await lstat(path);
    return found.isFile() ? found.size : 0;
  } catch (error) {
    if (errnoOf(error) === "ENOENT") return 0;
    throw error;
  }
}

function partialPath(folder: string, digest: Digest): string {
  if (!isDigest(digest)) throw new RangeError("only a digest becomes a path");
  return join(folder, digestHex(digest));
}

function wrongDigest(digest: Digest, cause: string): ArwError {
  return new ArwError(
    "blob-wrong-digest",
    `the blob ${digest} is refused: ${cause}`,
    "send it again from its first byte",
  );
}
