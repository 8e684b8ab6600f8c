// A blob store in memory, for tests of what stands above the port. It keeps its promises on bytes and digests,
// and lets a test look at everything that was ever stored.
import { readFile, writeFile } from "node:fs/promises";
import type { BeginningBlobStore, BegunBlob, StoredBlob } from "#platform/blobs/blobStore.ts";
import { type Digest, digestOf } from "#protocol/digest.ts";
import { ArwError } from "#protocol/errors.ts";
import { type Bytes, byteCount } from "#protocol/quantities.ts";

export class MemoryBlobs implements BeginningBlobStore {
  readonly stored: Map<Digest, Uint8Array> = new Map();
  readonly #partial = new Map<Digest, Uint8Array>();

  async size(digest: Digest): Promise<Bytes | undefined> {
    const blob = this.stored.get(digest);
    return blob === undefined ? undefined : byteCount(blob.length);
  }

  async partialBytes(digest: Digest): Promise<Bytes> {
    return byteCount(this.#partial.get(digest)?.length ?? 0);
  }

  async begin(bytes: Uint8Array): Promise<BegunBlob> {
    return { ...(await this.put(bytes)), durable: Promise.resolve() };
  }

  async settled(): Promise<void> {}

  async put(bytes: Uint8Array): Promise<StoredBlob> {
    const digest = digestOf(bytes);
    this.stored.set(digest, Uint8Array.from(bytes));
    return { digest, bytes: byteCount(bytes.length) };
  }

  async putFile(path: string, bytesMax: Bytes, signal: AbortSignal): Promise<StoredBlob> {
    const bytes = await readFile(path, { signal });
    if (bytes.length > bytesMax) throw new ArwError("blob-too-large", "The file is too large.", "Use a smaller one.");
    return this.put(bytes);
  }

  async receive(digest: Digest, blobBytes: Bytes, fromByte: Bytes, chunk: Uint8Array): Promise<"more" | "complete"> {
    const before = this.#partial.get(digest) ?? new Uint8Array();
    if (fromByte !== before.length) throw new ArwError("blob-gap", "The chunk does not follow.", "Ask again.");
    const bytes = Buffer.concat([before, chunk]);
    this.#partial.set(digest, bytes);
    if (bytes.length < blobBytes) return "more";
    this.#partial.delete(digest);
    if (digestOf(bytes) !== digest) throw new ArwError("blob-wrong-digest", "The bytes are others.", "Ask again.");
    await this.put(bytes);
    return "complete";
  }

  async read(digest: Digest, fromByte: Bytes, bytesMax: number): Promise<Uint8Array> {
    return this.#whole(digest).subarray(fromByte, fromByte + bytesMax);
  }

  async materialise(digest: Digest, path: string, executable: boolean): Promise<void> {
    await writeFile(path, this.#whole(digest), { flag: "wx", mode: executable ? 0o755 : 0o644 });
  }

  #whole(digest: Digest): Uint8Array {
    const blob = this.stored.get(digest);
    if (blob === undefined) throw new ArwError("blob-absent", `There is no blob ${digest}.`, "Collect it again.");
    return blob;
  }
}
