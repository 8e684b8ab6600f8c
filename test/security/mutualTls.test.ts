// The door of the Home against strangers: who does not show a known certificate gets no byte of HTTP parsed.
// Each test is a row of the threat model; all connections are real, on 127.0.0.1.
import "reflect-metadata";
import assert from "node:assert/strict";
import { webcrypto, X509Certificate } from "node:crypto";
import { once } from "node:events";
import { connect as connectTcp, createServer as createTcpServer, type Socket } from "node:net";
import { mock, type TestContext, test } from "node:test";
import type { TLSSocket } from "node:tls";
import { PemConverter, X509CertificateGenerator } from "@peculiar/x509";
import { mintLeaf } from "#platform/identity/tlsLeaf.ts";
import { ENROL_PATH, LINK_PATH } from "#platform/link/channelLimits.ts";
import { isLinkProof, linkProof } from "#platform/link/linkProof.ts";
import { epochMs } from "#protocol/quantities.ts";
import { UPGRADE_MS_MAX } from "../../server/src/adapters/listener/upgrade.ts";
import { HANDSHAKES_MAX, openWorkerListener } from "../../server/src/adapters/listener/workerListener.ts";
import { dialHome } from "../../worker-companion/src/adapters/dial/dialHome.ts";
import {
  dial,
  dialBare,
  linkBetween,
  type Party,
  party,
  realNow,
  receivedUntilClose,
  type TestHome,
  testHome,
} from "./testHome.ts";

const DAY_MS = 86_400_000;

/** What a client offers to the handshake. */
function credentials({ leaf }: Party): { readonly key: string; readonly cert: string } {
  return { key: leaf.privateKey, cert: leaf.certificate };
}

/** The Home hangs up on the connection, which never reached HTTP, with this entry in its log. */
async function refusedBeforeHttp(
  home: TestHome,
  dialling: Promise<TLSSocket>,
  code: string,
  detail?: RegExp,
): Promise<void> {
  const admitted = home.listener.admittedConnections;
  const received = await dialling.then(
    async (socket) => {
      socket.on("error", () => undefined);
      socket.write(`GET ${LINK_PATH} HTTP/1.1\r\nHost: arw.internal\r\n\r\n`);
      return receivedUntilClose(socket);
    },
    () => "",
  );
  assert.equal(received, "", "the Home sent something");
  const refusal = await home.refusals.take();
  assert.equal(refusal.code, code, refusal.detail);
  if (detail !== undefined) assert.match(refusal.detail, detail);
  assert.equal(home.listener.admittedConnections, admitted, "HTTP saw the connection");
}

async function enrolledHome(context: TestContext): Promise<{ readonly home: TestHome; readonly node: Party }> {
  const home = await testHome(context);
  const node = await party();
  home.allowNode(node);
  return { home, node };
}

/** A certificate of the attacker's own key under the victim's name. */
async function impersonate(victim: Party): Promise<{ readonly key: string; readonly cert: string }> {
  const keys = await webcrypto.subtle.generateKey({ name: "ECDSA", namedCurve: "P-256" }, true, ["sign", "verify"]);
  const certificate = await X509CertificateGenerator.createSelfSigned({
    serialNumber: new X509Certificate(victim.leaf.certificate).serialNumber,
    name: new X509Certificate(victim.leaf.certificate).subject,
    notBefore: new Date(Date.now() - DAY_MS),
    notAfter: new Date(Date.now() + DAY_MS),
    signingAlgorithm: { name: "ECDSA", hash: "SHA-256" },
    keys,
  });
  return {
    key: PemConverter.encode(await webcrypto.subtle.exportKey("pkcs8", keys.privateKey), "PRIVATE KEY"),
    cert: certificate.toString("pem"),
  };
}

/** A session that the Home would resume at the TLS layer. */
async function sessionOf(home: TestHome, node: Party): Promise<Buffer> {
  const socket = await dialBare(home, credentials(node));
  socket.on("error", () => undefined);
  const [session]: unknown[] = await once(socket, "session");
  socket.destroy();
  assert.ok(Buffer.isBuffer(session));
  return session;
}

test("an enrolled certificate opens a link, and both ends derive the same exporter", async (context) => {
  const { home, node } = await enrolledHome(context);
  const first = await linkBetween(home, node);
  assert.deepEqual(first.worker.exporter, first.home.exporter);
  assert.equal(first.home.peerFingerprint, node.leaf.fingerprint);
  assert.equal(first.worker.peerFingerprint, home.leaf.fingerprint);
});

test("every connection has another exporter, so a proof of one is worthless on the next", async (context) => {
  const { home, node } = await enrolledHome(context);
  const first = await linkBetween(home, node);
  const proof = linkProof(node.identity, first.worker.exporter);
  const second = await linkBetween(home, node);
  assert.notDeepEqual(first.home.exporter, second.home.exporter);
  assert.ok(isLinkProof(proof, node.identity.publicKey, first.home.exporter));
  assert.ok(!isLinkProof(proof, node.identity.publicKey, second.home.exporter));
});

test("a stranger's certificate under an enrolled node's name is refused in the handshake", async (context) => {
  const { home, node } = await enrolledHome(context);
  await refusedBeforeHttp(home, dialBare(home, await impersonate(node)), "handshake-refused");
});

test("a client without a certificate is refused, also when it comes back with a session", async (context) => {
  const { home } = await enrolledHome(context);
  let session: Buffer | undefined;
  const first = dialBare(home, {}).then((socket) => socket.on("session", (ticket: Buffer) => (session = ticket)));
  await refusedBeforeHttp(home, first, "handshake-refused");
  await refusedBeforeHttp(home, dialBare(home, session === undefined ? {} : { session }), "handshake-refused");
});

test("an expired certificate is refused in the handshake, even on the allow-list", async (context) => {
  const { home } = await enrolledHome(context);
  const expired = await party(epochMs(Date.now() - 40 * DAY_MS));
  home.allowNode(expired);
  await refusedBeforeHttp(home, dialBare(home, credentials(expired)), "handshake-refused", /CERT_HAS_EXPIRED.*clock/);
});

test("a certificate from the future is refused with a word on the clock", async (context) => {
  const { home } = await enrolledHome(context);
  const early = await party(epochMs(Date.now() + 10 * DAY_MS));
  home.allowNode(early);
  await refusedBeforeHttp(home, dialBare(home, credentials(early)), "handshake-refused", /CERT_NOT_YET_VALID.*clock/);
});

test("a certificate that ran out by the Home's own clock is refused at the gate", async (context) => {
  const { home, node } = await enrolledHome(context);
  home.clock.now = node.leaf.notAfter;
  await refusedBeforeHttp(home, dialBare(home, credentials(node)), "certificate-expired");
});

test("a certificate taken off the allow-list is refused at the gate before the TLS context knows", async (context) => {
  const { home, node } = await enrolledHome(context);
  home.allowed.length = 0;
  await refusedBeforeHttp(home, dialBare(home, credentials(node)), "unknown-certificate");
});

test("a worker with another Home's pin hangs up before it sends a byte", async (context) => {
  const { home, node } = await enrolledHome(context);
  const other = await party();
  const wrongPin = { ...home, identity: other.identity, leaf: other.leaf };
  await assert.rejects(dial(wrongPin, node), { code: "home-not-the-inviter" });
  assert.equal(home.listener.admittedConnections, 0);
});

test("a worker whose pinned certificate is not of the pinned identity does not dial", async (context) => {
  const { home, node } = await enrolledHome(context);
  const mixed = { ...home, leaf: (await party()).leaf };
  await assert.rejects(dial(mixed, node), { code: "home-not-the-inviter" });
  assert.equal(home.refused.length, 0);
});

test("a client that does not trust the Home's certificate never gets a secure connection", async (context) => {
  const { home, node } = await enrolledHome(context);
  const stranger = await party();
  await assert.rejects(dialBare(home, { ...credentials(node), ca: [stranger.leaf.certificate] }));
  assert.equal(home.listener.admittedConnections, 0);
});

test("TLS 1.2 is refused", async (context) => {
  const { home, node } = await enrolledHome(context);
  const old = dialBare(home, { ...credentials(node), minVersion: "TLSv1.2", maxVersion: "TLSv1.2" });
  await refusedBeforeHttp(home, old, "handshake-refused");
});

test("a node enrolled at run time gets in after the trust is refreshed, and not before", async (context) => {
  const { home } = await enrolledHome(context);
  const late = await party();
  await assert.rejects(dial(home, late), { code: "not-enrolled-or-revoked" });
  home.allowNode(late);
  const { home: link } = await linkBetween(home, late);
  assert.equal(link.peerFingerprint, late.leaf.fingerprint);
});

test("revocation closes the live link, and the node neither connects nor resumes again", async (context) => {
  const { home, node } = await enrolledHome(context);
  const session = await sessionOf(home, node);
  const ends = await linkBetween(home, node);
  ends.worker.onMessage(() => undefined);
  home.revoke(node);
  assert.equal((await ends.home.closed).code, "revoked");
  assert.equal((await ends.worker.closed).code, "revoked");
  await assert.rejects(dial(home, node), { code: "not-enrolled-or-revoked" });
  await home.refusals.take();
  await refusedBeforeHttp(home, dialBare(home, { ...credentials(node), session }), "handshake-refused");
});

test("no message of a revoked node is handled once the revocation returned", async (context) => {
  const { home, node } = await enrolledHome(context);
  const ends = await linkBetween(home, node);
  let handled = 0;
  ends.home.onMessage(() => {
    handled += 1;
    // The second message is already on its way when the first one revokes the node.
    home.revoke(node);
  });
  ends.worker.onMessage(() => undefined);
  await Promise.all([
    ends.worker.send({ kind: "leaving", reason: "drain" }),
    ends.worker.send({ kind: "leaving", reason: "stop" }),
  ]);
  await ends.worker.closed;
  assert.equal(handled, 1);
});

test("a resumed session is refused at the gate even with an enrolled certificate", async (context) => {
  const { home, node } = await enrolledHome(context);
  const session = await sessionOf(home, node);
  let reused: boolean | undefined;
  const resumed = dialBare(home, { ...credentials(node), session }).then((socket) => {
    reused = socket.isSessionReused();
    return socket;
  });
  await refusedBeforeHttp(home, resumed, "session-resumed");
  assert.equal(reused, true, "the session was not resumed, so nothing was proven");
});

test("after a refresh a session from before is not resumed: the ticket keys are fresh", async (context) => {
  const { home, node } = await enrolledHome(context);
  const session = await sessionOf(home, node);
  home.listener.refreshTrust();
  const socket = await dialBare(home, { ...credentials(node), session });
  assert.equal(socket.isSessionReused(), false);
  socket.destroy();
});

test("after a refresh a client without a certificate is still refused", async (context) => {
  const { home } = await enrolledHome(context);
  home.listener.refreshTrust();
  await refusedBeforeHttp(home, dialBare(home, {}), "handshake-refused");
});

test("a second link of a node replaces the first", async (context) => {
  const { home, node } = await enrolledHome(context);
  const first = await linkBetween(home, node);
  first.worker.onMessage(() => undefined);
  const second = await linkBetween(home, node);
  assert.equal((await first.worker.closed).code, "replaced");
  second.home.onMessage(() => undefined);
  second.worker.close("goodbye", "done");
  assert.deepEqual(await second.home.closed, { code: "goodbye", detail: "done" });
});

const upgradeOf = (path: string, ...headers: readonly string[]): string =>
  [
    `GET ${path} HTTP/1.1`,
    "Host: arw.internal",
    "Connection: Upgrade",
    "Upgrade: websocket",
    "Sec-WebSocket-Version: 13",
    "Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==",
    ...headers,
    "\r\n",
  ].join("\r\n");

for (const [claim, request, status, code] of [
  ["a browser's Origin is refused", upgradeOf(LINK_PATH, "Origin: https://example.com"), 403, "origin-refused"],
  ["an empty Origin is refused too", upgradeOf(LINK_PATH, "Origin:"), 403, "origin-refused"],
  ["a node's certificate does not reach the enrolment", upgradeOf(ENROL_PATH), 404, "wrong-path"],
  ["another path is refused", upgradeOf("/v1/link/../enrol"), 404, "wrong-path"],
  ["a request without an upgrade is refused", "GET / HTTP/1.1\r\nHost: x\r\n\r\n", 404, "wrong-path"],
  ["what is not HTTP is refused", "\0\0\0\0\r\n\r\n", 400, "malformed-http"],
  ["a head over the limit is refused", upgradeOf(LINK_PATH, `X: ${"x".repeat(5_000)}`), 400, "malformed-http"],
] as const) {
  test(claim, async (context) => {
    const { home, node } = await enrolledHome(context);
    const socket = await dialBare(home, credentials(node));
    socket.write(request);
    assert.match(await receivedUntilClose(socket), new RegExp(`^HTTP/1\\.1 ${status} `));
    assert.equal((await home.refusals.take()).code, code);
  });
}

/** A connection that passed the gate and has not asked for anything yet. */
async function admitted(home: TestHome, node: Party): Promise<TLSSocket> {
  const before = home.listener.admittedConnections;
  const socket = await dialBare(home, credentials(node));
  while (home.listener.admittedConnections === before) await new Promise((resolve) => setImmediate(resolve));
  return socket;
}

test("a node revoked between the gate and its upgrade is cut by the refresh", async (context) => {
  const { home, node } = await enrolledHome(context);
  const socket = await admitted(home, node);
  home.revoke(node);
  assert.equal(await receivedUntilClose(socket), "");
});

test("a node taken off the allow-list between the gate and its upgrade gets no link", async (context) => {
  const { home, node } = await enrolledHome(context);
  const socket = await admitted(home, node);
  home.allowed.length = 0;
  socket.write(upgradeOf(LINK_PATH));
  assert.match(await receivedUntilClose(socket), /^HTTP\/1\.1 403 /);
  assert.equal((await home.refusals.take()).code, "unknown-certificate");
});

test("an admitted connection that drips its request is cut", async (context) => {
  const { home, node } = await enrolledHome(context);
  mock.timers.enable({ apis: ["setTimeout"] });
  context.after(async () => mock.timers.reset());
  const socket = await admitted(home, node);
  socket.write("GET /v1/link HTTP/1.1\r\n");
  mock.timers.tick(UPGRADE_MS_MAX);
  await receivedUntilClose(socket);
  assert.equal((await home.refusals.take()).code, "upgrade-timeout");
});

test("silent handshakes past the limit are hung up on, and do not keep a node out afterwards", async (context) => {
  const { home, node } = await enrolledHome(context);
  const silent: Socket[] = [];
  for (let index = 0; index <= HANDSHAKES_MAX; index++) {
    const socket = connectTcp(home.listener.port, "127.0.0.1").on("error", () => undefined);
    silent.push(socket);
    await once(socket, "connect");
  }
  assert.equal((await home.refusals.take()).code, "too-many-connections");
  for (const socket of silent) socket.destroy();
  // The Home learns of each hang-up on its own.
  for (let hungUp = 0; hungUp < HANDSHAKES_MAX; hungUp++) await home.refusals.take();
  await linkBetween(home, node);
});

test("the Home's closing says goodbye to every link and leaves no connection behind", async (context) => {
  const { home, node } = await enrolledHome(context);
  const ends = await linkBetween(home, node);
  ends.worker.onMessage(() => undefined);
  const silent = connectTcp(home.listener.port, "127.0.0.1").on("error", () => undefined);
  await once(silent, "connect");
  const hungUp = once(silent, "close");
  await home.listener.close();
  assert.equal((await ends.worker.closed).code, "goodbye");
  await hungUp;
});

test("a port that is taken is said with advice", async (context) => {
  const { home } = await enrolledHome(context);
  const again = openWorkerListener({
    host: "127.0.0.1",
    port: home.listener.port,
    workspaceId: home.workspaceId,
    leaf: () => home.leaf,
    allowed: () => [],
    now: realNow,
    onLink: () => undefined,
    onEnrol: () => undefined,
    onRefused: () => undefined,
  });
  await assert.rejects(again, { code: "listener-failed" });
});

test("nobody at the address is said as such, and the next address is tried", async (context) => {
  const { home, node } = await enrolledHome(context);
  // A port that was free a moment ago.
  const server = createTcpServer().listen(0, "127.0.0.1");
  await once(server, "listening");
  const address = server.address();
  assert.ok(typeof address === "object" && address !== null);
  await once(server.close(), "close");
  const nowhere = `127.0.0.1:${address.port}`;
  await assert.rejects(dial({ ...home, address: nowhere }, node), { code: "home-unreachable" });
  const target = {
    homeKey: home.identity.publicKey,
    homeCertificate: home.leaf.certificate,
    workspaceId: home.workspaceId,
  };
  const both = { ...target, addresses: [nowhere, home.address] };
  const { link } = await dialHome({ home: both, leaf: node.leaf, now: realNow }, AbortSignal.timeout(20_000));
  assert.equal(link.peerFingerprint, home.leaf.fingerprint);
});

test("a Home's certificate that ran out by the worker's clock is said as a clock problem", async (context) => {
  const { home, node } = await enrolledHome(context);
  const old = await mintLeaf(home.identity, epochMs(Date.now() - 40 * DAY_MS));
  home.shown.leaf = old;
  home.listener.refreshTrust();
  const pinned = dial({ ...home, leaf: old }, node);
  await assert.rejects(pinned, { code: "clock-skew", message: /This machine's clock says/ });
});
