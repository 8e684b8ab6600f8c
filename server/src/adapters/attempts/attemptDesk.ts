// The Home's side of every attempt, local or remote: sends offers and blobs, turns a node's messages into commands, and
// answers them. A message counts only through the core: the desk decides nothing but what may be sent and stored.
import type { BlobStore } from "#platform/blobs/blobStore.ts";
import type { Command, Requester, Transfer } from "#protocol/commands.ts";
import type { Digest } from "#protocol/digest.ts";
import type { Refusal } from "#protocol/errors.ts";
import { ArwError, refuse } from "#protocol/errors.ts";
import { canonicalJson } from "#protocol/canonicalJson.ts";
import type { AttemptId, NodeId, ProposalId } from "#protocol/ids.ts";
import type { SteadyReading } from "#protocol/lease.ts";
import { byteCount, type EpochMs, type FencingToken } from "#protocol/quantities.ts";
import type { CloseCode } from "#protocol/wire/version.ts";
import type { BlobChunk, Finished, Need, Offer, Output, WorkerMessage } from "#protocol/wire/worker.ts";
import type { Effect } from "../../home/effects.ts";
import type { Executed } from "../../home/home.ts";
import type { Attempt } from "../../home/job/state.ts";
import type { NodeChannel } from "../../home/nodeChannel.ts";
import type { HomeState } from "../../home/state.ts";
import type { OutputFiles } from "../outputFiles.ts";
import type { SteadyClock } from "../steadyClock.ts";
import { digestsOf, serveBlobs } from "./blobService.ts";
import { Crossings } from "./crossings.ts";
import { OutputIntake } from "./outputIntake.ts";
import { ProposalFetch } from "./proposalFetch.ts";

/** What the desk needs of the Home; `Home` itself fits. */
export interface AttemptHome {
  readonly state: HomeState;
  sendProblem(id: AttemptId, now: SteadyReading): Refusal | undefined;
  holdsAttempt(id: AttemptId, token: Offer["fencingToken"], nodeId: NodeId): boolean;
  attemptAhead(id: AttemptId): Attempt | undefined;
  execute(command: Command, beside?: Promise<void>): Promise<Executed | Refusal>;
}

export interface AttemptDeskTerms {
  readonly home: () => AttemptHome;
  readonly blobs: BlobStore;
  readonly outputs: OutputFiles;
  readonly now: () => EpochMs;
  readonly steady: SteadyClock;
  readonly mintProposalId: () => ProposalId;
  /** The channel of a node that can be reached now. */
  readonly channelOf: (nodeId: NodeId) => NodeChannel | undefined;
  /** Told of what nobody else can be told of: a command that failed in the background. */
  readonly onTrouble: (what: string, error: unknown) => void;
}

/** Messages about attempts; the rest of the wire is the link's own business. */
export type AttemptMessage = Extract<WorkerMessage, { readonly attemptId: AttemptId }>;
/** Why the link must be closed, where a message says so. */
export type LinkFault = { readonly code: CloseCode; readonly detail: string } | undefined;

const HOME: Requester = { client: "home", session: "home" };

/** Requests for blobs that wait for those before them; a tree with the most entries needs half as many. */
export const NEEDS_WAITING_MAX = 128;

interface Dealt {
  readonly offer: Offer;
  readonly ended: AbortController;
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

export class AttemptDesk {
  readonly #terms: AttemptDeskTerms;
  readonly #crossings = new Crossings();
  readonly #proposals: ProposalFetch;
  readonly #dealt = new Map<AttemptId, Dealt>();
  readonly #intake: OutputIntake;

  constructor(terms: AttemptDeskTerms) {
    this.#terms = terms;
    this.#intake = new OutputIntake({
      desk: terms,
      crossings: this.#crossings,
      notStored: (channel, output, why) => this.#notStored(channel, output, why),
      settle: (channel, { attemptId, fencingToken }) => this.#settle(channel, attemptId, fencingToken),
    });
    this.#proposals = new ProposalFetch(terms.blobs);
  }

  get crossings(): Crossings {
    return this.#crossings;
  }

  /** Performs SendOffer: the record and the lease are durable, or the job stays here. */
  async sendOffer({ offer, target, leaseId }: Effect & { kind: "SendOffer" }): Promise<void> {
    if (this.#dealt.has(offer.attemptId)) return;
    const held = leaseId === undefined ? undefined : this.#terms.home().state.leases.byId.get(leaseId);
    const reservedBytes = held?.reserved.get(offer.attemptId)?.bytes ?? 0;
    this.#deal(offer);
    this.#crossings.open(offer.attemptId, leaseId === undefined ? Number.POSITIVE_INFINITY : reservedBytes);
    const channel = this.#terms.channelOf(target);
    if (channel === undefined) return this.#lost(offer, target, UNREACHABLE, "none");
    const problem = this.#terms.home().sendProblem(offer.attemptId, this.#terms.steady());
    if (problem !== undefined) return this.#lost(offer, target, problem, "none");
    if (!this.#crossings.takeOut(offer.attemptId, Buffer.byteLength(canonicalJson(offer.job)))) {
      return this.#lost(
        offer,
        target,
        refuse("lease-bytes-spent", "The lease names fewer bytes.", "Approve again."),
        "none",
      );
    }
    // A link that closed meanwhile may or may not have carried it, and it is never repeated blindly.
    if (!(await channel.deliver(offer))) return this.#lost(offer, target, UNREACHABLE, "unknown");
  }

  /**
   * After a restart or a reconnect: goes on with an attempt that its node still holds. After a restart it may report and
   * finish, but nothing more is sent to it: what had left before is not known, and is never sent again blindly.
   */
  resume(offer: Offer): void {
    if (this.#dealt.has(offer.attemptId)) return;
    this.#deal(offer);
    this.#crossings.reopen(offer.attemptId);
  }

  /** Performs CancelAttempt and SettleAttempt: tells the node, if it can be told, and forgets. */
  async end(effect: Effect & { kind: "CancelAttempt" | "SettleAttempt" }): Promise<void> {
    const { attemptId, fencingToken, target } = effect;
    this.#dealt.get(attemptId)?.ended.abort(new ArwError(ENDED.code, ENDED.message, ENDED.advice));
    this.#dealt.delete(attemptId);
    this.#crossings.close(attemptId);
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
      if (isFenced(executed)) await this.#settle(channel, attemptId, fencingToken);
      return undefined;
    }
    switch (message.kind) {
      // Nothing is answered to these two: what comes next need not wait until they are durable.
      case "accepted":
        this.#detach("recording an acceptance", this.#terms.home().execute({ ...report, kind: "record-accepted" }));
        return undefined;
      case "started":
        this.#detach("recording a start", this.#terms.home().execute({ ...report, kind: "record-started" }));
        return undefined;
      case "refused":
        await this.#refused(channel, message);
        return undefined;
      case "need":
        return this.#need(channel, message);
      case "output":
        return this.#intake.take(channel, message, bytes);
      case "blob":
        return this.#blob(message, bytes);
      case "finished":
        this.#detach("taking a result", this.#finish(channel, message));
        return undefined;
    }
  }

  async #refused(channel: NodeChannel, message: WorkerMessage & { kind: "refused" }): Promise<void> {
    const { attemptId } = message;
    const dealt = this.#dealt.get(attemptId);
    if (dealt === undefined) return;
    const why = refuse(message.code, `The node refused the job: ${message.message}`, message.advice);
    await this.#lost(dealt.offer, channel.nodeId, why, "partial");
  }

  /** Queues a request for blobs: the node goes on being heard while they are sent. */
  #need(channel: NodeChannel, need: Need): LinkFault {
    const dealt = this.#dealt.get(need.attemptId);
    if (dealt === undefined) return undefined;
    if (dealt.needsWaiting >= NEEDS_WAITING_MAX) {
      return { code: "unexpected-message", detail: "it asks for more blobs than a job can have" };
    }
    dealt.needsWaiting += 1;
    dealt.serving = dealt.serving
      .then(() => this.#serve(dealt, channel, need))
      .catch((error: unknown) => this.#terms.onTrouble("sending blobs", error))
      .finally(() => (dealt.needsWaiting -= 1));
    return undefined;
  }

  async #serve(dealt: Dealt, channel: NodeChannel, need: Need): Promise<void> {
    const { offer, ended } = dealt;
    if (need.blobs.length === 0) return;
    if (!this.#crossings.isWhole(need.attemptId)) return this.#lostUnlessEnded(dealt, channel, INTERRUPTED);
    const terms = {
      blobs: this.#terms.blobs,
      crossings: this.#crossings,
      // An attempt that has ended sends nothing more, though its lease may still live.
      sendProblem: () =>
        ended.signal.aborted ? ENDED : this.#terms.home().sendProblem(need.attemptId, this.#terms.steady()),
    };
    try {
      dealt.permitted ??= digestsOf(offer.job, this.#terms.blobs);
      const refused = await serveBlobs(terms, channel, offer, await dealt.permitted, need);
      if (refused !== undefined) await this.#lostUnlessEnded(dealt, channel, refused);
    } catch (error) {
      await this.#troubled("sending blobs", error, dealt, channel);
    }
  }

  /** Output that the Home could not keep is not acknowledged. Over a new link it comes again, once the Home can. */
  async #notStored(channel: NodeChannel, { attemptId }: Output, why: Refusal): Promise<LinkFault> {
    const dealt = this.#dealt.get(attemptId);
    if (dealt !== undefined && (channel.local || why.code === "output-unwritable")) {
      await this.#lostUnlessEnded(dealt, channel, why);
      return undefined;
    }
    return { code: "goodbye", detail: why.message };
  }

  async #blob(message: BlobChunk, bytes: Uint8Array): Promise<LinkFault> {
    this.#crossings.cameBack(message.attemptId, bytes.length);
    const asked = await this.#proposals.receive(message, bytes);
    return asked ? undefined : { code: "unexpected-message", detail: "it sent a blob that nobody asked for" };
  }

  async #finish(channel: NodeChannel, message: Finished): Promise<void> {
    const { attemptId, fencingToken } = message;
    const dealt = this.#dealt.get(attemptId);
    if (dealt === undefined || dealt.taking?.channel === channel) return;
    // The same result over a new link: what was asked for over the old one will never come.
    dealt.taking?.replaced.abort(new ArwError("link-replaced", "The node opened another link.", "Nothing to do."));
    const replaced = new AbortController();
    dealt.taking = { channel, replaced };
    this.#crossings.cameBack(attemptId, Buffer.byteLength(JSON.stringify(message)));
    const stopped = AbortSignal.any([dealt.ended.signal, replaced.signal]);
    try {
      await this.#proposals.fetch(channel, message, dealt.given, stopped);
    } catch (error) {
      if (!stopped.aborted) await this.#troubled("taking a result", error, dealt, channel);
      return;
    }
    const executed = await this.#terms.home().execute({
      kind: "record-finished",
      at: this.#terms.now(),
      by: HOME,
      nodeId: channel.nodeId,
      attemptId,
      fencingToken,
      lastNumber: message.lastNumber,
      result: message.result,
      receipt: message.receipt,
      proposalId: this.#terms.mintProposalId(),
      transfer: this.#transferOf(message),
    });
    if (executed.kind === "executed") return;
    // The same result may have been recorded meanwhile, from another link.
    if (isFenced(executed)) return this.#settle(channel, attemptId, fencingToken);
    // All output that came before it was kept, or had closed the link: what the result claims besides was never sent.
    if (executed.code !== "home-read-only") await this.#lostUnlessEnded(dealt, channel, executed);
  }

  #transferOf({ attemptId, receipt }: Finished): Transfer {
    const counted = this.#crossings.transfer(attemptId);
    if (this.#crossings.isWhole(attemptId)) return counted;
    // What had left before this process is only in the worker's signed receipt.
    return { ...counted, bytesOut: byteCount(Math.max(counted.bytesOut, receipt.receipt.receivedBytes)) };
  }

  #deal(offer: Offer): void {
    const ended = new AbortController();
    const idle = {
      given: new Set<Digest>(),
      permitted: undefined,
      serving: Promise.resolve(),
      needsWaiting: 0,
      taking: undefined,
    };
    this.#dealt.set(offer.attemptId, { offer, ended, ...idle });
  }

  /** An error of the shell ends the attempt in words: nobody waits for what will not come. */
  async #troubled(what: string, error: unknown, dealt: Dealt, channel: NodeChannel): Promise<void> {
    const expected = error instanceof ArwError;
    if (!expected) this.#terms.onTrouble(what, error);
    const why = expected ? refuse(error.code, error.message, error.advice) : SHELL_FAILED;
    await this.#lostUnlessEnded(dealt, channel, why);
  }

  async #lostUnlessEnded({ offer, ended }: Dealt, channel: NodeChannel, why: Refusal): Promise<void> {
    if (!ended.signal.aborted) await this.#lost(offer, channel.nodeId, why, "partial");
  }

  async #lost(offer: Offer, nodeId: NodeId, why: Refusal, sent: "none" | "partial" | "unknown"): Promise<void> {
    const { attemptId, fencingToken } = offer;
    const { code, message, advice } = why;
    const transfer = this.#crossings.transfer(attemptId);
    const at = this.#terms.now();
    const report = { kind: "record-lost", at, by: HOME, nodeId, attemptId, fencingToken } as const;
    // Of what an earlier process sent, nobody here can say how much it was.
    const known = this.#crossings.isWhole(attemptId) ? sent : "unknown";
    await this.#terms.home().execute({ ...report, code, message, advice, transfer, sent: known });
  }

  /** Tells a node that its attempt no longer counts, or, where this very attempt finished its job, that it did. */
  async #settle(channel: NodeChannel, attemptId: AttemptId, fencingToken: FencingToken): Promise<void> {
    const { jobs } = this.#terms.home().state;
    const jobId = jobs.ofAttempt.get(attemptId);
    const progress = jobId === undefined ? undefined : jobs.byId.get(jobId)?.progress;
    const attempt = progress?.kind === "finished" ? progress.attempt : undefined;
    const accepted =
      attempt?.attemptId === attemptId && attempt.target === channel.nodeId && attempt.fencingToken === fencingToken;
    await channel.deliver({ kind: "settled", attemptId, fencingToken, accepted });
  }

  #detach(what: string, task: Promise<unknown>): void {
    task.catch((error: unknown) => this.#terms.onTrouble(what, error));
  }
}

function isFenced(executed: Executed | Refusal): boolean {
  return executed.kind === "refusal" && executed.code === "attempt-fenced";
}

const SHELL_FAILED = refuse(
  "home-failed",
  "The Home failed while it served this attempt.",
  "Start the episode again; home.log says what happened.",
);

const ENDED = refuse("attempt-ended", "The attempt has ended.", "Nothing to do.");

const INTERRUPTED = refuse(
  "send-interrupted",
  "The Home ended while this was being sent; how much had left is not known, so it is not sent again.",
  "Start the episode again.",
);

const UNREACHABLE = refuse(
  "node-unreachable",
  "The worker's link dropped before anything was sent.",
  "Start the episode again once `arw-home nodes` shows it ready.",
);
