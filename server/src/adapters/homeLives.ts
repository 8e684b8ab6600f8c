// The lives of a Home in one process: when its journal fails, the old life answers questions, and a new one is opened from
// what is durable, a bounded number of times by itself and whenever somebody asks. It decides when to try.
// It must never let two lives act at once, and never give the old one up before the new journal takes writes.
import { type Refusal, refuse, messageOf } from "#protocol/errors.ts";
import { type EpochMs, epochMs } from "#protocol/quantities.ts";
import type { ReadOnlyView } from "#protocol/wire/clientViews.ts";
import type { HomeLog } from "./homeLog.ts";

/** Tries by itself after a fault; then it waits for `arw-home journal reopen`, so that a dead disk is not hammered. */
export const REOPEN_TRIES_MAX = 10;
/** The first try comes after this, each later one after twice as long. */
export const REOPEN_FIRST_MS = 250;
export const REOPEN_MS_MAX = 30_000;

/** A Home that acts: core, shells and its journal. */
export interface HomeLife<Api extends object> {
  readonly api: Api;
  /** Whether anything runs that must not end with the last client. */
  busy(): boolean;
  /** Does what a start owes the world, such as opening the listener. */
  begin(signal: AbortSignal): Promise<void>;
  end(): Promise<void>;
}

/** A journal that is open and whole; nothing acts on it yet. */
export interface NextLife<Api extends object> {
  /** Rejects where the disk takes no writes. */
  prove(): Promise<void>;
  wire(): Promise<HomeLife<Api>>;
  discard(): Promise<void>;
}

export interface HomeLivesTerms<Api extends object> {
  /** Opens the journal. Calls `onFault` when it fails later on; rejects where it cannot be opened. */
  readonly open: (onFault: (fault: unknown) => void) => Promise<NextLife<Api>>;
  readonly now: () => EpochMs;
  readonly log: Pick<HomeLog, "info" | "trouble">;
}

interface Trouble {
  reason: string;
  readonly since: EpochMs;
  tries: number;
  nextTryAt: EpochMs | undefined;
}

interface Opened<Api extends object> {
  readonly next: NextLife<Api>;
  readonly handOver: (current: Current<Api>) => void;
}

interface Current<Api extends object> {
  readonly life: HomeLife<Api>;
  faulted: boolean;
  /** It only answers from here on: it ends once, though no life may have followed it. */
  ended: boolean;
}

export class HomeLives<Api extends object> {
  readonly #terms: HomeLivesTerms<Api>;
  readonly #closed = new AbortController();
  #current: Current<Api> | undefined;
  #trouble: Trouble | undefined;
  #timer: NodeJS.Timeout | undefined;
  #trying: Promise<Refusal | Record<string, never>> | undefined;

  constructor(terms: HomeLivesTerms<Api>) {
    this.#terms = terms;
  }

  /** The first life. Rejects where its journal cannot be opened: a Home that cannot be opened whole is not opened. */
  async start(): Promise<void> {
    await this.#wire(await this.#open());
  }

  /** Whatever life is the current one answers. */
  get api(): Api {
    return new Proxy(this.#life.api, { get: (_first, name) => Reflect.get(this.#life.api, name) });
  }

  get busy(): boolean {
    return this.#life.busy();
  }

  get readOnly(): ReadOnlyView | undefined {
    // A life that is only beginning has shown that its disk takes writes.
    if (this.#trouble === undefined || this.#current?.faulted === false) return undefined;
    const { reason, since, tries, nextTryAt } = this.#trouble;
    return { reason, since, tries, ...(nextTryAt === undefined ? {} : { nextTryAt }) };
  }

  async begin(signal: AbortSignal): Promise<void> {
    await this.#life.begin(AbortSignal.any([signal, this.#closed.signal]));
  }

  /** Tries now. Nothing to do for a Home that writes. */
  async reopen(): Promise<Refusal | Record<string, never>> {
    // A try under way may have met the disk as it was before it was mended.
    await this.#trying;
    if (this.#trouble === undefined) return {};
    return this.#tryOnce();
  }

  async close(): Promise<void> {
    this.#closed.abort();
    clearTimeout(this.#timer);
    await this.#trying;
    await this.#endCurrent();
  }

  get #life(): HomeLife<Api> {
    if (this.#current === undefined) throw new Error("no life has started");
    return this.#current.life;
  }

  async #endCurrent(): Promise<void> {
    const current = this.#current;
    if (current === undefined || current.ended) return;
    current.ended = true;
    await current.life.end();
  }

  async #open(): Promise<Opened<Api>> {
    let current: Current<Api> | undefined;
    let faultBefore: unknown;
    const next = await this.#terms.open((fault) => {
      faultBefore = fault;
      if (current !== undefined && current === this.#current) this.#failed(current, fault);
    });
    return {
      next,
      handOver: (wired) => {
        current = wired;
        if (faultBefore !== undefined) this.#failed(wired, faultBefore);
      },
    };
  }

  async #openProven(): Promise<Opened<Api>> {
    const opened = await this.#open();
    try {
      await opened.next.prove();
      return opened;
    } catch (error) {
      await opened.next.discard();
      throw error;
    }
  }

  async #wire({ next, handOver }: Opened<Api>): Promise<Current<Api>> {
    try {
      const current: Current<Api> = { life: await next.wire(), faulted: false, ended: false };
      this.#current = current;
      handOver(current);
      return current;
    } catch (error) {
      await next.discard();
      throw error;
    }
  }

  #failed(current: Current<Api>, fault: unknown): void {
    current.faulted = true;
    this.#trouble ??= { reason: "", since: this.#terms.now(), tries: 0, nextTryAt: undefined };
    this.#trouble.reason = messageOf(fault);
    this.#terms.log.trouble("the journal failed; the Home serves reading only", fault);
    this.#schedule(this.#trouble);
  }

  #schedule(trouble: Trouble): void {
    clearTimeout(this.#timer);
    trouble.nextTryAt = undefined;
    // A try under way sets the next one itself.
    if (this.#closed.signal.aborted || this.#trying !== undefined) return;
    if (trouble.tries >= REOPEN_TRIES_MAX) {
      this.#terms.log.info("journal not reopened", { tries: trouble.tries, reason: trouble.reason });
      return;
    }
    const delayMs = Math.min(REOPEN_MS_MAX, REOPEN_FIRST_MS * 2 ** trouble.tries);
    trouble.nextTryAt = epochMs(this.#terms.now() + delayMs);
    this.#timer = setTimeout(() => void this.#tryOnce(), delayMs);
  }

  #tryOnce(): Promise<Refusal | Record<string, never>> {
    this.#trying ??= this.#trial().finally(() => {
      this.#trying = undefined;
      if (this.#trouble !== undefined) this.#schedule(this.#trouble);
    });
    return this.#trying;
  }

  async #trial(): Promise<Refusal | Record<string, never>> {
    const trouble = this.#trouble;
    if (trouble === undefined) return {};
    trouble.tries++;
    trouble.nextTryAt = undefined;
    clearTimeout(this.#timer);
    try {
      const opened = await this.#openProven();
      await this.#endCurrent().catch((error: unknown) => this.#terms.log.trouble("ending the life before", error));
      const current = await this.#wire(opened);
      await current.life.begin(this.#closed.signal);
      // What a start owes is the first thing it writes: a disk that fails again fails here.
      if (current.faulted) return stillReadOnly(trouble.reason);
      this.#trouble = undefined;
      this.#terms.log.info("journal reopened", { tries: trouble.tries });
      return {};
    } catch (error) {
      trouble.reason = messageOf(error);
      this.#terms.log.trouble("opening the journal again", error);
      return stillReadOnly(trouble.reason);
    }
  }
}

function stillReadOnly(reason: string): Refusal {
  return refuse(
    "home-read-only",
    `The journal cannot be written yet: ${reason}.`,
    "Free disk space or mend the disk, then try again: arw-home journal reopen.",
  );
}
