// The Home's side of every attempt, local or remote: sends offers and blobs, turns a node's messages into commands, and
// answers them. A message counts only through the core: the desk decides nothing but what may be sent and stored.
import type { BlobStore } from "#platform/blobs/blobStore.ts";
import type { Command, Requester, Transfer } from "#protocol/commands.ts";
import { type Digest, digestOf } from "#protocol/digest.ts";
import type { Refusal } from "#protocol/errors.ts";
import { ArwError, refuse } from "#protocol/errors.ts";
import { canonicalJson } from "#protocol/canonicalJson.ts";
import type { AttemptId, NodeId, ProposalId } from "#protocol/ids.ts";
import type { SteadyReading } from "#protocol/lease.ts";
import { byteCount, type EpochMs } from "#protocol/quantities.ts";
import type { CloseCode } from "#protocol/wire/version.ts";
import type {
  BlobChunk,
  Finished,
  Heartbeat,
  Hello,
  Leaving,
  Need,
  Offer,
  Output,
  WorkerMessage,
} from "#protocol/wire/worker.ts";
import type { Effect } from "../../home/effects.ts";
import type { Executed } from "../../home/home.ts";
import type { NodeChannel } from "../../home/nodeChannel.ts";
import type { HomeState } from "../../home/state.ts";
import type { OutputFiles } from "../outputFiles.ts";
import type { SteadyClock } from "../steadyClock.ts";
import { digestsOf, serveBlobs } from "./blobService.ts";
import { Crossings } from "./crossings.ts";
import { ProposalFetch } from "./proposalFetch.ts";

/** What the desk needs of the Home; `Home` itself fits. */
export interface AttemptHome {
  readonly state: HomeState;
  sendProblem(id: AttemptId, now: SteadyReading): Refusal | undefined;
  holdsAttempt(id: AttemptId, token: Offer["fencingToken"], nodeId: NodeId): boolean;
  execute(command: Command): Promise<Executed | Refusal>;
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
export type AttemptMessage = Exclude<WorkerMessage, Hello | Heartbeat | Leaving>;
/** Why the link must be closed, where a message says so. */
export type LinkFault = { readonly code: CloseCode; readonly detail: string } | undefined;

const HOME: Requester = { client: "home", session: "home" };

interface Dealt {
  readonly offer: Offer;
  readonly permitted: Promise<ReadonlySet<Digest>>;
  readonly ended: AbortController;
  /** A result is being taken: the same one again, over a new link, waits for that. */
  finishing: boolean;
}

export class AttemptDesk {
  readonly #terms: AttemptDeskTerms;
  readonly #crossings = new Crossings();
  readonly #proposals: ProposalFetch;
  readonly #dealt = new Map<AttemptId, Dealt>();
  /** Attempts begun before this process: what had left by then is only in the worker's signed receipt. */
  readonly #resumed = new Set<AttemptId>();

  constructor(terms: AttemptDeskTerms) {
    this.#terms = terms;
    this.#proposals = new ProposalFetch(terms.blobs);
  }

  get crossings(): Crossings {
    return this.#crossings;
  }

  /** Performs SendOffer: the record and the lease are durable, or the job stays here. */
  async sendOffer({ offer, target, leaseId }: Effect & { kind: "SendOffer" }): Promise<void> {
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
    await channel.deliver(offer);
  }

  /**
   * After a restart or a reconnect: goes on with an attempt that its node still holds. After a restart it may report and
   * finish, but nothing more is sent to it: what had left before is not known, and is never sent again blindly.
   */
  resume(offer: Offer): void {
    if (this.#dealt.has(offer.attemptId)) return;
    this.#deal(offer);
    this.#crossings.reopen(offer.attemptId);
    this.#resumed.add(offer.attemptId);
  }

  /** Performs CancelAttempt and SettleAttempt: tells the node, if it can be told, and forgets. */
  async end(effect: Effect & { kind: "CancelAttempt" | "SettleAttempt" }): Promise<void> {
    const { attemptId, fencingToken, target } = effect;
    this.#dealt.get(attemptId)?.ended.abort(new ArwError(ENDED.code, ENDED.message, ENDED.advice));
    this.#dealt.delete(attemptId);
    this.#resumed.delete(attemptId);
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
      // A result may come twice, over a new link: it was accepted if this very attempt finished its job.
      await channel.deliver({ kind: "settled", attemptId, fencingToken, accepted: this.#wasAccepted(attemptId) });
      return undefined;
    }
    switch (message.kind) {
      case "accepted":
        await this.#terms.home().execute({ ...report, kind: "record-accepted" });
        return undefined;
      case "started":
        await this.#terms.home().execute({ ...report, kind: "record-started" });
        return undefined;
      case "refused":
        await this.#refused(channel, message);
        return undefined;
      case "need":
        this.#detach("sending blobs", this.#serve(channel, message));
        return undefined;
      case "output":
        return this.#output(channel, message, bytes);
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

  async #serve(channel: NodeChannel, need: Need): Promise<void> {
    const dealt = this.#dealt.get(need.attemptId);
    if (dealt === undefined || need.blobs.length === 0) return;
    if (this.#resumed.has(need.attemptId)) return this.#lost(dealt.offer, channel.nodeId, INTERRUPTED, "unknown");
    const terms = {
      blobs: this.#terms.blobs,
      crossings: this.#crossings,
      sendProblem: () => this.#terms.home().sendProblem(need.attemptId, this.#terms.steady()),
    };
    const refused = await serveBlobs(terms, channel, dealt.offer, await dealt.permitted, need);
    if (refused !== undefined && !dealt.ended.signal.aborted) {
      await this.#lost(dealt.offer, channel.nodeId, refused, "partial");
    }
  }

  /** Bytes first, then the fact of them: an acknowledged range is on the disk. */
  async #output(channel: NodeChannel, message: Output, bytes: Uint8Array): Promise<LinkFault> {
    const { attemptId, fencingToken, number, stream, fromByte } = message;
    await this.#terms.outputs.append(attemptId, stream, fromByte, bytes);
    const executed = await this.#terms.home().execute({
      kind: "record-output",
      at: this.#terms.now(),
      by: HOME,
      nodeId: channel.nodeId,
      attemptId,
      fencingToken,
      number,
      stream,
      fromByte,
      bytes: byteCount(bytes.length),
      digest: digestOf(bytes),
      transfer: this.#crossings.transfer(attemptId),
    });
    if (executed.kind === "executed") {
      this.#crossings.cameBack(attemptId, bytes.length);
      await channel.deliver({ kind: "acknowledge", attemptId, fencingToken, number });
      return undefined;
    }
    if (executed.code === "output-gap") return { code: "message-out-of-order", detail: executed.message };
    await channel.deliver({ kind: "settled", attemptId, fencingToken, accepted: false });
    return undefined;
  }

  async #blob(message: BlobChunk, bytes: Uint8Array): Promise<LinkFault> {
    this.#crossings.cameBack(message.attemptId, bytes.length);
    const asked = await this.#proposals.receive(message, bytes);
    return asked ? undefined : { code: "unexpected-message", detail: "it sent a blob that nobody asked for" };
  }

  async #finish(channel: NodeChannel, message: Finished): Promise<void> {
    const { attemptId, fencingToken } = message;
    const dealt = this.#dealt.get(attemptId);
    if (dealt === undefined || dealt.finishing) return;
    dealt.finishing = true;
    this.#crossings.cameBack(attemptId, Buffer.byteLength(canonicalJson(message)));
    try {
      await this.#proposals.fetch(channel, message, dealt.ended.signal);
    } catch (error) {
      dealt.finishing = false;
      if (dealt.ended.signal.aborted) return;
      if (!(error instanceof ArwError)) throw error;
      return this.#lost(dealt.offer, channel.nodeId, refuse(error.code, error.message, error.advice), "partial");
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
    if (executed.kind === "refusal" && executed.code === "attempt-fenced") {
      await channel.deliver({ kind: "settled", attemptId, fencingToken, accepted: false });
    }
  }

  #transferOf({ attemptId, receipt }: Finished): Transfer {
    const counted = this.#crossings.transfer(attemptId);
    if (!this.#resumed.has(attemptId)) return counted;
    return { ...counted, bytesOut: byteCount(Math.max(counted.bytesOut, receipt.receipt.receivedBytes)) };
  }

  #deal(offer: Offer): void {
    const permitted = digestsOf(offer.job, this.#terms.blobs);
    // It is awaited where blobs are asked for; a tree that is unreadable is reported there.
    permitted.catch(() => undefined);
    this.#dealt.set(offer.attemptId, { offer, permitted, ended: new AbortController(), finishing: false });
  }

  async #lost(offer: Offer, nodeId: NodeId, why: Refusal, sent: "none" | "partial" | "unknown"): Promise<void> {
    const { attemptId, fencingToken } = offer;
    const { code, message, advice } = why;
    const transfer = this.#crossings.transfer(attemptId);
    const at = this.#terms.now();
    const report = { kind: "record-lost", at, by: HOME, nodeId, attemptId, fencingToken } as const;
    await this.#terms.home().execute({ ...report, code, message, advice, transfer, sent });
  }

  #wasAccepted(attemptId: AttemptId): boolean {
    const { jobs } = this.#terms.home().state;
    const jobId = jobs.ofAttempt.get(attemptId);
    const progress = jobId === undefined ? undefined : jobs.byId.get(jobId)?.progress;
    return progress?.kind === "finished" && progress.attempt.attemptId === attemptId;
  }

  #detach(what: string, task: Promise<void>): void {
    task.catch((error: unknown) => this.#terms.onTrouble(what, error));
  }
}

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
