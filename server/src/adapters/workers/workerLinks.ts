// The Home's workers as they are connected now: proves who speaks, says welcome, judges heartbeats by the Home's own clock,
// and gives a dropped link one time-to-live to come back before the worker counts as lost.
import type { Command, Requester, Transfer } from "#protocol/commands.ts";
import { ArwError, type Refusal } from "#protocol/errors.ts";
import type { AttemptId, LeaseId, NodeId } from "#protocol/ids.ts";
import type { NodeLoad } from "#protocol/node.ts";
import { durationMs, type EpochMs } from "#protocol/quantities.ts";
import type { CloseCode } from "#protocol/wire/version.ts";
import type { Hello, HomeMessage, Offer, WorkerMessage } from "#protocol/wire/worker.ts";
import { isLinkProof } from "#platform/link/linkProof.ts";
import type { Executed } from "../../home/home.ts";
import { liveAttempts } from "../../home/job/state.ts";
import type { NodeChannel } from "../../home/nodeChannel.ts";
import type { HomeState } from "../../home/state.ts";
import type { AttemptMessage, LinkFault } from "../attempts/attemptDesk.ts";
import type { HomeLink } from "../listener/workerListener.ts";

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
]);

export interface WorkerLinksTerms {
  readonly home: () => {
    readonly state: HomeState;
    execute(command: Command): Promise<Executed | Refusal>;
  };
  readonly now: () => EpochMs;
  readonly times: HeartbeatTimes;
  readonly receive: (channel: NodeChannel, message: AttemptMessage, bytes: Uint8Array) => Promise<LinkFault>;
  readonly resume: (offer: Offer, leaseId: LeaseId | undefined, bytesMax: number) => void;
  readonly transfers: () => readonly Transfer[];
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
  lastHeardAt: EpochMs;
  /** Its time-to-live runs from here: when it was last heard, or when this machine was itself again. */
  aliveFrom: EpochMs;
  load?: NodeLoad;
  leaving: boolean;
}

export class WorkerLinks {
  readonly #terms: WorkerLinksTerms;
  readonly #connected = new Map<NodeId, Connected>();
  /** Nodes whose link dropped, or that were there before a restart, until they are back or lost. */
  readonly #awaited = new Map<NodeId, NodeJS.Timeout>();
  readonly #watch: NodeJS.Timeout;
  #judgedAt: EpochMs;
  #disposed = false;

  constructor(terms: WorkerLinksTerms) {
    this.#terms = terms;
    this.#judgedAt = terms.now();
    this.#watch = setInterval(() => this.#judgeHeartbeats(), terms.times.heartbeatMs);
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
      deliver: (message, bytes) => link.send(message, bytes),
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
      if (connected.leaving) this.#lose(nodeId, "left", "its owner stopped it");
      else this.await(nodeId, code === "lost" ? "its link dropped" : `${code}: ${detail}`);
    });
  }

  /** Gives a node one time-to-live to come back. */
  await(nodeId: NodeId, detail: string): void {
    // A Home that ends closes its links itself: nobody is awaited, and no timer may keep its process.
    if (this.#disposed || this.#awaited.has(nodeId) || this.#connected.has(nodeId)) return;
    const timer = setTimeout(() => {
      this.#awaited.delete(nodeId);
      this.#lose(nodeId, "heartbeat-missed", detail);
    }, this.#terms.times.ttlMs);
    this.#awaited.set(nodeId, timer);
  }

  dispose(): void {
    this.#disposed = true;
    clearInterval(this.#watch);
    for (const timer of this.#awaited.values()) clearTimeout(timer);
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
    // It is back: from here on its own link says whether it is lost.
    clearTimeout(this.#awaited.get(nodeId));
    this.#awaited.delete(nodeId);
    const held = message.attempts.filter((attempt) => this.#isLive(nodeId, attempt)).map(({ attemptId }) => attemptId);
    const executed = await this.#terms.home().execute({
      kind: "connect-node",
      at: this.#terms.now(),
      by: HOME,
      nodeId,
      instanceId: message.instanceId,
      capabilities: message.capabilities,
      held,
    });
    if (executed.kind === "refusal") {
      link.close(closeCodeOf(executed), executed.message);
      return undefined;
    }
    const now = this.#terms.now();
    const connected: Connected = { link, channel, lastHeardAt: now, aliveFrom: now, leaving: false };
    this.#connected.set(nodeId, connected);
    await this.#welcome(channel, held);
    return connected;
  }

  async #welcome(channel: NodeChannel, held: readonly AttemptId[]): Promise<void> {
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
      const { leaseId } = attempt;
      const bytesMax = leaseId === undefined ? 0 : (state.leases.byId.get(leaseId)?.lease.budget.bytes ?? 0);
      this.#terms.resume({ kind: "offer", ...offer }, leaseId, bytesMax);
    }
    const welcome: HomeMessage = {
      kind: "welcome",
      homeId: state.identity.nodeId,
      heartbeatMs: durationMs(this.#terms.times.heartbeatMs),
      heartbeatTtlMs: durationMs(this.#terms.times.ttlMs),
      resume: going.map(({ attempt }) => ({ attemptId: attempt.attemptId, acknowledged: attempt.lastNumber })),
    };
    await channel.deliver(welcome);
  }

  async #receive(connected: Connected, message: WorkerMessage, bytes: Uint8Array): Promise<void> {
    connected.lastHeardAt = this.#terms.now();
    connected.aliveFrom = connected.lastHeardAt;
    switch (message.kind) {
      case "hello":
        return connected.link.close("unexpected-message", "a second hello");
      case "heartbeat":
        connected.load = message.load;
        await connected.channel.deliver({ kind: "heartbeat-acknowledged" });
        return;
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

  #judgeHeartbeats(): void {
    const { ttlMs } = this.#terms.times;
    const now = this.#terms.now();
    const sinceJudged = now - this.#judgedAt;
    this.#judgedAt = now;
    // This machine slept, or its clock was set: nobody could be heard meanwhile, and that is nobody's death.
    const wasAway = sinceJudged < 0 || sinceJudged > ttlMs;
    for (const [nodeId, connected] of this.#connected) {
      if (wasAway) connected.aliveFrom = now;
      if (now - connected.aliveFrom <= ttlMs) continue;
      this.#connected.delete(nodeId);
      connected.link.close("heartbeat-missed", "no word for three heartbeats");
      this.#lose(nodeId, "heartbeat-missed", "no word for three heartbeats");
    }
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

/** How a refused hello closes its link: only a node that is not let in is told to join again. */
function closeCodeOf({ code }: Refusal): CloseCode {
  return code === "not-enrolled" || code === "clustering-off" ? code : "goodbye";
}
