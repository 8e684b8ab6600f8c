// The line of reports before a journal that is too slow: what waits, in which order it goes on, and where the line ends.
import assert from "node:assert/strict";
import { test } from "node:test";
import type { Command } from "#protocol/commands.ts";
import { DeskBench, ends, ofAttempt, outputs, quiet } from "../../../test/simulation/deskBench.ts";
import { NOW, preview } from "../../../test/simulation/homeCommands.ts";
import { GPU, ofKind } from "../../../test/simulation/homeScenario.ts";
import { LinksBench, TTL } from "../../../test/simulation/linksBench.ts";
import { REPORTS_IN_LINE_MAX } from "./reportLine.ts";

const TEN = Buffer.from("0123456789");

/** A report that always comes to an event. */
function knock(detail: string): Command {
  return { kind: "refuse-link", at: NOW, by: { client: "home", session: "home" }, code: "unknown", detail };
}

/** Until it is released, the journal takes nothing more. */
function overload(bench: DeskBench): void {
  bench.journal.hold();
  void bench.home.execute(preview(9, GPU)).catch(() => undefined);
  bench.journal.overloadAt(1);
}

async function drain(bench: DeskBench): Promise<void> {
  bench.journal.overloadAt(Number.POSITIVE_INFINITY);
  while (bench.journal.inFlight > 0) {
    bench.journal.release();
    await quiet();
  }
}

test("reports go on in the order they came, and each only once there is room", async () => {
  const bench = new DeskBench();
  overload(bench);
  const answered = ["1", "2", "3"].map((detail) => bench.reports.execute(knock(detail)));
  await quiet();
  assert.equal(bench.journal.inFlight, 1);
  for (let frame = 1; frame <= 4; frame++) {
    bench.journal.releaseOne();
    await quiet();
  }
  const details = ofKind(await bench.events(), "LinkRefused").map(({ detail }) => detail);
  assert.deepEqual(details, ["1", "2", "3"]);
  assert.deepEqual(
    (await Promise.all(answered)).map(({ kind }) => kind),
    ["executed", "executed", "executed"],
  );
});

test("what a report in line stands on may fail before its turn, and the Home goes on", async () => {
  const bench = new DeskBench();
  overload(bench);
  const answered = bench.reports.execute(knock("1"));
  await quiet();
  // The line stands: nobody looks at this promise before its command's turn.
  const beside = bench.reports.execute(knock("2"), Promise.reject(new Error("disk full")));
  await quiet();
  await drain(bench);
  assert.deepEqual(
    (await Promise.all([answered, beside])).map(({ kind }) => kind),
    ["executed", "executed"],
  );
});

test("a node's message waits while anything stands in line, and no longer", async () => {
  const bench = new DeskBench();
  overload(bench);
  void bench.reports.execute(knock("1"));
  await quiet();
  let heard = false;
  const waiting = bench.reports.empty().then(() => (heard = true));
  await quiet();
  assert.equal(heard, false);
  await drain(bench);
  await waiting;
  assert.equal(heard, true);
});

test("past its length the line refuses, and what stood in it is recorded all the same", async () => {
  const bench = new DeskBench();
  overload(bench);
  const answered = Array.from({ length: REPORTS_IN_LINE_MAX }, (_, index) => bench.reports.execute(knock(`${index}`)));
  await quiet();
  const beyond = await bench.reports.execute(knock("beyond"));
  assert.ok(beyond.kind === "refusal" && beyond.code === "journal-overloaded");
  await drain(bench);
  await Promise.all(answered);
  assert.equal(ofKind(await bench.events(), "LinkRefused").length, REPORTS_IN_LINE_MAX);
});

test("a Home that ends answers whoever stands in line, and one whose journal fails does too", async () => {
  for (const ending of ["end", "fault"] as const) {
    const bench = new DeskBench();
    overload(bench);
    const answered = [bench.reports.execute(knock("1")), bench.reports.execute(knock("2"))];
    await quiet();
    if (ending === "end") bench.ending.abort();
    else bench.journal.fail();
    const codes = (await Promise.all(answered)).map((executed) => executed.kind === "refusal" && executed.code);
    const code = ending === "end" ? "journal-overloaded" : "home-read-only";
    assert.deepEqual(codes, [code, code]);
  }
});

test("a result that comes while the journal is overloaded is recorded, and nothing of it is given up", async () => {
  const bench = new DeskBench();
  const job = await bench.offer(1, [TEN]);
  overload(bench);
  await bench.say(ends(1, job));
  assert.deepEqual(bench.up.verdicts(), []);
  await drain(bench);
  assert.deepEqual(bench.up.verdicts(), [true]);
  assert.equal(ofKind(await bench.events(), "JobFinished").length, 1);
  assert.deepEqual(ofKind(await bench.events(), "JobFailed"), []);
});

test("a result past the line's length stays with its worker, which brings it again over its next link", async () => {
  const bench = new DeskBench();
  const job = await bench.offer(1, [TEN]);
  overload(bench);
  for (let index = 0; index < REPORTS_IN_LINE_MAX; index++) void bench.reports.execute(knock(`${index}`));
  await quiet();
  await bench.say(ends(1, job));
  assert.equal(bench.up.hungUp, "goodbye");
  await drain(bench);
  assert.deepEqual(ofKind(await bench.events(), "JobFailed"), []);
  const again = bench.reconnect(1);
  await drain(bench);
  await again;
  const saying = bench.say(ends(1, job));
  await drain(bench);
  await saying;
  await drain(bench);
  assert.deepEqual(bench.up.verdicts(), [true]);
  assert.equal(ofKind(await bench.events(), "ContributionMetered").length, 1);
});

test("an attempt that is given up while the journal is overloaded ends once there is room", async () => {
  const bench = new DeskBench();
  await bench.offer(1, [TEN]);
  overload(bench);
  const saying = bench.say({ kind: "refused", ...ofAttempt(1), code: "no", message: "no", advice: "no" });
  await drain(bench);
  await saying;
  await drain(bench);
  assert.equal(ofKind(await bench.events(), "JobFailed").length, 1);
  assert.equal(bench.desk.crossings.size, 0);
});

test("output that comes while the journal is overloaded is acknowledged later, over the same link", async () => {
  const bench = new DeskBench();
  await bench.offer(1, [TEN]);
  overload(bench);
  const saying = bench.say(outputs(1, 1), TEN);
  await drain(bench);
  assert.equal(await saying, undefined);
  await drain(bench);
  assert.deepEqual(bench.up.kinds(), ["offer", "acknowledge"]);
});

test("a node that falls silent while the journal is overloaded is lost once there is room", async (t) => {
  const bench = new LinksBench(t);
  const link = await bench.connected();
  await bench.offer(1, []);
  link.drop();
  overload(bench);
  await bench.pass(TTL);
  assert.deepEqual(await bench.lostNodes(), []);
  await drain(bench);
  assert.deepEqual(await bench.lostNodes(), ["heartbeat-missed"]);
});
