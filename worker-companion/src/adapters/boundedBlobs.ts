// Keeps the worker's blobs below a limit: the least recently used go first, and none that an attempt needs.
// An attempt needs what was touched since it was taken, for it looks each of its blobs up before it uses them.
// It must never remove a blob while anybody is at work on the store: a look-up and a removal never overlap.
import { lstat, readdir, rm, utimes } from "node:fs/promises";
import { join } from "node:path";
import type { BlobStore } from "#platform/blobs/blobStore.ts";
import { openBlobFiles } from "#platform/blobs/blobFiles.ts";
import { errnoOf } from "#platform/files/fileSystem.ts";
import { type Digest, digestFromHex, digestHex } from "#protocol/digest.ts";
import type { AttemptId } from "#protocol/ids.ts";

/** What inputs and results of earlier jobs may keep, unless the owner's rules say otherwise. */
export const BLOB_BYTES_USUAL: number = 20 * 1024 ** 3;
/** A fetch that was cut off and not taken up again for this long is begun anew. */
export const PARTIAL_AGE_MS_MAX: number = 24 * 3_600_000;
/** So coarsely the use of a blob is noted on the disk, where it only has to outlive a restart. */
const NOTED_EVERY_MS = 3_600_000;

export interface BoundedBlobsTerms {
  readonly folder: string;
  /** Asked anew each time. */
  readonly bytesMax: () => number;
  readonly nowMs: () => number;
  readonly log: (fact: string, detail: Readonly<Record<string, unknown>>) => void;
}

export interface BoundedBlobs extends BlobStore {
  /** Whatever is touched from now on stays until the attempt is released. */
  hold(attemptId: AttemptId): void;
  /** Lets go, and removes what is then too much. */
  release(attemptId: AttemptId): void;
  /** Resolves when nothing is on its way to the disk, and nothing is being removed. */
  settled(): Promise<void>;
  totalBytes(): number;
}

/** Opens the store; it is below its limit when this resolves, since no attempt needs anything yet. */
export async function openBoundedBlobs(terms: BoundedBlobsTerms): Promise<BoundedBlobs> {
  await removeOldPartials(join(terms.folder, "partial"), terms.nowMs());
  const store = await openBlobFiles(terms.folder, { usedEarly: true });
  const cache = new BlobCache(terms, await blobsOnDisk(terms.folder), () => store.settled());
  cache.collect();
  await cache.settled();
  const at = <T>(digest: Digest, work: () => Promise<T>): Promise<T> =>
    cache.during(async () => {
      const answer = await work();
      await cache.touch(digest);
      return answer;
    });
  return {
    size: (digest) =>
      cache.during(async () => {
        const bytes = await store.size(digest);
        if (bytes !== undefined) await cache.touch(digest, bytes);
        return bytes;
      }),
    partialBytes: (digest) => cache.during(() => store.partialBytes(digest)),
    put: (bytes) =>
      cache.during(async () => {
        const stored = await store.put(bytes);
        await cache.touch(stored.digest, stored.bytes);
        return stored;
      }),
    putFile: (path, bytesMax, signal) =>
      cache.during(async () => {
        const stored = await store.putFile(path, bytesMax, signal);
        await cache.touch(stored.digest, stored.bytes);
        return stored;
      }),
    receive: (digest, blobBytes, fromByte, chunk) =>
      cache.during(async () => {
        const outcome = await store.receive(digest, blobBytes, fromByte, chunk);
        if (outcome === "complete") await cache.touch(digest, blobBytes);
        return outcome;
      }),
    read: (digest, fromByte, bytesMax) => at(digest, () => store.read(digest, fromByte, bytesMax)),
    materialise: (digest, path, executable) => at(digest, () => store.materialise(digest, path, executable)),
    hold: (attemptId) => cache.hold(attemptId),
    release: (attemptId) => cache.release(attemptId),
    settled: async () => {
      await store.settled();
      await cache.settled();
    },
    totalBytes: () => cache.totalBytes,
  };
}

interface Kept {
  readonly bytes: number;
  /** Grows with every touch and every hold of this life; 0 before it. */
  readonly tick: number;
  /** When the use was last noted on the disk. */
  readonly notedMs: number;
}

class BlobCache {
  readonly #terms: BoundedBlobsTerms;
  /** The least recently used first: a map remembers the order, and a touch puts its blob last. */
  readonly #kept: Map<Digest, Kept>;
  /** Resolves when every blob lies in its place. */
  readonly #atRest: () => Promise<void>;
  readonly #holds = new Map<AttemptId, number>();
  totalBytes = 0;
  #tick = 0;
  #working = 0;
  #wanted = false;
  #removal: Promise<void> | undefined;

  constructor(terms: BoundedBlobsTerms, kept: Map<Digest, Kept>, atRest: () => Promise<void>) {
    this.#terms = terms;
    this.#kept = kept;
    this.#atRest = atRest;
    for (const { bytes } of kept.values()) this.totalBytes += bytes;
  }

  /** Work on the store: no removal begins before it ends, and it begins after the one at hand. */
  async during<T>(work: () => Promise<T>): Promise<T> {
    while (this.#removal !== undefined) await this.#removal;
    this.#working += 1;
    try {
      return await work();
    } finally {
      this.#working -= 1;
      if (this.#wanted) this.collect();
    }
  }

  async touch(digest: Digest, bytes?: number): Promise<void> {
    const before = this.#kept.get(digest);
    const sizeBytes = bytes ?? before?.bytes;
    if (sizeBytes === undefined) return;
    this.#tick += 1;
    const nowMs = this.#terms.nowMs();
    const noted = before !== undefined && nowMs - before.notedMs < NOTED_EVERY_MS;
    this.#kept.delete(digest);
    this.#kept.set(digest, { bytes: sizeBytes, tick: this.#tick, notedMs: noted ? before.notedMs : nowMs });
    this.totalBytes += sizeBytes - (before?.bytes ?? 0);
    const path = pathOf(this.#terms.folder, digest);
    // A fresh file has its time already; a note that fails only makes the blob look older after a restart.
    if (!noted && before !== undefined) await utimes(path, nowMs / 1_000, nowMs / 1_000).catch(() => undefined);
  }

  hold(attemptId: AttemptId): void {
    this.#tick += 1;
    this.#holds.set(attemptId, this.#tick);
  }

  release(attemptId: AttemptId): void {
    this.#holds.delete(attemptId);
    this.collect();
  }

  /** Removes what is too much and not needed, now or as soon as nobody is at work. */
  collect(): void {
    this.#wanted = this.totalBytes > this.#terms.bytesMax();
    if (!this.#wanted || this.#working > 0 || this.#removal !== undefined) return;
    this.#removal = this.#removeSome()
      .catch((error: unknown) => this.#terms.log("blobs not removed", { error: String(error) }))
      .finally(() => {
        this.#removal = undefined;
      });
  }

  async settled(): Promise<void> {
    while (this.#removal !== undefined) await this.#removal;
  }

  async #removeSome(): Promise<void> {
    this.#wanted = false;
    // One that is still on its way to its place would get there after its removal, and be counted by nobody.
    await this.#atRest();
    const neededFrom = Math.min(...this.#holds.values());
    const bytesMax = this.#terms.bytesMax();
    let blobs = 0;
    let freedBytes = 0;
    for (const [digest, { bytes, tick }] of this.#kept) {
      if (this.totalBytes <= bytesMax || tick >= neededFrom) break;
      await rm(pathOf(this.#terms.folder, digest), { force: true });
      this.#kept.delete(digest);
      this.totalBytes -= bytes;
      blobs += 1;
      freedBytes += bytes;
    }
    if (blobs > 0) this.#terms.log("blobs removed", { blobs, freedBytes, keptBytes: this.totalBytes, bytesMax });
  }
}

async function blobsOnDisk(folder: string): Promise<Map<Digest, Kept>> {
  const found: { readonly digest: Digest; readonly bytes: number; readonly usedMs: number }[] = [];
  for (const shelf of await readdir(folder)) {
    if (!/^[0-9a-f]{2}$/u.test(shelf)) continue;
    for (const name of await readdir(join(folder, shelf))) {
      if (!/^[0-9a-f]{64}$/u.test(name)) continue;
      const file = await lstat(join(folder, shelf, name));
      if (file.isFile()) found.push({ digest: digestFromHex(name), bytes: file.size, usedMs: file.mtimeMs });
    }
  }
  found.sort((left, right) => left.usedMs - right.usedMs);
  return new Map(found.map(({ digest, bytes, usedMs }) => [digest, { bytes, tick: 0, notedMs: usedMs }]));
}

/** Before the store is opened: an open one remembers how far its partial files are. */
async function removeOldPartials(folder: string, nowMs: number): Promise<void> {
  let names: readonly string[];
  try {
    names = await readdir(folder);
  } catch (error) {
    if (errnoOf(error) === "ENOENT") return;
    throw error;
  }
  for (const name of names) {
    const path = join(folder, name);
    if (nowMs - (await lstat(path)).mtimeMs > PARTIAL_AGE_MS_MAX) await rm(path, { force: true });
  }
}

/** As blobFiles.ts lays them out; the first test of this file fails when that changes. */
function pathOf(folder: string, digest: Digest): string {
  const hex = digestHex(digest);
  return join(folder, hex.slice(0, 2), hex);
}
