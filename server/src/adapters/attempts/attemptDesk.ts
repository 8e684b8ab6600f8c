// The Home's side of every attempt, local or remote: sends offers, and gives each message of a node to whoever takes it.
// A message counts only through the core: the desk decides nothing but what may be sent and stored.
import { type Refusal, refuse } from "#protocol/errors.ts";
import type { AttemptId, NodeId } from "#protocol/ids.ts";
import type { Offer, WorkerMessage } from "#protocol/wire/worker.ts";
import type { Effect } from "../../home/effects.ts";
import type { NodeChannel } from "../../home/nodeChannel.ts";
import type { SteadyClock } from "../steadyClock.ts";
import type { Crossings } from "./crossings.ts";
import { type AttemptHome, DealtAttempts, type DealtAttemptsTerms, HOME } from "./dealtAttempts.ts";
import { EgressGate } from "./egressGate.ts";
import { InputRequests, type InputRequestsTerms } from "./inputRequests.ts";
import type { LinkFault } from "./linkFault.ts";
import { OutputIntake, type OutputIntakeTerms } from "./outputIntake.ts";
import { ResultIntake, type ResultIntakeTerms } from "./resultIntake.ts";
import { isFenced, tellSettled } from "./settling.ts";

export interface AttemptDeskTerms extends DealtAttemptsTerms, InputRequestsTerms, OutputIntakeTerms, ResultIntakeTerms {
  readonly home: () => AttemptHome;
  readonly blobs: ResultIntakeTerms["blobs"];
  readonly steady: SteadyClock;
  /** The channel of a node that can be reached now. */
  readonly channelOf: (nodeId: NodeId) => NodeChannel | undefined;
}

/** Messages about attempts; the rest of the wire is the link's own business. */
export type AttemptMessage = Extract<WorkerMessage, { readonly attemptId: AttemptId }>;

export class AttemptDesk {
  readonly #terms: AttemptDeskTerms;
  readonly #attempts: DealtAttempts;
  readonly #gate: EgressGate;
  readonly #inputs: InputRequests;
  readonly #outputs: OutputIntake;
  readonly #results: ResultIntake;

  constructor(terms: AttemptDeskTerms) {
    this.#terms = terms;
    this.#attempts = new DealtAttempts(terms);
    this.#gate = new EgressGate({
      crossings: this.#attempts.crossings,
      problemOf: (attemptId) => terms.home().sendProblem(attemptId, terms.steady()),
      recordOf: (attemptId) => {
        const recordId = terms.home().attemptAhead(attemptId)?.recordId;
        return recordId === undefined ? undefined : terms.home().state.egress.open.get(recordId);
      },
    });
    this.#inputs = new InputRequests(terms, this.#attempts, this.#gate);
    this.#outputs = new OutputIntake(terms, this.#attempts);
    this.#results = new ResultIntake(terms, this.#attempts);
  }

  get crossings(): Crossings {
    return this.#attempts.crossings;
  }

  /** Whether the attempt of this id has been dealt out and has not ended: one that stays here runs before that is durable. */
  holds(attemptId: string): boolean {
    return this.#attempts.has(attemptId);
  }

  /** Performs SendOffer: the record and the lease are durable, or the job stays here. */
  async sendOffer({ offer, target, leaseId }: Effect & { kind: "SendOffer" }): Promise<void> {
    const { attemptId } = offer;
    if (!this.#attempts.deal(offer)) return;
    const { crossings } = this.#attempts;
    const held = leaseId === undefined ? undefined : this.#terms.home().state.leases.byId.get(leaseId);
    const reservedBytes = held?.reserved.get(attemptId)?.bytes ?? 0;
    crossings.open(attemptId, leaseId === undefined ? Number.POSITIVE_INFINITY : reservedBytes);
    const channel = this.#terms.channelOf(target);
    if (channel === undefined) return void (await this.#attempts.lose(offer, target, UNREACHABLE, "none"));
    const passage = await this.#gate.offer(channel, offer);
    if (passage.kind === "refusal") await this.#attempts.lose(offer, target, passage, "none");
    // A link that closed meanwhile may or may not have carried it, and it is never repeated blindly.
    else if (passage.kind === "link-gone") await this.#attempts.lose(offer, target, UNREACHABLE, "unknown");
  }

  /**
   * After a restart or a reconnect: goes on with an attempt that its node still holds. After a restart it may report and
   * finish, but nothing more is sent to it: what had left before is not known, and is never sent again blindly.
   */
  resume(offer: Offer): void {
    if (this.#attempts.deal(offer)) this.#attempts.crossings.reopen(offer.attemptId);
  }

  /** Performs CancelAttempt and SettleAttempt: tells the node, if it can be told, and forgets. */
  async end(effect: Effect & { kind: "CancelAttempt" | "SettleAttempt" }): Promise<void> {
    const { attemptId, fencingToken, target } = effect;
    this.#attempts.end(attemptId);
    const channel = this.#terms.channelOf(target);
    if (effect.kind === "CancelAttempt") {
      await channel?.deliver({ kind: "cancel", attemptId, fencingToken, reason: effect.reason });
    }
    const accepted = effect.kind === "SettleAttempt" && effect.accepted;
    await channel?.deliver({ kind: "settled", attemptId, fencingToken, accepted });
  }

  /** Handles one message of a node, in the order they came. Resolves with why the link must be closed, if it must. */
  async receive(channel: NodeChannel, message: AttemptMessage, bytes: Uint8Array): Promise<LinkFault> {
    const { attemptId, fencingToken } = message;
    const at = this.#terms.now();
    const report = { at, by: HOME, nodeId: channel.nodeId, attemptId, fencingToken } as const;
    if (!this.#terms.home().holdsAttempt(attemptId, fencingToken, channel.nodeId)) {
      // What ended it may still be in flight: like every refusal, this one waits until it is durable.
      const executed = await this.#terms.home().execute({ ...report, kind: "record-accepted" });
      if (isFenced(executed)) await tellSettled(this.#terms.home().state.jobs, channel, attemptId, fencingToken);
      return undefined;
    }
    switch (message.kind) {
      // Nothing is answered to these two: what comes next need not wait until they are durable.
      case "accepted":
        this.#outputs.expect(attemptId);
        this.#detach("recording an acceptance", this.#terms.home().execute({ ...report, kind: "record-accepted" }));
        return undefined;
      case "started":
        this.#attempts.get(attemptId)?.supplied.abort();
        this.#detach("recording a start", this.#terms.home().execute({ ...report, kind: "record-started" }));
        return undefined;
      case "refused":
        await this.#refused(channel, message);
        return undefined;
      case "need":
        return this.#inputs.take(channel, message);
      case "output":
        return this.#outputs.take(channel, message, bytes);
      case "blob":
        return this.#results.takeChunk(message, bytes);
      case "finished":
        this.#detach("taking a result", this.#results.take(channel, message));
        return undefined;
    }
  }

  async #refused(channel: NodeChannel, message: WorkerMessage & { kind: "refused" }): Promise<void> {
    const dealt = this.#attempts.get(message.attemptId);
    if (dealt === undefined) return;
    const why = refuse(message.code, `The node refused the job: ${message.message}`, message.advice);
    await this.#attempts.lose(dealt.offer, channel.nodeId, why, "partial");
  }

  #detach(what: string, task: Promise<unknown>): void {
    task.catch((error: unknown) => this.#terms.onTrouble(what, error));
  }
}

const UNREACHABLE: Refusal = refuse(
  "node-unreachable",
  "The worker's link dropped before anything was sent.",
  "Start the episode again once `arw-home nodes` shows it ready.",
);
