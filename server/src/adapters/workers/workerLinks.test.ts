// The Home's side of its workers' links, on a clock that the tests move: who is believed, who is lost, and when.
import assert from "node:assert/strict";
import { test } from "node:test";
import { linkProof, welcomeProof } from "#platform/link/linkProof.ts";
import { byteCount, fencingToken } from "#protocol/quantities.ts";
import { sign } from "#protocol/signature.ts";
import { ofAttempt, quiet } from "../../../../test/simulation/deskBench.ts";
import { idsOf, revokeNode, turnOff } from "../../../../test/simulation/homeCommands.ts";
import { ATTIC, GPU, only, ofKind } from "../../../../test/simulation/homeScenario.ts";
import { LedgerBench } from "../../../../test/simulation/ledgerBench.ts";
import { BEAT, FakeLink, hello, LINKS_HOME, LinksBench, LOAD, TTL } from "../../../../test/simulation/linksBench.ts";
import { heartbeatTimes, HEARTBEAT_MS } from "./workerLinks.ts";

test("a hello that proves the identity on this very link is welcomed with the Home's times", async (t) => {
  const bench = new LinksBench(t);
  const link = await bench.connected();
  assert.deepEqual(link.said, [
    {
      kind: "welcome",
      homeId: bench.home.state.identity.nodeId,
      proof: welcomeProof(LINKS_HOME, link.exporter),
      heartbeatMs: HEARTBEAT_MS,
      heartbeatTtlMs: TTL,
      resume: [],
    },
  ]);
  assert.equal(bench.links.channelOf(GPU.nodeId)?.nodeId, GPU.nodeId);
});

test("a witness is shown the ledger in its welcome and the record beside each offer; another worker neither", async (t) => {
  const home = await LedgerBench.open(t);
  await home.record(1, 3);
  const bench = new LinksBench(t, home.ledger);
  const witness = await bench.connected({ seenLedger: [2] });
  const [welcome] = witness.said;
  assert.ok(welcome?.kind === "welcome");
  assert.deepEqual(welcome.ledger, await home.ledger.show(GPU.nodeId, [2]));
  const { record, ...offer } = await home.letOut(4);
  await bench.links.channelOf(GPU.nodeId)?.carry(offer);
  assert.deepEqual(witness.said.at(-1), { ...offer, record });
  const older = await bench.connected();
  assert.deepEqual(Object.keys(older.said[0] ?? {}).includes("ledger"), false);
  await bench.links.channelOf(GPU.nodeId)?.carry(offer);
  assert.deepEqual(older.said.at(-1), offer);
});

test("a witness whose word its key did not sign is hung up on, and its word is not kept", async (t) => {
  const home = await LedgerBench.open(t);
  const bench = new LinksBench(t, home.ledger);
  const link = await bench.connected({ seenLedger: [] });
  const root = home.tree.signed().head.root;
  const signature = sign("arw-link-v1", Buffer.from("something else"), GPU.key);
  await link.say({ kind: "witnessed", size: 0, root, signature });
  assert.equal(link.endCode(), "unexpected-message");
  assert.deepEqual(home.witnesses.all(), []);
});

test("a proof made for another link, or with another identity, closes this one", async (t) => {
  const bench = new LinksBench(t);
  const other = new FakeLink(99);
  for (const change of [
    { proof: hello(other).proof },
    { proof: linkProof({ ...ATTIC, privateKey: ATTIC.key }, Buffer.alloc(32, 2)) },
    { nodeId: ATTIC.nodeId },
  ]) {
    const link = await bench.connected(change);
    assert.equal(link.endCode(), "not-enrolled");
    assert.deepEqual(link.said, []);
  }
  assert.equal(bench.links.channelOf(GPU.nodeId), undefined);
  assert.equal(bench.faults.length, 3);
});

test("anything before the hello closes the link, and so does a second hello", async (t) => {
  const bench = new LinksBench(t);
  const early = bench.dial();
  await early.say(BEAT);
  assert.equal(early.endCode(), "unexpected-message");
  const link = await bench.connected();
  await link.say(hello(link));
  assert.equal(link.endCode(), "unexpected-message");
});

test("a link without a hello is closed after one time-to-live", async (t) => {
  const bench = new LinksBench(t);
  const link = bench.dial();
  await bench.pass(TTL - 1);
  assert.equal(link.endCode(), undefined);
  await bench.pass(1);
  assert.equal(link.endCode(), "not-enrolled");
});

test("a revoked node, and a Home whose clustering is off, close the link each with its own code", async (t) => {
  const off = new LinksBench(t);
  await off.give(turnOff());
  assert.equal((await off.connected()).endCode(), "clustering-off");
  t.mock.timers.reset();
  const revoked = new LinksBench(t);
  await revoked.give(revokeNode(GPU));
  assert.equal((await revoked.connected()).endCode(), "not-enrolled");
});

test("a Home whose journal failed does not tell a worker to join again", async (t) => {
  const bench = new LinksBench(t);
  bench.journal.refuseNext("journal-read-only");
  assert.equal((await bench.connected()).endCode(), "goodbye");
});

test("heartbeats are answered, their load is kept, and their absence for three beats is a lost node", async (t) => {
  const bench = new LinksBench(t);
  const link = await bench.connected();
  for (let beat = 0; beat < 5; beat++) {
    await bench.pass(HEARTBEAT_MS);
    await link.say(BEAT);
  }
  assert.equal(link.said.filter(({ kind }) => kind === "heartbeat-acknowledged").length, 5);
  assert.deepEqual(bench.links.presenceOf(GPU.nodeId), {
    lastHeardAt: bench.now,
    load: LOAD,
  });
  for (let beat = 0; beat < 2; beat++) await bench.pass(HEARTBEAT_MS);
  await bench.pass(HEARTBEAT_MS - 1);
  assert.equal(link.endCode(), undefined);
  await bench.pass(1);
  assert.equal(link.endCode(), "heartbeat-missed");
  assert.deepEqual(await bench.lostNodes(), ["heartbeat-missed"]);
  await bench.pass(10 * TTL);
  assert.deepEqual(await bench.lostNodes(), ["heartbeat-missed"], "it is lost once");
});

test("a Home that slept, or whose clock was set, gives every worker one time-to-live more", async (t) => {
  const bench = new LinksBench(t);
  const link = await bench.connected();
  for (const away of [() => bench.sleep(100 * TTL), () => bench.after(100 * TTL), () => bench.after(-100 * TTL)]) {
    away();
    await bench.pass(HEARTBEAT_MS);
    assert.equal(link.endCode(), undefined);
    await link.say(BEAT);
  }
  for (let beat = 0; beat < 4; beat++) await bench.pass(HEARTBEAT_MS);
  assert.equal(link.endCode(), "heartbeat-missed");
});

test("a node whose link drops has one time-to-live to come back, then its attempts are lost", async (t) => {
  const bench = new LinksBench(t);
  const link = await bench.connected();
  await bench.offer(1, []);
  link.drop();
  await quiet();
  assert.equal(bench.links.channelOf(GPU.nodeId), undefined);
  await bench.pass(TTL - 1);
  assert.deepEqual(await bench.lostNodes(), []);
  await bench.pass(1);
  assert.deepEqual(await bench.lostNodes(), ["heartbeat-missed"]);
  assert.equal(only(await bench.events(), "JobFailed").code, "node-lost");
});

test("a node that comes back in time keeps its attempts, from the last durable number", async (t) => {
  const bench = new LinksBench(t);
  const link = await bench.connected();
  await bench.offer(1, []);
  await link.say(
    { kind: "output", ...ofAttempt(1), number: 1, stream: "stdout", fromByte: byteCount(0) },
    Buffer.alloc(3),
  );
  link.drop();
  await bench.pass(TTL - 1);
  const attempts = [
    { ...ofAttempt(1), lastNumber: 9 },
    { attemptId: idsOf(2).attemptId, fencingToken: fencingToken(1), lastNumber: 1 },
  ];
  const back = await bench.connected({ attempts });
  const welcome = back.said[0];
  assert.ok(welcome?.kind === "welcome");
  assert.deepEqual(welcome.resume, [{ attemptId: idsOf(1).attemptId, acknowledged: 1 }]);
  await back.say(BEAT);
  await bench.pass(HEARTBEAT_MS);
  assert.deepEqual(await bench.lostNodes(), []);
  assert.deepEqual(ofKind(await bench.events(), "JobFailed"), []);
});

test("an attempt that the node no longer holds, or holds with another token, fails when it connects", async (t) => {
  for (const attempts of [[], [{ ...ofAttempt(1), fencingToken: fencingToken(2), lastNumber: 0 }]]) {
    const bench = new LinksBench(t);
    await bench.connected();
    await bench.offer(1, []);
    const back = await bench.connected({ attempts });
    assert.equal(only(await bench.events(), "JobFailed").code, "attempt-lost");
    const welcome = back.said[0];
    assert.deepEqual(welcome?.kind === "welcome" && welcome.resume, []);
    t.mock.timers.reset();
  }
});

test("a second link replaces the first: the first's end loses neither the node nor its attempts", async (t) => {
  const bench = new LinksBench(t);
  const first = await bench.connected();
  await bench.offer(1, []);
  const second = bench.dial();
  await second.say(hello(second, { attempts: [{ ...ofAttempt(1), lastNumber: 0 }] }));
  first.drop({ code: "replaced", detail: "this node opened another link" });
  await quiet();
  await second.say(BEAT);
  await bench.pass(HEARTBEAT_MS);
  await second.say(BEAT);
  await bench.pass(HEARTBEAT_MS);
  await second.say(BEAT);
  await bench.pass(HEARTBEAT_MS);
  assert.equal(second.endCode(), undefined);
  assert.deepEqual(await bench.lostNodes(), []);
  assert.deepEqual(ofKind(await bench.events(), "JobFailed"), []);
  assert.deepEqual(bench.faults, []);
});

test("a first link that ends while the second's hello is made durable loses the node no more than before or after", async (t) => {
  const bench = new LinksBench(t);
  const first = await bench.connected();
  await bench.offer(1, []);
  const second = bench.dial();
  bench.journal.hold();
  const greeting = second.say(hello(second, { attempts: [{ ...ofAttempt(1), lastNumber: 0 }] }));
  await quiet();
  first.drop({ code: "replaced", detail: "this node opened another link" });
  await quiet();
  bench.journal.release();
  await greeting;
  for (let beat = 0; beat < 4; beat++) {
    await bench.pass(HEARTBEAT_MS);
    bench.journal.release();
    await second.say(BEAT);
  }
  assert.deepEqual(await bench.lostNodes(), []);
  assert.deepEqual(ofKind(await bench.events(), "JobFailed"), []);
});

test("a node that comes back in vain is lost as if it had not come: its attempts do not live for ever", async (t) => {
  const bench = new LinksBench(t);
  const link = await bench.connected();
  await bench.offer(1, []);
  link.drop();
  await bench.pass(TTL - 1);
  bench.journal.refuseNext("journal-frame-too-large");
  assert.equal((await bench.connected()).endCode(), "goodbye");
  await bench.pass(TTL);
  assert.deepEqual(await bench.lostNodes(), ["heartbeat-missed"]);
  assert.equal(only(await bench.events(), "JobFailed").jobId, idsOf(1).jobId);
});

test("a time-to-live that ends while a hello is made durable waits for what comes of the hello", async (t) => {
  const bench = new LinksBench(t);
  const link = await bench.connected();
  await bench.offer(1, []);
  link.drop();
  await bench.pass(TTL - 1);
  const back = bench.dial();
  bench.journal.hold();
  const greeting = back.say(hello(back, { attempts: [{ ...ofAttempt(1), lastNumber: 0 }] }));
  await quiet();
  await bench.pass(1);
  bench.journal.release();
  await greeting;
  assert.equal(back.endCode(), undefined);
  assert.deepEqual(await bench.lostNodes(), []);
});

test("a link that ends while its hello is made durable does not count as connected", async (t) => {
  const bench = new LinksBench(t);
  const link = bench.dial();
  bench.journal.hold();
  const greeting = link.say(hello(link));
  await quiet();
  link.drop();
  await quiet();
  bench.journal.release();
  await greeting;
  await quiet();
  assert.equal(bench.links.channelOf(GPU.nodeId), undefined);
  const passing = bench.pass(TTL);
  bench.journal.release();
  await passing;
  bench.journal.release();
  await quiet();
  assert.deepEqual(await bench.lostNodes(), ["heartbeat-missed"]);
});

test("a node that says it leaves is lost as soon as its link ends", async (t) => {
  const bench = new LinksBench(t);
  const link = await bench.connected();
  await link.say({ kind: "leaving", reason: "stop" });
  assert.deepEqual(await bench.lostNodes(), []);
  link.drop({ code: "goodbye", detail: "the worker leaves" });
  await quiet();
  assert.deepEqual(await bench.lostNodes(), ["left"]);
});

test("what the desk finds at fault closes the link and is recorded", async (t) => {
  const bench = new LinksBench(t);
  const link = await bench.connected();
  await bench.offer(1, []);
  await link.say(
    { kind: "output", ...ofAttempt(1), number: 5, stream: "stdout", fromByte: byteCount(0) },
    Buffer.alloc(3),
  );
  assert.equal(link.endCode(), "message-out-of-order");
  assert.deepEqual(bench.faults, ["message-out-of-order"]);
});

test("a Home that ends awaits nobody: no timer is left, and nobody is lost", async (t) => {
  const bench = new LinksBench(t);
  const link = await bench.connected();
  bench.links.dispose();
  link.drop({ code: "goodbye", detail: "the Home is closing" });
  await bench.pass(10 * TTL);
  assert.deepEqual(await bench.lostNodes(), []);
});

test("times from the environment are held to their limits", () => {
  assert.deepEqual(heartbeatTimes({ ARW_HEARTBEAT_MS: "50" }), { heartbeatMs: 50, ttlMs: 150 });
  assert.deepEqual(heartbeatTimes({ ARW_HEARTBEAT_MS: "60000" }), { heartbeatMs: 60_000, ttlMs: 180_000 });
  for (const wrong of ["49", "60001", "", "1.5", "soon"]) {
    assert.throws(() => heartbeatTimes({ ARW_HEARTBEAT_MS: wrong }), { code: "limit-invalid" });
  }
});
