// Executes one command at a time: decide and evolve in memory, one frame to the journal, and only when that frame is durable
// do replies, subscribers and effects follow. Memory may run ahead of the disk; nobody outside ever does.
import type { Command } from "#protocol/commands.ts";
import type { Refusal } from "#protocol/errors.ts";
import { refuse } from "#protocol/errors.ts";
import type { JournalEvent } from "#protocol/events.ts";
import type { AttemptId, NodeId } from "#protocol/ids.ts";
import type { SteadyReading } from "#protocol/lease.ts";
import { type FencingToken, type Sequence, sequence } from "#protocol/quantities.ts";
import { decide } from "./decide.ts";
import type { Effect } from "./effects.ts";
import { pauseProblem } from "./egress/pause.ts";
import { evolveAll } from "./evolve.ts";
import { type Journal, JournalFault, type JournalFrame } from "./journalPort.ts";
import { type Attempt, liveAttempt } from "./job/state.ts";
import { leaseProblem } from "./lease/covers.ts";
import { react } from "./react.ts";
import type { HomeState } from "./state.ts";

export interface Executed {
  readonly kind: "executed";
  /** The frame of these events; where there are none, the frame that was last when this was decided. */
  readonly sequence: Sequence;
  readonly events: readonly JournalEvent[];
}

export interface HomePorts {
  readonly journal: Journal<JournalEvent>;
  /** Starts what an effect asks for. Must not throw; what it finds out comes back as a command. */
  readonly perform: (effect: Effect) => void;
  /** Told of every durable frame, in order, after the state includes it. */
  readonly onDurable: (frame: JournalFrame<JournalEvent>) => void;
  /** Told once, when the journal failed and the Home serves reading only. */
  readonly onReadOnly: (fault: unknown) => void;
}

export class Home {
  readonly #ports: HomePorts;
  /** Ahead of the disk by the frames in flight; only deciding may read it. */
  #state: HomeState;
  #durableState: HomeState;
  /** Settles as the last frame did; whoever executed it hears of its fault there. */
  #lastFrame: Promise<void> = Promise.resolve();
  /** What every command is answered once the journal has failed. */
  #refusal: Refusal | undefined;
  #toldReadOnly = false;

  constructor(recovered: HomeState, ports: HomePorts) {
    this.#state = recovered;
    this.#durableState = recovered;
    this.#ports = ports;
  }

  /** The state as of the last durable frame: what anybody outside may see. */
  get state(): HomeState {
    return this.#durableState;
  }

  /** Whether a report of this attempt would count: asked before its bytes are stored, so it sees what deciding sees. */
  holdsAttempt(id: AttemptId, token: FencingToken, nodeId: NodeId): boolean {
    const live = liveAttempt(this.#state.jobs, id);
    return live?.attempt.fencingToken === token && live.attempt.target === nodeId;
  }

  /** The attempt as deciding sees it, if it is live: with the reports whose frames are still in flight. */
  attemptAhead(id: AttemptId): Attempt | undefined {
    return liveAttempt(this.#state.jobs, id)?.attempt;
  }

  /**
   * What forbids sending one byte more for this attempt; undefined where nothing does. It sees what deciding sees: a
   * revocation stops the very next chunk, and what its record counts stays true while its frame is still in flight.
   */
  sendProblem(id: AttemptId, now: SteadyReading): Refusal | undefined {
    if (this.#refusal !== undefined) return this.#refusal;
    const live = liveAttempt(this.#state.jobs, id);
    if (live === undefined) return ATTEMPT_ENDED;
    const { leaseId } = live.attempt;
    if (leaseId === undefined) return undefined;
    return pauseProblem(this.#state.egress) ?? leaseProblem(this.#state.leases.byId.get(leaseId), now);
  }

  get readOnly(): boolean {
    return this.#refusal !== undefined;
  }

  /** What every command is answered by a Home that can write no more; undefined while it can. */
  get refusal(): Refusal | undefined {
    return this.#refusal;
  }

  /**
   * Decides a command and makes its events durable. Resolves with them, or with the refusal.
   * Rejects with the JournalFault where the outcome is not known; the command must then not be repeated blindly.
   * `beside` makes durable what the events name, while their frame is written. Where there are none, nobody waits for it.
   */
  async execute(command: Command, beside?: Promise<void>): Promise<Executed | Refusal> {
    beside?.catch(() => undefined);
    if (this.#refusal !== undefined) return this.#refusal;
    const decided = decide(this.#state, command);
    const { journal } = this.#ports;
    if ("kind" in decided || decided.length === 0) {
      // A refusal, or "nothing to do", may rest on a frame that is still in flight: it is no answer before that frame is
      // durable, and none at all if that frame is lost.
      const last = journal.lastSequence;
      if (await this.#isLost(this.#lastFrame)) return this.#refusal ?? readOnly(undefined);
      return "kind" in decided ? decided : { kind: "executed", sequence: last, events: [] };
    }
    const after = evolveAll(this.#state, decided);
    const frame = { sequence: sequence(journal.lastSequence + 1), events: decided };
    const appended = journal.append(frame, beside);
    if (journal.lastSequence !== frame.sequence) return this.#notTaken(appended);
    this.#state = after;
    const effects = decided.flatMap((event) => react(event, after));
    const released = this.#release(this.#lastFrame, appended, frame, after, effects);
    this.#lastFrame = released;
    for (const effect of effects) if (effect.repeatable) this.#ports.perform(effect);
    await released;
    return { kind: "executed", sequence: frame.sequence, events: decided };
  }

  /** Rejects with the fault of this frame, or of one before it: a frame behind a lost one is lost too. */
  async #release(
    before: Promise<void>,
    appended: Promise<void>,
    frame: JournalFrame<JournalEvent>,
    after: HomeState,
    effects: readonly Effect[],
  ): Promise<void> {
    // Deciding stops at once; the world is told below, after the frames that were durable before.
    appended.catch((fault: unknown) => this.#stopDeciding(fault));
    try {
      await before;
      await appended;
    } catch (fault) {
      this.#becomeReadOnly(fault);
      throw fault;
    }
    this.#durableState = after;
    if (this.#refusal !== undefined) this.#state = after;
    this.#ports.onDurable(frame);
    for (const effect of effects) if (!effect.repeatable && this.#isStillWanted(effect)) this.#ports.perform(effect);
  }

  /** An attempt that has been ended since, though not yet durably, is not sent: what its record says came of it stays true. */
  #isStillWanted(effect: Effect): boolean {
    if (effect.kind !== "SendOffer") return true;
    return this.#refusal === undefined && liveAttempt(this.#state.jobs, effect.offer.attemptId) !== undefined;
  }

  async #isLost(frame: Promise<void>): Promise<boolean> {
    try {
      await frame;
      return false;
    } catch {
      return true;
    }
  }

  /** The journal refused the frame before taking it: nothing has happened. */
  async #notTaken(appended: Promise<void>): Promise<Refusal> {
    try {
      await appended;
    } catch (fault) {
      if (!(fault instanceof JournalFault)) throw fault;
      if (fault.code !== "journal-read-only") return refuse(fault.code, fault.message, fault.advice);
      const refusal = this.#stopDeciding(fault);
      await this.#isLost(this.#lastFrame);
      this.#becomeReadOnly(fault);
      return refusal;
    }
    throw new Error("the journal neither took nor refused a frame");
  }

  /** Memory is ahead of the disk: it is discarded for the durable prefix, and nothing is decided any more. */
  #stopDeciding(fault: unknown): Refusal {
    this.#state = this.#durableState;
    return (this.#refusal ??= readOnly(fault));
  }

  #becomeReadOnly(fault: unknown): void {
    this.#stopDeciding(fault);
    if (this.#toldReadOnly) return;
    this.#toldReadOnly = true;
    this.#ports.onReadOnly(fault);
  }
}

const ATTEMPT_ENDED: Refusal = refuse("attempt-ended", "The attempt has ended.", "Nothing to do.");

function readOnly(fault: unknown): Refusal {
  const reason = fault instanceof JournalFault ? `: ${fault.message}` : "";
  return refuse(
    "home-read-only",
    `The Home serves reading only${reason}.`,
    "Free disk space or mend the disk. The Home tries again by itself; at once with: arw-home journal reopen.",
  );
}
