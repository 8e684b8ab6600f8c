// Looks at the first bytes of a model file before any parser does: a file that is no GGUF sends parsers astray for minutes.
// It proves form, not safety; what llama.cpp makes of the rest happens in a process of its own.
import { open } from "node:fs/promises";

/** Magic, version, count of tensors, count of metadata entries. */
const HEADER_BYTES = 24;
const VERSIONS: readonly number[] = [2, 3];
/** The largest models have some thousand of each. */
export const GGUF_ENTRIES_MAX = 65_536n;

/** Whether the file begins like a GGUF model that llama.cpp reads. Rejects with the file system's error. */
export async function looksLikeModel(path: string): Promise<boolean> {
  const file = await open(path, "r");
  try {
    const { bytesRead, buffer } = await file.read(Buffer.alloc(HEADER_BYTES), 0, HEADER_BYTES, 0);
    return bytesRead === HEADER_BYTES && isModelHeader(buffer);
  } finally {
    await file.close();
  }
}

export function isModelHeader(bytes: Buffer): boolean {
  if (bytes.length < HEADER_BYTES || bytes.toString("latin1", 0, 4) !== "GGUF") return false;
  const tensors = bytes.readBigUInt64LE(8);
  const entries = bytes.readBigUInt64LE(16);
  const counts = [tensors, entries].every((count) => count > 0n && count <= GGUF_ENTRIES_MAX);
  return counts && VERSIONS.includes(bytes.readUInt32LE(4));
}
