// The gate behind the TLS handshake: which certificate may go on, judged before any byte of HTTP is parsed.
// TLS alone is not enough: a resumed session skips the client's certificate, and OpenSSL knows no invites.
// It must never let pass what is not, at this moment, on the allow-list.
import type { TLSSocket } from "node:tls";
import { type Digest, digestOf } from "#protocol/digest.ts";
import type { InviteId, NodeId } from "#protocol/ids.ts";
import type { EpochMs } from "#protocol/quantities.ts";

/** A one-time invite: its bootstrap certificate reaches the enrolment and nothing else. */
export interface AllowedInvite {
  readonly kind: "invite";
  readonly inviteId: InviteId;
  readonly fingerprint: Digest;
  /** PEM. */
  readonly certificate: string;
  readonly expiresAt: EpochMs;
}

/** An approved node: its leaf reaches the link and nothing else. */
export interface AllowedNode {
  readonly kind: "node";
  readonly nodeId: NodeId;
  readonly fingerprint: Digest;
  /** PEM. */
  readonly certificate: string;
}

export type Allowed = AllowedInvite | AllowedNode;

/** Why a connection was refused, for the Home's log. The peer learns nothing but that it was. */
export type RefusedConnection =
  | "handshake-refused"
  | "session-resumed"
  | "unknown-certificate"
  | "invite-expired"
  | "certificate-expired"
  | "origin-refused"
  | "wrong-path"
  | "too-many-connections"
  | "upgrade-timeout"
  | "malformed-http";

export type GateVerdict =
  | { readonly kind: "admitted"; readonly allowed: Allowed }
  | { readonly kind: "refused"; readonly code: RefusedConnection; readonly detail: string; readonly nodeId?: NodeId };

export function judgeConnection(socket: TLSSocket, allowed: readonly Allowed[], now: EpochMs): GateVerdict {
  // A resumed session names no certificate that could be trusted: nodejs/node#35317.
  if (socket.isSessionReused()) return refused("session-resumed", "a TLS session was resumed");
  const certificate = socket.getPeerX509Certificate();
  if (!socket.authorized || certificate === undefined)
    return refused("handshake-refused", "no certificate was verified");
  const fingerprint = digestOf(certificate.raw);
  const entry = allowed.find((candidate) => candidate.fingerprint === fingerprint);
  if (entry === undefined) return refused("unknown-certificate", `${fingerprint} is not enrolled`);
  if (entry.kind === "invite" && now >= entry.expiresAt) {
    return refused("invite-expired", `invite ${entry.inviteId} ran out at ${new Date(entry.expiresAt).toISOString()}`);
  }
  if (now >= Date.parse(certificate.validTo)) {
    const expired = refused("certificate-expired", `the certificate ran out at ${certificate.validTo}`);
    return entry.kind === "node" ? { ...expired, nodeId: entry.nodeId } : expired;
  }
  return { kind: "admitted", allowed: entry };
}

function refused(code: RefusedConnection, detail: string): GateVerdict & { readonly kind: "refused" } {
  return { kind: "refused", code, detail };
}
