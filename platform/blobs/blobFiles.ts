// Content-addressed files: a blob is in the store once it is whole, hashed, durable and read-only under its own digest.
// Bytes are never re-hashed without cause, a symlink is never followed, and only a digest ever becomes a path.
// One process opens a folder at a time: leftovers of an earlier life are swept when it opens.
import { createHash, randomUUID } from "node:crypto";
import { constants } from "node:fs";
import { type FileHandle, lstat, mkdir, open, readdir, rename, rm, unlink } from "node:fs/promises";
import { join } from "node:path";
import { setTimeout } from "node:timers/promises";
import { errnoOf } from "#platform/files/fileSystem.ts";
import { type Digest, digestFromHex, digestHex, digestOf, isDigest } from "#protocol/digest.ts";
import { ArwError } from "#protocol/errors.ts";
import { type Bytes, byteCount } from "#protocol/quantities.ts";
import { BEGUN_BLOB_BYTES_MAX, BegunBlobs, syncFolder } from "./begunBlobs.ts";
import type { StoredBlob, SweptBlobStore } from "./blobStore.ts";
import { BLOB_GRACE_MS, BlobUses } from "./blobUses.ts";
import { openPartialBlobs, type PartialBlobs } from "./partialBlobs.ts";

/** Larger blobs are refused: a job's inputs and outputs are source trees and logs, never disk images. */
export const BLOB_BYTES_MAX: Bytes = byteCount(8 * 1024 ** 3);

/** Files are hashed and copied in pieces of this size, so memory stays flat whatever a blob weighs. */
const PIECE_BYTES = 1024 * 1024;

/**
 * What is used early is made durable a moment later: a sync of megabytes holds up whatever else is synced on that disk, and
 * first of all the job that waited for them.
 */
const EARLY_KEPT_AFTER_MS = 250;

export interface BlobFilesTerms {
  readonly now?: () => number;
  /**
   * Whether a blob that arrives may be used before it is durable. Never where something durable will name it: a worker
   * that dies loses its attempts with their inputs, a Home must still have the proposal that its journal names.
   */
  readonly usedEarly?: boolean;
}

/** Opens (or creates) the store in this folder. */
export async function openBlobFiles(folder: string, terms: BlobFilesTerms = {}): Promise<SweptBlobStore> {
  const { now = Date.now, usedEarly = false } = terms;
  const places: Places = {
    folder,
    temporary: join(folder, "temporary"),
    partial: join(folder, "partial"),
    early: new Map(),
    uses: new BlobUses(now),
  };
  // Whatever has a temporary name was never acknowledged, so nobody misses it.
  await rm(places.temporary, { recursive: true, force: true });
  const begunFolder = join(folder, "begun");
  for (const place of [folder, places.temporary, places.partial, begunFolder]) {
    await mkdir(place, { recursive: true, mode: 0o700 });
  }
  await openShards(folder);
  const begun = await BegunBlobs.open(begunFolder, {
    put: (bytes) => put(places, bytes),
    adopt: (path, digest) => adopt(places, path, digest),
    ...(usedEarly ? { keptAfterMs: EARLY_KEPT_AFTER_MS } : {}),
  });
  const partial = openPartialBlobs(places.partial);
  // Where blobs are used early, the folder is a cache that others clear: only what is on its way is known without a look.
  const inMemory = (digest: Digest): Uint8Array | undefined => (usedEarly ? begun.bytes(digest) : begun.latest(digest));
  return {
    size: (digest) =>
      used(places, digest, async () => {
        const bytes = inMemory(digest);
        return bytes === undefined ? sizeNow(places, digest) : byteCount(bytes.length);
      }),
    partialBytes: async (digest) =>
      (await sizeNow(places, digest)) === undefined ? partial.bytes(digest) : byteCount(0),
    put: (bytes) => put(places, bytes),
    putFile: (path, bytesMax, signal) => putFile(places, path, bytesMax, signal),
    receive: async (digest, blobBytes, fromByte, chunk) => {
      if (!usedEarly) await begun.settled(digest);
      if (begun.bytes(digest) !== undefined) return "complete";
      const isWhole = fromByte === 0 && chunk.length === blobBytes && blobBytes <= BEGUN_BLOB_BYTES_MAX;
      if (usedEarly && isWhole && digestOf(chunk) === digest) {
        await begun.begin(Uint8Array.from(chunk));
        return "complete";
      }
      if (places.early.has(digest)) return "complete";
      return receive(places, partial, { digest, blobBytes, fromByte, chunk }, usedEarly);
    },
    read: (digest, fromByte, bytesMax) =>
      used(places, digest, async () => {
        const bytes = inMemory(digest);
        return bytes?.subarray(fromByte, fromByte + bytesMax) ?? read(places, digest, fromByte, bytesMax);
      }),
    begin: (bytes) => begun.begin(bytes),
    settled: async () => {
      await begun.settled();
      for (const { hurry } of places.early.values()) hurry();
      await Promise.all([...places.early.values()].map(({ settled }) => settled));
    },
    renew: (digest) => used(places, digest, () => renew(places, digest)),
    materialise: (digest, path, executable) =>
      used(places, digest, async () => {
        await begun.settled(digest);
        return materialise(places, digest, path, executable);
      }),
    all: () => allBlobs(places, now),
    removeIdle: (digest) =>
      places.uses.removeIdle(digest, () => {
        begun.forget(digest);
        return unlink(pathOf(places, digest));
      }),
  };
}

interface Places {
  readonly folder: string;
  readonly temporary: string;
  readonly partial: string;
  /** Whole blobs that are used before they are durable; where they lie, a crash loses them. */
  readonly early: Map<Digest, EarlyBlob>;
  readonly uses: BlobUses;
}

interface EarlyBlob {
  readonly path: string;
  readonly settled: Promise<void>;
  /** Makes it durable now. */
  readonly hurry: () => void;
}

async function renew(places: Places, digest: Digest): Promise<boolean> {
  const bytes = await sizeOf(places, digest);
  if (bytes === undefined) return false;
  // What is larger was durable before anything named it.
  if (bytes > BEGUN_BLOB_BYTES_MAX) return true;
  const found = await read(places, digest, byteCount(0), bytes);
  if (digestOf(found) !== digest) return false;
  await write(places, found, digest);
  return true;
}

async function used<T>(places: Places, digest: Digest, then: () => Promise<T>): Promise<T> {
  await places.uses.use(digest);
  return then();
}

/** Idle is what was not used in this life and is older than the grace: a blob from before a restart counts from its file's time. */
async function* allBlobs(places: Places, now: () => number): AsyncGenerator<StoredBlob & { readonly idle: boolean }> {
  for (const shard of await readdir(places.folder)) {
    if (!/^[0-9a-f]{2}$/.test(shard)) continue;
    for (const name of await readdir(join(places.folder, shard))) {
      if (!/^[0-9a-f]{64}$/.test(name)) continue;
      const found = await lstat(join(places.folder, shard, name)).catch(() => undefined);
      if (found?.isFile() !== true) continue;
      const digest = digestFromHex(name);
      const idle = now() - found.mtimeMs >= BLOB_GRACE_MS && !places.uses.isUsed(digest);
      yield { digest, bytes: byteCount(found.size), idle };
    }
  }
}

interface Arrival {
  readonly digest: Digest;
  readonly blobBytes: Bytes;
  readonly fromByte: Bytes;
  readonly chunk: Uint8Array;
}

async function sizeOf(places: Places, digest: Digest): Promise<Bytes | undefined> {
  try {
    const found = await lstat(pathOf(places, digest));
    return found.isFile() ? byteCount(found.size) : undefined;
  } catch (error) {
    if (errnoOf(error) === "ENOENT") return undefined;
    throw error;
  }
}

/** Of a blob that can be read, durable or not. */
async function sizeNow(places: Places, digest: Digest): Promise<Bytes | undefined> {
  const early = places.early.get(digest);
  const found = early === undefined ? undefined : await lstat(early.path).catch(() => undefined);
  // It may have got its place between the two looks.
  return found === undefined ? sizeOf(places, digest) : byteCount(found.size);
}

async function put(places: Places, bytes: Uint8Array): Promise<StoredBlob> {
  requireSize(bytes.length, BLOB_BYTES_MAX);
  const stored: StoredBlob = { digest: digestOf(bytes), bytes: byteCount(bytes.length) };
  if (!(await isDurable(places, stored.digest))) await write(places, bytes, stored.digest);
  return stored;
}

async function write(places: Places, bytes: Uint8Array, digest: Digest): Promise<void> {
  await withTemporary(places, async (file, path) => {
    await file.writeFile(bytes);
    await settle(places, file, path, digest);
  });
}

/** The source may grow, shrink or be swapped meanwhile: what counts is what was read, and its digest. */
async function putFile(places: Places, path: string, bytesMax: Bytes, signal: AbortSignal): Promise<StoredBlob> {
  signal.throwIfAborted();
  const limitBytes = Math.min(bytesMax, BLOB_BYTES_MAX);
  const source = await openPlainFile(path);
  try {
    requireSize((await source.stat()).size, limitBytes);
    return await withTemporary(places, async (file, temporaryPath) => {
      const hash = createHash("sha256");
      let copiedBytes = 0;
      for await (const piece of pieces(source)) {
        signal.throwIfAborted();
        copiedBytes += piece.length;
        requireSize(copiedBytes, limitBytes);
        hash.update(piece);
        await file.writeFile(piece);
      }
      const digest = digestFromHex(hash.digest("hex"));
      await settle(places, file, temporaryPath, digest);
      return { digest, bytes: byteCount(copiedBytes) };
    });
  } finally {
    await source.close();
  }
}

async function receive(
  places: Places,
  partial: PartialBlobs,
  arrival: Arrival,
  usedEarly: boolean,
): Promise<"more" | "complete"> {
  const { digest } = arrival;
  requireSize(arrival.blobBytes, BLOB_BYTES_MAX);
  return partial.append(digest, arrival, {
    isWhole: () => isDurable(places, digest),
    settle: async (path) => {
      await places.uses.use(digest);
      if (!usedEarly) return keep(places, path, digest);
      const early = join(places.temporary, digestHex(digest));
      await rename(path, early);
      const hurry = new AbortController();
      const kept = setTimeout(EARLY_KEPT_AFTER_MS, undefined, { signal: hurry.signal })
        .catch(() => undefined)
        .then(() => keep(places, early, digest))
        .catch(() => rm(early, { force: true }))
        .finally(() => places.early.delete(digest));
      places.early.set(digest, { path: early, settled: kept, hurry: () => hurry.abort() });
    },
  });
}

/** Makes a whole file durable under its digest. */
async function keep(places: Places, path: string, digest: Digest): Promise<void> {
  const file = await open(path, constants.O_RDWR | (constants.O_NOFOLLOW ?? 0));
  try {
    await file.sync();
    await file.chmod(0o400);
  } finally {
    await file.close();
  }
  await rename(path, pathOf(places, digest));
  await syncShard(places, digest);
}

async function read(places: Places, digest: Digest, fromByte: Bytes, bytesMax: number): Promise<Uint8Array> {
  const file = await openBlob(places, digest);
  try {
    const room = Math.max(0, Math.min(bytesMax, (await file.stat()).size - fromByte));
    const bytes = new Uint8Array(room);
    let filled = 0;
    while (filled < room) {
      const { bytesRead } = await file.read(bytes, filled, room - filled, fromByte + filled);
      if (bytesRead === 0) break;
      filled += bytesRead;
    }
    return bytes.subarray(0, filled);
  } finally {
    await file.close();
  }
}

async function materialise(places: Places, digest: Digest, path: string, executable: boolean): Promise<void> {
  const source = await openBlob(places, digest);
  try {
    // "wx" refuses whatever already bears the name, a dangling symlink included.
    const target = await open(path, "wx", 0o600);
    try {
      for await (const piece of pieces(source)) await target.writeFile(piece);
      await target.chmod(executable ? 0o755 : 0o644);
    } finally {
      await target.close();
    }
  } finally {
    await source.close();
  }
}

async function withTemporary<T>(places: Places, fill: (file: FileHandle, path: string) => Promise<T>): Promise<T> {
  const path = join(places.temporary, randomUUID());
  const file = await open(path, "wx", 0o600);
  let settled = false;
  try {
    const filled = await fill(file, path);
    settled = true;
    return filled;
  } catch (error) {
    throw errnoOf(error) === "ENOSPC" ? diskFull(error) : error;
  } finally {
    await file.close();
    // What was settled has another name by now.
    if (!settled) await rm(path, { force: true });
  }
}

/** Makes the written file durable under its digest. Twice the same digest is the same file, so the last rename may win. */
async function settle(places: Places, file: FileHandle, temporaryPath: string, digest: Digest): Promise<void> {
  await places.uses.use(digest);
  await file.chmod(0o400);
  await file.sync();
  await rename(temporaryPath, pathOf(places, digest));
  await syncShard(places, digest);
}

/** The file is synced, and its name too: only the name changes, and after a crash it has the one or the other. */
async function adopt(places: Places, path: string, digest: Digest): Promise<void> {
  await places.uses.use(digest);
  await rename(path, pathOf(places, digest));
}

/** A file another writer has just renamed is whole but its name may not be durable yet: the sync is repeated for that. */
async function isDurable(places: Places, digest: Digest): Promise<boolean> {
  await places.uses.use(digest);
  if ((await sizeOf(places, digest)) === undefined) return false;
  await syncShard(places, digest);
  return true;
}

function syncShard(places: Places, digest: Digest): Promise<void> {
  return syncFolder(join(pathOf(places, digest), ".."));
}

/** A folder for each first byte of a digest: made and named durably at once, so that no blob has to wait for its folder. */
async function openShards(folder: string): Promise<void> {
  const there = new Set(await readdir(folder));
  const shards = Array.from({ length: 256 }, (_, byte) => byte.toString(16).padStart(2, "0"));
  const missing = shards.filter((shard) => !there.has(shard));
  await Promise.all(missing.map((shard) => mkdir(join(folder, shard), { recursive: true, mode: 0o700 })));
  await syncFolder(folder);
}

async function openBlob(places: Places, digest: Digest): Promise<FileHandle> {
  const early = places.early.get(digest);
  const found = early === undefined ? undefined : await openPlainFile(early.path).catch(() => undefined);
  if (found !== undefined) return found;
  try {
    return await openPlainFile(pathOf(places, digest));
  } catch (error) {
    if (errnoOf(error) !== "ENOENT") throw error;
    throw new ArwError("blob-absent", `the blob ${digest} is not here`, "fetch it first, or run the job again");
  }
}

/** Opens a regular file for reading: never through a symlink, and never waiting for the other end of a pipe. */
async function openPlainFile(path: string): Promise<FileHandle> {
  const file = await open(path, constants.O_RDONLY | (constants.O_NOFOLLOW ?? 0) | (constants.O_NONBLOCK ?? 0));
  if ((await file.stat()).isFile()) return file;
  await file.close();
  throw new ArwError("not-a-regular-file", `${path} is not a regular file`, "name a regular file");
}

async function* pieces(file: FileHandle): AsyncGenerator<Uint8Array> {
  for (;;) {
    const { bytesRead, buffer } = await file.read(new Uint8Array(PIECE_BYTES), 0, PIECE_BYTES, null);
    if (bytesRead === 0) return;
    yield buffer.subarray(0, bytesRead);
  }
}

/** The only place where a digest becomes a path. */
function pathOf(places: Places, digest: Digest): string {
  if (!isDigest(digest)) throw new RangeError("only a digest becomes a path");
  const hex = digestHex(digest);
  return join(places.folder, hex.slice(0, 2), hex);
}

function requireSize(sizeBytes: number, limitBytes: number): void {
  if (sizeBytes <= limitBytes) return;
  throw new ArwError(
    "blob-too-large",
    `${sizeBytes} bytes are more than the ${limitBytes} that one file may have`,
    "leave the file out, or split it",
  );
}

function diskFull(cause: unknown): ArwError {
  return new ArwError("disk-full", "the disk of the blob store is full", "free some space, then try again", { cause });
}
