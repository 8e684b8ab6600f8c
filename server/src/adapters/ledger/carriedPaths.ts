// The paths that sends carried, as their previews name them, kept by the digest of the preview's document so that a search
// through the ledger reads each document once. It must never say that a document has no such path that it could not read.
import type { BlobStore } from "#platform/blobs/blobStore.ts";
import { givingWay } from "#platform/givingWay.ts";
import { type Digest, digestOf } from "#protocol/digest.ts";
import { ArwError } from "#protocol/errors.ts";
import { decodePreview } from "#protocol/largeDocument.ts";
import { byteCount } from "#protocol/quantities.ts";
import { PREVIEW_BYTES_MAX } from "../api/previewDocuments.ts";

/** Paths that are kept at most, those of a list that several documents share counted once: some 100 MB. Past it all is read anew. */
export const KEPT_PATHS_MAX = 1_000_000;

type Paths = readonly string[];

export class CarriedPaths {
  readonly #blobs: Pick<BlobStore, "read" | "size">;
  readonly #keptMax: number;
  readonly #ofDocument = new Map<Digest, Paths>();
  /** Most sends of a workspace carry the same files: each list is held once, and each path once. */
  readonly #lists = new Map<Digest, Paths>();
  readonly #names = new Map<string, string>();
  #kept = 0;

  constructor(blobs: Pick<BlobStore, "read" | "size">, keptMax: number = KEPT_PATHS_MAX) {
    this.#blobs = blobs;
    this.#keptMax = keptMax;
  }

  get documentsKept(): number {
    return this.#ofDocument.size;
  }

  kept(document: Digest): Paths | undefined {
    return this.#ofDocument.get(document);
  }

  /** Undefined where the document was dropped, or is none. */
  async of(document: Digest): Promise<Paths | undefined> {
    const kept = this.#ofDocument.get(document);
    if (kept !== undefined) return kept;
    const paths = await this.#read(document);
    if (paths === undefined) return undefined;
    const list = digestOf(paths.join("\0"));
    const shared = this.#lists.get(list);
    if (shared === undefined && this.#kept + paths.length > this.#keptMax) this.#forget();
    const held = shared ?? paths.map((path) => this.#name(path));
    if (!this.#lists.has(list)) {
      this.#lists.set(list, held);
      this.#kept += held.length;
    }
    this.#ofDocument.set(document, held);
    return held;
  }

  async #read(document: Digest): Promise<Paths | undefined> {
    if ((await this.#blobs.size(document)) === undefined) return undefined;
    try {
      const bytes = await this.#blobs.read(document, byteCount(0), PREVIEW_BYTES_MAX);
      const decoded = await givingWay(decodePreview(Buffer.from(bytes).toString("utf8")));
      return decoded.ok ? decoded.value.items.map(({ path }) => path) : undefined;
    } catch (error) {
      // Retention dropped it between the two questions, or its bytes are damaged: either way its paths are not known.
      if (error instanceof ArwError) return undefined;
      throw error;
    }
  }

  #name(path: string): string {
    const known = this.#names.get(path);
    if (known !== undefined) return known;
    this.#names.set(path, path);
    return path;
  }

  #forget(): void {
    this.#ofDocument.clear();
    this.#lists.clear();
    this.#names.clear();
    this.#kept = 0;
  }
}

/** Looks for one text in lists of paths, whatever its case; a list that several documents share is looked through once. */
export class PathText {
  readonly #text: string;
  readonly #answers = new Map<Paths, boolean>();

  constructor(text: string) {
    this.#text = text.toLowerCase();
  }

  isIn(path: string): boolean {
    return path.toLowerCase().includes(this.#text);
  }

  isInAny(paths: Paths): boolean {
    let answer = this.#answers.get(paths);
    if (answer === undefined) this.#answers.set(paths, (answer = paths.some((path) => this.isIn(path))));
    return answer;
  }
}
