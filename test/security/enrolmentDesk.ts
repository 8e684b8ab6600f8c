// The two sides of an enrolment for tests: a Home whose core is a counter with the one rule that the real core must keep
// (an invite is spent in a single step), and a worker's channel for requests that our own worker would never send.
import type { TestContext } from "node:test";
import { ENROL_FRAME_BYTES_MAX, ENROL_PATH } from "#platform/link/channelLimits.ts";
import { enrolAuthenticator, identityProof, tlsKeyProof } from "#platform/link/enrolProofs.ts";
import type { FrameChannel } from "#platform/link/frameChannel.ts";
import { type Refusal, refuse } from "#protocol/errors.ts";
import { nodeIdOf } from "#protocol/identity.ts";
import { type EnrolReply, type EnrolRequest, enrolReplySchema, type Invite } from "#protocol/wire/enrol.ts";
import { decodeFrame } from "#protocol/wire/frame.ts";
import {
  type EnrolmentCandidate,
  type EnrolmentDesk,
  serveEnrolment,
} from "../../server/src/adapters/listener/enrolment.ts";
import type { AllowedNode } from "../../server/src/adapters/listener/gate.ts";
import { dialChannel } from "../../worker-companion/src/adapters/dial/dialTls.ts";
import { enrol, type Membership } from "../../worker-companion/src/adapters/dial/enrol.ts";
import { type Party, realNow, type TestHome, testHome } from "./testHome.ts";

type Decide = (candidate: EnrolmentCandidate, signal: AbortSignal) => Promise<"approved" | Refusal>;

interface Desk {
  readonly home: TestHome;
  readonly enrolled: EnrolmentCandidate[];
  /** How often a spent invite was shown again. */
  reuses: number;
}

/** A Home whose enrolments are served, each decided by the given function. */
export async function deskOf(context: TestContext, decide: Decide = () => Promise.resolve("approved")): Promise<Desk> {
  const home = await testHome(context);
  const desk: Desk = { home, enrolled: [], reuses: 0 };
  const spent = new Set<string>();
  const rules: EnrolmentDesk = {
    home: home.identity,
    workspaceId: home.workspaceId,
    now: () => home.clock.now,
    inviteSecret: (inviteId) => Promise.resolve(home.secrets.get(inviteId)),
    requestEnrolment: async (candidate, signal) => {
      if (spent.has(candidate.inviteId)) {
        desk.reuses += 1;
        return refuse("invite-used", "This invite was already used.", "Ask for a new invite.");
      }
      spent.add(candidate.inviteId);
      // Where the real core makes the spending durable.
      await new Promise((resolve) => setImmediate(resolve));
      const decision = decide(candidate, signal).then((decided) => {
        if (decided !== "approved") return decided;
        desk.enrolled.push(candidate);
        const { fingerprint, certificate, publicKey, inviteId } = candidate;
        const kept = home.allowed.filter((entry) => entry.kind === "node" || entry.inviteId !== inviteId);
        const node: AllowedNode = { kind: "node", nodeId: nodeIdOf(publicKey), fingerprint, certificate };
        home.allowed.splice(0, home.allowed.length, ...kept, node);
        home.listener.refreshTrust();
        return decided;
      });
      return { kind: "pending", decision };
    },
  };
  void (async () => {
    for (;;) {
      const { channel, invite } = await home.enrolments.take();
      void serveEnrolment(channel, invite, rules);
    }
  })();
  return desk;
}

export function join(
  invite: Invite,
  worker: Party,
  onWords: (words: readonly string[]) => void = () => undefined,
): Promise<Membership> {
  const terms = { identity: worker.identity, leaf: worker.leaf, name: "gpu-box", now: realNow, onWords };
  return enrol(invite, terms, AbortSignal.timeout(20_000));
}

/** The enrolment channel without the conversation, for requests that our own worker would never send. */
export async function dialInvite(invite: Invite, path: string = ENROL_PATH): Promise<FrameChannel> {
  const { bootstrapCertificate: certificate, bootstrapKey: privateKey } = invite;
  const terms = { path, certificate, privateKey, frameBytesMax: ENROL_FRAME_BYTES_MAX, now: realNow };
  return (await dialChannel(invite, terms, AbortSignal.timeout(20_000))).channel;
}

/** A request as an honest worker makes it for this channel, but for what is replaced in its body. */
export function requestFor(
  channel: FrameChannel,
  invite: Invite,
  { identity, leaf }: Party,
  replaced: Partial<EnrolRequest["body"]> = {},
): EnrolRequest {
  const body = {
    publicKey: identity.publicKey,
    certificate: leaf.certificate,
    name: "gpu-box",
    identityProof: identityProof(identity, channel.exporter, leaf.certificate),
    tlsProof: tlsKeyProof(leaf, channel.exporter),
    ...replaced,
  };
  const secret = Buffer.from(invite.secret, "base64url");
  const authenticator = enrolAuthenticator(secret, channel.exporter, body);
  return { v: 1, kind: "enrol", inviteId: invite.inviteId, body, authenticator };
}

/** The Home's first answer. */
export async function answerTo(channel: FrameChannel, request: unknown): Promise<EnrolReply> {
  const answer = new Promise<EnrolReply>((resolve, reject) => {
    channel.onFrame((frame) => {
      const decoded = decodeFrame(enrolReplySchema, frame);
      if (decoded.ok) resolve(decoded.value.message);
      else reject(new Error(decoded.problem));
    });
    void channel.closed.then(({ code, detail }) => reject(new Error(`${code}: ${detail}`)));
  });
  await channel.send(request);
  return answer;
}

export function codeOf(reply: EnrolReply): string {
  return reply.kind === "enrol-refused" ? reply.code : reply.kind;
}
