// A Home reduced to its door: a real listener on 127.0.0.1 with identities, invites and a core that only counts.
// Everything is observed through promises and lists, so that no test of the door ever sleeps.
import { once } from "node:events";
import { randomBytes } from "node:crypto";
import { connect, type ConnectionOptions, type TLSSocket } from "node:tls";
import { WebSocket } from "ws";
import { type Identity, identityOf } from "#platform/identity/identityFile.ts";
import { LEAF_DNS_NAME, mintLeaf, type TlsLeaf } from "#platform/identity/tlsLeaf.ts";
import type { FrameChannel } from "#platform/link/frameChannel.ts";
import { ID_ENTROPY_BYTES, inviteId, type WorkspaceId, workspaceId } from "#protocol/ids.ts";
import { type EpochMs, epochMs } from "#protocol/quantities.ts";
import type { Invite } from "#protocol/wire/enrol.ts";
import type {
  Allowed,
  AllowedInvite,
  AllowedNode,
  RefusedConnection,
} from "../../server/src/adapters/listener/gate.ts";
import { createInviteMaterial } from "../../server/src/adapters/listener/inviteMaterial.ts";
import {
  type HomeLink,
  openWorkerListener,
  type WorkerListener,
} from "../../server/src/adapters/listener/workerListener.ts";
import { dialHome, type WorkerLink } from "../../worker-companion/src/adapters/dial/dialHome.ts";

export interface Party {
  readonly identity: Identity;
  readonly leaf: TlsLeaf;
}

export interface Refused {
  readonly code: RefusedConnection;
  readonly detail: string;
}

export interface TestHome extends Party {
  readonly workspaceId: WorkspaceId;
  readonly listener: WorkerListener;
  readonly address: string;
  /** The Home's clock; move it at will. */
  readonly clock: { now: EpochMs };
  /** What the listener shows from the next refresh of trust on. */
  readonly shown: { leaf: TlsLeaf };
  readonly allowed: Allowed[];
  readonly secrets: Map<string, Uint8Array>;
  readonly refused: Refused[];
  /** Of every admitted link and enrolment channel, in order. */
  readonly links: Queue<{ readonly link: HomeLink; readonly node: AllowedNode }>;
  readonly enrolments: Queue<{ readonly channel: FrameChannel; readonly invite: AllowedInvite }>;
  readonly refusals: Queue<Refused>;
  allowNode(party: Party): AllowedNode;
  revoke(party: Party): void;
  invite(lifeMs?: number): Promise<Invite>;
}

/** What was put in comes out in order; taking waits for it. */
export class Queue<Item> {
  readonly #items: Item[] = [];
  readonly #takers: ((item: Item) => void)[] = [];

  put(item: Item): void {
    const taker = this.#takers.shift();
    if (taker === undefined) this.#items.push(item);
    else taker(item);
  }

  take(): Promise<Item> {
    const item = this.#items.shift();
    if (item !== undefined) return Promise.resolve(item);
    return new Promise((resolve) => this.#takers.push(resolve));
  }
}

export function realNow(): EpochMs {
  return epochMs(Date.now());
}

export async function party(now: EpochMs = realNow()): Promise<Party> {
  const identity = identityOf(randomBytes(32));
  return { identity, leaf: await mintLeaf(identity, now) };
}

/** A Home that is closed when the test ends. */
export async function testHome(context: { after: (close: () => Promise<void>) => void }): Promise<TestHome> {
  const { identity, leaf } = await party();
  const clock = { now: realNow() };
  const shown = { leaf };
  const allowed: Allowed[] = [];
  const secrets = new Map<string, Uint8Array>();
  const refused: Refused[] = [];
  const refusals = new Queue<Refused>();
  const links = new Queue<{ readonly link: HomeLink; readonly node: AllowedNode }>();
  const enrolments = new Queue<{ readonly channel: FrameChannel; readonly invite: AllowedInvite }>();
  const workspace = workspaceId.from(randomBytes(ID_ENTROPY_BYTES));
  const listener = await openWorkerListener({
    host: "127.0.0.1",
    port: 0,
    workspaceId: workspace,
    leaf: () => shown.leaf,
    allowed: () => allowed,
    now: () => clock.now,
    onLink: (link, node) => links.put({ link, node }),
    onEnrol: (channel, invite) => enrolments.put({ channel, invite }),
    onRefused: (code, detail) => {
      refused.push({ code, detail });
      refusals.put({ code, detail });
    },
  });
  context.after(() => listener.close());
  const address = `127.0.0.1:${listener.port}`;
  const allow = (entry: Allowed): void => {
    allowed.push(entry);
    listener.refreshTrust();
  };
  return {
    identity,
    leaf,
    shown,
    workspaceId: workspace,
    listener,
    address,
    clock,
    allowed,
    secrets,
    refused,
    links,
    enrolments,
    refusals,
    allowNode(node) {
      const { fingerprint, certificate } = node.leaf;
      const entry: AllowedNode = { kind: "node", nodeId: node.identity.nodeId, fingerprint, certificate };
      allow(entry);
      return entry;
    },
    revoke(node) {
      const index = allowed.findIndex(({ fingerprint }) => fingerprint === node.leaf.fingerprint);
      if (index >= 0) allowed.splice(index, 1);
      listener.refreshTrust();
    },
    async invite(lifeMs = 900_000) {
      const expiresAt = epochMs(clock.now + lifeMs);
      const material = await createInviteMaterial({
        home: identity,
        leaf,
        workspaceId: workspace,
        addresses: [address],
        inviteId: inviteId.from(randomBytes(ID_ENTROPY_BYTES)),
        now: clock.now,
        expiresAt,
        secret: randomBytes(32),
      });
      const { invite, fingerprint, certificate, secret } = material;
      secrets.set(invite.inviteId, secret);
      allow({ kind: "invite", inviteId: invite.inviteId, fingerprint, certificate, expiresAt });
      return invite;
    },
  };
}

/** The worker's own way in. */
export async function dial(
  home: TestHome,
  node: Party,
  signal: AbortSignal = AbortSignal.timeout(20_000),
): Promise<WorkerLink> {
  const target = {
    addresses: [home.address],
    homeKey: home.identity.publicKey,
    homeCertificate: home.leaf.certificate,
    workspaceId: home.workspaceId,
  };
  return (await dialHome({ home: target, leaf: node.leaf, now: realNow }, signal)).link;
}

/** Both ends of a fresh link. */
export async function linkBetween(
  home: TestHome,
  node: Party,
): Promise<{ readonly worker: WorkerLink; readonly home: HomeLink }> {
  const worker = await dial(home, node);
  const { link } = await home.links.take();
  return { worker, home: link };
}

/** A bare TLS connection to the Home, as an attacker makes it: resolves when it is secure, rejects when it is not. */
export async function dialBare(home: TestHome, options: ConnectionOptions): Promise<TLSSocket> {
  const socket = connect({
    host: "127.0.0.1",
    port: home.listener.port,
    ca: [home.leaf.certificate],
    servername: LEAF_DNS_NAME,
    checkServerIdentity: () => undefined,
    ...options,
  });
  await once(socket, "secureConnect");
  return socket;
}

/** Everything the Home sent on a bare connection until it ended, however it ended. */
export async function receivedUntilClose(socket: TLSSocket): Promise<string> {
  let text = "";
  socket.on("data", (data: Buffer) => {
    text += data.toString("latin1");
  });
  socket.on("error", () => undefined);
  if (!socket.destroyed) await new Promise((resolve) => socket.once("close", resolve));
  return text;
}

/** A WebSocket on a bare connection, for frames that our own link would never send. */
export async function bareWebSocket(home: TestHome, node: Party, path: string): Promise<WebSocket> {
  const tls = await dialBare(home, { key: node.leaf.privateKey, cert: node.leaf.certificate });
  const socket = new WebSocket(`ws://${LEAF_DNS_NAME}${path}`, {
    createConnection: () => tls,
    perMessageDeflate: false,
  });
  await once(socket, "open");
  return socket;
}
