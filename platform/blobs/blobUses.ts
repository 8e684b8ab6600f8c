// Who needs which blob just now: whatever was stored, found or read a moment ago must not be dropped under its user.
// It decides nothing but the moment: a use waits for a removal under way, and a removal yields to a use that came first.
import type { Digest } from "#protocol/digest.ts";

/** A blob is kept this long after its last use, whatever refers to it: a command that will name it may still be on its way. */
export const BLOB_GRACE_MS: number = 60 * 60_000;

export class BlobUses {
  readonly #now: () => number;
  /** Two generations, each as long as the grace: what is in neither has not been used for that long. */
  #recent = new Set<Digest>();
  #before = new Set<Digest>();
  #begunMs: number;
  readonly #removals = new Map<Digest, Promise<void>>();

  constructor(now: () => number) {
    this.#now = now;
    this.#begunMs = now();
  }

  /** Notes the use at once; resolves when no removal of this blob is under way, so that what is then found stays. */
  async use(digest: Digest): Promise<void> {
    this.#turn();
    this.#recent.add(digest);
    await this.#removals.get(digest);
  }

  isUsed(digest: Digest): boolean {
    this.#turn();
    return this.#recent.has(digest) || this.#before.has(digest);
  }

  /** Runs `remove` unless the blob was used a moment ago; says whether it ran. */
  async removeIdle(digest: Digest, remove: () => Promise<void>): Promise<boolean> {
    if (this.isUsed(digest) || this.#removals.has(digest)) return false;
    const removal = remove();
    // Its users only wait for it; whether it failed concerns the one who asked.
    this.#removals.set(
      digest,
      removal.catch(() => undefined),
    );
    try {
      await removal;
      return true;
    } finally {
      this.#removals.delete(digest);
    }
  }

  #turn(): void {
    const elapsedMs = this.#now() - this.#begunMs;
    if (elapsedMs < BLOB_GRACE_MS) return;
    this.#before = elapsedMs < BLOB_GRACE_MS * 2 ? this.#recent : new Set();
    this.#recent = new Set();
    this.#begunMs = this.#now();
  }
}
