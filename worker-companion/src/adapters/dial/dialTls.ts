// Dials a Home and makes sure that it is the Home, before a single byte of ours goes out.
// The pin is checked on the open connection against the certificate and the identity behind it; `checkServerIdentity`
// alone is skipped on resumed sessions, so no session is ever resumed. It must never fall back to the system's authorities.
import { timingSafeEqual } from "node:crypto";
import { connect, type TLSSocket } from "node:tls";
import { WebSocket } from "ws";
import { LEAF_DNS_NAME } from "#platform/identity/tlsLeaf.ts";
import { leafTimeProblem, verifyLeaf } from "#platform/identity/verifyLeaf.ts";
import { FRAME_CHUNKS_MAX, FRAME_FRAGMENTS_MAX } from "#platform/link/channelLimits.ts";
import { type FrameChannel, openFrameChannel } from "#platform/link/frameChannel.ts";
import type { Digest } from "#protocol/digest.ts";
import { ArwError } from "#protocol/errors.ts";
import type { EpochMs } from "#protocol/quantities.ts";
import type { PublicKey } from "#protocol/signature.ts";
import {
  homeUnreachable,
  isUnreachable,
  notEnrolledOrRevoked,
  notTheInviter,
  parseAddress,
  tlsProblem,
} from "./dialProblems.ts";

/** From the first packet to the open channel, for one address. */
export const DIAL_MS_MAX = 10_000;

export interface DialTarget {
  /** `host:port`, tried in order. */
  readonly addresses: readonly string[];
  readonly homeKey: PublicKey;
  /** PEM of the one certificate that is trusted. */
  readonly homeCertificate: string;
}

export interface DialTerms {
  readonly path: string;
  /** PEM, what this side shows. */
  readonly certificate: string;
  readonly privateKey: string;
  readonly frameBytesMax: number;
  readonly now: () => EpochMs;
  /** Told how far this machine's clock is before the Home's, where the Home says its time; to the second. */
  readonly onClock?: (aheadMs: number) => void;
}

/**
 * The open channel to the first address where this very Home answers. Throws ArwError `home-unreachable`,
 * `home-not-the-inviter`, `clock-skew` or `not-enrolled-or-revoked`; the signal's reason when aborted.
 */
export async function dialChannel(target: DialTarget, terms: DialTerms, signal: AbortSignal): Promise<FrameChannel> {
  const pinned = verifyLeaf(target.homeCertificate);
  if (!pinned.ok || pinned.publicKey !== target.homeKey) {
    throw notTheInviter(target.addresses, "the pinned certificate does not belong to the pinned identity");
  }
  const skew = leafTimeProblem(pinned, "the Home's", terms.now());
  if (skew !== undefined) throw skew;
  const problems: ArwError[] = [];
  for (const address of target.addresses) {
    signal.throwIfAborted();
    try {
      return await dialAddress(address, target, terms, signal);
    } catch (error) {
      signal.throwIfAborted();
      if (!(error instanceof ArwError)) throw error;
      // The Home itself said no; its other addresses say the same.
      if (error.code === "not-enrolled-or-revoked") throw error;
      problems.push(error);
    }
  }
  // Something that answers and is not the Home is more worth knowing than an address that does not answer.
  throw problems.find(({ code }) => code !== "home-unreachable") ?? homeUnreachable(target.addresses, problems[0]);
}

/** A connection whose other end is the pinned Home. */
interface CheckedHome {
  readonly tls: TLSSocket;
  readonly peer: Digest;
}

async function dialAddress(
  address: string,
  target: DialTarget,
  terms: DialTerms,
  signal: AbortSignal,
): Promise<FrameChannel> {
  const limited = AbortSignal.any([signal, AbortSignal.timeout(DIAL_MS_MAX)]);
  const checked = await connectTls(address, target, terms, limited);
  try {
    return await upgrade(checked, terms, limited);
  } catch (error) {
    checked.tls.destroy();
    throw limited.aborted ? homeUnreachable([address], error) : notEnrolledOrRevoked(address, error);
  }
}

async function connectTls(
  address: string,
  target: DialTarget,
  terms: DialTerms,
  signal: AbortSignal,
): Promise<CheckedHome> {
  const { host, port } = parseAddress(address);
  const socket = connect({
    host,
    port,
    key: terms.privateKey,
    cert: terms.certificate,
    ca: [target.homeCertificate],
    rejectUnauthorized: true,
    minVersion: "TLSv1.3",
    servername: LEAF_DNS_NAME,
    // The name in the certificate proves nothing; `requireHome` below checks what does.
    checkServerIdentity: () => undefined,
  });
  const cut = (): void => {
    socket.destroy(new Error("the attempt took too long or was given up"));
  };
  signal.addEventListener("abort", cut, { once: true });
  let connected = false;
  socket.once("connect", () => {
    connected = true;
  });
  try {
    await new Promise<void>((resolve, reject) => {
      socket.once("secureConnect", resolve);
      socket.once("error", reject);
      socket.once("close", () => reject(new Error("the connection was closed")));
    });
    return { tls: socket, peer: requireHome(socket, address, target) };
  } catch (error) {
    socket.destroy();
    if (error instanceof ArwError) throw error;
    throw !connected || isUnreachable(error)
      ? homeUnreachable([address], error)
      : tlsProblem(address, error, terms.now());
  } finally {
    signal.removeEventListener("abort", cut);
    // Later errors end the socket; the WebSocket on it sees that.
    socket.on("error", () => undefined);
  }
}

/** The fingerprint of the peer. Throws unless it shows exactly the pinned certificate, on a fresh session. */
function requireHome(socket: TLSSocket, address: string, target: DialTarget): Digest {
  const shown = socket.getPeerX509Certificate();
  if (!socket.authorized || socket.isSessionReused() || shown === undefined) {
    throw notTheInviter([address], "its certificate was not verified");
  }
  const pinned = verifyLeaf(target.homeCertificate);
  const leaf = verifyLeaf(shown.raw);
  if (
    !pinned.ok ||
    !leaf.ok ||
    !equal(leaf.fingerprint, pinned.fingerprint) ||
    !equal(leaf.publicKey, target.homeKey)
  ) {
    throw notTheInviter([address], "its certificate is not the pinned one");
  }
  return leaf.fingerprint;
}

function equal(left: string, right: string): boolean {
  return left.length === right.length && timingSafeEqual(Buffer.from(left), Buffer.from(right));
}

function upgrade({ tls, peer }: CheckedHome, terms: DialTerms, signal: AbortSignal): Promise<FrameChannel> {
  return new Promise((resolve, reject) => {
    // The scheme is plain because the socket below is TLS already.
    const socket = new WebSocket(`ws://${LEAF_DNS_NAME}${terms.path}`, {
      createConnection: () => tls,
      perMessageDeflate: false,
      followRedirects: false,
      maxPayload: terms.frameBytesMax,
      maxFragments: FRAME_FRAGMENTS_MAX,
      maxBufferedChunks: FRAME_CHUNKS_MAX,
    });
    const cut = (): void => {
      tls.destroy();
    };
    signal.addEventListener("abort", cut, { once: true });
    const settle = (): void => signal.removeEventListener("abort", cut);
    socket.once("upgrade", ({ headers }) => {
      const homeMs = Date.parse(headers.date ?? "");
      // An HTTP date has whole seconds: on average half of one has passed since.
      if (!Number.isNaN(homeMs)) terms.onClock?.(terms.now() - homeMs - 500);
    });
    socket.once("open", () => {
      settle();
      // At once: a frame that came with the answer must find the channel there.
      resolve(openFrameChannel(socket, tls, peer));
    });
    socket.once("close", settle);
    socket.on("error", reject);
  });
}
