// The clustering switch in the world: the listener, who it lets in, enrolments that wait for the owner, and the links.
// Off means off: no socket, no port. It decides nothing; whom it lets in is the core's durable state.
import { rm } from "node:fs/promises";
import { networkInterfaces } from "node:os";
import { join } from "node:path";
import type { Command, Requester } from "#protocol/commands.ts";
import { ArwError, type Refusal, refuse } from "#protocol/errors.ts";
import type { InviteId, NodeId } from "#protocol/ids.ts";
import type { EpochMs } from "#protocol/quantities.ts";
import type { Identity } from "#platform/identity/identityFile.ts";
import { createSecretFile, readSecretFile } from "#platform/identity/secretFile.ts";
import type { TlsLeaf } from "#platform/identity/tlsLeaf.ts";
import type { Effect } from "../../home/effects.ts";
import type { Executed } from "../../home/home.ts";
import type { HomeState } from "../../home/state.ts";
import {
  type EnrolmentCandidate,
  type EnrolmentDesk,
  type PendingEnrolment,
  serveEnrolment,
} from "../listener/enrolment.ts";
import type { Allowed } from "../listener/gate.ts";
import { openWorkerListener, type WorkerListener } from "../listener/workerListener.ts";
import { InTurn } from "../inTurn.ts";
import type { WorkerLinks } from "./workerLinks.ts";

export interface ClusteringTerms {
  readonly home: () => { readonly state: HomeState; execute(command: Command): Promise<Executed | Refusal> };
  readonly identity: Identity;
  /** The leaf to show, which changes in the life of a Home. */
  readonly leaf: { readonly current: TlsLeaf };
  readonly invitesFolder: string;
  readonly now: () => EpochMs;
  /** Tries whether this runtime can be trusted with other machines; the reason where it cannot. */
  readonly selfTest: () => Promise<ArwError | undefined>;
  readonly links: WorkerLinks;
  readonly onTrouble: (what: string, error: unknown) => void;
}

/** Refused connections that are journaled in one minute; a stranger who knocks all day must not fill the disk. */
export const REFUSALS_RECORDED_PER_MINUTE = 10;

const HOME: Requester = { client: "home", session: "home" };

export class Clustering {
  readonly #terms: ClusteringTerms;
  #listener: { readonly at: WorkerListener; readonly host: string } | undefined;
  /** Opening and closing. */
  readonly #switching = new InTurn();
  #ended = false;
  readonly #undecided = new Map<NodeId, (decision: "approved" | Refusal) => void>();
  /** Why clustering stays off although the owner wants it on. */
  #problem: ArwError | undefined;
  #tested = false;
  #refusals = { minute: 0, count: 0 };

  constructor(terms: ClusteringTerms) {
    this.#terms = terms;
  }

  get identity(): Identity {
    return this.#terms.identity;
  }

  get leaf(): TlsLeaf {
    return this.#terms.leaf.current;
  }

  get listening(): { readonly host: string; readonly port: number } | undefined {
    return this.#listener === undefined ? undefined : { host: this.#listener.host, port: this.#listener.at.port };
  }

  /** Why nothing listens; undefined where nothing should. */
  get problem(): ArwError | undefined {
    return this.#problem;
  }

  /** Listens there, unless it already does. Resolves with the port. Throws ArwError `listener-failed` or `clustering-self-test-*`. */
  open(host: string, port: number): Promise<number> {
    return this.#switching.run(() => this.#openTested(host, port));
  }

  /** Listens where the durable state says, or nowhere. Resolves when it is so. */
  settle(): Promise<void> {
    return this.#switching.run(async () => {
      const { clustering } = this.#terms.home().state.nodes;
      if (clustering.on) await this.#openTested(clustering.listenHost, clustering.listenPort);
      else await this.#shut();
    });
  }

  /** Ends it for good, whatever the state says: with the Home. */
  close(): Promise<void> {
    this.#ended = true;
    return this.#switching.run(() => this.#shut());
  }

  async #shut(): Promise<void> {
    const listener = this.#listener;
    this.#listener = undefined;
    await listener?.at.close();
  }

  /** New connections see the leaf and the allow-list of now. */
  refreshTrust(): void {
    this.#listener?.at.refreshTrust();
  }

  /** The addresses an invite names: the one it listens on, or every one of this machine where it listens on all. */
  addresses(host: string, port: number): readonly string[] {
    if (host !== "0.0.0.0" && host !== "::") return [joinAddress(host, port)];
    const outside = Object.values(networkInterfaces()).flatMap((each) => each ?? []);
    const reachable = outside.filter((each) => !each.internal && each.family === "IPv4").map((each) => each.address);
    return (reachable.length > 0 ? reachable : ["127.0.0.1"]).slice(0, 16).map((each) => joinAddress(each, port));
  }

  async keepInviteSecret(id: InviteId, secret: Uint8Array): Promise<void> {
    await createSecretFile(join(this.#terms.invitesFolder, id), secret);
    // Those of invites that have run out open nothing any more.
    const now = this.#terms.now();
    for (const { inviteId, expiresAt } of this.#terms.home().state.nodes.invites.values()) {
      if (expiresAt <= now) await rm(join(this.#terms.invitesFolder, inviteId), { force: true });
    }
  }

  /** Performs the effects that concern the listener and enrolments. */
  async perform(
    effect: Effect & { kind: "OpenListener" | "CloseListener" | "RefreshTrust" | "AnswerEnrolment" | "CutNode" },
  ): Promise<void> {
    switch (effect.kind) {
      case "OpenListener":
      case "CloseListener":
        // The owner does not want it any more: nothing stays off against a wish.
        this.#problem = undefined;
        return this.settle();
      case "RefreshTrust":
      case "CutNode":
        // Fresh trust cuts the live links of nodes that are no longer on the list.
        return this.refreshTrust();
      case "AnswerEnrolment": {
        const { answer, nodeId } = effect;
        const refused = answer.approved ? "approved" : ownerRefused(answer.reason);
        this.#undecided.get(nodeId)?.(refused);
        this.#undecided.delete(nodeId);
      }
    }
  }

  async #openTested(host: string, port: number): Promise<number> {
    try {
      await this.#passSelfTest();
      const at = await this.#reopen(host, port);
      this.#problem = undefined;
      return at;
    } catch (error) {
      if (error instanceof ArwError) await this.#stayOff(error);
      throw error;
    }
  }

  /** Once passed it holds for the life of this process; once failed it is tried again with the next wish to open. */
  async #passSelfTest(): Promise<void> {
    if (this.#tested) return;
    const problem = await this.#terms.selfTest();
    if (problem !== undefined) throw problem;
    this.#tested = true;
  }

  /** Local work goes on; the timeline, `home/hello` and `arw-home nodes` say why nobody else can help. */
  async #stayOff(problem: ArwError): Promise<void> {
    if (this.#ended) return;
    const news = this.#problem?.message !== problem.message;
    this.#problem = problem;
    if (!news) return;
    const { code, message, advice } = problem;
    const detail = `${message} ${advice}`.slice(0, 1_024);
    const { home, now, onTrouble } = this.#terms;
    await home()
      .execute({ kind: "block-clustering", at: now(), by: HOME, code, detail })
      .catch((error: unknown) => onTrouble("recording why clustering stays off", error));
  }

  async #reopen(host: string, port: number): Promise<number> {
    if (this.#ended) throw new ArwError("listener-failed", "The Home is ending.", "Start it again.");
    const current = this.#listener;
    if (current !== undefined && current.host === host && (port === 0 || current.at.port === port)) {
      return current.at.port;
    }
    await this.#shut();
    const { state } = this.#terms.home();
    const at = await openWorkerListener({
      host,
      port,
      workspaceId: state.identity.workspaceId,
      leaf: () => this.#terms.leaf.current,
      allowed: () => allowedBy(this.#terms.home().state, this.#terms.now()),
      now: this.#terms.now,
      onLink: (link, node) => this.#terms.links.take(link, node.nodeId),
      onEnrol: (channel, invite) => void serveEnrolment(channel, invite, this.#desk()),
      onRefused: (code, detail, nodeId) => this.recordRefusal(code, detail, nodeId),
    });
    this.#listener = { at, host };
    return at.port;
  }

  /** Records that somebody was refused at the door, a bounded number of times a minute. */
  recordRefusal(code: string, detail: string, nodeId?: NodeId): void {
    const at = this.#terms.now();
    const minute = Math.floor(at / 60_000);
    if (this.#refusals.minute !== minute) this.#refusals = { minute, count: 0 };
    this.#refusals.count += 1;
    if (this.#refusals.count > REFUSALS_RECORDED_PER_MINUTE) return;
    const node = nodeId === undefined ? {} : { nodeId };
    this.#terms
      .home()
      .execute({ kind: "refuse-link", at, by: HOME, code, detail: detail.slice(0, 1_024).toWellFormed(), ...node })
      .catch((error: unknown) => this.#terms.onTrouble("recording a refused link", error));
  }

  #desk(): EnrolmentDesk {
    return {
      home: this.#terms.identity,
      workspaceId: this.#terms.home().state.identity.workspaceId,
      now: this.#terms.now,
      inviteSecret: (id) => readSecretFile(join(this.#terms.invitesFolder, id)),
      requestEnrolment: (candidate, signal) => this.#requestEnrolment(candidate, signal),
    };
  }

  async #requestEnrolment(candidate: EnrolmentCandidate, signal: AbortSignal): Promise<PendingEnrolment | Refusal> {
    const { inviteId, publicKey, fingerprint, certificate, name, words } = candidate;
    const who = { inviteId, publicKey, fingerprint, certificate, name, words };
    const at = this.#terms.now();
    const executed = await this.#terms.home().execute({ kind: "request-enrolment", at, by: HOME, ...who });
    if (executed.kind === "refusal") return executed;
    const requested = executed.events.find((event) => event.kind === "EnrolmentRequested");
    if (requested === undefined) return INVITE_USED;
    const { nodeId } = requested;
    // A worker that asks twice waits on its newest connection.
    this.#undecided.get(nodeId)?.(ASKED_AGAIN);
    const decision = new Promise<"approved" | Refusal>((decide) => {
      this.#undecided.set(nodeId, decide);
      const forget = (): void => {
        if (this.#undecided.get(nodeId) === decide) this.#undecided.delete(nodeId);
      };
      if (signal.aborted) forget();
      else signal.addEventListener("abort", forget, { once: true });
    });
    return { kind: "pending", decision };
  }
}

/** Who may connect now, by the durable state: enrolled nodes, and invites that have not expired. */
export function allowedBy(state: HomeState, now: EpochMs): readonly Allowed[] {
  const nodes = [...state.nodes.byId.values()].flatMap((node): readonly Allowed[] => {
    const enrolled = node.status.kind === "ready" || node.status.kind === "unreachable";
    if (!enrolled || node.fingerprint === undefined || node.certificate === undefined) return [];
    const { nodeId, fingerprint, certificate, replaced } = node;
    const present: Allowed = { kind: "node", nodeId, fingerprint, certificate };
    // The leaf before it stays good for the overlap: its worker may not have heard that the next one counts.
    if (replaced === undefined || now >= replaced.overlapEndsAt) return [present];
    return [present, { kind: "node", nodeId, fingerprint: replaced.fingerprint, certificate: replaced.certificate }];
  });
  // A used invite still reaches the enrolment, and only that, until it expires: its second use is answered with the
  // reason and becomes an alarm, instead of looking like any refused handshake.
  const invites = [...state.nodes.invites.values()]
    .filter((invite) => invite.expiresAt > now)
    .map(({ inviteId, fingerprint, certificate, expiresAt }): Allowed => {
      return { kind: "invite", inviteId, fingerprint, certificate, expiresAt };
    });
  return [...nodes, ...invites];
}

function joinAddress(host: string, port: number): string {
  return host.includes(":") ? `[${host}]:${port}` : `${host}:${port}`;
}

function ownerRefused(reason: string): Refusal {
  return refuse("enrolment-refused", `The Home's owner did not let this worker in: ${reason}.`, "Talk to the owner.");
}

const ASKED_AGAIN = refuse(
  "enrolment-replaced",
  "This worker asked again over another connection.",
  "Wait there for the owner, or run the newest arw-worker join alone.",
);

const INVITE_USED = refuse(
  "invite-used",
  "This invite was already used.",
  "Ask the Home's owner for a new one, and tell them if it was not you who used it.",
);
