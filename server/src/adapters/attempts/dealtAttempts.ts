// The attempts that this process has dealt out and that have not ended: what is known of each, and how one is given up.
// It decides nothing but the words; that an attempt is lost is a command, and the core has the last word.
import type { Command, Requester } from "#protocol/commands.ts";
import type { Digest } from "#protocol/digest.ts";
import { ArwError, type Refusal, refuse } from "#protocol/errors.ts";
import type { AttemptId, NodeId } from "#protocol/ids.ts";
import type { SteadyReading } from "#protocol/lease.ts";
import type { EpochMs } from "#protocol/quantities.ts";
import type { Offer } from "#protocol/wire/worker.ts";
import type { Executed } from "../../home/home.ts";
import type { Attempt } from "../../home/job/state.ts";
import type { NodeChannel } from "../../home/nodeChannel.ts";
import type { HomeState } from "../../home/state.ts";
import { isOverloaded } from "../reportLine.ts";
import { Crossings } from "./crossings.ts";
import { isFenced } from "./settling.ts";

/** What attempts need of the Home; `Home` itself fits. */
export interface AttemptHome {
  readonly state: HomeState;
  sendProblem(id: AttemptId, now: SteadyReading): Refusal | undefined;
  holdsAttempt(id: AttemptId, token: Offer["fencingToken"], nodeId: NodeId): boolean;
  /** The attempt as deciding sees it: with the reports whose frames are still in flight. */
  attemptAhead(id: AttemptId): Attempt | undefined;
  execute(command: Command, beside?: Promise<void>): Promise<Executed | Refusal>;
}

export interface DealtAttemptsTerms {
  readonly home: () => AttemptHome;
  readonly now: () => EpochMs;
  /** Told of what nobody else can be told of. */
  readonly onTrouble: (what: string, error: unknown) => void;
}

/** What of an attempt had left by the time it was given up. */
export type Sent = "none" | "partial" | "unknown";

export interface Dealt {
  readonly offer: Offer;
  readonly ended: AbortController;
  /** Aborts when its node has said that it runs: then it has all its inputs, and gets nothing more. */
  readonly supplied: AbortController;
  /** Read when it is first asked for: a job that stays here never asks. */
  permitted: Promise<ReadonlySet<Digest>> | undefined;
  /** Proposal blobs that its node has given. */
  readonly given: Set<Digest>;
  /** Blobs leave one after the other, however many messages ask for them. */
  serving: Promise<void>;
  needsWaiting: number;
  /** The result that is being taken, and over which link. */
  taking: { readonly channel: NodeChannel; readonly replaced: AbortController } | undefined;
}

export const HOME: Requester = { client: "home", session: "home" };

export class DealtAttempts {
  readonly crossings: Crossings = new Crossings();
  readonly #terms: DealtAttemptsTerms;
  readonly #dealt = new Map<string, Dealt>();

  constructor(terms: DealtAttemptsTerms) {
    this.#terms = terms;
  }

  get(attemptId: AttemptId): Dealt | undefined {
    return this.#dealt.get(attemptId);
  }

  /** Whether the attempt of this id runs, as far as this process knows. */
  has(attemptId: string): boolean {
    return this.#dealt.has(attemptId);
  }

  /** False where it was dealt before: an offer is never made twice. */
  deal(offer: Offer): boolean {
    if (this.#dealt.has(offer.attemptId)) return false;
    const ended = new AbortController();
    const idle = {
      given: new Set<Digest>(),
      permitted: undefined,
      serving: Promise.resolve(),
      needsWaiting: 0,
      taking: undefined,
    };
    this.#dealt.set(offer.attemptId, { offer, ended, supplied: new AbortController(), ...idle });
    return true;
  }

  /** Forgets it, and stops whatever this process still does for it. */
  end(attemptId: AttemptId): void {
    this.#dealt.get(attemptId)?.ended.abort(ENDED_ERROR);
    this.#dealt.delete(attemptId);
    this.crossings.close(attemptId);
  }

  /** Gives an attempt up, in words. */
  async lose(offer: Offer, nodeId: NodeId, why: Refusal, sent: Sent): Promise<Executed | Refusal> {
    const { attemptId, fencingToken } = offer;
    const { code, message, advice } = why;
    const transfer = this.crossings.transfer(attemptId);
    const at = this.#terms.now();
    const report = { kind: "record-lost", at, by: HOME, nodeId, attemptId, fencingToken } as const;
    // Of what an earlier process sent, nobody here can say how much it was.
    const known = this.crossings.isWhole(attemptId) ? sent : "unknown";
    const executed = await this.#terms.home().execute({ ...report, code, message, advice, transfer, sent: known });
    // A Home that can only be read begins anew and asks its nodes; whoever ended it otherwise has said so.
    const settled = executed.kind === "executed" || isFenced(executed) || executed.code === "home-read-only";
    if (!settled)
      this.#terms.onTrouble("giving an attempt up", new ArwError(executed.code, executed.message, executed.advice));
    return executed;
  }

  async loseUnlessEnded({ offer, ended }: Dealt, channel: NodeChannel, why: Refusal): Promise<void> {
    if (ended.signal.aborted) return;
    const lost = await this.lose(offer, channel.nodeId, why, "partial");
    // Over its next link the node says again what this rests on.
    if (isOverloaded(lost)) channel.hangUp?.("goodbye", lost.message);
  }

  /** An error of the shell ends the attempt in words: nobody waits for what will not come. */
  async loseFor(error: unknown, what: string, dealt: Dealt, channel: NodeChannel): Promise<void> {
    const expected = error instanceof ArwError;
    if (!expected) this.#terms.onTrouble(what, error);
    const why = expected ? refuse(error.code, error.message, error.advice) : SHELL_FAILED;
    await this.loseUnlessEnded(dealt, channel, why);
  }
}

export const ENDED: Refusal = refuse("attempt-ended", "The attempt has ended.", "Nothing to do.");

/** One for all: nobody looks at where it was made, and making one costs more than ending an attempt. */
const ENDED_ERROR = new ArwError(ENDED.code, ENDED.message, ENDED.advice);

const SHELL_FAILED = refuse(
  "home-failed",
  "The Home failed while it served this attempt.",
  "Start the episode again; home.log says what happened.",
);
