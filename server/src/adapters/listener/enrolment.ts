// The Home's side of one enrolment: one request on an invite's channel, proofs first, then the owner's decision.
// It must never ask the core before every proof holds, and never say "enrolled" before the core said so durably.
// An invite is spent by the core, at once and for good; here it is only checked that the right worker asks.
import type { Identity } from "#platform/identity/identityFile.ts";
import { leafTimeProblem, type VerifiedLeaf, verifyLeaf } from "#platform/identity/verifyLeaf.ts";
import { isEnrolAuthenticator, isIdentityProof, isTlsKeyProof, signEnrolled } from "#platform/link/enrolProofs.ts";
import type { FrameChannel } from "#platform/link/frameChannel.ts";
import type { Digest } from "#protocol/digest.ts";
import { type Refusal, refuse } from "#protocol/errors.ts";
import { compareWords } from "#protocol/identity.ts";
import type { InviteId, WorkspaceId } from "#protocol/ids.ts";
import type { EpochMs } from "#protocol/quantities.ts";
import type { PublicKey } from "#protocol/signature.ts";
import { type EnrolReply, type EnrolRequest, enrolRequestSchema } from "#protocol/wire/enrol.ts";
import { decodeFrame } from "#protocol/wire/frame.ts";
import { PROTOCOL_VERSION, versionAdvice, versionedSchema } from "#protocol/wire/version.ts";
import type { AllowedInvite } from "./gate.ts";

/** An enrolment channel that has not sent its request by then is closed. */
export const ENROL_REQUEST_MS_MAX = 10_000;

/** A worker that proved its keys and its invite, and waits for the owner. */
export interface EnrolmentCandidate {
  readonly inviteId: InviteId;
  readonly publicKey: PublicKey;
  /** Of the worker's TLS leaf. */
  readonly fingerprint: Digest;
  /** The worker's TLS leaf as PEM, for the allow-list. */
  readonly certificate: string;
  readonly name: string;
  /** The four words that both people compare. */
  readonly words: readonly string[];
}

export interface PendingEnrolment {
  readonly kind: "pending";
  /** Resolves when the owner decided; "approved" only once the node is durable and on the listener's allow-list. */
  readonly decision: Promise<"approved" | Refusal>;
}

export interface EnrolmentDesk {
  readonly home: Identity;
  readonly workspaceId: WorkspaceId;
  readonly now: () => EpochMs;
  /** The invite's secret; undefined once it is withdrawn. */
  readonly inviteSecret: (inviteId: InviteId) => Promise<Uint8Array | undefined>;
  /**
   * Spends the invite in one step and makes that durable before it resolves: of many that ask, one is pending and the
   * others are refused. The signal aborts when the worker is gone.
   */
  readonly requestEnrolment: (
    candidate: EnrolmentCandidate,
    signal: AbortSignal,
  ) => Promise<PendingEnrolment | Refusal>;
}

/** Serves the channel until it is closed. Resolves then; never rejects. */
export async function serveEnrolment(channel: FrameChannel, invite: AllowedInvite, desk: EnrolmentDesk): Promise<void> {
  const gone = new AbortController();
  const late = setTimeout(() => {
    channel.close("not-enrolled", `no request came within ${ENROL_REQUEST_MS_MAX} ms`);
  }, ENROL_REQUEST_MS_MAX);
  let asked = false;
  channel.onFrame((frame) => {
    clearTimeout(late);
    if (asked) return channel.close("unexpected-message", "an enrolment has one request");
    asked = true;
    // Not awaited here: while the owner decides, the channel is still read, so that a worker that leaves is seen to.
    void answer(frame, channel, invite, desk, gone.signal).catch((error: unknown) => {
      channel.close("not-enrolled", `the Home could not decide: ${error instanceof Error ? error.message : "unknown"}`);
    });
  });
  await channel.closed;
  clearTimeout(late);
  gone.abort();
}

async function answer(
  frame: Uint8Array,
  channel: FrameChannel,
  invite: AllowedInvite,
  desk: EnrolmentDesk,
  signal: AbortSignal,
): Promise<void> {
  const request = decodeFrame(enrolRequestSchema, frame);
  if (!request.ok) return closeMalformed(channel, frame, `${request.path} ${request.problem}`);
  const checked = await check(request.value.message, channel, invite, desk);
  if (checked.kind === "refusal") return refuseAndClose(channel, checked);
  const { candidate, leaf } = checked;
  const answered = await desk.requestEnrolment(candidate, signal);
  if (answered.kind === "refusal") return refuseAndClose(channel, answered);
  await reply(channel, { v: 1, kind: "enrol-pending", words: candidate.words, expiresAt: invite.expiresAt });
  const decision = await Promise.race([answered.decision, channel.closed]);
  if (decision !== "approved") return "kind" in decision ? refuseAndClose(channel, decision) : undefined;
  await reply(
    channel,
    signEnrolled(
      { v: 1, kind: "enrolled", nodeId: leaf.nodeId, workspaceId: desk.workspaceId },
      channel.exporter,
      desk.home,
    ),
  );
  channel.close("goodbye", "enrolled");
}

interface Checked {
  readonly kind: "checked";
  readonly candidate: EnrolmentCandidate;
  readonly leaf: VerifiedLeaf;
}

/** All proofs, the cheap secret first: whoever does not know it learns nothing about the others. */
async function check(
  request: EnrolRequest,
  channel: FrameChannel,
  invite: AllowedInvite,
  desk: EnrolmentDesk,
): Promise<Checked | Refusal> {
  const { body } = request;
  if (request.inviteId !== invite.inviteId) {
    return refuse(
      "invite-foreign",
      "The request names another invite than its certificate.",
      "Paste the invite again.",
    );
  }
  const secret = await desk.inviteSecret(invite.inviteId);
  if (secret === undefined) {
    return refuse(
      "invite-used",
      "This invite was already used or withdrawn.",
      "Ask the Home's owner for a new invite.",
    );
  }
  if (!isEnrolAuthenticator(request.authenticator, secret, channel.exporter, body)) {
    return refuse(
      "invite-not-proven",
      "The request was not made with this invite's secret on this connection.",
      "Paste the whole invite again; if it still fails, ask for a new one and tell the Home's owner.",
    );
  }
  const leaf = verifyLeaf(body.certificate);
  if (!leaf.ok) return proofRefused(`its certificate is not acceptable: ${leaf.problem}`);
  if (leaf.publicKey !== body.publicKey) return proofRefused("its certificate belongs to another identity");
  if (!isIdentityProof(body, channel.exporter, leaf.certificate)) return proofRefused("its identity key is not proven");
  if (!isTlsKeyProof(body.tlsProof, channel.exporter, leaf.certificate))
    return proofRefused("its TLS key is not proven");
  const skew = leafTimeProblem(leaf, "the worker's", desk.now());
  if (skew !== undefined) return refuse(skew.code, `At the Home: ${skew.message}`, skew.advice);
  const candidate: EnrolmentCandidate = {
    inviteId: invite.inviteId,
    publicKey: leaf.publicKey,
    fingerprint: leaf.fingerprint,
    certificate: leaf.certificate,
    name: body.name,
    words: compareWords(desk.home.publicKey, leaf.publicKey),
  };
  return { kind: "checked", candidate, leaf };
}

function proofRefused(problem: string): Refusal {
  return refuse("enrolment-not-proven", `The worker was refused: ${problem}.`, "Update arw-worker and join again.");
}

function closeMalformed(channel: FrameChannel, frame: Uint8Array, detail: string): void {
  const versioned = decodeFrame(versionedSchema, frame);
  if (versioned.ok && versioned.value.message.v !== PROTOCOL_VERSION) {
    return channel.close("protocol-version", versionAdvice(versioned.value.message.v));
  }
  channel.close("malformed-message", detail);
}

async function refuseAndClose(channel: FrameChannel, refusal: Refusal): Promise<void> {
  const { code, message, advice } = refusal;
  await reply(channel, { v: 1, kind: "enrol-refused", code, message, advice });
  channel.close("not-enrolled", code);
}

async function reply(channel: FrameChannel, message: EnrolReply): Promise<void> {
  await channel.send(message);
}
