// The way in: an invite works once, for its own worker, on its own connection, at the Home that made it.
// The core here is a counter with the one rule that the real core must keep: an invite is spent in a single step.
import assert from "node:assert/strict";
import { generateKeyPairSync } from "node:crypto";
import { once } from "node:events";
import { type TestContext, test } from "node:test";
import { createServer } from "node:tls";
import { ENROL_FRAME_BYTES_MAX, ENROL_PATH, LINK_PATH } from "#platform/link/channelLimits.ts";
import { enrolAuthenticator, identityProof, tlsKeyProof } from "#platform/link/enrolProofs.ts";
import type { FrameChannel } from "#platform/link/frameChannel.ts";
import { type Refusal, refuse } from "#protocol/errors.ts";
import { compareWords, nodeIdOf } from "#protocol/identity.ts";
import { type EnrolReply, type EnrolRequest, enrolReplySchema, type Invite } from "#protocol/wire/enrol.ts";
import { decodeFrame } from "#protocol/wire/frame.ts";
import { inviteText, parseInvite } from "#protocol/wire/inviteText.ts";
import {
  ENROL_REQUEST_MS_MAX,
  type EnrolmentCandidate,
  type EnrolmentDesk,
  serveEnrolment,
} from "../../server/src/adapters/listener/enrolment.ts";
import type { AllowedNode } from "../../server/src/adapters/listener/gate.ts";
import { ENROL_CHANNELS_MAX } from "../../server/src/adapters/listener/workerListener.ts";
import { dialChannel } from "../../worker-companion/src/adapters/dial/dialTls.ts";
import { enrol, type Membership } from "../../worker-companion/src/adapters/dial/enrol.ts";
import { bareWebSocket, dial, type Party, party, realNow, type TestHome, testHome } from "./testHome.ts";

type Decide = (candidate: EnrolmentCandidate, signal: AbortSignal) => Promise<"approved" | Refusal>;

interface Desk {
  readonly home: TestHome;
  readonly enrolled: EnrolmentCandidate[];
  /** How often a spent invite was shown again. */
  reuses: number;
}

/** A Home whose enrolments are served, each decided by the given function. */
async function deskOf(context: TestContext, decide: Decide = () => Promise.resolve("approved")): Promise<Desk> {
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

function join(
  invite: Invite,
  worker: Party,
  onWords: (words: readonly string[]) => void = () => undefined,
): Promise<Membership> {
  const terms = { identity: worker.identity, leaf: worker.leaf, name: "gpu-box", now: realNow, onWords };
  return enrol(invite, terms, AbortSignal.timeout(20_000));
}

/** The enrolment channel without the conversation, for requests that our own worker would never send. */
function dialInvite(invite: Invite, path: string = ENROL_PATH): Promise<FrameChannel> {
  const { bootstrapCertificate: certificate, bootstrapKey: privateKey } = invite;
  const terms = { path, certificate, privateKey, frameBytesMax: ENROL_FRAME_BYTES_MAX, now: realNow };
  return dialChannel(invite, terms, AbortSignal.timeout(20_000));
}

/** A request as an honest worker makes it for this channel, but for what is replaced in its body. */
function requestFor(
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
async function answerTo(channel: FrameChannel, request: unknown): Promise<EnrolReply> {
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

function codeOf(reply: EnrolReply): string {
  return reply.kind === "enrol-refused" ? reply.code : reply.kind;
}

test("a worker with an invite is enrolled by the owner's word, and then has a link", async (context) => {
  let shown: readonly string[] = [];
  let compared: readonly string[] = [];
  const desk = await deskOf(context, (candidate) => {
    shown = candidate.words;
    return Promise.resolve("approved");
  });
  const worker = await party();
  const invite = parseInvite(inviteText(await desk.home.invite()));
  const membership = await join(invite, worker, (words) => {
    compared = words;
  });
  assert.deepEqual(compared, compareWords(desk.home.identity.publicKey, worker.identity.publicKey));
  assert.deepEqual(shown, compared);
  assert.equal(membership.nodeId, worker.identity.nodeId);
  assert.equal(membership.homeId, desk.home.identity.nodeId);
  assert.equal(membership.workspaceId, desk.home.workspaceId);
  const link = await dial(desk.home, worker);
  assert.equal(link.peerFingerprint, desk.home.leaf.fingerprint);
});

test("fifty workers that use one invite at once become exactly one node", async (context) => {
  const desk = await deskOf(context);
  const invite = await desk.home.invite();
  const workers = await Promise.all(Array.from({ length: 50 }, () => party()));
  const outcomes = await Promise.allSettled(workers.map((worker) => join(invite, worker)));
  const codes = outcomes.map((outcome) => (outcome.status === "fulfilled" ? "enrolled" : outcome.reason.code));
  assert.equal(codes.filter((code) => code === "enrolled").length, 1, codes.join(" "));
  assert.equal(codes.filter((code) => code === "invite-used").length, 49, codes.join(" "));
  assert.equal(desk.enrolled.length, 1);
  assert.equal(desk.home.allowed.filter(({ kind }) => kind === "node").length, 1);
});

test("a used invite is refused later before any HTTP", async (context) => {
  const desk = await deskOf(context);
  const invite = await desk.home.invite();
  await join(invite, await party());
  const admitted = desk.home.listener.admittedConnections;
  await assert.rejects(join(invite, await party()), { code: "invite-used" });
  assert.equal(desk.home.listener.admittedConnections, admitted);
});

test("an invite used while the owner still decides is refused and counted", async (context) => {
  let approve: () => void = () => undefined;
  const owner = new Promise<"approved">((resolve) => {
    approve = () => resolve("approved");
  });
  const desk = await deskOf(context, () => owner);
  const invite = await desk.home.invite();
  const worker = await party();
  let first: Promise<Membership> | undefined;
  await new Promise<void>((resolve) => {
    first = join(invite, worker, () => resolve());
  });
  await assert.rejects(join(invite, await party()), { code: "invite-used" });
  assert.equal(desk.reuses, 1);
  approve();
  assert.equal((await first)?.nodeId, worker.identity.nodeId);
});

test("the owner's no reaches the worker with its code", async (context) => {
  const desk = await deskOf(context, () =>
    Promise.resolve(refuse("enrolment-denied", "The owner said no.", "Ask why.")),
  );
  const worker = await party();
  await assert.rejects(join(await desk.home.invite(), worker), { code: "enrolment-denied", advice: "Ask why." });
  await assert.rejects(dial(desk.home, worker), { code: "not-enrolled-or-revoked" });
});

test("a worker that gives up while the owner decides is said to the core", async (context) => {
  let left: Promise<unknown> | undefined;
  const giveUp = new AbortController();
  const desk = await deskOf(context, (_, signal) => {
    left = once(signal, "abort");
    return new Promise(() => undefined);
  });
  const { identity, leaf } = await party();
  const onWords = (): void => giveUp.abort();
  const joining = enrol(await desk.home.invite(), { identity, leaf, name: "x", now: realNow, onWords }, giveUp.signal);
  await assert.rejects(joining, { name: "AbortError" });
  await left;
  assert.equal(desk.enrolled.length, 0);
});

test("a captured request is worthless on another connection", async (context) => {
  const desk = await deskOf(context);
  const invite = await desk.home.invite();
  const capturing = await dialInvite(invite);
  const captured = requestFor(capturing, invite, await party());
  const replaying = await dialInvite(invite);
  assert.equal(codeOf(await answerTo(replaying, captured)), "invite-not-proven");
  assert.equal(desk.enrolled.length, 0);
  assert.equal(codeOf(await answerTo(capturing, captured)), "enrol-pending");
});

test("an invite that ran out by the Home's clock is refused before any HTTP", async (context) => {
  const desk = await deskOf(context);
  const invite = await desk.home.invite();
  desk.home.clock.now = invite.expiresAt;
  await assert.rejects(join(invite, await party()), { code: "invite-used", message: /ran out by the Home's clock/ });
  assert.equal((await desk.home.refusals.take()).code, "invite-expired");
  assert.equal(desk.home.listener.admittedConnections, 0);
});

test("an invite that ran out by the worker's clock is not dialled, and the clock is named", async (context) => {
  const desk = await deskOf(context);
  const invite = { ...(await desk.home.invite()), expiresAt: realNow() };
  await assert.rejects(join(invite, await party()), { code: "invite-expired", message: /this machine's clock says/ });
  assert.equal(desk.home.listener.admittedConnections, 0);
});

test("a false Home that accepts every worker gets no byte of the enrolment", async (context) => {
  const desk = await deskOf(context);
  const invite = await desk.home.invite();
  const impostor = await party();
  let received = 0;
  const server = createServer({
    key: impostor.leaf.privateKey,
    cert: impostor.leaf.certificate,
    requestCert: true,
    rejectUnauthorized: false,
  });
  server.on("tlsClientError", () => undefined);
  server.on("secureConnection", (socket) => {
    socket.on("error", () => undefined);
    socket.on("data", (data) => {
      received += data.length;
    });
  });
  server.listen(0, "127.0.0.1");
  await once(server, "listening");
  const address = server.address();
  assert.ok(typeof address === "object" && address !== null);
  const lured = { ...invite, addresses: [`127.0.0.1:${address.port}`] };
  await assert.rejects(join(lured, await party()), { code: "home-not-the-inviter" });
  // Closing waits for every connection, so nothing is still on its way.
  await once(server.close(), "close");
  assert.equal(received, 0);
});

test("an invite's certificate does not reach the link", async (context) => {
  const desk = await deskOf(context);
  await assert.rejects(dialInvite(await desk.home.invite(), LINK_PATH), { code: "not-enrolled-or-revoked" });
  assert.equal((await desk.home.refusals.take()).code, "wrong-path");
});

test("a node's certificate does not reach the enrolment", async (context) => {
  const desk = await deskOf(context);
  const node = await party();
  desk.home.allowNode(node);
  await assert.rejects(bareWebSocket(desk.home, node, ENROL_PATH), /404/);
});

test("an invite's certificate with another invite's secret is refused", async (context) => {
  const desk = await deskOf(context);
  const mine = await desk.home.invite();
  const other = await desk.home.invite();
  const channel = await dialInvite(mine);
  const foreign = requestFor(channel, other, await party());
  assert.equal(codeOf(await answerTo(channel, foreign)), "invite-foreign");
  const again = await dialInvite(mine);
  const wrongSecret = { ...requestFor(again, { ...mine, secret: other.secret }, await party()) };
  assert.equal(codeOf(await answerTo(again, wrongSecret)), "invite-not-proven");
});

test("a withdrawn invite is refused, also on a channel that was open before", async (context) => {
  const desk = await deskOf(context);
  const invite = await desk.home.invite();
  const channel = await dialInvite(invite);
  desk.home.secrets.delete(invite.inviteId);
  assert.equal(codeOf(await answerTo(channel, requestFor(channel, invite, await party()))), "invite-used");
});

test("a worker must prove its identity key, its TLS key and the bond of the two", async (context) => {
  const desk = await deskOf(context);
  const invite = await desk.home.invite();
  const [honest, other] = [await party(), await party()];
  const { publicKey } = generateKeyPairSync("ec", { namedCurve: "P-256" });
  const lies: readonly ((channel: FrameChannel) => Partial<EnrolRequest["body"]>)[] = [
    () => ({ publicKey: other.identity.publicKey }),
    () => ({ certificate: other.leaf.certificate }),
    () => ({ certificate: invite.bootstrapCertificate }),
    () => ({ certificate: publicKey.export({ type: "spki", format: "pem" }).toString() }),
    ({ exporter }) => ({ identityProof: identityProof(other.identity, exporter, honest.leaf.certificate) }),
    () => ({ identityProof: identityProof(honest.identity, Buffer.alloc(32), honest.leaf.certificate) }),
    ({ exporter }) => ({ tlsProof: tlsKeyProof(other.leaf, exporter) }),
    () => ({ tlsProof: tlsKeyProof(honest.leaf, Buffer.alloc(32)) }),
    () => ({ tlsProof: "AAAA" }),
  ];
  for (const lie of lies) {
    const channel = await dialInvite(invite);
    const reply = await answerTo(channel, requestFor(channel, invite, honest, lie(channel)));
    assert.equal(codeOf(reply), "enrolment-not-proven", lie.toString());
  }
  assert.equal(desk.enrolled.length, 0);
  // None of the lies spent the invite.
  assert.equal((await join(invite, honest)).nodeId, honest.identity.nodeId);
});

test("a certificate smuggled in behind the worker's own never becomes trusted", async (context) => {
  const desk = await deskOf(context);
  const [worker, smuggled] = [await party(), await party()];
  const both = {
    ...worker,
    leaf: { ...worker.leaf, certificate: worker.leaf.certificate + smuggled.leaf.certificate },
  };
  await join(await desk.home.invite(), both);
  assert.equal(desk.enrolled[0]?.certificate, worker.leaf.certificate);
});

for (const [claim, request, code] of [
  ["a malformed request closes the channel", { v: 1, kind: "enrol" }, "malformed-message"],
  ["a request of another protocol version is refused with advice", { v: 2, kind: "enrol" }, "protocol-version"],
] as const) {
  test(claim, async (context) => {
    const desk = await deskOf(context);
    const channel = await dialInvite(await desk.home.invite());
    channel.onFrame(() => undefined);
    await channel.send(request);
    const end = await channel.closed;
    assert.equal(end.code, code);
    if (code === "protocol-version") assert.match(end.detail, /Update this program/);
  });
}

test("a second request on one channel closes it", async (context) => {
  const desk = await deskOf(context, () => new Promise(() => undefined));
  const invite = await desk.home.invite();
  const channel = await dialInvite(invite);
  const request = requestFor(channel, invite, await party());
  assert.equal(codeOf(await answerTo(channel, request)), "enrol-pending");
  await channel.send(request);
  assert.equal((await channel.closed).code, "unexpected-message");
});

test("a silent enrolment channel is closed", async (context) => {
  const desk = await deskOf(context);
  const invite = await desk.home.invite();
  context.mock.timers.enable({ apis: ["setTimeout"] });
  const channel = await dialInvite(invite);
  channel.onFrame(() => undefined);
  while (desk.home.listener.admittedConnections === 0) await new Promise((resolve) => setImmediate(resolve));
  context.mock.timers.tick(ENROL_REQUEST_MS_MAX);
  assert.equal((await channel.closed).code, "not-enrolled");
});

test("enrolments past the limit are turned away", async (context) => {
  const desk = await deskOf(context);
  const invite = await desk.home.invite();
  const open = await Promise.all(Array.from({ length: ENROL_CHANNELS_MAX }, () => dialInvite(invite)));
  const oneMore = await dialInvite(invite);
  oneMore.onFrame(() => undefined);
  assert.deepEqual(await oneMore.closed, {
    code: "not-enrolled",
    detail: "too many enrolments are under way: try again in a minute",
  });
  for (const channel of open) channel.close("goodbye", "done");
});
