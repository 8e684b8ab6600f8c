// Tells the Home when the next scoped lease has run out, so that its end is a fact on the timeline and stays one.
// It decides nothing: every use and every chunk asks the lease itself, whether or not this watch has fired.
import type { Command, Requester } from "#protocol/commands.ts";
import type { Refusal } from "#protocol/errors.ts";
import type { EpochMs } from "#protocol/quantities.ts";
import type { Executed } from "../home/home.ts";
import { isLiveScoped } from "../home/lease/decide.ts";
import type { HomeState } from "../home/state.ts";
import type { SteadyClock } from "./steadyClock.ts";

/** What the watch needs of the Home; `Home` itself fits. */
export interface LeaseWatchHome {
  readonly state: HomeState;
  readonly readOnly: boolean;
  execute(command: Command): Promise<Executed | Refusal>;
}

export interface LeaseWatchTerms {
  readonly home: () => LeaseWatchHome;
  readonly now: () => EpochMs;
  readonly steady: SteadyClock;
  readonly onTrouble: (what: string, error: unknown) => void;
}

/** Timers cannot wait longer than 2^31 ms; a lease never lives that long anyway. */
const WAIT_MS_MAX: number = 60 * 60_000;

const HOME: Requester = { client: "home", session: "home" };

export class LeaseWatch implements Disposable {
  readonly #terms: LeaseWatchTerms;
  #timer: NodeJS.Timeout | undefined;
  /** The epoch for which the timer was set: in another one it is out of date. */
  #epoch = -1;
  #disposed = false;

  constructor(terms: LeaseWatchTerms) {
    this.#terms = terms;
  }

  /** To be called after every durable frame, and once at the start. */
  look(): void {
    if (this.#disposed || this.#terms.home().state.leases.epoch === this.#epoch) return;
    this.#arm();
  }

  [Symbol.dispose](): void {
    this.#disposed = true;
    clearTimeout(this.#timer);
  }

  #arm(): void {
    clearTimeout(this.#timer);
    const { leases } = this.#terms.home().state;
    this.#epoch = leases.epoch;
    const now = this.#terms.steady();
    const waits = [...leases.byId.values()].filter(isLiveScoped).map(({ lease: { deadline } }) => {
      return deadline === undefined || deadline.boot !== now.boot ? 0 : deadline.ms - now.ms;
    });
    if (waits.length === 0) return;
    const waitMs = Math.min(Math.max(0, Math.min(...waits)), WAIT_MS_MAX);
    this.#timer = setTimeout(() => void this.#expire(), waitMs);
    // A Home that has nothing else to do must not stay for this: a lease runs out as well while nobody looks.
    this.#timer.unref();
  }

  async #expire(): Promise<void> {
    const { home, now, steady, onTrouble } = this.#terms;
    try {
      await home().execute({ kind: "expire-leases", at: now(), by: HOME, steady: steady() });
    } catch (error) {
      return onTrouble("letting leases run out", error);
    }
    // A timer may ring a moment early, or after an hour of many.
    if (!this.#disposed && !home().readOnly) this.#arm();
  }
}
