// What the Home's own shells report waits here in one line where the disk is too slow for it, instead of being dropped: the
// journal refuses a frame as overloaded before anything has happened, so the same command may be given again.
// It decides only the order and the line's length. It must never give a command twice that the journal may have taken.
import { setImmediate } from "node:timers/promises";
import type { Command } from "#protocol/commands.ts";
import type { Refusal } from "#protocol/errors.ts";
import type { AttemptId, NodeId } from "#protocol/ids.ts";
import type { SteadyReading } from "#protocol/lease.ts";
import type { FencingToken } from "#protocol/quantities.ts";
import type { Executed, Home } from "../home/home.ts";
import type { Attempt } from "../home/job/state.ts";
import type { JournalFaultCode } from "../home/journalPort.ts";
import type { HomeState } from "../home/state.ts";

/** Reports that may wait: each node has two or three, for its next message waits as long as anything stands here. */
export const REPORTS_IN_LINE_MAX = 1_024;

interface Waiting {
  readonly command: Command;
  readonly beside: Promise<void> | undefined;
  readonly answer: (executed: Promise<Executed | Refusal>) => void;
}

/** The Home, as its shells speak to it. A client is told at once that the disk is too slow, and may ask again. */
export class ReportLine {
  readonly #home: Home;
  readonly #signal: AbortSignal;
  readonly #line: Waiting[] = [];
  #serving: Promise<void> | undefined;
  #wake: () => void = () => undefined;

  /** When the signal aborts, whoever still waits is answered with the refusal. */
  constructor(home: Home, signal: AbortSignal) {
    this.#home = home;
    this.#signal = signal;
    signal.addEventListener("abort", () => this.wake(), { once: true });
  }

  get state(): HomeState {
    return this.#home.state;
  }

  get readOnly(): boolean {
    return this.#home.readOnly;
  }

  sendProblem(id: AttemptId, now: SteadyReading): Refusal | undefined {
    return this.#home.sendProblem(id, now);
  }

  holdsAttempt(id: AttemptId, token: FencingToken, nodeId: NodeId): boolean {
    return this.#home.holdsAttempt(id, token, nodeId);
  }

  attemptAhead(id: AttemptId): Attempt | undefined {
    return this.#home.attemptAhead(id);
  }

  /** As `Home.execute`. Refused as overloaded only past the line's length, or once the signal has aborted. */
  async execute(command: Command, beside?: Promise<void>): Promise<Executed | Refusal> {
    // While its command stands in line nobody looks at it: the journal says in time that it failed.
    beside?.catch(() => undefined);
    if (this.#line.length > 0) return this.#stand(command, beside);
    const executed = await this.#home.execute(command, beside);
    return isOverloaded(executed) ? this.#stand(command, beside, executed) : executed;
  }

  /** Resolves when nobody waits here: what makes a node's next message wait. Never rejects. */
  async empty(): Promise<void> {
    await this.#serving;
  }

  /** To be called after every durable frame, and when the Home has become read-only. */
  wake(): void {
    this.#wake();
  }

  #stand(command: Command, beside: Promise<void> | undefined, refused?: Refusal): Promise<Executed | Refusal> {
    if (this.#line.length >= REPORTS_IN_LINE_MAX || this.#signal.aborted) {
      return refused === undefined ? this.#home.execute(command, beside) : Promise.resolve(refused);
    }
    const answered = new Promise<Executed | Refusal>((answer) => this.#line.push({ command, beside, answer }));
    this.#serving ??= this.#serve();
    return answered;
  }

  /** Never rejects: each command's own promise says how it went. */
  async #serve(): Promise<void> {
    for (let first = this.#line[0]; first !== undefined; first = this.#line[0]) {
      // Asked for before the try: a frame that becomes durable right after it must not be missed.
      const woken = new Promise<void>((wake) => (this.#wake = wake));
      const executing = this.#home.execute(first.command, first.beside);
      // A refusal comes within this turn of the loop; what was taken may wait long for its disk, and the next need not.
      const soon = await Promise.race([executing.catch(() => undefined), setImmediate(undefined)]);
      if (soon !== undefined && isOverloaded(soon) && !this.#signal.aborted) {
        await woken;
        continue;
      }
      this.#line.shift();
      first.answer(executing);
    }
    this.#serving = undefined;
  }
}

/** Whether the journal refused a command because its disk is too slow: nothing has happened. */
export function isOverloaded(executed: Executed | Refusal): executed is Refusal {
  return executed.kind === "refusal" && executed.code === OVERLOADED;
}

const OVERLOADED: JournalFaultCode = "journal-overloaded";
