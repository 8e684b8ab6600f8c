// Reads stored previews, and keeps the last ones it has read: a document of a large tree is asked for page by page.
// What a digest names never changes, so a kept one is never out of date. It must never answer for bytes a preview does not name.
import type { BlobStore } from "#platform/blobs/blobStore.ts";
import { givingWay } from "#platform/givingWay.ts";
import type { Digest } from "#protocol/digest.ts";
import type { EgressPreview } from "#protocol/egress.ts";
import { ArwError } from "#protocol/errors.ts";
import { decodePreview } from "#protocol/largeDocument.ts";
import { byteCount } from "#protocol/quantities.ts";

/** A preview document of a tree with the most entries fits. */
export const PREVIEW_BYTES_MAX: number = 64 * 1024 * 1024;
/** Documents that are kept: the one on the screen and the one it is compared with. */
export const PREVIEWS_KEPT_MAX = 2;

interface Kept {
  readonly preview: EgressPreview;
  readonly named: ReadonlySet<Digest>;
}

export class PreviewDocuments {
  readonly #blobs: Pick<BlobStore, "read">;
  /** The one that was asked for last is at the end. */
  readonly #kept = new Map<Digest, Kept>();

  constructor(blobs: Pick<BlobStore, "read">) {
    this.#blobs = blobs;
  }

  /** Throws ArwError `blob-absent`, or `preview-malformed`. */
  async read(digest: Digest): Promise<EgressPreview> {
    return (await this.#take(digest)).preview;
  }

  /** Whether bytes of this digest are sent with it: an item, or the specification of the job itself. */
  async isSent(digest: Digest, item: Digest): Promise<boolean> {
    const { named, preview } = await this.#take(digest);
    return item === preview.payload || named.has(item);
  }

  async #take(digest: Digest): Promise<Kept> {
    const kept = this.#kept.get(digest) ?? (await this.#load(digest));
    this.#kept.delete(digest);
    this.#kept.set(digest, kept);
    const [oldest] = this.#kept.keys();
    if (oldest !== undefined && this.#kept.size > PREVIEWS_KEPT_MAX) this.#kept.delete(oldest);
    return kept;
  }

  async #load(digest: Digest): Promise<Kept> {
    const bytes = await this.#blobs.read(digest, byteCount(0), PREVIEW_BYTES_MAX);
    const decoded = await givingWay(decodePreview(Buffer.from(bytes).toString("utf8")));
    if (!decoded.ok) {
      const problem = `The stored preview ${decoded.path} ${decoded.problem}.`;
      throw new ArwError("preview-malformed", problem, "Start again.");
    }
    return { preview: decoded.value, named: new Set(decoded.value.items.map((item) => item.digest)) };
  }
}
