// A worker's connection through good and bad times: how long it waits, whom it believes, and when it gives up.
// Timers and the clock are the test's; links are made by hand, so that nothing is left to a network.
import assert from "node:assert/strict";
import { readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { type TestContext, test } from "node:test";
import { identityOf } from "#platform/identity/identityFile.ts";
import { isLinkProof, welcomeProof } from "#platform/link/linkProof.ts";
import { digestOf } from "#protocol/digest.ts";
import { ArwError } from "#protocol/errors.ts";
import { instanceId } from "#protocol/ids.ts";
import { verifyReceipt } from "#protocol/ledger/receiptFile.ts";
import { byteCount, durationMs } from "#protocol/quantities.ts";
import type { Welcome } from "#protocol/wire/worker.ts";
import { HandMadeLink, settled } from "../../../test/simulation/handMadeLink.ts";
import { finished, idsOf } from "../../../test/simulation/homeCommands.ts";
import { capabilitiesWith, GPU } from "../../../test/simulation/homeScenario.ts";
import { folderOf, LEDGER_HOME, LedgerBench, witnessIn } from "../../../test/simulation/ledgerBench.ts";
import type { LedgerWitness } from "./ledgerWitness.ts";
import { countReceipts, ReceiptKeeper, RECEIPTS_KEPT_AFTER_MS, receiptsFolder } from "./receiptKeeper.ts";
import {
  type ConnectionChange,
  HEARTBEATS_UNANSWERED_MAX,
  HomeConnection,
  LEASE_LAPSE_TTLS,
  REFUSALS_BELIEVED,
  WELCOME_MS_MAX,
} from "./homeConnection.ts";

const HOME = identityOf(Buffer.alloc(32, 1));
const WORKER = identityOf(Buffer.alloc(32, 2));
const HEARTBEAT_MS = 1_000;
const TTL_MS = HEARTBEAT_MS * HEARTBEATS_UNANSWERED_MAX;
const NO_WAIT_MS = 50;

function welcome(proof = welcomeProof(HOME, Buffer.alloc(32, 7))): Welcome {
  const times = { heartbeatMs: durationMs(HEARTBEAT_MS), heartbeatTtlMs: durationMs(TTL_MS) };
  return { kind: "welcome", homeId: HOME.nodeId, proof, ...times, resume: [] };
}

/** The real file system is beside the test's clock. */
async function until(holds: () => boolean): Promise<void> {
  for (let turn = 0; turn < 2_000 && !holds(); turn++) await new Promise((resolve) => setImmediate(resolve));
  assert.ok(holds());
}

function refused(code: string): ArwError {
  return new ArwError(code, "No.", "Ask.");
}

/** A worker that runs; `dials` are the outcomes of its next dials, in order. */
function running(context: TestContext, dials: (HandMadeLink | ArwError)[], witness?: LedgerWitness) {
  context.mock.timers.enable({ apis: ["setTimeout", "setInterval"] });
  let atMs = 0;
  const changes: ConnectionChange[] = [];
  const calls: string[] = [];
  const note = (call: string) => (): void => void calls.push(call);
  const connection = new HomeConnection({
    identity: WORKER,
    instanceId: instanceId.from(Buffer.alloc(17, 3)),
    name: "box",
    homeKey: HOME.publicKey,
    dial: async () => {
      calls.push("dial");
      const next = dials.shift();
      if (next === undefined) return new HandMadeLink();
      if (next instanceof ArwError) throw next;
      return next;
    },
    certificates: {
      connected: async () => note("certificates")(),
      offer: async () => note("offer")(),
      receive: async ({ kind }) => note(kind)(),
    },
    capabilities: async () => capabilitiesWith(),
    load: async () => ({ running: 0, load1Milli: 0, memoryFreeBytes: byteCount(1) }),
    runner: {
      advertise: () => undefined,
      receive: async ({ kind }) => note(`runner ${kind}`)(),
      linkUp: note("link up"),
      linkDown: note("link down"),
      leaseLapsed: note("lease lapsed"),
      drain: () => undefined,
      stop: async () => undefined,
      held: () => [],
      running: () => 0,
    },
    ...(witness === undefined ? {} : { witness }),
    nowMs: () => atMs,
    random: () => 0,
    onChange: (change) => changes.push(change),
  });
  const run = connection.run();
  const ended = run.then(
    () => "left",
    (error: unknown) => (error instanceof ArwError ? error.code : String(error)),
  );
  context.after(async () => {
    await connection.leave("stop");
    await ended;
  });
  const pass = async (ms: number): Promise<void> => {
    const stepMs = 25;
    for (let passed = 0; passed < ms; passed += stepMs) {
      const next = Math.min(stepMs, ms - passed);
      atMs += next;
      context.mock.timers.tick(next);
      await settled();
    }
  };
  return { connection, ended, changes, calls, pass, dialled: () => calls.filter((call) => call === "dial").length };
}

async function connected(context: TestContext, more: (HandMadeLink | ArwError)[] = []) {
  const link = new HandMadeLink();
  const worker = running(context, [link, ...more]);
  await settled();
  await link.says(welcome());
  return { ...worker, link };
}

test("a worker says hello with a proof of this channel, and is connected by a welcome that proves the Home", async (context) => {
  const { link, calls, changes, connection } = await connected(context);
  const [hello] = link.sent;
  assert.ok(hello?.kind === "hello" && isLinkProof(hello.proof, WORKER.publicKey, link.exporter));
  assert.deepEqual(calls, ["dial", "link up", "certificates"]);
  assert.deepEqual(changes, [{ kind: "connected" }]);
  assert.equal(connection.connected, true);
});

test("a witness says what it saw, checks what it is shown before anything counts, and says that it did", async (context) => {
  const home = await LedgerBench.open(context);
  await home.record(1, 3);
  const link = new HandMadeLink();
  const worker = running(context, [link], await witnessIn(folderOf(context)));
  await settled();
  const [hello] = link.sent;
  assert.ok(hello?.kind === "hello");
  assert.deepEqual(hello.seenLedger, []);
  await link.says({ ...welcome(), ledger: await home.ledger.show(WORKER.nodeId, hello.seenLedger ?? []) });
  await until(() => worker.connection.connected);
  assert.equal(link.sent.find(({ kind }) => kind === "witnessed")?.kind, "witnessed");
  // An offer without its record in the ledger is refused, and the runner never hears of it.
  const { record, ...bare } = await home.letOut(4);
  assert.ok(record !== undefined);
  await link.says(bare);
  const refusal = link.sent.at(-1);
  assert.ok(refusal?.kind === "refused");
  assert.equal(refusal.code, "record-unproven");
  assert.ok(!worker.calls.includes("runner offer"));
  assert.equal(link.endedAs(), undefined);
});

test("a link that ends while its ledger is checked connects nothing, and leaves no heartbeat behind", async (context) => {
  const home = await LedgerBench.open(context);
  await home.record(1, 3);
  const witness = await witnessIn(folderOf(context));
  const link = new HandMadeLink();
  const worker = running(context, [link, refused("home-unreachable")], witness);
  await settled();
  const ledger = await home.ledger.show(WORKER.nodeId, []);
  const said = link.says({ ...welcome(), ledger });
  link.close("lost", "a cable");
  await said;
  await until(() => witness.seen().length > 0);
  await witness.settled();
  await settled();
  assert.equal(worker.connection.connected, false);
  assert.ok(!worker.calls.includes("link up"));
  await worker.pass(HEARTBEAT_MS);
  assert.deepEqual(link.kinds(), ["hello"]);
});

test("a receipt that the Home took is kept as a file that anybody can check; one of a fenced result is not", async (context) => {
  context.mock.timers.enable({ apis: ["setTimeout"] });
  const folder = folderOf(context);
  const keeper = new ReceiptKeeper({
    folder,
    home: LEDGER_HOME,
    nodeKey: GPU.publicKey,
    log: (fact) => assert.fail(fact),
  });
  const home = await LedgerBench.open(context);
  for (const [number, accepted] of [
    [1, true],
    [2, false],
  ] as const) {
    const offer = await home.letOut(number);
    const { attemptId, fencingToken } = offer;
    const { lastNumber, receipt, result } = finished(number, GPU);
    keeper.heard(offer);
    keeper.said({ kind: "finished", attemptId, fencingToken, lastNumber, receipt, result });
    keeper.heard({ kind: "settled", attemptId, fencingToken, accepted });
    keeper.heard({ kind: "settled", attemptId, fencingToken, accepted: true });
  }
  // Not while the next job may begin, and without anybody's asking.
  context.mock.timers.tick(RECEIPTS_KEPT_AFTER_MS - 1);
  assert.equal(await countReceipts(folder), 0);
  context.mock.timers.tick(1);
  await keeper.settled();
  assert.equal(await countReceipts(folder), 1);
  const [name = ""] = readdirSync(receiptsFolder(folder));
  const report = verifyReceipt(readFileSync(join(receiptsFolder(folder), name), "utf8"));
  assert.deepEqual(report.problems, []);
  assert.equal(report.file?.receipt.receipt.attemptId, idsOf(1).attemptId);
});

test("under a ledger that was rolled back no work is taken: the link ends, and so does the worker, with its cause", async (context) => {
  const folder = folderOf(context);
  const [home, rolledBack] = [await LedgerBench.open(context), await LedgerBench.open(context)];
  await home.record(1, 3);
  await home.meets(await witnessIn(folder));
  const link = new HandMadeLink();
  const worker = running(context, [link], await witnessIn(folder));
  await settled();
  const [hello] = link.sent;
  assert.ok(hello?.kind === "hello");
  assert.deepEqual(hello.seenLedger, [3]);
  await link.says({ ...welcome(), ledger: await rolledBack.ledger.show(WORKER.nodeId, [3]) });
  assert.equal(await worker.ended, "ledger-rolled-back");
  assert.equal(link.endedAs(), "ledger-broken");
  assert.ok(!worker.calls.includes("link up"));
});

test("a welcome without the Home's proof connects nothing", async (context) => {
  for (const proof of [welcomeProof(WORKER, Buffer.alloc(32, 7)), welcomeProof(HOME, Buffer.alloc(32, 8))]) {
    const link = new HandMadeLink();
    const worker = running(context, [link]);
    await settled();
    await link.says(welcome(proof));
    assert.equal(link.endedAs(), "not-enrolled");
    assert.ok(!worker.calls.includes("link up"));
    await worker.connection.leave("stop");
    context.mock.timers.reset();
  }
});

test("a Home that says something else first, or welcome twice, is hung up on", async (context) => {
  const { link } = await connected(context);
  await link.says(welcome());
  assert.equal(link.endedAs(), "unexpected-message");
  context.mock.timers.reset();
  const first = new HandMadeLink();
  running(context, [first]);
  await settled();
  await first.says({ kind: "heartbeat-acknowledged" });
  assert.equal(first.endedAs(), "unexpected-message");
});

test("a Home that never says welcome is hung up on at its limit", async (context) => {
  const link = new HandMadeLink();
  const worker = running(context, [link]);
  await settled();
  await worker.pass(WELCOME_MS_MAX - 25);
  assert.equal(link.endedAs(), undefined);
  await worker.pass(25);
  assert.equal(link.endedAs(), "unexpected-message");
});

test("the worker beats once a heartbeat, and offers its next certificate when it is time", async (context) => {
  const { link, pass, calls } = await connected(context);
  for (let beat = 1; beat <= 5; beat++) {
    await pass(HEARTBEAT_MS);
    await link.says({ kind: "heartbeat-acknowledged" });
    assert.equal(link.kinds().filter((kind) => kind === "heartbeat").length, beat);
  }
  assert.equal(calls.filter((call) => call === "offer").length, 5);
  assert.equal(link.endedAs(), undefined);
});

test("a half-open link is noticed after exactly three heartbeats without a word", async (context) => {
  const { link, pass, changes } = await connected(context);
  await pass(HEARTBEAT_MS);
  await link.says({ kind: "heartbeat-acknowledged" });
  await pass(TTL_MS - 25);
  assert.equal(link.endedAs(), undefined);
  await pass(25);
  assert.equal(link.endedAs(), "heartbeat-missed");
  assert.equal(changes.at(-1)?.kind, "disconnected");
});

test("any message is a word, not only an answer to a heartbeat", async (context) => {
  const { link, pass, calls } = await connected(context);
  for (let round = 0; round < 4; round++) {
    await pass(TTL_MS - 25);
    await link.says({ kind: "certificate-recorded", fingerprint: digestOf("x") });
  }
  assert.equal(link.endedAs(), undefined);
  assert.equal(calls.filter((call) => call === "certificate-recorded").length, 4);
});

test("a link that is lost is dialled again after a wait, and what ran goes on until its lease lapses", async (context) => {
  const second = new HandMadeLink();
  const { link, pass, calls, dialled } = await connected(context, [second]);
  await pass(500);
  link.close("lost", "a cable");
  await settled();
  assert.equal(dialled(), 1);
  assert.ok(calls.includes("link down"));
  await pass(NO_WAIT_MS);
  assert.equal(dialled(), 2);
  await pass(TTL_MS * LEASE_LAPSE_TTLS - 500 - NO_WAIT_MS - 25);
  assert.ok(!calls.includes("lease lapsed"));
  await pass(25);
  assert.ok(calls.includes("lease lapsed"));
});

test("a link that is back in time keeps what runs", async (context) => {
  const second = new HandMadeLink();
  const { link, pass, calls } = await connected(context, [second]);
  link.close("lost", "a cable");
  await pass(NO_WAIT_MS);
  await second.says(welcome());
  await pass(HEARTBEAT_MS);
  await second.says({ kind: "heartbeat-acknowledged" });
  await pass(TTL_MS - 25);
  assert.ok(!calls.includes("lease lapsed"));
});

test("a Home that is away is told of once, however often it is dialled", async (context) => {
  const away = Array.from({ length: 6 }, () => refused("home-unreachable"));
  const { changes, dialled, pass } = running(context, [...away]);
  await pass(NO_WAIT_MS * 8);
  assert.ok(dialled() > 6);
  assert.deepEqual(
    changes.map(({ kind }) => kind),
    ["waiting"],
  );
});

test("a refusal is believed when it was said three times in a row, and not before", async (context) => {
  const no = (): ArwError => refused("not-enrolled-or-revoked");
  const { ended, pass, dialled } = running(context, [
    ...Array.from({ length: REFUSALS_BELIEVED - 1 }, no),
    refused("home-unreachable"),
    ...Array.from({ length: REFUSALS_BELIEVED }, no),
  ]);
  await pass(NO_WAIT_MS * 10);
  assert.equal(await ended, "not-enrolled-or-revoked");
  assert.equal(dialled(), REFUSALS_BELIEVED * 2);
});

test("a Home that does not understand a newer worker is told of once with what mends it, and is dialled on", async (context) => {
  const { link, changes, pass, dialled } = await connected(context);
  link.close("malformed-message", "$.seenLedger is not known here");
  await pass(NO_WAIT_MS * 4);
  const waiting = changes.flatMap((change) => (change.kind === "waiting" ? [change.error] : []));
  assert.equal(waiting.length, 1);
  assert.match(waiting[0]?.message ?? "", /does not understand this worker \(\$\.seenLedger is not known here\)/);
  assert.match(waiting[0]?.advice ?? "", /same version of arw-home and arw-worker/);
  assert.ok(dialled() > 1);
});

for (const code of ["revoked", "replaced", "protocol-version"] as const) {
  test(`a link that ends as ${code} ends the worker: dialling again cannot help`, async (context) => {
    const { link, ended, pass, dialled } = await connected(context);
    link.close(code, "the Home says so");
    await pass(NO_WAIT_MS * 4);
    assert.equal(await ended, code);
    assert.equal(dialled(), 1);
  });
}

test("a worker that leaves says goodbye, and does not dial again", async (context) => {
  const { link, connection, ended, pass, dialled, changes } = await connected(context);
  await connection.leave("stop");
  assert.equal(await ended, "left");
  assert.deepEqual(link.kinds(), ["hello", "leaving"]);
  assert.equal(link.endedAs(), "goodbye");
  await pass(WELCOME_MS_MAX);
  assert.equal(dialled(), 1);
  assert.deepEqual(
    changes.map(({ kind }) => kind),
    ["connected"],
  );
});
