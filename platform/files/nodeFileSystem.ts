// The disk port on a real folder: 0700 for the folder, 0600 for its files, never through a symbolic link.
// It decides which descriptors stay open. It must never leave the folder, and never report a short write as a whole one.
import { constants } from "node:fs";
import type { FileHandle } from "node:fs/promises";
import { chmod, mkdir, open, readdir, rename, stat, unlink } from "node:fs/promises";
import { dirname, join, resolve } from "node:path";
import type { ByteRange, FileSystem } from "./fileSystem.ts";
import { requireBareName } from "./fileSystem.ts";

/** Descriptors kept open at once; output files come and go by the thousand, and a process has 1,024 by default. */
export const OPEN_FILES_MAX = 64;

/** Opens (and makes, durably) the folder. */
export async function openNodeFileSystem(folder: string): Promise<FileSystem> {
  const path = resolve(folder);
  const firstMade = await mkdir(path, { recursive: true, mode: 0o700 });
  if (firstMade !== undefined) await syncNamesFrom(dirname(firstMade), path);
  const found = await stat(path);
  if ((found.mode & 0o077) !== 0 && process.platform !== "win32") await chmod(path, 0o700);
  return new NodeFileSystem(path);
}

interface OpenFile {
  readonly handle: Promise<FileHandle>;
  users: number;
}

class NodeFileSystem implements FileSystem {
  readonly #folder: string;
  /** The folder, held open from its first sync on. */
  #itself: Promise<FileHandle> | undefined;
  /** In the order of last use, so that the first idle one is the one to close. */
  readonly #open = new Map<string, OpenFile>();

  constructor(folder: string) {
    this.#folder = folder;
  }

  async list(): Promise<readonly string[]> {
    const entries = await readdir(this.#folder, { withFileTypes: true });
    return entries.filter((entry) => entry.isFile()).map((entry) => entry.name);
  }

  size(name: string): Promise<number> {
    return this.#with(name, async (file) => (await file.stat()).size);
  }

  read(name: string, range?: ByteRange): Promise<Uint8Array> {
    return this.#with(name, async (file) => {
      const size = (await file.stat()).size;
      const fromByte = Math.min(range?.fromByte ?? 0, size);
      const bytes = new Uint8Array(Math.min(range?.bytesMax ?? size, size - fromByte));
      return bytes.subarray(0, await readFully(file, bytes, fromByte));
    });
  }

  async create(name: string): Promise<void> {
    const handle = await this.#openWith(name, constants.O_CREAT | constants.O_EXCL);
    await this.#forget(name);
    this.#open.set(name, { handle: Promise.resolve(handle), users: 0 });
    await this.#closeIdle();
  }

  write(name: string, bytes: Uint8Array, fromByte: number): Promise<void> {
    return this.#with(name, (file) => writeFully(file, bytes, fromByte));
  }

  truncate(name: string, bytes: number): Promise<void> {
    return this.#with(name, (file) => file.truncate(bytes));
  }

  sync(name: string): Promise<void> {
    return this.#with(name, (file) => file.datasync());
  }

  async syncDirectory(): Promise<void> {
    // Windows opens no folder as a file; NTFS journals its names itself.
    if (process.platform === "win32") return;
    await (await (this.#itself ??= openFolder(this.#folder))).sync();
  }

  async rename(from: string, to: string): Promise<void> {
    await this.#forget(from);
    await this.#forget(to);
    await rename(this.#path(from), this.#path(to));
  }

  async remove(name: string): Promise<void> {
    await this.#forget(name);
    await unlink(this.#path(name));
  }

  async close(): Promise<void> {
    for (const name of this.#open.keys()) await this.#forget(name);
    const itself = this.#itself;
    this.#itself = undefined;
    await (await itself)?.close();
  }

  #path(name: string): string {
    requireBareName(name);
    return join(this.#folder, name);
  }

  #openWith(name: string, flags: number): Promise<FileHandle> {
    return open(this.#path(name), constants.O_RDWR | (constants.O_NOFOLLOW ?? 0) | flags, 0o600);
  }

  async #with<T>(name: string, use: (file: FileHandle) => Promise<T>): Promise<T> {
    const file = this.#open.get(name) ?? { handle: this.#openWith(name, 0), users: 0 };
    this.#open.delete(name);
    this.#open.set(name, file);
    file.users++;
    try {
      return await use(await file.handle);
    } catch (error) {
      // A file that could not be opened must be looked for afresh next time.
      await file.handle.catch(() => this.#open.get(name) === file && this.#open.delete(name));
      throw error;
    } finally {
      file.users--;
      await this.#closeIdle();
    }
  }

  async #closeIdle(): Promise<void> {
    for (const [name, file] of this.#open) {
      if (this.#open.size <= OPEN_FILES_MAX) return;
      if (file.users === 0) await this.#forget(name);
    }
  }

  async #forget(name: string): Promise<void> {
    const file = this.#open.get(name);
    if (file === undefined) return;
    this.#open.delete(name);
    await file.handle.then(
      (handle) => handle.close(),
      () => undefined,
    );
  }
}

/** What writing needs of an open file; a test hands in one that writes short. */
export interface PositionalWriter {
  write(
    bytes: Uint8Array,
    offset: number,
    length: number,
    position: number,
  ): Promise<{ readonly bytesWritten: number }>;
}

/** The kernel may take a part only: asks again for the rest. Rejects when it takes nothing. */
export async function writeFully(file: PositionalWriter, bytes: Uint8Array, fromByte: number): Promise<void> {
  let written = 0;
  while (written < bytes.length) {
    const { bytesWritten } = await file.write(bytes, written, bytes.length - written, fromByte + written);
    if (bytesWritten === 0) throw new Error(`the disk took ${written} of ${bytes.length} bytes`);
    written += bytesWritten;
  }
}

async function readFully(file: FileHandle, bytes: Uint8Array, fromByte: number): Promise<number> {
  let taken = 0;
  while (taken < bytes.length) {
    const { bytesRead } = await file.read(bytes, taken, bytes.length - taken, fromByte + taken);
    // The file became shorter meanwhile: what is there is the answer.
    if (bytesRead === 0) break;
    taken += bytesRead;
  }
  return taken;
}

/** A new folder is durable when each folder above it, up to one that existed, has been synced. */
async function syncNamesFrom(existing: string, made: string): Promise<void> {
  for (let folder = dirname(made); folder.length >= existing.length; folder = dirname(folder)) {
    await syncFolder(folder);
    if (folder === dirname(folder)) return;
  }
}

async function syncFolder(folder: string): Promise<void> {
  // Windows opens no folder as a file; NTFS journals its names itself.
  if (process.platform === "win32") return;
  const handle = await openFolder(folder);
  try {
    await handle.sync();
  } finally {
    await handle.close();
  }
}

function openFolder(folder: string): Promise<FileHandle> {
  return open(folder, constants.O_RDONLY | constants.O_DIRECTORY);
}
