// The Home's workers as they are connected now: proves who speaks, says welcome, judges silence by its own monotonic clock,
// and gives a dropped link one time-to-live to come back before the worker counts as lost.
import type { Command, Requester, Transfer } from "#protocol/commands.ts";
import { ArwError, type Refusal } from "#protocol/errors.ts";
import type { AttemptId, NodeId } from "#protocol/ids.ts";
import type { ShownLedger } from "#protocol/ledger/witness.ts";
import type { NodeLoad } from "#protocol/node.ts";
import { durationMs, type EpochMs } from "#protocol/quantities.ts";
import type { CloseCode } from "#protocol/wire/version.ts";
import type { Hello, HomeMessage, NextCertificate, Offer, WorkerMessage, Witnessed } from "#protocol/wire/worker.ts";
import type { Identity } from "#platform/identity/identityFile.ts";
import type { TlsLeaf } from "#platform/identity/tlsLeaf.ts";
import { isLinkProof, welcomeProof } from "#platform/link/linkProof.ts";
import { SilenceWatch } from "#platform/link/silence.ts";
import type { Executed } from "../../home/home.ts";
import { liveAttempts } from "../../home/job/state.ts";
import type { NodeChannel } from "../../home/nodeChannel.ts";
import type { HomeState } from "../../home/state.ts";
import type { AttemptMessage } from "../attempts/attemptDesk.ts";
import type { LinkFault } from "../attempts/linkFault.ts";
import type { LedgerDesk } from "../ledger/ledgerDesk.ts";
import type { HomeLink } from "../listener/workerListener.ts";
import { judgeNextCertificate } from "./nodeCertificates.ts";

export const HEARTBEAT_MS = 2_000;
const HEARTBEAT_MS_MIN = 50;
const HEARTBEAT_MS_MAX = 60_000;
/** Three heartbeats: one may be late, two may be lost. */
export const HEARTBEAT_TTL_MS = 6_000;

export interface HeartbeatTimes {
  readonly heartbeatMs: number;
  readonly ttlMs: number;
}

/** The times, or other ones from the environment: for tests that must not wait, and for slow networks. */
export function heartbeatTimes(env: Readonly<Record<string, string | undefined>>): HeartbeatTimes {
  const heartbeatMs = Number(env["ARW_HEARTBEAT_MS"] ?? HEARTBEAT_MS);
  if (!Number.isInteger(heartbeatMs) || heartbeatMs < HEARTBEAT_MS_MIN || heartbeatMs > HEARTBEAT_MS_MAX) {
    throw new ArwError(
      "limit-invalid",
      `ARW_HEARTBEAT_MS must be whole milliseconds from ${HEARTBEAT_MS_MIN} to ${HEARTBEAT_MS_MAX}.`,
      "Unset it, or set it within these limits.",
    );
  }
  return { heartbeatMs, ttlMs: heartbeatMs * (HEARTBEAT_TTL_MS / HEARTBEAT_MS) };
}

/** What a link is closed with when its peer broke the protocol; the rest is weather. */
const PEER_FAULTS: ReadonlySet<string> = new Set<CloseCode>([
  "protocol-version",
  "malformed-message",
  "message-out-of-order",
  "foreign-workspace",
  "not-enrolled",
  "frame-too-large",
  "too-deep",
  "unexpected-message",
  "wrong-digest",
  "state-restored",
  "ledger-broken",
]);

export interface WorkerLinksTerms {
  readonly home: () => {
    readonly state: HomeState;
    execute(command: Command): Promise<Executed | Refusal>;
  };
  readonly identity: Identity;
  /** The leaf that this Home will show next, once there is one. */
  readonly nextLeaf: () => TlsLeaf | undefined;
  readonly now: () => EpochMs;
  /** Monotonic milliseconds: what silence is measured by. */
  readonly nowMs: () => number;
  readonly times: HeartbeatTimes;
  readonly receive: (channel: NodeChannel, message: AttemptMessage, bytes: Uint8Array) => Promise<LinkFault>;
  readonly resume: (offer: Offer) => void;
  readonly transfers: () => readonly Transfer[];
  /** What witnesses of the ledger are shown, and where their word goes. */
  readonly ledger: Pick<LedgerDesk, "show" | "proofOf" | "take">;
  /** A link that was closed for what its peer did. */
  readonly onFault: (code: string, detail: string, nodeId: NodeId) => void;
  readonly onTrouble: (what: string, error: unknown) => void;
}

export interface WorkerPresence {
  readonly lastHeardAt: EpochMs;
  readonly load?: NodeLoad;
}

const HOME: Requester = { client: "home", session: "home" };

interface Connected {
  readonly link: HomeLink;
  readonly channel: NodeChannel;
  readonly silence: SilenceWatch;
  lastHeardAt: EpochMs;
  load?: NodeLoad;
  leaving: boolean;
}

export class WorkerLinks {
  readonly #terms: WorkerLinksTerms;
  readonly #connected = new Map<NodeId, Connected>();
  /** Nodes whose link dropped, or that were there before a restart, until they are back or lost. */
  readonly #awaited = new Map<NodeId, SilenceWatch>();
  /** Nodes whose hello is being made durable: what comes of it says whether they are back. */
  readonly #greeting: NodeId[] = [];
  /** Links of workers that check the ledger, and what each was shown of it. */
  readonly #witnessing = new WeakMap<HomeLink, ShownLedger>();
  #disposed = false;

  constructor(terms: WorkerLinksTerms) {
    this.#terms = terms;
  }

  channelOf(nodeId: NodeId): NodeChannel | undefined {
    return this.#connected.get(nodeId)?.channel;
  }

  presenceOf(nodeId: NodeId): WorkerPresence | undefined {
    const connected = this.#connected.get(nodeId);
    if (connected === undefined) return undefined;
    const { lastHeardAt, load } = connected;
    return load === undefined ? { lastHeardAt } : { lastHeardAt, load };
  }

  /** Takes an authenticated link: nothing on it counts before a hello that proves the node's identity on this very channel. */
  take(link: HomeLink, nodeId: NodeId): void {
    const channel: NodeChannel = {
      nodeId,
      local: false,
      deliver: (message) => link.send(message),
      carry: (message, bytes) => link.send(this.#proven(link, message), bytes),
      hangUp: (code, detail) => link.close(code, detail),
    };
    let greeting: Promise<Connected | undefined> | undefined;
    const unproved = setTimeout(() => link.close("not-enrolled", "no hello came"), this.#terms.times.ttlMs);
    link.onMessage(async (message, bytes) => {
      clearTimeout(unproved);
      if (greeting === undefined) return void (await (greeting = this.#greet(link, channel, message)));
      const connected = await greeting;
      if (connected !== undefined) await this.#receive(connected, message, bytes);
    });
    void link.closed.then(async ({ code, detail }) => {
      clearTimeout(unproved);
      if (PEER_FAULTS.has(code)) this.#terms.onFault(code, detail, nodeId);
      // A link may end while its hello is still being made durable: only then is it known what it connected.
      const connected = await greeting?.catch(() => undefined);
      if (connected === undefined || this.#connected.get(nodeId) !== connected) return;
      this.#connected.delete(nodeId);
      connected.silence.dispose();
      if (connected.leaving) this.#lose(nodeId, "left", "its owner stopped it");
      else this.await(nodeId, code === "lost" ? "its link dropped" : `${code}: ${detail}`);
    });
  }

  /** Tells every connected worker the leaf that this Home will show next. */
  announce(next: TlsLeaf): void {
    for (const { link } of this.#connected.values()) {
      void link.send({ kind: "home-certificate", certificate: next.certificate });
    }
  }

  /** Gives a node one time-to-live to come back. */
  await(nodeId: NodeId, detail: string): void {
    // A Home that ends closes its links itself: nobody is awaited, and no timer may keep its process.
    if (this.#disposed || this.#awaited.has(nodeId) || this.#connected.has(nodeId)) return;
    const timer = this.#watchSilence(() => {
      this.#awaited.delete(nodeId);
      if (this.#greeting.includes(nodeId)) return this.await(nodeId, detail);
      this.#lose(nodeId, "heartbeat-missed", detail);
    });
    this.#awaited.set(nodeId, timer);
  }

  dispose(): void {
    this.#disposed = true;
    for (const { silence } of this.#connected.values()) silence.dispose();
    for (const timer of this.#awaited.values()) timer.dispose();
    this.#awaited.clear();
  }

  async #greet(link: HomeLink, channel: NodeChannel, message: WorkerMessage): Promise<Connected | undefined> {
    const { nodeId } = channel;
    if (message.kind !== "hello") {
      link.close("unexpected-message", "the first message must be a hello");
      return undefined;
    }
    const key = this.#terms.home().state.nodes.byId.get(nodeId)?.publicKey;
    if (message.nodeId !== nodeId || key === undefined || !isLinkProof(message.proof, key, link.exporter)) {
      link.close("not-enrolled", "the hello does not prove the identity of this certificate");
      return undefined;
    }
    const ledger = await this.#shownLedger(link, message);
    const held = message.attempts.filter((attempt) => this.#isLive(nodeId, attempt)).map(({ attemptId }) => attemptId);
    const executed = await this.#connect(message, held);
    if (executed.kind === "refusal") {
      link.close(closeCodeOf(executed), executed.message);
      return undefined;
    }
    // It is back: from here on its own link says whether it is lost.
    this.#awaited.get(nodeId)?.dispose();
    this.#awaited.delete(nodeId);
    const silence = this.#watchSilence(() => this.#silent(nodeId, link));
    const connected: Connected = { link, channel, silence, lastHeardAt: this.#terms.now(), leaving: false };
    // A link that this one replaces closes later; its silence is nobody's any more.
    this.#connected.get(nodeId)?.silence.dispose();
    this.#connected.set(nodeId, connected);
    await this.#welcome(link, channel, held, ledger);
    return connected;
  }

  /** Before the node counts as connected: no offer may overtake what it demands of the ledger. */
  async #shownLedger(link: HomeLink, { nodeId, seenLedger }: Hello): Promise<ShownLedger | undefined> {
    if (seenLedger === undefined) return undefined;
    this.#greeting.push(nodeId);
    try {
      const shown = await this.#terms.ledger.show(nodeId, seenLedger);
      this.#witnessing.set(link, shown);
      return shown;
    } finally {
      this.#greeting.splice(this.#greeting.indexOf(nodeId), 1);
    }
  }

  /** A witness takes no job without the record that lets it leave. */
  #proven(link: HomeLink, message: HomeMessage): HomeMessage {
    if (message.kind !== "offer" || !this.#witnessing.has(link)) return message;
    const record = this.#terms.ledger.proofOf(message.attemptId);
    return record === undefined ? message : { ...message, record };
  }

  #witnessed({ link, channel: { nodeId } }: Connected, message: Witnessed): void {
    const key = this.#terms.home().state.nodes.byId.get(nodeId)?.publicKey;
    const shown = this.#witnessing.get(link);
    if (key !== undefined && shown !== undefined && this.#terms.ledger.take(nodeId, key, message, shown)) return;
    link.close("unexpected-message", "what it says it witnessed is not the ledger it was shown, or not signed by it");
  }

  async #connect(hello: Hello, held: readonly AttemptId[]): Promise<Executed | Refusal> {
    const { nodeId, instanceId, life, capabilities } = hello;
    this.#greeting.push(nodeId);
    try {
      return await this.#terms.home().execute({
        kind: "connect-node",
        at: this.#terms.now(),
        by: HOME,
        nodeId,
        instanceId,
        ...(life === undefined ? {} : { life }),
        capabilities,
        held,
        transfers: this.#terms.transfers(),
      });
    } finally {
      this.#greeting.splice(this.#greeting.indexOf(nodeId), 1);
    }
  }

  async #welcome(
    link: HomeLink,
    channel: NodeChannel,
    held: readonly AttemptId[],
    ledger: ShownLedger | undefined,
  ): Promise<void> {
    const { state } = this.#terms.home();
    const going = liveAttempts(state.jobs, channel.nodeId).filter(({ attempt }) => held.includes(attempt.attemptId));
    for (const { job, attempt } of going) {
      const { attemptId, fencingToken } = attempt;
      const offer = {
        attemptId,
        fencingToken,
        jobId: job.jobId,
        corrId: job.corrId,
        payload: job.jobKey,
        job: job.job,
      };
      this.#terms.resume({ kind: "offer", ...offer });
    }
    const welcome: HomeMessage = {
      kind: "welcome",
      homeId: state.identity.nodeId,
      proof: welcomeProof(this.#terms.identity, link.exporter),
      heartbeatMs: durationMs(this.#terms.times.heartbeatMs),
      heartbeatTtlMs: durationMs(this.#terms.times.ttlMs),
      resume: going.map(({ attempt }) => ({ attemptId: attempt.attemptId, acknowledged: attempt.lastNumber })),
      ...(ledger === undefined ? {} : { ledger }),
    };
    await channel.deliver(welcome);
    const next = this.#terms.nextLeaf();
    if (next !== undefined) await link.send({ kind: "home-certificate", certificate: next.certificate });
  }

  /** A node's next leaf, proven on this very link: durable and let in before it is answered. */
  async #rotate({ link, channel }: Connected, message: NextCertificate): Promise<void> {
    const { nodeId } = channel;
    const at = this.#terms.now();
    const node = this.#terms.home().state.nodes.byId.get(nodeId);
    if (node?.certificate === undefined) return link.close("not-enrolled", "this node has no certificate here");
    const { publicKey, certificate: held } = node;
    const judged = judgeNextCertificate(message, { publicKey, certificate: held, exporter: link.exporter }, at);
    if (judged.kind === "unproven") return link.close("not-enrolled", judged.problem);
    if (judged.kind === "refusal") return refuseCertificate(link, judged);
    const { fingerprint, certificate } = judged;
    const next = { nodeId, from: link.peerFingerprint, fingerprint, certificate };
    const executed = await this.#terms.home().execute({ kind: "rotate-certificate", at, by: HOME, ...next });
    if (executed.kind === "refusal") return refuseCertificate(link, executed);
    await link.send({ kind: "certificate-recorded", fingerprint });
  }

  async #receive(connected: Connected, message: WorkerMessage, bytes: Uint8Array): Promise<void> {
    connected.lastHeardAt = this.#terms.now();
    connected.silence.heard();
    switch (message.kind) {
      case "hello":
        return connected.link.close("unexpected-message", "a second hello");
      case "heartbeat":
        connected.load = message.load;
        await connected.channel.deliver({ kind: "heartbeat-acknowledged" });
        return;
      case "next-certificate":
        return this.#rotate(connected, message);
      case "witnessed":
        return this.#witnessed(connected, message);
      case "leaving":
        connected.leaving = true;
        return;
      case "accepted":
      case "refused":
      case "need":
      case "started":
      case "output":
      case "finished":
      case "blob": {
        const fault = await this.#terms.receive(connected.channel, message, bytes);
        if (fault !== undefined) connected.link.close(fault.code, fault.detail);
      }
    }
  }

  #isLive(nodeId: NodeId, { attemptId, fencingToken }: Hello["attempts"][number]): boolean {
    return liveAttempts(this.#terms.home().state.jobs, nodeId).some(
      ({ attempt }) => attempt.attemptId === attemptId && attempt.fencingToken === fencingToken,
    );
  }

  /** Half-open: the connection looks alive, and nothing came through it for three heartbeats. */
  #silent(nodeId: NodeId, link: HomeLink): void {
    if (this.#connected.get(nodeId)?.link !== link) return;
    this.#connected.delete(nodeId);
    link.close("heartbeat-missed", "no word for three heartbeats");
    this.#lose(nodeId, "heartbeat-missed", "no word for three heartbeats");
  }

  #watchSilence(onSilent: () => void): SilenceWatch {
    return new SilenceWatch({ limitMs: this.#terms.times.ttlMs, nowMs: this.#terms.nowMs, onSilent });
  }

  #lose(nodeId: NodeId, code: string, detail: string): void {
    if (this.#disposed) return;
    const at = this.#terms.now();
    this.#terms
      .home()
      .execute({ kind: "lose-node", at, by: HOME, nodeId, code, detail, transfers: this.#terms.transfers() })
      .catch((error: unknown) => this.#terms.onTrouble("losing a node", error));
  }
}

async function refuseCertificate(link: HomeLink, { code, message, advice }: Refusal): Promise<void> {
  await link.send({ kind: "certificate-refused", code, message, advice });
}

/** How a refused hello closes its link: only a node that is not let in is told to join again. */
function closeCodeOf({ code }: Refusal): CloseCode {
  return code === "not-enrolled" || code === "clustering-off" || code === "state-restored" ? code : "goodbye";
}
