// The Home's own TLS leaf through its life: the next one is made and told to the workers days before it is shown, so that
// connected workers trust both by then. It must never show a leaf at the same moment in which it was made.
import type { HeldLeaves } from "#platform/identity/leafFile.ts";
import type { TlsLeaf } from "#platform/identity/tlsLeaf.ts";
import type { EpochMs } from "#protocol/quantities.ts";

/** With less life left than this the next leaf is shown. Between being told and being shown lie the days of the overlap. */
export const LEAF_SWITCHED_DAYS_BEFORE = 2;
/** How often a Home that runs for weeks looks at its leaf. */
export const LEAF_TENDED_MS: number = 3_600_000;

export interface HomeLeafTerms {
  readonly leaves: HeldLeaves;
  readonly now: () => EpochMs;
  /** A next leaf was made: tell the workers that are connected. */
  readonly onNext: (next: TlsLeaf) => void;
  /** Another leaf is shown from now on: new handshakes need it. */
  readonly onSwitched: () => void;
  readonly onTrouble: (what: string, error: unknown) => void;
}

export class HomeLeaf {
  readonly #terms: HomeLeafTerms;
  #timer: NodeJS.Timeout | undefined;

  constructor(terms: HomeLeafTerms) {
    this.#terms = terms;
  }

  get current(): TlsLeaf {
    return this.#terms.leaves.current;
  }

  /** What workers are to trust beside the current one. */
  get next(): TlsLeaf | undefined {
    return this.#terms.leaves.next;
  }

  /** Tends now and from then on until it is disposed. */
  async watch(): Promise<void> {
    await this.#tendSafely();
    this.#timer = setInterval(() => void this.#tendSafely(), LEAF_TENDED_MS);
    this.#timer.unref();
  }

  /** Makes the next leaf when it is time, or shows one that was made earlier when it is time. */
  async tend(): Promise<void> {
    const { leaves, now, onNext, onSwitched } = this.#terms;
    const known = leaves.next;
    if (known === undefined) {
      const made = await leaves.prepareNext(now());
      if (made !== undefined) onNext(made);
      return;
    }
    if (leaves.current.notAfter - now() > LEAF_SWITCHED_DAYS_BEFORE * 86_400_000) return;
    await leaves.promoteNext();
    onSwitched();
  }

  dispose(): void {
    clearInterval(this.#timer);
  }

  async #tendSafely(): Promise<void> {
    try {
      await this.tend();
    } catch (error) {
      this.#terms.onTrouble("renewing the Home's certificate", error);
    }
  }
}
