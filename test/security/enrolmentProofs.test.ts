// What each side of an enrolment must prove, and that no lie about a key, a certificate, a secret or a decision is believed.
import assert from "node:assert/strict";
import { generateKeyPairSync } from "node:crypto";
import { type TestContext, test } from "node:test";
import { identityProof, signEnrolled, tlsKeyProof } from "#platform/link/enrolProofs.ts";
import type { FrameChannel } from "#platform/link/frameChannel.ts";
import { workspaceId } from "#protocol/ids.ts";
import { epochMs } from "#protocol/quantities.ts";
import type { Enrolled, EnrolReply, EnrolRequest, Invite } from "#protocol/wire/enrol.ts";
import { type Party, party, realNow, type TestHome, testHome } from "./testHome.ts";
import { answerTo, codeOf, deskOf, dialInvite, join, requestFor } from "./enrolmentDesk.ts";

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
    // The other identity vouches for this TLS key, but the certificate says whose it is.
    ({ exporter }) => ({
      publicKey: other.identity.publicKey,
      identityProof: identityProof(other.identity, exporter, honest.leaf.certificate),
    }),
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

test("a worker whose certificate is not valid by the Home's clock is told so", async (context) => {
  const desk = await deskOf(context);
  const invite = await desk.home.invite();
  const channel = await dialInvite(invite);
  const late = await party(epochMs(desk.home.clock.now - 40 * 86_400_000));
  const reply = await answerTo(channel, requestFor(channel, invite, late));
  assert.equal(codeOf(reply), "clock-skew");
  assert.ok(reply.kind === "enrol-refused" && reply.message.includes("the worker's certificate is valid from"));
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

/** A Home that gives these answers to whatever comes. */
async function answering(
  context: TestContext,
  answers: (channel: FrameChannel, home: TestHome) => readonly EnrolReply[],
): Promise<Invite> {
  const home = await testHome(context);
  void home.enrolments.take().then(({ channel }) => {
    channel.onFrame(() => {
      for (const answer of answers(channel, home)) void channel.send(answer);
    });
  });
  return home.invite();
}

test("an acceptance without the Home's signature, or for another node or workspace, is not believed", async (context) => {
  const worker = await party();
  const { identity: stranger } = await party();
  const foreign = workspaceId.from(Buffer.alloc(32, 9));
  const lies: readonly ((channel: FrameChannel, home: TestHome) => EnrolReply)[] = [
    ({ exporter }, home) => signEnrolled(accepted(home, worker), exporter, stranger),
    (_, home) => signEnrolled(accepted(home, worker), Buffer.alloc(32), home.identity),
    ({ exporter }, home) =>
      signEnrolled({ ...accepted(home, worker), nodeId: stranger.nodeId }, exporter, home.identity),
    ({ exporter }, home) => signEnrolled({ ...accepted(home, worker), workspaceId: foreign }, exporter, home.identity),
  ];
  for (const lie of lies) {
    const invite = await answering(context, (channel, home) => [lie(channel, home)]);
    await assert.rejects(join(invite, worker), { code: "home-not-the-inviter" }, lie.toString());
  }
  const honest = await answering(context, ({ exporter }, home) => [
    signEnrolled(accepted(home, worker), exporter, home.identity),
  ]);
  assert.equal((await join(honest, worker)).nodeId, worker.identity.nodeId);
});

test("words that differ from the worker's own are never shown", async (context) => {
  const words = ["babab", "babab", "babab", "babab"];
  const invite = await answering(context, () => [{ v: 1, kind: "enrol-pending", words, expiresAt: realNow() }]);
  const shown: unknown[] = [];
  await assert.rejects(
    join(invite, await party(), (seen) => shown.push(seen)),
    { code: "enrolment-interrupted" },
  );
  assert.deepEqual(shown, []);
});

function accepted(home: TestHome, worker: Party): Omit<Enrolled, "signature"> {
  return { v: 1, kind: "enrolled", nodeId: worker.identity.nodeId, workspaceId: home.workspaceId };
}

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
