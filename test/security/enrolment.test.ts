// The way in: an invite works once, for its own worker, at the Home that made it, while the owner agrees.
import assert from "node:assert/strict";
import { once } from "node:events";
import { test } from "node:test";
import { createServer } from "node:tls";
import { ENROL_PATH, LINK_PATH } from "#platform/link/channelLimits.ts";
import { refuse } from "#protocol/errors.ts";
import { compareWords } from "#protocol/identity.ts";
import { inviteText, parseInvite } from "#protocol/wire/inviteText.ts";
import { ENROL_REQUEST_MS_MAX } from "../../server/src/adapters/listener/enrolment.ts";
import { ENROL_CHANNELS_MAX } from "../../server/src/adapters/listener/workerListener.ts";
import { enrol, type Membership } from "../../worker-companion/src/adapters/dial/enrol.ts";
import { bareWebSocket, dial, party, realNow } from "./testHome.ts";
import { answerTo, codeOf, deskOf, dialInvite, join, requestFor } from "./enrolmentDesk.ts";

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

test("a withdrawn invite is refused, also on a channel that was open before", async (context) => {
  const desk = await deskOf(context);
  const invite = await desk.home.invite();
  const channel = await dialInvite(invite);
  desk.home.secrets.delete(invite.inviteId);
  assert.equal(codeOf(await answerTo(channel, requestFor(channel, invite, await party()))), "invite-used");
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
