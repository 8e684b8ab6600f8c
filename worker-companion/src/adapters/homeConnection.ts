// Keeps a worker connected to its Home: dials, says hello, beats, notices a dead link, dials again for as long as it takes.
// It ends only when the worker leaves, or when the Home has said that this worker is not wanted. It decides nothing about attempts.
import type { Identity } from "#platform/identity/identityFile.ts";
import type { ChannelEnd } from "#platform/link/frameChannel.ts";
import { isWelcomeProof, linkProof } from "#platform/link/linkProof.ts";
import { SilenceWatch } from "#platform/link/silence.ts";
import { ArwError } from "#protocol/errors.ts";
import type { InstanceId } from "#protocol/ids.ts";
import type { NodeCapabilities, NodeLoad } from "#protocol/node.ts";
import type { PublicKey } from "#protocol/signature.ts";
import type { HomeMessage, Offer, Welcome, WorkerMessage } from "#protocol/wire/worker.ts";
import type { AttemptRunner } from "../engines/attempts/attemptRunner.ts";
import type { ReceiptKeeper } from "./receiptKeeper.ts";
import type { WorkerLink } from "./dial/dialHome.ts";
import { reconnectDelay } from "./dial/reconnect.ts";
import type { LedgerWitness } from "./ledgerWitness.ts";
import type { CertificateMessage, LinkCertificates } from "./linkCertificates.ts";

/** Without an answer to so many heartbeats the link is dead, however open it looks. */
export const HEARTBEATS_UNANSWERED_MAX = 3;
/** The Home gives a worker up after its time-to-live; after so many of them what still runs is certainly not wanted. */
export const LEASE_LAPSE_TTLS = 2;
/** A Home that dies at the wrong moment looks like a refusal: it is believed when it has said no so often in a row. */
export const REFUSALS_BELIEVED = 3;
/** The Home answers a hello at once, unless it reads a long journal first for the proofs that a witness demands. */
export const WELCOME_MS_MAX = 30_000;

export type ConnectionChange =
  | { readonly kind: "connected" }
  | { readonly kind: "disconnected"; readonly reason: string }
  | { readonly kind: "waiting"; readonly error: ArwError };

export interface HomeConnectionOptions {
  readonly identity: Identity;
  readonly instanceId: InstanceId;
  /** Counts the starts of the state folder, so that the Home notices an old backup or a copy. */
  readonly life?: number;
  readonly name: string;
  /** The identity that a welcome must prove. */
  readonly homeKey: PublicKey;
  readonly dial: (signal: AbortSignal) => Promise<WorkerLink>;
  readonly certificates: Pick<LinkCertificates, "connected" | "offer" | "receive">;
  readonly capabilities: (signal: AbortSignal) => Promise<NodeCapabilities>;
  readonly load: () => Promise<NodeLoad>;
  readonly runner: AttemptRunner;
  /** Checks the Home's ledger; absent where nobody does. */
  readonly witness?: LedgerWitness;
  /** Keeps the receipts that the Home took; absent where nobody does. */
  readonly receipts?: Pick<ReceiptKeeper, "said" | "heard">;
  /** Monotonic milliseconds. */
  readonly nowMs: () => number;
  readonly random: () => number;
  /** Told of every change once. */
  readonly onChange: (change: ConnectionChange) => void;
}

export class HomeConnection {
  readonly #options: HomeConnectionOptions;
  readonly #left: AbortController = new AbortController();
  #link: WorkerLink | undefined;
  #connected = false;
  #lapse: NodeJS.Timeout | undefined;
  /** The last trouble that was told, so that a Home that is away for a night is told of once. */
  #told: string | undefined;
  /** The Home's ledger is not the one that was seen. */
  #alarm: ArwError | undefined;

  constructor(options: HomeConnectionOptions) {
    this.#options = options;
  }

  get connected(): boolean {
    return this.#connected;
  }

  /** Ready for more when it resolves; without a link the message is not sent. */
  async send(message: WorkerMessage, bytes?: Uint8Array): Promise<void> {
    this.#options.receipts?.said(message);
    await this.#link?.send(message, bytes);
  }

  /** Resolves when the worker has left. Throws ArwError where the Home does not want it (any more). */
  async run(): Promise<void> {
    let failures = 0;
    let refusals = 0;
    try {
      while (!this.#left.signal.aborted) {
        const problem = await this.#once();
        if (this.#left.signal.aborted) return;
        // Nothing is mended by dialling again: only the owner of this machine can accept another ledger.
        if (this.#alarm !== undefined) throw this.#alarm;
        failures = problem.welcomed ? 1 : failures + 1;
        refusals = problem.error !== undefined && isRefusal(problem.error) ? refusals + 1 : 0;
        if (problem.error !== undefined) {
          if (problem.final || refusals >= REFUSALS_BELIEVED) throw problem.error;
          this.#tell({ kind: "waiting", error: problem.error });
        }
        await pause(reconnectDelay(failures, this.#options.random()), this.#left.signal);
      }
    } finally {
      clearTimeout(this.#lapse);
    }
  }

  /** Says goodbye and ends `run`. Every attempt must be gone. */
  async leave(reason: "drain" | "stop"): Promise<void> {
    const link = this.#link;
    if (link !== undefined) {
      // Before its welcome a link knows no messages, and still has to end.
      if (reason === "stop" && this.#connected) await link.send({ kind: "leaving", reason });
      link.close("goodbye", `the worker leaves: ${reason}`);
    }
    this.#left.abort();
  }

  /** One link, from dialling to its end. */
  async #once(): Promise<Problem> {
    const { signal } = this.#left;
    let link: WorkerLink;
    try {
      const capabilities = await this.#options.capabilities(signal);
      link = await this.#options.dial(signal);
      this.#options.runner.advertise(capabilities.engines);
      this.#link = link;
      const welcomed = await this.#session(link, capabilities);
      return { welcomed, ...problemOf(await link.closed, this.#options.life !== undefined) };
    } catch (error) {
      if (error instanceof ArwError) return { welcomed: false, error, final: false };
      if (signal.aborted) return { welcomed: false, final: false };
      throw error;
    } finally {
      this.#link = undefined;
    }
  }

  /** Resolves when the link has ended, with whether the Home ever said welcome on it. */
  async #session(link: WorkerLink, capabilities: NodeCapabilities): Promise<boolean> {
    const { identity, instanceId, name, runner, nowMs, homeKey, certificates, witness, receipts } = this.#options;
    let silence: SilenceWatch | undefined;
    let welcome: Welcome | undefined;
    let beat: NodeJS.Timeout | undefined;
    let ended = false;
    const unwelcome = setTimeout(() => link.close("unexpected-message", "no welcome came"), WELCOME_MS_MAX);
    link.onMessage(async (message: HomeMessage, bytes) => {
      silence?.heard();
      if (welcome === undefined) {
        if (message.kind !== "welcome") return link.close("unexpected-message", "the first message must be a welcome");
        if (!isWelcomeProof(message.proof, homeKey, link.exporter)) {
          return link.close("not-enrolled", "the welcome does not prove the identity of the Home");
        }
        const witnessed = await witness?.take(message.ledger);
        if (witnessed instanceof ArwError) {
          this.#alarm = witnessed;
          return link.close("ledger-broken", witnessed.message);
        }
        // What a welcome starts is stopped when its link ends: on one that has ended nothing may start.
        if (ended) return;
        clearTimeout(unwelcome);
        welcome = message;
        beat = setInterval(() => this.#beat(link), message.heartbeatMs);
        const limitMs = HEARTBEATS_UNANSWERED_MAX * message.heartbeatMs;
        const onSilent = (): void => {
          link.close("heartbeat-missed", `no word for ${HEARTBEATS_UNANSWERED_MAX} heartbeats`);
        };
        silence = new SilenceWatch({ limitMs, nowMs, onSilent });
        this.#welcomed(message);
        if (witnessed !== undefined) await link.send(witnessed);
        return certificates.connected(link);
      }
      if (message.kind === "welcome") return link.close("unexpected-message", "a second welcome");
      if (isOfCertificates(message)) return certificates.receive(message, link);
      if (message.kind === "offer" && (await this.#refuseUnproven(link, message))) return;
      receipts?.heard(message);
      await runner.receive(message, bytes);
    });
    const proof = linkProof(identity, link.exporter);
    const attempts = runner.held();
    const { life } = this.#options;
    const lived = life === undefined ? {} : { life };
    const who = { kind: "hello", nodeId: identity.nodeId, instanceId, ...lived } as const;
    const seen = witness === undefined ? {} : { seenLedger: witness.seen() };
    await link.send({ ...who, proof, name, capabilities, attempts, ...seen });
    const end = await link.closed;
    ended = true;
    clearTimeout(unwelcome);
    clearInterval(beat);
    if (welcome === undefined) return false;
    this.#dropped(welcome, silence?.silentMs ?? 0, end);
    silence?.dispose();
    return true;
  }

  /** Whether the offer was refused for want of its record in the ledger; what is held already was judged when it came. */
  async #refuseUnproven(link: WorkerLink, offer: Offer): Promise<boolean> {
    const { attemptId, fencingToken } = offer;
    const { runner, witness } = this.#options;
    if (witness === undefined || runner.held().some((held) => held.attemptId === attemptId)) return false;
    const refusal = witness.judge(offer);
    if (refusal === undefined) return false;
    const { code, message, advice } = refusal;
    await link.send({ kind: "refused", attemptId, fencingToken, code, message, advice });
    await witness.settled();
    this.#alarm = witness.alarm;
    if (this.#alarm !== undefined) link.close("ledger-broken", this.#alarm.message);
    return true;
  }

  #welcomed(welcome: Welcome): void {
    clearTimeout(this.#lapse);
    this.#connected = true;
    this.#told = undefined;
    this.#options.onChange({ kind: "connected" });
    this.#options.runner.linkUp(welcome.resume);
  }

  #dropped(welcome: Welcome, silentMs: number, end: ChannelEnd): void {
    const { runner, onChange } = this.#options;
    this.#connected = false;
    runner.linkDown();
    if (this.#left.signal.aborted) return;
    onChange({
      kind: "disconnected",
      reason: end.code === "lost" ? "the link was lost" : `${end.code}: ${end.detail}`,
    });
    const leftMs = Math.max(0, welcome.heartbeatTtlMs * LEASE_LAPSE_TTLS - silentMs);
    this.#lapse = setTimeout(() => runner.leaseLapsed(), leftMs);
  }

  #beat(link: WorkerLink): void {
    this.#options
      .load()
      .then((load) => link.send({ kind: "heartbeat", load }))
      .then(() => this.#options.certificates.offer(link))
      .catch(() => link.close("goodbye", "a heartbeat could not be sent"));
  }

  #tell(change: ConnectionChange & { readonly kind: "waiting" }): void {
    if (this.#told === change.error.code) return;
    this.#told = change.error.code;
    this.#options.onChange(change);
  }
}

interface Problem {
  readonly welcomed: boolean;
  readonly error?: ArwError;
  /** Dialling again cannot help. */
  readonly final: boolean;
}

function isOfCertificates(message: HomeMessage): message is CertificateMessage {
  return (
    message.kind === "certificate-recorded" ||
    message.kind === "certificate-refused" ||
    message.kind === "home-certificate"
  );
}

function isRefusal({ code }: ArwError): boolean {
  return code === "not-enrolled-or-revoked" || code === "home-not-the-inviter";
}

/** What the end of a link means for the next dial; most ends mean nothing but to dial again. */
function problemOf({ code, detail }: ChannelEnd, countsLives: boolean): Omit<Problem, "welcomed"> {
  const joinAgain = "Ask the Home's owner for an invite, and join again with: arw-worker join <invite>";
  switch (code) {
    case "revoked":
      return { error: new ArwError("revoked", "The Home's owner has revoked this worker.", joinAgain), final: true };
    case "not-enrolled":
      return {
        error: new ArwError("not-enrolled-or-revoked", `The Home does not let this worker in: ${detail}.`, joinAgain),
        final: false,
      };
    case "protocol-version":
      return {
        error: new ArwError("protocol-version", detail, "Install the same version of arw-home and arw-worker."),
        final: true,
      };
    case "state-restored":
      return {
        error: new ArwError(
          "state-restored",
          `This worker's state folder is older than one that its Home has seen (${detail}): it was restored from a backup, or copied and started elsewhere.`,
          "If this is the machine that should go on: arw-worker leave, then arw-worker join with a new invite. A copy becomes a worker of its own with: arw-worker leave --new-identity",
        ),
        final: true,
      };
    case "replaced":
      return {
        error: new ArwError(
          "replaced",
          "Another worker with this identity has taken the link over.",
          "Run one worker an identity: give the other its own folder with --state.",
        ),
        // The next hello decides: the later life of the folder is let in, and the other is told that it is the older one.
        final: !countsLives,
      };
    case "malformed-message":
      // Of the same version in its number alone: a newer program says what an older one does not know.
      return {
        error: new ArwError(
          "protocol-version",
          `The Home does not understand this worker (${detail}): one of the two is newer than the other.`,
          "Install the same version of arw-home and arw-worker.",
        ),
        final: false,
      };
    case "lost":
    case "message-out-of-order":
    case "foreign-workspace":
    case "frame-too-large":
    case "too-deep":
    case "heartbeat-missed":
    case "clustering-off":
    case "unexpected-message":
    case "wrong-digest":
    case "ledger-broken":
    case "goodbye":
      return { final: false };
  }
}

/** Resolves early when the signal is aborted. */
function pause(delayMs: number, signal: AbortSignal): Promise<void> {
  return new Promise((resolve) => {
    if (signal.aborted) return resolve();
    const done = (): void => {
      clearTimeout(timer);
      signal.removeEventListener("abort", done);
      resolve();
    };
    const timer = setTimeout(done, delayMs);
    signal.addEventListener("abort", done, { once: true });
  });
}
