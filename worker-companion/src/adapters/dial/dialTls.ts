// Dials a Home and makes sure that it is the Home, before a single byte of ours goes out.
// The pin is checked on the open connection against the certificate and the identity behind it; `checkServerIdentity`
// alone is skipped on resumed sessions, so no session is ever resumed. It must never fall back to the system's authorities,
// and never go on with a connection that TLS itself did not verify: a newer leaf is dialled again, as the only trusted one.
import type { X509Certificate } from "node:crypto";
import { connect, type TLSSocket } from "node:tls";
import { LEAF_DNS_NAME } from "#platform/identity/tlsLeaf.ts";
import { leafTimeProblem, type VerifiedLeaf, verifyLeaf } from "#platform/identity/verifyLeaf.ts";
import type { FrameChannel } from "#platform/link/frameChannel.ts";
import { ArwError } from "#protocol/errors.ts";
import type { EpochMs } from "#protocol/quantities.ts";
import {
  homeUnreachable,
  isUnreachable,
  notEnrolledOrRevoked,
  notTheInviter,
  parseAddress,
  tlsProblem,
} from "./dialProblems.ts";
import { equal, type HomePins, newerLeaf, pinnedLeaves } from "./homePins.ts";
import { upgradeChannel } from "#platform/link/upgradeChannel.ts";

/** From the first packet to the open channel, for one address. */
export const DIAL_MS_MAX = 10_000;

export interface DialTarget extends HomePins {
  /** `host:port`, tried in order. */
  readonly addresses: readonly string[];
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

export interface DialledChannel {
  readonly channel: FrameChannel;
  /** What the Home showed: pinned, or newer and of the pinned identity. */
  readonly shown: VerifiedLeaf;
}

/**
 * The open channel to the first address where this very Home answers. Throws ArwError `home-unreachable`,
 * `home-not-the-inviter`, `clock-skew` or `not-enrolled-or-revoked`; the signal's reason when aborted.
 */
export async function dialChannel(target: DialTarget, terms: DialTerms, signal: AbortSignal): Promise<DialledChannel> {
  const pinned = pinnedLeaves(target);
  if (pinned.length === 0) {
    throw notTheInviter(target.addresses, "the pinned certificate does not belong to the pinned identity");
  }
  requireClock(pinned, terms.now());
  const problems: ArwError[] = [];
  for (const address of target.addresses) {
    signal.throwIfAborted();
    try {
      return await dialAddress({ address, pinned, target, terms }, signal);
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

/** A clock before every pin is wrong. One after them may be right: the Home may show a newer leaf by now. */
function requireClock(pinned: readonly VerifiedLeaf[], now: EpochMs): void {
  const [oldest] = pinned.toSorted((left, right) => left.notBefore - right.notBefore);
  if (oldest === undefined || now >= oldest.notBefore) return;
  const skew = leafTimeProblem(oldest, "the Home's", now);
  if (skew !== undefined) throw skew;
}

interface Dialling {
  readonly address: string;
  readonly pinned: readonly VerifiedLeaf[];
  readonly target: DialTarget;
  readonly terms: DialTerms;
}

async function dialAddress(dialling: Dialling, signal: AbortSignal): Promise<DialledChannel> {
  const { address, terms } = dialling;
  const limited = AbortSignal.any([signal, AbortSignal.timeout(DIAL_MS_MAX)]);
  const checked = await connectToHome(dialling, limited);
  try {
    const { path, frameBytesMax, now, onClock } = terms;
    // An HTTP date has whole seconds: on average half of one has passed since.
    const onDate = (homeMs: number): void => onClock?.(now() - homeMs - 500);
    const upgrade = { path, frameBytesMax, onDate };
    const channel = await upgradeChannel(checked.tls, checked.shown.fingerprint, upgrade, limited);
    return { channel, shown: checked.shown };
  } catch (error) {
    checked.tls.destroy();
    throw limited.aborted ? homeUnreachable([address], error) : notEnrolledOrRevoked(address, error);
  }
}

/** A connection whose other end is the Home, as TLS verified. */
interface CheckedHome {
  readonly tls: TLSSocket;
  readonly shown: VerifiedLeaf;
}

async function connectToHome(dialling: Dialling, signal: AbortSignal): Promise<CheckedHome> {
  const { address, pinned, target, terms } = dialling;
  const first = await connectTls(dialling, pinned, signal);
  if (first.kind === "checked") return first;
  const newer = first.shown === undefined ? undefined : newerLeaf(first.shown.raw, target.homeKey, pinned, terms.now());
  if (newer === undefined) throw problemOf(first, address, pinned, terms.now());
  // The connection that showed it is gone; this one trusts that leaf and no other.
  const second = await connectTls(dialling, [newer], signal);
  if (second.kind === "checked") return second;
  throw problemOf(second, address, [newer], terms.now());
}

interface FailedConnection {
  readonly kind: "failed";
  readonly error: unknown;
  readonly connected: boolean;
  /** What the other end showed, if it came that far. Nothing is known of it but its bytes. */
  readonly shown: X509Certificate | undefined;
}

async function connectTls(
  { address, terms }: Pick<Dialling, "address" | "terms">,
  trusted: readonly VerifiedLeaf[],
  signal: AbortSignal,
): Promise<({ readonly kind: "checked" } & CheckedHome) | FailedConnection> {
  const { host, port } = parseAddress(address);
  const socket = connect({
    host,
    port,
    key: terms.privateKey,
    cert: terms.certificate,
    ca: trusted.map(({ certificate }) => certificate),
    rejectUnauthorized: true,
    minVersion: "TLSv1.3",
    servername: LEAF_DNS_NAME,
    // The name in the certificate proves nothing; `homeShownBy` below checks what does.
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
  let shown: X509Certificate | undefined;
  // Before Node judges the certificate and destroys the socket. A TLS client can ask for it only once.
  socket.prependOnceListener("secure", () => {
    shown = socket.getPeerX509Certificate();
  });
  try {
    await new Promise<void>((resolve, reject) => {
      socket.once("secureConnect", resolve);
      socket.once("error", reject);
      socket.once("close", () => reject(new Error("the connection was closed")));
    });
    return { kind: "checked", tls: socket, shown: homeShownBy(socket, { address, terms }, shown, trusted) };
  } catch (error) {
    socket.destroy();
    if (error instanceof ArwError) throw error;
    return { kind: "failed", error, connected, shown };
  } finally {
    signal.removeEventListener("abort", cut);
    // Later errors end the socket; the WebSocket on it sees that.
    socket.on("error", () => undefined);
  }
}

function problemOf(
  { error, connected, shown }: FailedConnection,
  address: string,
  trusted: readonly VerifiedLeaf[],
  now: EpochMs,
): ArwError {
  if (!connected || isUnreachable(error)) return homeUnreachable([address], error);
  const leaf = shown === undefined ? undefined : verifyLeaf(shown.raw);
  // The right leaf at the wrong time says more than that TLS did not like it.
  const known = leaf?.ok === true && trusted.some(({ fingerprint }) => equal(fingerprint, leaf.fingerprint));
  const skew = known ? leafTimeProblem(leaf, "the Home's", now) : undefined;
  return skew ?? tlsProblem(address, error, now);
}

/** What the peer showed. Throws unless it is exactly one of the trusted leaves, on a fresh session. */
function homeShownBy(
  socket: TLSSocket,
  { address, terms }: Pick<Dialling, "address" | "terms">,
  shown: X509Certificate | undefined,
  trusted: readonly VerifiedLeaf[],
): VerifiedLeaf {
  if (!socket.authorized || socket.isSessionReused() || shown === undefined) {
    throw notTheInviter([address], "its certificate was not verified");
  }
  const leaf = verifyLeaf(shown.raw);
  const known = leaf.ok && trusted.some(({ fingerprint }) => equal(fingerprint, leaf.fingerprint));
  if (!known) throw notTheInviter([address], "its certificate is not the pinned one");
  const skew = leafTimeProblem(leaf, "the Home's", terms.now());
  if (skew !== undefined) throw skew;
  return leaf;
}
