// Small blobs on their way to the disk: read from memory meanwhile, and durable after one go of the disk, under a folder of
// their own. From there each is moved to its place in the store when nobody waits for it any more.
// It must never say "durable" of what a power cut could take, nor let a file into the store whose bytes were not synced.
import { constants } from "node:fs";
import { lstat, open, readdir, readFile, rm } from "node:fs/promises";
import { join } from "node:path";
import { setTimeout } from "node:timers/promises";
import { SharedRun } from "#platform/sharedRun.ts";
import { type Digest, digestHex, digestOf } from "#protocol/digest.ts";
import { byteCount } from "#protocol/quantities.ts";
import type { BegunBlob, StoredBlob } from "./blobStore.ts";

/** Larger blobs are written first and named afterwards: prompts and preview documents are small, trees and files need not be. */
export const BEGUN_BLOB_BYTES_MAX: number = 64 * 1024;
/** So much of them in memory at once; further ones wait for the disk. */
export const BEGUN_BYTES_MAX: number = 16 * 1024 * 1024;
/** So much of the latest is still read from memory once it has its place: what was begun is mostly asked for right after. */
export const LATEST_BYTES_MAX: number = 1024 * 1024;

/** What it needs of the store. */
export interface BegunPlaces {
  /** Writes a blob that is not there, or makes durable one that is. */
  readonly put: (bytes: Uint8Array) => Promise<unknown>;
  /** Moves a whole, synced file to the place of its digest. */
  readonly adopt: (path: string, digest: Digest) => Promise<void>;
  /** Where nothing durable names them: they go to the disk so much later, or when somebody waits for one. */
  readonly keptAfterMs?: number;
}

interface Begun {
  readonly bytes: Uint8Array;
  readonly durable: Promise<void>;
  /** Resolves when nothing more happens to it. */
  readonly settled: Promise<void>;
  readonly hurry: () => void;
}

export class BegunBlobs {
  readonly #folder: string;
  readonly #places: BegunPlaces;
  readonly #names: SharedRun;
  readonly #begun = new Map<Digest, Begun>();
  #begunBytes = 0;
  readonly #latest = new Map<Digest, Uint8Array>();
  #latestBytes = 0;
  /** One after the other: nobody waits for a place, and whatever is synced meanwhile should not either. */
  #adopting: Promise<unknown> = Promise.resolve();

  private constructor(folder: string, places: BegunPlaces) {
    this.#folder = folder;
    this.#names = new SharedRun(() => syncFolder(folder));
    this.#places = places;
  }

  /** What an earlier life had begun and not moved is stored now; the folder is there already. */
  static async open(folder: string, places: BegunPlaces): Promise<BegunBlobs> {
    for (const name of await readdir(folder)) {
      const path = join(folder, name);
      const found = await lstat(path);
      if (found.isFile() && found.size <= BEGUN_BLOB_BYTES_MAX) {
        const bytes = await readFile(path);
        // Torn bytes were never acknowledged.
        if (digestHex(digestOf(bytes)) === name) await places.put(bytes);
      }
      await rm(path, { recursive: true, force: true });
    }
    return new BegunBlobs(folder, places);
  }

  /** The bytes of a blob that is on its way. */
  bytes(digest: Digest): Uint8Array | undefined {
    return this.#begun.get(digest)?.bytes;
  }

  /** The bytes of a blob that is on its way, or has arrived lately. */
  latest(digest: Digest): Uint8Array | undefined {
    return this.bytes(digest) ?? this.#latest.get(digest);
  }

  /** It is to be dropped from the store. */
  forget(digest: Digest): void {
    this.#latestBytes -= this.#latest.get(digest)?.length ?? 0;
    this.#latest.delete(digest);
  }

  /** Resolves when a blob that is on its way has its place, or all of them have; at once for any other. */
  async settled(digest?: Digest): Promise<void> {
    const one = digest === undefined ? undefined : this.#begun.get(digest);
    const waited = digest === undefined ? [...this.#begun.values()] : one === undefined ? [] : [one];
    for (const { hurry } of waited) hurry();
    await Promise.all(waited.map(({ settled }) => settled));
  }

  async begin(bytes: Uint8Array): Promise<BegunBlob> {
    const stored: StoredBlob = { digest: digestOf(bytes), bytes: byteCount(bytes.length) };
    const before = this.#begun.get(stored.digest);
    if (before !== undefined) return { ...stored, durable: before.durable };
    if (bytes.length > BEGUN_BLOB_BYTES_MAX || this.#begunBytes + bytes.length > BEGUN_BYTES_MAX) {
      await this.#places.put(bytes);
      return { ...stored, durable: Promise.resolve() };
    }
    const path = join(this.#folder, digestHex(stored.digest));
    const hurried = new AbortController();
    const kept = this.#keep(path, bytes, hurried.signal);
    const durable = kept.then(() => undefined);
    this.#begunBytes += bytes.length;
    const forget = (): void => {
      this.#begun.delete(stored.digest);
      this.#begunBytes -= bytes.length;
    };
    // One that cannot be moved is read from memory as long as this process lives, and stored by the next.
    const settled = kept
      .then((how) => (how === "beside-the-store" ? this.#adopt(path, stored.digest) : undefined))
      .then(
        () => {
          forget();
          this.#remember(stored.digest, bytes);
        },
        () => durable.catch(forget),
      );
    this.#begun.set(stored.digest, { bytes, durable, settled, hurry: () => hurried.abort() });
    return { ...stored, durable };
  }

  #adopt(path: string, digest: Digest): Promise<void> {
    const adopted = this.#adopting.then(() => this.#places.adopt(path, digest));
    this.#adopting = adopted.catch(() => undefined);
    return adopted;
  }

  #remember(digest: Digest, bytes: Uint8Array): void {
    this.forget(digest);
    this.#latest.set(digest, bytes);
    this.#latestBytes += bytes.length;
    for (const oldest of this.#latest.keys()) {
      if (this.#latestBytes <= LATEST_BYTES_MAX) return;
      this.forget(oldest);
    }
  }

  async #keep(path: string, bytes: Uint8Array, hurried: AbortSignal): Promise<"in-the-store" | "beside-the-store"> {
    const { keptAfterMs } = this.#places;
    if (keptAfterMs !== undefined) await setTimeout(keptAfterMs, undefined, { signal: hurried }).catch(() => undefined);
    if (await writeNew(path, bytes, this.#names)) return "beside-the-store";
    await this.#places.put(bytes);
    return "in-the-store";
  }
}

/** Bytes and name become durable side by side. False where the name is taken. */
async function writeNew(path: string, bytes: Uint8Array, names: SharedRun): Promise<boolean> {
  const file = await open(path, "wx", 0o400).catch((error: unknown) => {
    if (error instanceof Error && "code" in error && error.code === "EEXIST") return undefined;
    throw error;
  });
  if (file === undefined) return false;
  try {
    const named = names.join();
    named.catch(() => undefined);
    await file.writeFile(bytes);
    await file.sync();
    await named;
    return true;
  } catch (error) {
    await rm(path, { force: true });
    throw error;
  } finally {
    await file.close();
  }
}

/** Makes the names in a folder durable. */
export async function syncFolder(folder: string): Promise<void> {
  const handle = await open(folder, constants.O_RDONLY);
  try {
    await handle.sync();
  } catch (error) {
    // Windows has no sync of a folder; its names are journaled by the file system.
    if (process.platform !== "win32") throw error;
  } finally {
    await handle.close();
  }
}
