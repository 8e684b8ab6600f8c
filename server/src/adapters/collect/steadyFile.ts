// Reads one file of a workspace whole, so that what is judged, hashed and stored are the same bytes.
// It must never read through a symlink, outside the workspace, from a pipe, or half of an old and half of a new file.
import { constants, type BigIntStats } from "node:fs";
import { open, realpath, stat } from "node:fs/promises";
import { ArwError } from "#protocol/errors.ts";

export type SteadyFile =
  | { readonly kind: "file"; readonly bytes: Uint8Array; readonly executable: boolean }
  | { readonly kind: "refused"; readonly reason: string }
  | { readonly kind: "too-large"; readonly fileBytes: number };

/** A file that changes while it is read is read once more, and then given up. */
const READS_MAX = 2;

/** `path` is absolute, without symlinks. Throws ArwError `file-changing`; rejects with ENOENT where the file is gone. */
export async function readSteadyFile(path: string, bytesMax: number): Promise<SteadyFile> {
  for (let reads = 1; reads <= READS_MAX; reads++) {
    const read = await readOnce(path, bytesMax);
    if (read !== "changed") return read;
  }
  throw new ArwError(
    "file-changing",
    `The file ${JSON.stringify(path)} changed while it was read.`,
    "Wait until nothing writes to it, or leave it out, and try again.",
  );
}

async function readOnce(path: string, bytesMax: number): Promise<SteadyFile | "changed"> {
  // Without O_NONBLOCK the opening of a named pipe would wait for a writer that never comes.
  const flags = constants.O_RDONLY | constants.O_NOFOLLOW | constants.O_NONBLOCK;
  const file = await open(path, flags);
  try {
    const before = await file.stat({ bigint: true });
    if (!before.isFile()) return { kind: "refused", reason: "not a regular file" };
    if (before.size > BigInt(bytesMax)) return { kind: "too-large", fileBytes: Number(before.size) };
    if (!(await isReallyAt(path, before))) return { kind: "refused", reason: "reached through a symlink" };
    const bytes = await readUpTo(file, Number(before.size));
    const after = await file.stat({ bigint: true });
    const same = before.size === after.size && before.mtimeNs === after.mtimeNs && before.ctimeNs === after.ctimeNs;
    if (!same || bytes === undefined) return "changed";
    return { kind: "file", bytes, executable: (before.mode & 0o100n) !== 0n };
  } finally {
    await file.close();
  }
}

/** Whether the open file is the one at this very path, with no symlink in between: a folder may have been swapped. */
async function isReallyAt(path: string, opened: BigIntStats): Promise<boolean> {
  if ((await realpath(path)) !== path) return false;
  const there = await stat(path, { bigint: true });
  return there.dev === opened.dev && there.ino === opened.ino;
}

/** Exactly `size` bytes and then the end of the file; undefined where it has less or more. */
async function readUpTo(file: Awaited<ReturnType<typeof open>>, size: number): Promise<Uint8Array | undefined> {
  // One byte more than it should have, so that growth shows.
  const buffer = Buffer.alloc(size + 1);
  let length = 0;
  while (length < buffer.length) {
    const { bytesRead } = await file.read(buffer, length, buffer.length - length, length);
    if (bytesRead === 0) break;
    length += bytesRead;
  }
  return length === size ? buffer.subarray(0, size) : undefined;
}
