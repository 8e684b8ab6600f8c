// The Home's side of its workers' links, on a clock that the tests move: who is believed, who is lost, and when.
import assert from "node:assert/strict";
import { type TestContext, test } from "node:test";
import { identityOf } from "#platform/identity/identityFile.ts";
import { linkProof, welcomeProof } from "#platform/link/linkProof.ts";
import type { ChannelEnd } from "#platform/link/frameChannel.ts";
import type { MessageHandler } from "#platform/link/link.ts";
import { digestOf } from "#protocol/digest.ts";
import { byteCount, fencingToken } from "#protocol/quantities.ts";
import type { NodeLoad } from "#protocol/node.ts";
import type { CloseCode } from "#protocol/wire/version.ts";
import type { Hello, HomeMessage, WorkerMessage } from "#protocol/wire/worker.ts";
import { DeskBench, ofAttempt, quiet } from "../../../../test/simulation/deskBench.ts";
import { idsOf, revokeNode, turnOff } from "../../../../test/simulation/homeCommands.ts";
import {
  ATTIC,
  capabilitiesWith,
  COMMAND_ENGINE,
  GPU,
  only,
  ofKind,
} from "../../../../test/simulation/homeScenario.ts";
import type { HomeLink } from "../listener/workerListener.ts";
import { heartbeatTimes, HEARTBEAT_MS, HEARTBEAT_TTL_MS, WorkerLinks } from "./workerLinks.ts";

const TTL = HEARTBEAT_TTL_MS;
const HOME = identityOf(Buffer.alloc(32, 1));

/** A link whose other end is the test. */
class FakeLink implements HomeLink {
  readonly exporter: Buffer;
  readonly peerFingerprint: HomeLink["peerFingerprint"];
  readonly closed: Promise<ChannelEnd>;
  readonly said: HomeMessage[] = [];
  #end: ChannelEnd | undefined;
  #settle: (end: ChannelEnd) => void = () => undefined;
  #handler: MessageHandler<WorkerMessage> | undefined;

  constructor(seed: number) {
    this.exporter = Buffer.alloc(32, seed);
    this.peerFingerprint = digestOf("a leaf");
    this.closed = new Promise((resolve) => (this.#settle = resolve));
  }

  /** Why it was closed; undefined while it is open. */
  endCode(): string | undefined {
    return this.#end?.code;
  }

  async send(message: HomeMessage): Promise<boolean> {
    if (this.#end !== undefined) return false;
    this.said.push(message);
    return true;
  }

  onMessage(handler: MessageHandler<WorkerMessage>): void {
    this.#handler = handler;
  }

  close(code: CloseCode, detail: string): void {
    this.drop({ code, detail });
  }

  drop(end: ChannelEnd = { code: "lost", detail: "the cable was cut" }): void {
    if (this.#end !== undefined) return;
    this.#end = end;
    this.#settle(end);
  }

  async say(message: WorkerMessage, bytes: Uint8Array = new Uint8Array()): Promise<void> {
    await this.#handler?.(message, bytes);
    await quiet();
  }
}

class LinksBench extends DeskBench {
  readonly links: WorkerLinks;
  readonly faults: string[] = [];
  readonly #context: TestContext;
  #seed = 1;
  #monotonicMs = 0;

  constructor(context: TestContext) {
    super();
    context.mock.timers.enable({ apis: ["setTimeout", "setInterval"] });
    this.#context = context;
    this.links = new WorkerLinks({
      home: () => this.home,
      identity: HOME,
      nextLeaf: () => undefined,
      now: () => this.now,
      nowMs: () => this.#monotonicMs,
      times: heartbeatTimes({}),
      receive: (channel, message, bytes) => this.desk.receive(channel, message, bytes),
      resume: (offer) => this.desk.resume(offer),
      transfers: () => this.desk.crossings.transfers(),
      onFault: (code) => this.faults.push(code),
      onTrouble: (what, error) => this.troubles.push(`${what}: ${String(error)}`),
    });
    context.after(() => this.links.dispose());
  }

  /** A link of the worker that has passed TLS and has said nothing yet. */
  dial(): FakeLink {
    const link = new FakeLink(this.#seed++);
    this.links.take(link, GPU.nodeId);
    return link;
  }

  async connected(change: Partial<Hello> = {}): Promise<FakeLink> {
    const link = this.dial();
    await link.say(hello(link, change));
    return link;
  }

  /** Moves the Home's clock and its timers together. */
  async pass(ms: number): Promise<void> {
    this.after(ms);
    this.#monotonicMs += ms;
    this.#context.mock.timers.tick(ms);
    await quiet();
  }

  /** Both clocks go on, and no timer of this Home does. */
  sleep(ms: number): void {
    this.after(ms);
    this.#monotonicMs += ms;
  }

  async lostNodes(): Promise<readonly string[]> {
    return ofKind(await this.events(), "NodeLost").map(({ code }) => code);
  }
}

function hello(link: FakeLink, change: Partial<Hello> = {}): Hello {
  return {
    kind: "hello",
    nodeId: GPU.nodeId,
    instanceId: idsOf(7).instanceId,
    proof: linkProof({ ...GPU, privateKey: GPU.key }, link.exporter),
    name: GPU.name,
    capabilities: capabilitiesWith(COMMAND_ENGINE),
    attempts: [],
    ...change,
  };
}

const LOAD: NodeLoad = { running: 1, load1Milli: 400, memoryFreeBytes: byteCount(5) };
const BEAT: WorkerMessage = { kind: "heartbeat", load: LOAD };

test("a hello that proves the identity on this very link is welcomed with the Home's times", async (t) => {
  const bench = new LinksBench(t);
  const link = await bench.connected();
  assert.deepEqual(link.said, [
    {
      kind: "welcome",
      homeId: bench.home.state.identity.nodeId,
      proof: welcomeProof(HOME, link.exporter),
      heartbeatMs: HEARTBEAT_MS,
      heartbeatTtlMs: TTL,
      resume: [],
    },
  ]);
  assert.equal(bench.links.channelOf(GPU.nodeId)?.nodeId, GPU.nodeId);
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
  bench.journal.refuseNext("journal-overloaded");
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
