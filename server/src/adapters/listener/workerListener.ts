// The Home's one door for other machines: mutual TLS 1.3, certificates known beforehand, a gate, then one WebSocket each.
// No unauthenticated surface exists: a stranger gets no further than a refused handshake.
// It must never set `rejectUnauthorized: false`, keep ticket keys over a change of trust, or serve two links to one node.
import { once } from "node:events";
import type { Socket } from "node:net";
import { createServer, type SecureContextOptions, type Server, type TLSSocket } from "node:tls";
import type { WebSocket } from "ws";
import { ArwError, messageOf } from "#protocol/errors.ts";
import type { NodeId, WorkspaceId } from "#protocol/ids.ts";
import type { EpochMs } from "#protocol/quantities.ts";
import { type HomeMessage, workerEnvelopeSchema, type WorkerMessage } from "#protocol/wire/worker.ts";
import type { TlsLeaf } from "#platform/identity/tlsLeaf.ts";
import { type FrameChannel, openFrameChannel } from "#platform/link/frameChannel.ts";
import { type Link, linkOver } from "#platform/link/link.ts";
import { type Allowed, type AllowedInvite, type AllowedNode, judgeConnection, type RefusedConnection } from "./gate.ts";
import { UpgradeServer } from "./upgrade.ts";

/** A TLS handshake that takes longer is cut. */
export const HANDSHAKE_MS_MAX = 5_000;
/** Handshakes at one time; a stranger holds each for HANDSHAKE_MS_MAX at most. */
export const HANDSHAKES_MAX = 128;
/** Enrolments at one time. */
export const ENROL_CHANNELS_MAX = 64;

export type HomeLink = Link<HomeMessage, WorkerMessage>;

export interface WorkerListenerOptions {
  readonly host: string;
  /** 0 takes any free port. */
  readonly port: number;
  readonly workspaceId: WorkspaceId;
  /** What this Home shows. Read when trust is refreshed. */
  readonly leaf: () => TlsLeaf;
  /** Who may connect now. Read at every handshake; call `refreshTrust` after it changed. */
  readonly allowed: () => readonly Allowed[];
  readonly now: () => EpochMs;
  /** A node's link, authenticated by TLS. `onMessage` must be called on it at once or nothing is read. */
  readonly onLink: (link: HomeLink, node: AllowedNode) => void;
  /** An enrolment channel of an invite: `serveEnrolment` takes it. */
  readonly onEnrol: (channel: FrameChannel, invite: AllowedInvite) => void;
  readonly onRefused: (code: RefusedConnection, detail: string, nodeId?: NodeId) => void;
}

export interface WorkerListener {
  readonly port: number;
  /** Connections that passed the gate, so far: what was refused there was never parsed as HTTP. */
  readonly admittedConnections: number;
  /**
   * Makes the allow-list of now count: fresh trust and fresh ticket keys for new connections, and live links of nodes that
   * are no longer on it are closed as revoked. No message of such a link is handled after this returns.
   */
  refreshTrust(): void;
  /** Says goodbye to every link and stops listening. Closing again waits for the same end. */
  close(): Promise<void>;
}

/** Throws ArwError `listener-failed` when the address cannot be had. */
export async function openWorkerListener(options: WorkerListenerOptions): Promise<WorkerListener> {
  const listener = new TlsListener(options);
  await listener.listen();
  return listener;
}

interface LiveLink {
  readonly link: HomeLink;
  readonly node: AllowedNode;
}

class TlsListener implements WorkerListener {
  port = 0;
  admittedConnections = 0;
  readonly #options: WorkerListenerOptions;
  readonly #server: Server;
  readonly #upgrades: UpgradeServer;
  /** Every TCP connection, so that closing leaves none behind. */
  readonly #sockets = new Set<Socket>();
  /** TCP connections still in their handshake, by the peer's address and port. */
  readonly #handshakes = new Set<string>();
  readonly #links = new Map<NodeId, LiveLink>();
  readonly #enrolments = new Set<FrameChannel>();
  #closing: Promise<void> | undefined;

  constructor(options: WorkerListenerOptions) {
    this.#options = options;
    this.#upgrades = new UpgradeServer({
      onUpgraded: (socket, tls, allowed) => this.#open(socket, tls, allowed),
      onRefused: (code, detail, allowed) => {
        options.onRefused(code, detail, allowed.kind === "node" ? allowed.nodeId : undefined);
      },
      stillAllowed: (allowed) => this.#stands(allowed),
    });
    this.#server = createServer({
      ...this.#context(),
      requestCert: true,
      rejectUnauthorized: true,
      handshakeTimeout: HANDSHAKE_MS_MAX,
    });
    // Before TLS looks at the connection: one too many is not worth a handshake.
    this.#server.prependListener("connection", (socket: Socket) => this.#count(socket));
    this.#server.on("secureConnection", (socket) => this.#gate(socket));
    this.#server.on("tlsClientError", (error, socket) => {
      this.#handshakes.delete(peerOf(socket));
      options.onRefused("handshake-refused", handshakeProblem(error, socket));
    });
  }

  async listen(): Promise<void> {
    const { host, port } = this.#options;
    this.#server.listen({ host, port });
    try {
      await once(this.#server, "listening");
    } catch (error) {
      throw new ArwError(
        "listener-failed",
        `The Home cannot listen on ${host}:${port}: ${messageOf(error)}.`,
        "Choose another port or address, or stop the program that has it.",
        { cause: error },
      );
    }
    // A failed accept (too many open files) concerns one connection, not the Home.
    this.#server.on("error", (error) => this.#options.onRefused("handshake-refused", error.message));
    const address = this.#server.address();
    this.port = typeof address === "object" && address !== null ? address.port : port;
  }

  refreshTrust(): void {
    // A new context has new ticket keys: with the old ones a revoked node could resume its session and receive data.
    this.#server.setSecureContext(this.#context());
    this.#upgrades.cutUnless((allowed) => this.#stands(allowed));
    for (const { link, node } of this.#links.values()) {
      if (this.#stands(node)) continue;
      if (this.#isKnown(node)) link.close("goodbye", "this certificate was replaced: connect with the newer one");
      else link.close("revoked", "this node is no longer approved by the Home's owner");
    }
  }

  close(): Promise<void> {
    this.#closing ??= this.#closeAll();
    return this.#closing;
  }

  async #closeAll(): Promise<void> {
    const closed = once(this.#server, "close");
    this.#server.close();
    const channels = [...[...this.#links.values()].map(({ link }) => link), ...this.#enrolments];
    for (const channel of channels) channel.close("goodbye", "the Home is closing");
    await Promise.all(channels.map((channel) => channel.closed));
    for (const socket of this.#sockets) socket.destroy();
    await closed;
  }

  /** One context for all: several, chosen by server name, have let the wrong one through before (CVE-2026-48928). */
  #context(): SecureContextOptions {
    const { allowed } = this.#options;
    const leaf = this.#options.leaf();
    return {
      key: leaf.privateKey,
      cert: leaf.certificate,
      // Never empty: without any `ca` the system's authorities would count.
      ca: [leaf.certificate, ...allowed().map(({ certificate }) => certificate)],
      minVersion: "TLSv1.3",
    };
  }

  #stands(allowed: Allowed): boolean {
    return this.#options.allowed().some(({ kind, fingerprint }) => {
      return kind === allowed.kind && fingerprint === allowed.fingerprint;
    });
  }

  /** The same node under another certificate: it was not revoked, it only shows an old one. */
  #isKnown(node: AllowedNode): boolean {
    return this.#options.allowed().some((entry) => entry.kind === "node" && entry.nodeId === node.nodeId);
  }

  #count(socket: Socket): void {
    const peer = peerOf(socket);
    this.#sockets.add(socket);
    socket.once("close", () => {
      this.#sockets.delete(socket);
      this.#handshakes.delete(peer);
    });
    if (this.#handshakes.size >= HANDSHAKES_MAX) {
      this.#options.onRefused("too-many-connections", `${HANDSHAKES_MAX} handshakes are under way`);
      socket.destroy();
      return;
    }
    this.#handshakes.add(peer);
  }

  #gate(socket: TLSSocket): void {
    this.#handshakes.delete(peerOf(socket));
    // A reset by the peer ends the socket; whoever waits on it sees it close.
    socket.on("error", () => undefined);
    const verdict = judgeConnection(socket, this.#options.allowed(), this.#options.now());
    if (verdict.kind === "refused") {
      socket.destroy();
      this.#options.onRefused(verdict.code, verdict.detail, verdict.nodeId);
      return;
    }
    this.admittedConnections += 1;
    this.#upgrades.admit(socket, verdict.allowed);
  }

  #open(socket: WebSocket, tls: TLSSocket, allowed: Allowed): void {
    const channel = openFrameChannel(socket, tls, allowed.fingerprint);
    switch (allowed.kind) {
      case "invite":
        return this.#openEnrolment(channel, allowed);
      case "node":
        return this.#openLink(channel, allowed);
    }
  }

  #openEnrolment(channel: FrameChannel, invite: AllowedInvite): void {
    if (this.#enrolments.size >= ENROL_CHANNELS_MAX) {
      this.#options.onRefused("too-many-connections", `${ENROL_CHANNELS_MAX} enrolments are under way`);
      return channel.close("not-enrolled", "too many enrolments are under way: try again in a minute");
    }
    this.#enrolments.add(channel);
    void channel.closed.then(() => this.#enrolments.delete(channel));
    this.#options.onEnrol(channel, invite);
  }

  #openLink(channel: FrameChannel, node: AllowedNode): void {
    const link: HomeLink = linkOver(channel, {
      workspaceId: this.#options.workspaceId,
      incoming: workerEnvelopeSchema,
    });
    // The newest link counts: after a network change the old one may be a ghost for a long time.
    this.#links.get(node.nodeId)?.link.close("replaced", "this node opened another link");
    this.#links.set(node.nodeId, { link, node });
    void link.closed.then(() => {
      if (this.#links.get(node.nodeId)?.link === link) this.#links.delete(node.nodeId);
    });
    this.#options.onLink(link, node);
  }
}

function peerOf(socket: Socket): string {
  return `${socket.remoteAddress}|${socket.remotePort}`;
}

/** OpenSSL's and Node's codes as they are, with a word on clocks where a clock is the likely cause. */
function handshakeProblem(error: Error, socket: TLSSocket): string {
  // Where Node refused the certificate itself, the error only says "socket hang up" and the socket knows why.
  const refused: unknown = socket.authorizationError;
  const code = typeof refused === "string" ? refused : "code" in error ? String(error.code) : error.message;
  const clock = code === "CERT_HAS_EXPIRED" || code === "CERT_NOT_YET_VALID";
  return clock ? `${code}: this machine's clock says ${new Date().toISOString()}` : code;
}
