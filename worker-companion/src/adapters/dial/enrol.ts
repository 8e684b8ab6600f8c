// The worker's side of one enrolment: from an invite to a place in a Home, with the owner's word in between.
// The secret of the invite never travels: what goes out is a proof of it, on a channel whose Home was checked first.
import type { Identity } from "#platform/identity/identityFile.ts";
import type { TlsLeaf } from "#platform/identity/tlsLeaf.ts";
import { ENROL_FRAME_BYTES_MAX, ENROL_PATH } from "#platform/link/channelLimits.ts";
import { enrolAuthenticator, identityProof, isEnrolledBy, tlsKeyProof } from "#platform/link/enrolProofs.ts";
import type { FrameChannel } from "#platform/link/frameChannel.ts";
import { ArwError } from "#protocol/errors.ts";
import { compareWords, nodeIdOf } from "#protocol/identity.ts";
import type { NodeId, WorkspaceId } from "#protocol/ids.ts";
import type { EpochMs } from "#protocol/quantities.ts";
import {
  type Enrolled,
  type EnrolReply,
  type EnrolRequest,
  enrolReplySchema,
  type Invite,
} from "#protocol/wire/enrol.ts";
import { decodeFrame } from "#protocol/wire/frame.ts";
import { type DialledChannel, type DialTarget, dialChannel } from "./dialTls.ts";

/** The place of this worker in one Home: what it needs to dial it from now on. */
export interface Membership extends DialTarget {
  readonly homeId: NodeId;
  readonly workspaceId: WorkspaceId;
  /** This worker's own id. */
  readonly nodeId: NodeId;
}

export interface EnrolTerms {
  readonly identity: Identity;
  readonly leaf: TlsLeaf;
  /** The name that the owner sees. */
  readonly name: string;
  readonly now: () => EpochMs;
  /** Called once, while the owner decides, with the four words that must be equal on both screens. */
  readonly onWords: (words: readonly string[]) => void;
}

/**
 * Enrols this worker. Resolves when the Home has said so, signed. Throws ArwError: `invite-expired`, `invite-used`,
 * `home-unreachable`, `home-not-the-inviter`, `clock-skew`, `enrolment-interrupted`, or the Home's refusal with its code.
 */
export async function enrol(invite: Invite, terms: EnrolTerms, signal: AbortSignal): Promise<Membership> {
  requireNotExpired(invite, terms.now());
  const { channel, shown } = await dialInvite(invite, terms, signal);
  const leave = (): void => channel.close("goodbye", "the worker gave up");
  signal.addEventListener("abort", leave, { once: true });
  try {
    const enrolled = await converse(channel, invite, terms);
    return {
      addresses: invite.addresses,
      homeKey: invite.homeKey,
      // What it shows now: an invite may be older than the Home's certificate.
      homeCertificate: shown.certificate,
      homeId: nodeIdOf(invite.homeKey),
      workspaceId: enrolled.workspaceId,
      nodeId: enrolled.nodeId,
    };
  } catch (error) {
    signal.throwIfAborted();
    throw error;
  } finally {
    signal.removeEventListener("abort", leave);
    channel.close("goodbye", "the enrolment is over");
  }
}

function requireNotExpired(invite: Invite, now: EpochMs): void {
  if (now < invite.expiresAt) return;
  throw new ArwError(
    "invite-expired",
    `This invite ran out at ${iso(invite.expiresAt)}; this machine's clock says ${iso(now)}.`,
    "Ask the Home's owner for a new invite. If it is fresh, set this machine's clock (for example: timedatectl set-ntp true).",
  );
}

async function dialInvite(invite: Invite, terms: EnrolTerms, signal: AbortSignal): Promise<DialledChannel> {
  try {
    const bootstrap = { certificate: invite.bootstrapCertificate, privateKey: invite.bootstrapKey };
    const path = { path: ENROL_PATH, frameBytesMax: ENROL_FRAME_BYTES_MAX };
    return await dialChannel(invite, { ...path, ...bootstrap, now: terms.now }, signal);
  } catch (error) {
    if (!(error instanceof ArwError) || error.code !== "not-enrolled-or-revoked") throw error;
    throw new ArwError(
      "invite-used",
      `The Home does not accept this invite: it was used or withdrawn, or it ran out by the Home's clock (this one says ${iso(terms.now())}).`,
      "Ask the Home's owner for a new invite. If nobody of yours used it, tell the owner.",
      { cause: error },
    );
  }
}

async function converse(channel: FrameChannel, invite: Invite, terms: EnrolTerms): Promise<Enrolled> {
  const words = compareWords(invite.homeKey, terms.identity.publicKey);
  const enrolled = new Promise<Enrolled>((resolve, reject) => {
    let pending = false;
    channel.onFrame((frame) => {
      const decoded = decodeFrame(enrolReplySchema, frame);
      if (!decoded.ok) return reject(interrupted(`its answer is malformed: ${decoded.path} ${decoded.problem}`));
      const reply = decoded.value.message;
      switch (reply.kind) {
        case "enrol-pending":
          if (pending || reply.words.join(" ") !== words.join(" ")) {
            return reject(interrupted("it shows other words than this machine"));
          }
          pending = true;
          terms.onWords(words);
          return;
        case "enrolled":
          return isMembership(reply, channel, invite, terms) ? resolve(reply) : reject(unsigned());
        case "enrol-refused":
          return reject(refusedBy(reply));
      }
    });
    void channel.closed.then(({ code, detail }) => reject(interrupted(`the connection ended (${code}: ${detail})`)));
  });
  // The answer is awaited below; should sending fail first, it must not count as unhandled.
  enrolled.catch(() => undefined);
  await channel.send(request(channel, invite, terms));
  return enrolled;
}

function request(channel: FrameChannel, invite: Invite, { identity, leaf, name }: EnrolTerms): EnrolRequest {
  const body = {
    publicKey: identity.publicKey,
    certificate: leaf.certificate,
    name,
    identityProof: identityProof(identity, channel.exporter, leaf.certificate),
    tlsProof: tlsKeyProof(leaf, channel.exporter),
  };
  const secret = Buffer.from(invite.secret, "base64url");
  return {
    v: 1,
    kind: "enrol",
    inviteId: invite.inviteId,
    body,
    authenticator: enrolAuthenticator(secret, channel.exporter, body),
  };
}

/** The Home's signature, for this worker, in the workspace that the invite named. */
function isMembership(reply: Enrolled, channel: FrameChannel, invite: Invite, terms: EnrolTerms): boolean {
  return (
    isEnrolledBy(invite.homeKey, reply, channel.exporter) &&
    reply.nodeId === terms.identity.nodeId &&
    reply.workspaceId === invite.workspaceId
  );
}

function unsigned(): ArwError {
  return new ArwError(
    "home-not-the-inviter",
    "The answer was not signed by the Home of this invite for this machine.",
    "Tell the Home's owner, and join again with a new invite.",
  );
}

function refusedBy(reply: EnrolReply & { readonly kind: "enrol-refused" }): ArwError {
  return new ArwError(reply.code, reply.message, reply.advice);
}

function interrupted(why: string): ArwError {
  return new ArwError(
    "enrolment-interrupted",
    `The Home did not finish the enrolment: ${why}.`,
    "Ask the Home's owner whether the node was approved; if not, join again with a new invite.",
  );
}

function iso(time: EpochMs): string {
  return new Date(time).toISOString();
}
