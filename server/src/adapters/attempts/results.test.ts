// Results of attempts as a node tells them, once, twice or falsely: what counts, what it is answered, and what is kept after.
import assert from "node:assert/strict";
import { test } from "node:test";
import { digestOf } from "#protocol/digest.ts";
import type { CommandJob } from "#protocol/job.ts";
import {
  DeskBench,
  ends,
  failure,
  HeldLink,
  need,
  ofAttempt,
  outputs,
  quiet,
} from "../../../../test/simulation/deskBench.ts";
import { finished, homeOffloading } from "../../../../test/simulation/homeCommands.ts";
import { revokeLease } from "../../../../test/simulation/leaseCommands.ts";
import { ATTIC, GPU, only, ofKind } from "../../../../test/simulation/homeScenario.ts";
import { liveAttempts } from "../../home/job/state.ts";

const NOWHERE = digestOf("not even here");
const TEN = Buffer.from("0123456789");

test("a result that comes twice is one contribution, and both times it was accepted", async () => {
  const bench = new DeskBench();
  const job = await bench.offer(1, [TEN]);
  await bench.say(ends(1, job));
  await bench.reconnect();
  await bench.say(ends(1, job));
  assert.deepEqual(bench.up.verdicts(), [true]);
  assert.equal(ofKind(await bench.events(), "ContributionMetered").length, 1);
});

test("a result that comes again while the first is in flight is accepted as well", async () => {
  const bench = new DeskBench();
  const job = await bench.offer(1, [TEN]);
  bench.journal.hold();
  const first = bench.desk.receive(bench.up, ends(1, job), new Uint8Array());
  await quiet();
  bench.link = new HeldLink();
  const second = bench.desk.receive(bench.up, ends(1, job), new Uint8Array());
  await quiet();
  assert.deepEqual(bench.up.verdicts(), []);
  bench.journal.release();
  await Promise.all([first, second]);
  await quiet();
  assert.ok(bench.up.verdicts().length > 0);
  assert.deepEqual(new Set(bench.up.verdicts()), new Set([true]));
});

test("another node that names a finished attempt is not told how it ended", async () => {
  const bench = new DeskBench();
  const job = await bench.offer(1, [TEN]);
  await bench.say(ends(1, job));
  const stranger = new HeldLink(ATTIC.nodeId);
  await bench.desk.receive(stranger, ends(1, job), new Uint8Array());
  await quiet();
  assert.deepEqual(stranger.verdicts(), [false]);
});

test("a result that claims output which never came fails the job", async () => {
  const bench = new DeskBench();
  const job = await bench.offer(1, [TEN]);
  await bench.say(ends(1, job, 3));
  assert.equal(await failure(bench), "output-missing");
});

test("a result whose words are no Unicode ends the attempt", async () => {
  const bench = new DeskBench();
  const job = await bench.offer(1, [TEN]);
  const { receipt } = ends(1, job);
  const outcome = { kind: "failed", code: "x", message: "half \ud800 pair", advice: "none" } as const;
  await bench.say({ ...ends(1, job), result: { outcome, streams: [] }, receipt });
  assert.equal(ofKind(await bench.events(), "JobFailed").length, 1);
  assert.deepEqual(bench.troubles, []);
});

test("what was counted is what was delivered", async () => {
  const bench = new DeskBench();
  const job = await bench.offer(1, [TEN]);
  const { digest } = await bench.blobs.put(TEN);
  await bench.say(need(1, job.tree, digest));
  await bench.say(outputs(1, 1), TEN);
  const result = ends(1, job, 1);
  await bench.say(result);
  const offer = bench.up.said.find((message) => message.kind === "offer");
  assert.ok(offer?.kind === "offer");
  const specification = Buffer.byteLength(JSON.stringify(offer.job));
  const chunks = bench.up.chunks.reduce((sum, { bytes }) => sum + bytes.length, 0);
  const settled = only(await bench.events(), "EgressSettled");
  assert.equal(settled.bytesOut, specification + chunks);
  assert.equal(settled.bytesIn, 10 + Buffer.byteLength(JSON.stringify(result)));
});

test("after a restart the receipt says what had left, and an attempt lost then is unknown", async () => {
  for (const finishes of [true, false]) {
    const bench = new DeskBench(homeOffloading(1, GPU).state);
    const message = finished(1, GPU);
    const [held] = liveAttempts(bench.home.state.jobs);
    assert.ok(held !== undefined);
    const { job, jobId, corrId, jobKey } = held.job;
    const offer = { kind: "offer", ...ofAttempt(1), jobId, corrId, payload: jobKey, job } as const;
    bench.desk.resume(offer);
    assert.deepEqual(bench.desk.crossings.transfers(), []);
    const { result, receipt } = message;
    if (finishes) await bench.say({ kind: "finished", ...ofAttempt(1), lastNumber: 0, result, receipt });
    else await bench.say({ kind: "refused", ...ofAttempt(1), code: "no", message: "no", advice: "no" });
    const settled = only(await bench.events(), "EgressSettled");
    assert.equal(settled.state, finishes ? "received" : "unknown");
    assert.equal(settled.bytesOut, finishes ? receipt.receipt.receivedBytes : 0);
  }
});

test("nothing is kept of an attempt after any ending", async () => {
  const bench = new DeskBench();
  const endings: readonly ((job: CommandJob, number: number) => Promise<unknown>)[] = [
    (job, number) => bench.say(ends(number, job)),
    (_, number) => bench.give(revokeLease(number)),
    (_, number) => bench.say({ kind: "refused", ...ofAttempt(number), code: "c", message: "m", advice: "a" }),
    (_, number) => bench.say(need(number, NOWHERE)),
  ];
  for (const [index, ending] of endings.entries()) {
    const number = index + 1;
    const job = await bench.offer(number, [TEN]);
    assert.equal(bench.desk.crossings.size, 1);
    await ending(job, number);
    assert.equal(bench.desk.crossings.size, 0);
  }
  assert.deepEqual(bench.troubles, []);
});
