// A door like the Home's own, on 127.0.0.1 with keys made for the moment, and those who knock at it: a known worker, a
// stranger, and one with an old session. It decides what counts as let in; what follows from that is `selfTest.ts`'s to say.
import { randomBytes } from "node:crypto";
import { once } from "node:events";
import { connect, type TLSSocket } from "node:tls";
import { identityOf } from "#platform/identity/identityFile.ts";
import { LEAF_DNS_NAME, mintLeaf, type TlsLeaf } from "#platform/identity/tlsLeaf.ts";
import { verifyLeaf } from "#platform/identity/verifyLeaf.ts";
import { LINK_PATH } from "#platform/link/channelLimits.ts";
import { upgradeChannel } from "#platform/link/upgradeChannel.ts";
import { ID_ENTROPY_BYTES, workspaceId } from "#protocol/ids.ts";
import type { EpochMs } from "#protocol/quantities.ts";
import { FRAME_BYTES_MAX } from "#protocol/wire/frame.ts";
import type { RefusedConnection } from "../listener/gate.ts";
import { type HomeLink, openWorkerListener, type WorkerListener } from "../listener/workerListener.ts";

export interface SelfTestDoor {
  accept(signal: AbortSignal): Promise<void>;
  compareExporters(signal: AbortSignal): Promise<void>;
  refuseUnknown(signal: AbortSignal): Promise<void>;
  refuseResumed(signal: AbortSignal): Promise<void>;
  close(): Promise<void>;
}

/** What came of one connection, as the door saw it. */
type Outcome =
  | { readonly kind: "link"; readonly link: HomeLink }
  | { readonly kind: "refused"; readonly code: RefusedConnection };

/** `openListener` opens the door; a test hands in one that is broken. */
export async function openSelfTestDoor(
  now: () => EpochMs,
  openListener: typeof openWorkerListener = openWorkerListener,
): Promise<SelfTestDoor> {
  const [home, worker, stranger] = [await freshLeaf(now()), await freshLeaf(now()), await freshLeaf(now())];
  let settle: (outcome: Outcome) => void = () => undefined;
  const verdict = verifyLeaf(worker.certificate);
  if (!verdict.ok) throw new Error(verdict.problem);
  const { nodeId, fingerprint, certificate } = verdict;
  const listener = await openListener({
    host: "127.0.0.1",
    port: 0,
    workspaceId: workspaceId.from(randomBytes(ID_ENTROPY_BYTES)),
    leaf: () => home,
    allowed: () => [{ kind: "node", nodeId, fingerprint, certificate }],
    now,
    onLink: (link) => settle({ kind: "link", link }),
    onEnrol: (channel) => channel.close("goodbye", "nobody enrols here"),
    onRefused: (code) => settle({ kind: "refused", code }),
  });
  const outcomeOf = async (knock: () => Promise<void>, signal: AbortSignal): Promise<Outcome> => {
    const outcome = new Promise<Outcome>((resolve, reject) => {
      settle = resolve;
      signal.addEventListener("abort", () => reject(new Error("the door said nothing")), { once: true });
    });
    await Promise.all([outcome, knock()]);
    return outcome;
  };
  let session: Buffer | undefined;
  return {
    async accept(signal) {
      const outcome = await outcomeOf(async () => {
        const socket = await knockAt(listener, { home, leaf: worker });
        socket.once("session", (ticket: Buffer) => {
          session = ticket;
        });
        await upgraded(socket, home, signal);
      }, signal);
      if (outcome.kind === "refused") throw new Error(outcome.code);
    },
    async compareExporters(signal) {
      let seen: Buffer | undefined;
      const outcome = await outcomeOf(async () => {
        seen = await upgraded(await knockAt(listener, { home, leaf: worker }), home, signal);
      }, signal);
      if (outcome.kind !== "link") throw new Error(outcome.code);
      if (seen === undefined || !outcome.link.exporter.equals(seen)) throw new Error("they differ");
    },
    async refuseUnknown(signal) {
      const outcome = await outcomeOf(() => knockInVain(listener, { home, leaf: stranger }, signal), signal);
      if (outcome.kind !== "refused") throw new Error("it was let in");
    },
    async refuseResumed(signal) {
      if (session === undefined) throw new Error("the door gave no session to come back with");
      const knocking = { home, leaf: worker, session };
      const outcome = await outcomeOf(() => knockInVain(listener, knocking, signal), signal);
      if (outcome.kind !== "refused" || outcome.code !== "session-resumed") throw new Error("it was not noticed");
    },
    close: () => listener.close(),
  };
}

interface Knocking {
  readonly home: TlsLeaf;
  readonly leaf: TlsLeaf;
  readonly session?: Buffer;
}

async function freshLeaf(now: EpochMs): Promise<TlsLeaf> {
  return mintLeaf(identityOf(randomBytes(32)), now);
}

async function knockAt({ port }: WorkerListener, { home, leaf, session }: Knocking): Promise<TLSSocket> {
  const socket = connect({
    host: "127.0.0.1",
    port,
    key: leaf.privateKey,
    cert: leaf.certificate,
    ca: [home.certificate],
    minVersion: "TLSv1.3",
    servername: LEAF_DNS_NAME,
    // The leaf is pinned by `ca`, which holds nothing else.
    checkServerIdentity: () => undefined,
    ...(session === undefined ? {} : { session }),
  });
  await once(socket, "secureConnect");
  // Whoever is refused is reset; the door says what it was.
  socket.on("error", () => undefined);
  return socket;
}

/** Knocks and asks for a link; being hung up on is what is hoped for. */
async function knockInVain(listener: WorkerListener, knocking: Knocking, signal: AbortSignal): Promise<void> {
  try {
    await upgraded(await knockAt(listener, knocking), knocking.home, signal);
  } catch {
    // The door's own word counts, not how the caller learned of it.
  }
}

/** The exporter as the caller sees it, once the link is open. */
async function upgraded(socket: TLSSocket, home: TlsLeaf, signal: AbortSignal): Promise<Buffer> {
  const terms = { path: LINK_PATH, frameBytesMax: FRAME_BYTES_MAX };
  const channel = await upgradeChannel(socket, home.fingerprint, terms, signal);
  channel.onFrame(() => undefined);
  return channel.exporter;
}
