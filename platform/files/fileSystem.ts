// The port to a disk: one directory of flat files, each named by a bare file name.
// It decides which operations durability rests on, so that a modelled disk can take back all that was not synced.
// It must never hide a failed sync: what a failed sync covered may be lost, and only the caller knows what that means.

export interface FileSystem {
  /** Names of the regular files, in no order. */
  list(): Promise<readonly string[]>;
  size(name: string): Promise<number>;
  /** The whole file, or the part of `range` that exists. */
  read(name: string, range?: ByteRange): Promise<Uint8Array>;
  /** An empty file. Rejects with EEXIST when there is one. */
  create(name: string): Promise<void>;
  /** Writes all bytes or rejects; after a rejection any part of them may have been written. */
  write(name: string, bytes: Uint8Array, fromByte: number): Promise<void>;
  truncate(name: string, bytes: number): Promise<void>;
  /** Makes the file's bytes durable, not its name. After a rejection the bytes written since the last sync may be lost. */
  sync(name: string): Promise<void>;
  /** Makes names durable: everything created, renamed or removed before. */
  syncDirectory(): Promise<void>;
  /** Replaces what bears the name `to`, at once. */
  rename(from: string, to: string): Promise<void>;
  remove(name: string): Promise<void>;
  close(): Promise<void>;
}

export interface ByteRange {
  readonly fromByte: number;
  readonly bytesMax: number;
}

const BARE_NAME = /^[A-Za-z0-9][A-Za-z0-9._-]{0,199}$/;

/** Throws RangeError unless the name stays inside its folder whatever it says. */
export function requireBareName(name: string): void {
  if (!BARE_NAME.test(name)) throw new RangeError(`not a bare file name: ${JSON.stringify(name)}`);
}

/** The errno of a file system's error, such as `ENOSPC`. */
export function errnoOf(error: unknown): string | undefined {
  return error instanceof Error && "code" in error && typeof error.code === "string" ? error.code : undefined;
}
