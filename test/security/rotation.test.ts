// Certificates change on the live link, both ways, and nobody is locked out or let in by it. Each test is a row of the threat model.
import assert from "node:assert/strict";
import { randomBytes } from "node:crypto";
import { test } from "node:test";
import { identityOf } from "#platform/identity/identityFile.ts";
import { openLeaves } from "#platform/identity/leafFile.ts";
import { mintLeaf } from "#platform/identity/tlsLeaf.ts";
import { isLinkProof, isWelcomeProof, linkProof, welcomeProof } from "#platform/link/linkProof.ts";
import { nextCertificate } from "#platform/link/rotationProofs.ts";
import { byteCount, epochMs } from "#protocol/quantities.ts";
import type { NextCertificate } from "#protocol/wire/worker.ts";
import { allowedBy } from "../../server/src/adapters/workers/clustering.ts";
import { LEAF_OVERLAP_MS, ROTATION_MS_MIN } from "../../server/src/home/node/state.ts";
import { NOW, OWNER } from "../simulation/homeCommands.ts";
import { GPU, ofKind } from "../simulation/homeScenario.ts";
import { eventually, linkedHome, type LinkedHome, type LinkedWorker, workerFrom } from "./linkedHome.ts";
import { realNow } from "./testHome.ts";

const DAY_MS = 86_400_000;
/** Days of age at which a leaf has less than ten, and less than two, days left. */
const NEAR_ITS_END = 22;
const AT_ITS_END = 29;

const revokeGpu = {
  kind: "revoke-node",
  at: NOW,
  by: OWNER,
  nodeId: GPU.nodeId,
  reason: "sold",
  transfers: [],
} as const;

function rotationsOf(home: LinkedHome): number {
  return ofKind(home.core.events, "NodeCertificateRotated").length;
}

test("a worker hands its next leaf over, the Home records it, and both are let in for the overlap", async (context) => {
  const home = await linkedHome(context);
  const worker = await home.worker(NEAR_ITS_END);
  const old = worker.leaves.current;
  const link = await worker.link();
  await eventually("the recorded leaf", () => worker.leaves.next === undefined && worker.leaves.current !== old);
  assert.equal(rotationsOf(home), 1);
  // The link that handed it over goes on.
  const load = { running: 0, load1Milli: 0, memoryFreeBytes: byteCount(1) };
  assert.equal(await link.send({ kind: "heartbeat", load }), true);
  const again = await worker.link();
  assert.equal(again.peerFingerprint, home.leaf.current.fingerprint);
  const restored = workerFrom({ ...worker, leaves: only(old), membership: worker.saved.membership });
  await restored.link();
  const after = epochMs(realNow() + LEAF_OVERLAP_MS + DAY_MS);
  assert.deepEqual(
    allowedBy(home.core.state, after).map(({ fingerprint }) => fingerprint),
    [worker.leaves.current.fingerprint],
  );
});

/** Leaves that never change. */
function only(
  leaf: LinkedWorker["leaves"]["current"],
  next?: LinkedWorker["leaves"]["current"],
): LinkedWorker["leaves"] {
  return { current: leaf, next, prepareNext: async () => undefined, promoteNext: async () => undefined };
}

test("a leaf with days enough left is not handed over", async (context) => {
  const home = await linkedHome(context);
  const worker = await home.worker(0);
  const link = await worker.link();
  await worker.certificates.offer(link);
  assert.equal(worker.leaves.next, undefined);
  assert.equal(rotationsOf(home), 0);
});

test("an answer that was lost costs nothing: the same leaf is handed over again and answered again", async (context) => {
  const home = await linkedHome(context);
  const worker = await home.worker(NEAR_ITS_END);
  const next = await worker.leaves.prepareNext(realNow());
  assert.ok(next !== undefined);
  // The Home recorded it, and its word was lost.
  const deaf = workerFrom({ ...worker, leaves: only(worker.leaves.current), membership: worker.saved.membership });
  const link = await deaf.link();
  await link.send(nextCertificate(worker.identity, next, link.exporter));
  await eventually("the rotation", () => rotationsOf(home) === 1);
  await worker.link();
  await eventually("the answer", () => worker.leaves.current.fingerprint === next.fingerprint);
  assert.equal(rotationsOf(home), 1);
});

test("a worker that never heard the answer and comes back after the overlap is let in by its next leaf", async (context) => {
  const home = await linkedHome(context);
  const worker = await home.worker(NEAR_ITS_END);
  const next = await worker.leaves.prepareNext(realNow());
  assert.ok(next !== undefined);
  const deaf = workerFrom({ ...worker, leaves: only(worker.leaves.current), membership: worker.saved.membership });
  const link = await deaf.link();
  await link.send(nextCertificate(worker.identity, next, link.exporter));
  await eventually("the rotation", () => rotationsOf(home) === 1);
  // The enrolment and its commands carry a time of the past, so the overlap is long over by this clock.
  home.clock.ahead = LEAF_OVERLAP_MS + DAY_MS;
  home.clustering.refreshTrust();
  assert.deepEqual(await link.closed, {
    code: "goodbye",
    detail: "this certificate was replaced: connect with the newer one",
  });
  home.clock.ahead = LEAF_OVERLAP_MS;
  await worker.link();
  assert.equal(worker.leaves.current.fingerprint, next.fingerprint);
});

test("a revoked node cannot hand over a leaf: its link is cut, and neither leaf gets in", async (context) => {
  const home = await linkedHome(context);
  const worker = await home.worker(NEAR_ITS_END);
  await worker.link();
  await eventually("the recorded leaf", () => rotationsOf(home) === 1);
  await home.execute(revokeGpu);
  await assert.rejects(worker.link(), { code: "not-enrolled-or-revoked" });
  assert.deepEqual(allowedBy(home.core.state, realNow()), []);
});

const FORGED: readonly (readonly [
  string,
  RegExp,
  (worker: LinkedWorker, exporter: Uint8Array) => Promise<NextCertificate>,
])[] = [
  [
    "a leaf of another identity",
    /another identity/,
    async (_, exporter) => {
      const mallory = identityOf(randomBytes(32));
      return nextCertificate(mallory, await mintLeaf(mallory, realNow()), exporter);
    },
  ],
  [
    "a leaf that another identity vouches for",
    /not proven/,
    async (worker, exporter) =>
      nextCertificate(identityOf(randomBytes(32)), await mintLeaf(worker.identity, realNow()), exporter),
  ],
  [
    "a rotation captured on another channel",
    /not proven/,
    async (worker) => nextCertificate(worker.identity, await mintLeaf(worker.identity, realNow()), Buffer.alloc(32)),
  ],
  [
    "a leaf whose key is not here",
    /not proven/,
    async (worker, exporter) => {
      const [mine, foreign] = [await mintLeaf(worker.identity, realNow()), await mintLeaf(worker.identity, realNow())];
      return nextCertificate(worker.identity, { ...mine, privateKey: foreign.privateKey }, exporter);
    },
  ],
  [
    "what is no leaf",
    /not a certificate/,
    async (worker, exporter) => ({
      ...nextCertificate(worker.identity, await mintLeaf(worker.identity, realNow()), exporter),
      certificate: "nonsense",
    }),
  ],
];

for (const [claim, problem, forge] of FORGED) {
  test(`${claim} ends the link, is recorded, and changes nothing`, async (context) => {
    const home = await linkedHome(context);
    const worker = await home.worker(0);
    const link = await worker.link();
    await link.send(await forge(worker, link.exporter));
    const end = await link.closed;
    assert.equal(end.code, "not-enrolled");
    assert.match(end.detail, problem);
    const [refused] = await eventually("the record", () => {
      const found = ofKind(home.core.events, "LinkRefused");
      return found.length > 0 && found;
    });
    assert.equal(refused?.nodeId, GPU.nodeId);
    assert.equal(rotationsOf(home), 0);
  });
}

test("an older leaf, one not valid yet and one too soon are refused with the reason, and the link goes on", async (context) => {
  const home = await linkedHome(context);
  const worker = await home.worker(1);
  const link = await worker.link();
  for (const ageDays of [2, -3, 0, -0.5]) {
    const leaf = await mintLeaf(worker.identity, epochMs(realNow() - ageDays * DAY_MS));
    await link.send(nextCertificate(worker.identity, leaf, link.exporter));
  }
  await eventually("three refusals", () => worker.log.length === 3);
  assert.equal(rotationsOf(home), 1);
  home.clock.ahead = ROTATION_MS_MIN;
  const later = await mintLeaf(worker.identity, epochMs(realNow() + DAY_MS / 4));
  await link.send(nextCertificate(worker.identity, later, link.exporter));
  await eventually("the second rotation", () => rotationsOf(home) === 2);
});

test("the Home announces its next leaf to a live link, and shows it only later; the worker trusts both", async (context) => {
  const home = await linkedHome(context, NEAR_ITS_END);
  const worker = await home.worker(0);
  await worker.link();
  const first = home.leaf.current;
  await home.leaf.tend();
  const announced = await eventually("the announcement", () => worker.saved.membership.nextHomeCertificate);
  assert.equal(announced, home.leaf.next?.certificate);
  await home.leaf.tend();
  assert.equal(home.leaf.current.fingerprint, first.fingerprint, "an announced leaf is not shown before its time");
  home.clock.ahead = (AT_ITS_END - NEAR_ITS_END) * DAY_MS;
  await home.leaf.tend();
  home.clock.ahead = 0;
  const link = await worker.link();
  assert.equal(link.peerFingerprint, home.leaf.current.fingerprint);
  assert.notEqual(link.peerFingerprint, first.fingerprint);
  assert.equal(worker.saved.membership.homeCertificate, announced);
  assert.equal(worker.saved.membership.nextHomeCertificate, undefined);
  assert.deepEqual(home.trouble, []);
});

test("a worker that connects during the overlap is told of the next leaf after its welcome", async (context) => {
  const home = await linkedHome(context, NEAR_ITS_END);
  await home.leaf.tend();
  const worker = await home.worker(0);
  await worker.link();
  await eventually(
    "the announcement",
    () => worker.saved.membership.nextHomeCertificate === home.leaf.next?.certificate,
  );
});

/** The Home changes its leaf while the worker is away. */
async function changedUnseen(home: LinkedHome): Promise<void> {
  await home.leaf.tend();
  await home.leaf.tend();
  assert.equal(home.leaf.next, undefined, "the leaf was not changed");
}

test("a worker that was away during the whole overlap follows the Home's identity to its newer leaf", async (context) => {
  const home = await linkedHome(context, AT_ITS_END);
  const worker = await home.worker(0);
  await changedUnseen(home);
  const link = await worker.link();
  assert.equal(link.peerFingerprint, home.leaf.current.fingerprint);
  assert.equal(worker.saved.membership.homeCertificate, home.leaf.current.certificate);
});

test("nobody is followed backwards, to another identity, or to a leaf that is not valid", async (context) => {
  const home = await linkedHome(context, NEAR_ITS_END);
  const worker = await home.worker(0);
  // It knows a newer leaf than the Home shows: an older one may be a copy.
  const newer = (await mintLeaf(home.identity, realNow())).certificate;
  const ahead = workerFrom({ ...worker, membership: { ...worker.saved.membership, homeCertificate: newer } });
  await assert.rejects(ahead.link(), { code: "home-not-the-inviter" });
  const mallory = identityOf(randomBytes(32));
  const other = await mintLeaf(mallory, epochMs(realNow() - 28 * DAY_MS));
  const membership = { ...worker.saved.membership, homeKey: mallory.publicKey, homeCertificate: other.certificate };
  await assert.rejects(workerFrom({ ...worker, membership }).link(), { code: "home-not-the-inviter" });
  assert.equal(ofKind(home.core.events, "NodeConnected").length, 0);
});

test("an announced leaf of another identity ends the link and is not kept", async (context) => {
  const home = await linkedHome(context);
  const worker = await home.worker(0);
  const link = await worker.link();
  const mallorys = await mintLeaf(identityOf(randomBytes(32)), realNow());
  await worker.certificates.receive({ kind: "home-certificate", certificate: mallorys.certificate }, link);
  assert.equal((await link.closed).code, "unexpected-message");
  assert.equal(worker.saved.membership.nextHomeCertificate, undefined);
});

test("an announcement that is known or older changes nothing", async (context) => {
  const home = await linkedHome(context, 5);
  const worker = await home.worker(0);
  const link = await worker.link();
  const before = worker.saved.membership;
  const older = await mintLeaf(home.identity, epochMs(realNow() - 9 * DAY_MS));
  for (const { certificate } of [home.leaf.current, older]) {
    await worker.certificates.receive({ kind: "home-certificate", certificate }, link);
  }
  assert.equal(worker.saved.membership, before);
});

test("a worker whose leaf ran out while it was away is told to join again", async (context) => {
  const home = await linkedHome(context);
  const worker = await home.worker(AT_ITS_END);
  const after = epochMs(realNow() + 2 * DAY_MS);
  await assert.rejects(openLeaves(worker.leafPath, worker.identity, after, "refuse"), { code: "certificate-ran-out" });
});

test("neither side's proof of its identity passes for the other's, or for another channel's", () => {
  const [home, worker] = [identityOf(randomBytes(32)), identityOf(randomBytes(32))];
  const [here, elsewhere] = [randomBytes(32), randomBytes(32)];
  const proof = welcomeProof(home, here);
  assert.ok(isWelcomeProof(proof, home.publicKey, here));
  assert.ok(!isWelcomeProof(proof, home.publicKey, elsewhere));
  assert.ok(!isWelcomeProof(proof, worker.publicKey, here));
  assert.ok(!isWelcomeProof(linkProof(home, here), home.publicKey, here));
  assert.ok(!isLinkProof(proof, home.publicKey, here));
});
