// Reads the files of a zip archive, as far as our packer writes them. It trusts the archive: it is our own.
import { inflateRawSync } from "node:zlib";

const END_SIGNATURE = 0x06054b50;
const END_BYTES = 22;
const STORED = 0;

export interface ZipEntry {
  readonly path: string;
  readonly mode: number;
  readonly content: Uint8Array;
}

export function zipEntries(archive: Buffer): readonly ZipEntry[] {
  const end = archive.length - END_BYTES;
  if (archive.readUInt32LE(end) !== END_SIGNATURE) throw new Error("the archive has no end record, or a comment");
  const entries: ZipEntry[] = [];
  let at = archive.readUInt32LE(end + 16);
  for (let left = archive.readUInt16LE(end + 10); left > 0; left--) {
    const nameBytes = archive.readUInt16LE(at + 28);
    const path = archive.toString("utf8", at + 46, at + 46 + nameBytes);
    entries.push({ path, mode: archive.readUInt16LE(at + 40), content: contentAt(archive, at) });
    at += 46 + nameBytes + archive.readUInt16LE(at + 30) + archive.readUInt16LE(at + 32);
  }
  return entries;
}

function contentAt(archive: Buffer, directoryEntry: number): Uint8Array {
  const packedBytes = archive.readUInt32LE(directoryEntry + 20);
  const local = archive.readUInt32LE(directoryEntry + 42);
  const start = local + 30 + archive.readUInt16LE(local + 26) + archive.readUInt16LE(local + 28);
  const packed = archive.subarray(start, start + packedBytes);
  return archive.readUInt16LE(directoryEntry + 10) === STORED ? packed : inflateRawSync(packed);
}
