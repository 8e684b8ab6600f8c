// The port of content-addressed bytes. What it gives back under a digest are the bytes of that digest, or nothing.
// Both programs keep one; which digests may travel is decided elsewhere, never here.
import type { Digest } from "#protocol/digest.ts";
import type { Bytes } from "#protocol/quantities.ts";

export interface StoredBlob {
  readonly digest: Digest;
  readonly bytes: Bytes;
}

export interface BegunBlob extends StoredBlob {
  readonly durable: Promise<void>;
}

export interface BlobStore {
  /** The size of a whole, verified blob; undefined where it is absent or only partly there. */
  size(digest: Digest): Promise<Bytes | undefined>;
  /** How many bytes of an incomplete blob are already here: a fetch goes on from there. */
  partialBytes(digest: Digest): Promise<Bytes>;
  /** Stores bytes under their own digest; durable when it resolves. */
  put(bytes: Uint8Array): Promise<StoredBlob>;
  /** Stores a file's bytes, hashed while they stream; durable when it resolves. Never follows a symlink. */
  putFile(path: string, bytesMax: Bytes, signal: AbortSignal): Promise<StoredBlob>;
  /**
   * Appends a chunk of a blob that arrives. `complete` once all bytes are here and hash to the digest; durable then too,
   * unless the store was opened to use them early.
   * Throws ArwError `blob-wrong-digest` where they do not (nothing is kept), `blob-gap` for a chunk that does not follow.
   */
  receive(digest: Digest, blobBytes: Bytes, fromByte: Bytes, chunk: Uint8Array): Promise<"more" | "complete">;
  /** Reads a range of a whole blob. Throws ArwError `blob-absent`. */
  read(digest: Digest, fromByte: Bytes, bytesMax: number): Promise<Uint8Array>;
  /** Writes the blob to a new file at this path (mode 0644, or 0755). Throws ArwError `blob-absent`. */
  materialise(digest: Digest, path: string, executable: boolean): Promise<void>;
}

/** A store whose small blobs can be named before they are durable. */
export interface BeginningBlobStore extends BlobStore {
  /**
   * As `put`, but resolves as soon as the bytes can be read here. Whatever names them must become durable only together with
   * `durable`. Larger bytes are durable already when it resolves.
   */
  begin(bytes: Uint8Array): Promise<BegunBlob>;
  /** Resolves when nothing is on its way to the disk. */
  settled(): Promise<void>;
}

/** A store that can be swept, and mended after a crash: the Home's. */
export interface SweptBlobStore extends BeginningBlobStore {
  /** Stores a small blob once more, durably, whatever became of it before. False where it is absent, or not its digest's. */
  renew(digest: Digest): Promise<boolean>;
  /** Every whole blob; an idle one nobody has stored, found or read for the grace. */
  all(): AsyncIterable<StoredBlob & { readonly idle: boolean }>;
  /** Drops a blob unless it has been used since; says whether it did. */
  removeIdle(digest: Digest): Promise<boolean>;
}
