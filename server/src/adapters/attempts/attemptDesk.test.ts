// The attempt desk between the core and a node that may do anything: what leaves, what is stored, and what is answered.
import assert from "node:assert/strict";
import { describe, test } from "node:test";
import { digestOf } from "#protocol/digest.ts";
import { ArwError } from "#protocol/errors.ts";
import { byteCount } from "#protocol/quantities.ts";
import { BLOB_CHUNK_BYTES_MAX, type Need } from "#protocol/wire/worker.ts";
import { pauseOffloads } from "../../../../test/simulation/egressCommands.ts";
import { DeskBench, ends, failure, need, ofAttempt, outputs, quiet } from "../../../../test/simulation/deskBench.ts";
import { approve, idsOf, preview } from "../../../../test/simulation/homeCommands.ts";
import { revokeLease } from "../../../../test/simulation/leaseCommands.ts";
import { GPU, only, ofKind } from "../../../../test/simulation/homeScenario.ts";
import { NEEDS_WAITING_MAX } from "./inputRequests.ts";
import { RANGES_ON_THEIR_WAY_MAX } from "./outputIntake.ts";

const CHUNK = BLOB_CHUNK_BYTES_MAX;

const NOWHERE = digestOf("not even here");
const TEN = Buffer.from("0123456789");

describe("offers", () => {
  test("an offer leaves only after its record and lease are durable", async () => {
    const bench = new DeskBench();
    await bench.give(preview(1, GPU));
    bench.journal.hold();
    const approving = bench.home.execute(approve(1));
    await quiet();
    assert.deepEqual(bench.up.said, []);
    bench.journal.release();
    await approving;
    await quiet();
    assert.deepEqual(bench.up.kinds(), ["offer"]);
  });

  test("a node without a link gets nothing: the record says none left, and the lease is given back", async () => {
    const bench = new DeskBench();
    bench.link = undefined;
    await bench.give(preview(1, GPU), approve(1));
    const events = await bench.events();
    assert.equal(only(events, "JobFailed").code, "node-unreachable");
    assert.equal(only(events, "EgressSettled").state, "none");
    assert.equal(ofKind(events, "LeaseReleased").length, 1);
    assert.equal(bench.desk.crossings.size, 0);
  });

  test("an offer on a link that has just closed ends as unknown instead of waiting for ever", async () => {
    const bench = new DeskBench();
    bench.up.open = false;
    await bench.give(preview(1, GPU), approve(1));
    const events = await bench.events();
    assert.equal(only(events, "JobFailed").code, "node-unreachable");
    assert.equal(only(events, "EgressSettled").state, "unknown");
  });

  test("an offer whose specification is larger than the lease does not leave", async () => {
    const bench = new DeskBench();
    await bench.give(preview(1, GPU, { payloadBytes: byteCount(10) }), approve(1));
    assert.deepEqual(bench.up.kinds(), ["cancel", "settled"]);
    assert.equal(await failure(bench), "lease-bytes-spent");
    assert.equal(only(await bench.events(), "EgressSettled").bytesOut, 0);
  });
});

describe("blobs", () => {
  test("a digest outside the preview ends the attempt, whether the Home has it or not", async () => {
    const answers = [];
    for (const known of [true, false]) {
      const bench = new DeskBench();
      await bench.offer(1, [TEN]);
      const secret = known ? (await bench.blobs.put(Buffer.from("elsewhere"))).digest : NOWHERE;
      assert.equal(await bench.say(need(1, secret)), undefined);
      assert.deepEqual(bench.up.chunks, []);
      answers.push(bench.up.said.slice(1), only(await bench.events(), "JobFailed"));
    }
    assert.deepEqual(answers.slice(0, 2), answers.slice(2));
    assert.equal(JSON.stringify(answers).includes("blob-not-in-preview"), true);
  });

  test("a lease that runs out between two chunks stops the send, and the attempt", async () => {
    const bench = new DeskBench();
    const big = Buffer.alloc(3 * CHUNK, "b");
    const job = await bench.offer(1, [big], 10 * CHUNK);
    const { digest } = await bench.blobs.put(big);
    bench.up.onDeliver = (message) => {
      if (message.kind === "blob") bench.after(400_000);
    };
    await bench.say(need(1, job.tree, digest));
    assert.equal(bench.up.chunks.length, 2, "the tree and one chunk");
    assert.equal(await failure(bench), "lease-expired");
  });

  test("a node that says it runs gets nothing more, and what it holds back by that is its own loss", async () => {
    const bench = new DeskBench();
    const big = Buffer.alloc(4 * CHUNK, "b");
    const job = await bench.offer(1, [big], 10 * CHUNK);
    const { digest } = await bench.blobs.put(big);
    bench.up.onDeliver = async (message) => {
      if (message.kind === "blob" && message.fromByte === CHUNK) await bench.say({ kind: "started", ...ofAttempt(1) });
    };
    await bench.say(need(1, job.tree, digest));
    await bench.say(need(1, digest));
    assert.equal(bench.up.chunks.filter(({ message }) => message.digest === digest).length, 2);
    assert.deepEqual(ofKind(await bench.events(), "JobFailed"), []);
  });

  test("an ended attempt sends nothing more while a blob is half sent, and its ending is recorded once", async () => {
    const bench = new DeskBench();
    const big = Buffer.alloc(4 * CHUNK, "b");
    const job = await bench.offer(1, [big], 10 * CHUNK);
    const { digest } = await bench.blobs.put(big);
    bench.up.onDeliver = async (message) => {
      if (message.kind === "blob" && message.fromByte === CHUNK) await bench.home.execute(revokeLease(1));
    };
    await bench.say(need(1, job.tree, digest));
    assert.equal(bench.up.chunks.filter(({ message }) => message.digest === digest).length, 2);
    assert.equal(await failure(bench), "lease-revoked");
  });

  test("a pause of all offloads stops the next chunk of what is still fetched, and says so to the worker", async () => {
    const bench = new DeskBench();
    const big = Buffer.alloc(4 * CHUNK, "b");
    const job = await bench.offer(1, [big], 10 * CHUNK);
    const { digest } = await bench.blobs.put(big);
    bench.up.onDeliver = (message) => {
      if (message.kind !== "blob" || message.fromByte !== CHUNK) return;
      void bench.home.execute(pauseOffloads({ transfers: bench.desk.crossings.transfers() }));
    };
    await bench.say(need(1, job.tree, digest));
    assert.equal(bench.up.chunks.filter(({ message }) => message.digest === digest).length, 2);
    assert.equal(await failure(bench), "offloads-paused");
    assert.deepEqual(bench.up.kinds().slice(-2), ["cancel", "settled"]);
  });

  test("a revocation stops the next chunk while its own frame is still in flight, and counts what had left", async () => {
    const bench = new DeskBench();
    const big = Buffer.alloc(4 * CHUNK, "b");
    const job = await bench.offer(1, [big], 10 * CHUNK);
    const { digest } = await bench.blobs.put(big);
    bench.up.onDeliver = (message) => {
      if (message.kind !== "blob" || message.fromByte !== CHUNK) return;
      bench.journal.hold();
      void bench.home.execute(revokeLease(1, { transfers: bench.desk.crossings.transfers() }));
    };
    await bench.say(need(1, job.tree, digest));
    assert.ok(bench.journal.inFlight > 0, "the revocation is not durable yet");
    assert.equal(bench.up.chunks.filter(({ message }) => message.digest === digest).length, 2);
    const crossed = bench.desk.crossings.transfer(idsOf(1).attemptId).bytesOut;
    bench.journal.release();
    await quiet();
    const events = await bench.events();
    assert.deepEqual(
      [only(events, "EgressSettled").bytesOut, only(events, "LeaseCommitted").bytes],
      [crossed, crossed],
    );
  });

  test("blobs leave in chunks within the limit, and a blob of no bytes leaves as one", async () => {
    const bench = new DeskBench();
    const files = [Buffer.alloc(2 * CHUNK + 1, "b"), Buffer.alloc(0)];
    const job = await bench.offer(1, files, 10 * CHUNK);
    const digests = [];
    for (const file of files) digests.push((await bench.blobs.put(file)).digest);
    await bench.say(need(1, job.tree, ...digests));
    const sizes = bench.up.chunks.map(({ bytes }) => bytes.length).slice(1);
    assert.deepEqual(sizes, [CHUNK, CHUNK, 1, 0]);
    const sent = Buffer.concat(bench.up.chunks.slice(1).map(({ bytes }) => bytes));
    assert.deepEqual(sent, Buffer.concat(files));
  });

  test("a blob goes on from the byte the node has; a byte past its end fails the attempt", async () => {
    const bench = new DeskBench();
    const job = await bench.offer(1, [TEN]);
    const from = (bytes: number): Need => {
      return { kind: "need", ...ofAttempt(1), blobs: [{ digest: job.tree, fromByte: byteCount(bytes) }] };
    };
    const whole = (await bench.blobs.size(job.tree)) ?? 0;
    await bench.say(from(whole - 1));
    await bench.say(from(whole));
    assert.deepEqual(
      bench.up.chunks.map(({ bytes }) => bytes.length),
      [1, 0],
    );
    await bench.say(from(whole + 1));
    assert.equal(await failure(bench), "blob-range-invalid");
    assert.equal(bench.up.chunks.length, 2);
  });

  test("a blob cut short on the disk ends the attempt instead of being read for ever", async () => {
    const bench = new DeskBench();
    const job = await bench.offer(1, [TEN]);
    const size = await bench.blobs.size(job.tree);
    bench.blobs.size = async () => byteCount((size ?? 0) + 5);
    await bench.say(need(1, job.tree));
    assert.equal(await failure(bench), "blob-absent");
  });

  test("an input tree that is gone ends the attempt in words", async () => {
    const bench = new DeskBench();
    const job = await bench.offer(1, [TEN]);
    bench.blobs.stored.delete(job.tree);
    await bench.say(need(1, job.tree));
    assert.equal(await failure(bench), "blob-absent");
    assert.deepEqual(bench.troubles, []);
  });

  test("a link that drops while blobs are sent costs the lease nothing that did not arrive", async () => {
    const bench = new DeskBench();
    const files = Array.from({ length: 20 }, (_, index) => Buffer.alloc(1_000, `${index} `));
    // The lease names exactly what a send without any trouble takes.
    const job = await bench.offer(1, files, 0);
    const wanted = [job.tree, ...files.map((file) => digestOf(file))];
    const dropping = bench.up;
    dropping.onDeliver = () => {
      if (dropping.chunks.length === 7) dropping.open = false;
    };
    await bench.say(need(1, ...wanted));
    // Two of the seven were still in the old link's buffers.
    await bench.reconnect(1);
    await bench.say(need(1, ...wanted.slice(5)));
    assert.deepEqual(
      bench.up.chunks.map(({ message }) => message.digest),
      wanted.slice(5),
    );
    await bench.say(ends(1, job));
    const settled = only(await bench.events(), "EgressSettled");
    assert.equal(settled.state, "received");
    assert.equal(settled.bytesOut, only(await bench.events(), "EgressPreviewed").payloadBytes);
  });

  test("requests for blobs are answered one after the other, and too many close the link", async () => {
    const bench = new DeskBench();
    const job = await bench.offer(1, [TEN]);
    let open = 0;
    let most = 0;
    bench.up.onDeliver = async () => {
      most = Math.max(most, ++open);
      await quiet();
      open -= 1;
    };
    const faults = [];
    for (let count = 0; count <= NEEDS_WAITING_MAX; count++) {
      faults.push(await bench.desk.receive(bench.up, need(1, job.tree), new Uint8Array()));
    }
    assert.deepEqual(
      faults.filter((fault) => fault !== undefined).map(({ code }) => code),
      ["unexpected-message"],
    );
    bench.up.open = false;
    await quiet();
    assert.equal(most, 1);
  });
});

describe("output", () => {
  test("output is stored before it is acknowledged, and counted", async () => {
    const bench = new DeskBench();
    await bench.offer(1, [TEN]);
    bench.outputs.onAppend = () => assert.deepEqual(bench.up.kinds(), ["offer"]);
    await bench.say(outputs(1, 1), TEN);
    assert.deepEqual(bench.up.kinds(), ["offer", "acknowledge"]);
    assert.equal(bench.desk.crossings.transfer(idsOf(1).attemptId).bytesIn, 10);
  });

  test("an acknowledgement waits until the record is durable", async () => {
    const bench = new DeskBench();
    await bench.offer(1, [TEN]);
    bench.journal.hold();
    const saying = bench.desk.receive(bench.up, outputs(1, 1), TEN);
    await quiet();
    assert.deepEqual(bench.up.kinds(), ["offer"]);
    await saying;
    bench.journal.release();
    await quiet();
    assert.deepEqual(bench.up.kinds(), ["offer", "acknowledge"]);
  });

  test("a range that comes again while it is on its way is neither written nor acknowledged before it is durable", async () => {
    const bench = new DeskBench();
    await bench.offer(1, [TEN]);
    bench.journal.hold();
    await bench.desk.receive(bench.up, outputs(1, 1), TEN);
    const again = bench.desk.receive(bench.up, outputs(1, 1), Buffer.from("forged...."));
    await quiet();
    assert.deepEqual(bench.up.kinds(), ["offer"]);
    bench.journal.release();
    await again;
    assert.deepEqual([...bench.outputs.files.values()].map(String), ["0123456789"]);
    assert.deepEqual(bench.up.kinds(), ["offer", "acknowledge", "acknowledge"]);
  });

  test("a result follows its output into the journal without waiting for the disk", async () => {
    const bench = new DeskBench();
    const job = await bench.offer(1, [TEN]);
    bench.journal.hold();
    await bench.desk.receive(bench.up, outputs(1, 1), TEN);
    await bench.desk.receive(bench.up, ends(1, job, 1), new Uint8Array());
    await quiet();
    assert.equal(bench.journal.inFlight, 2);
    bench.journal.release();
    await quiet();
    assert.equal(ofKind(await bench.events(), "EpisodeFinished").length, 1);
  });

  test("so many ranges may wait for the disk, and the next waits for one of them", async () => {
    const bench = new DeskBench();
    await bench.offer(1, [TEN]);
    bench.journal.hold();
    const say = (index: number): Promise<unknown> => bench.desk.receive(bench.up, outputs(1, index), TEN);
    for (let index = 1; index <= RANGES_ON_THEIR_WAY_MAX; index++) await say(index);
    const beyond = say(RANGES_ON_THEIR_WAY_MAX + 1);
    await quiet();
    assert.equal(bench.journal.inFlight, RANGES_ON_THEIR_WAY_MAX);
    bench.journal.releaseOne();
    await beyond;
    assert.equal(bench.journal.inFlight, RANGES_ON_THEIR_WAY_MAX);
  });

  test("output that is on record is acknowledged again, and its bytes are never written over", async () => {
    const bench = new DeskBench();
    await bench.offer(1, [TEN]);
    await bench.say(outputs(1, 1), TEN);
    await bench.say(outputs(1, 1), Buffer.from("forged....forged...."));
    assert.deepEqual(bench.up.kinds(), ["offer", "acknowledge", "acknowledge"]);
    assert.deepEqual([...bench.outputs.files.values()].map(String), ["0123456789"]);
    assert.equal(ofKind(await bench.events(), "OutputAppended").length, 1);
  });

  for (const [what, gap] of [
    ["a number left out", outputs(1, 3, { fromByte: byteCount(10) })],
    ["bytes left out", outputs(1, 2, { fromByte: byteCount(11) })],
    ["bytes that are on record", outputs(1, 2, { fromByte: byteCount(3) })],
  ] as const) {
    test(`${what} closes the link as out of order, and nothing is stored`, async () => {
      const bench = new DeskBench();
      await bench.offer(1, [TEN]);
      await bench.say(outputs(1, 1), TEN);
      assert.equal((await bench.say(gap, TEN))?.code, "message-out-of-order");
      assert.deepEqual([...bench.outputs.files.values()].map(String), ["0123456789"]);
    });
  }

  test("output of a fenced attempt is not stored, and is answered as not accepted", async () => {
    const bench = new DeskBench();
    await bench.offer(1, [TEN]);
    await bench.give(revokeLease(1));
    bench.up.said.length = 0;
    await bench.say(outputs(1, 1), TEN);
    assert.deepEqual(bench.up.verdicts(), [false]);
    assert.equal(bench.outputs.files.size, 0);
  });

  test("an ending that is not durable yet is told to nobody, and to nobody at all where it is lost", async () => {
    const bench = new DeskBench();
    await bench.offer(1, [TEN]);
    bench.journal.hold();
    const revoking = bench.home.execute(revokeLease(1)).catch(() => undefined);
    const saying = bench.desk.receive(bench.up, outputs(1, 1), TEN);
    await quiet();
    assert.deepEqual(bench.up.kinds(), ["offer"]);
    bench.journal.fail();
    await Promise.all([revoking, saying]);
    assert.deepEqual(bench.up.kinds(), ["offer"]);
  });

  test("a Home that can only be read acknowledges nothing and gives no attempt up", async () => {
    const bench = new DeskBench();
    await bench.offer(1, [TEN]);
    bench.journal.refuseNext("journal-read-only");
    const fault = await bench.say(outputs(1, 1), TEN);
    assert.equal(fault?.code, "goodbye");
    assert.deepEqual(bench.up.kinds(), ["offer"]);
  });

  test("a full disk ends the attempt with its cause", async () => {
    const bench = new DeskBench();
    await bench.offer(1, [TEN]);
    bench.outputs.refuses = new ArwError("output-unwritable", "The disk is full.", "Free some space.");
    assert.equal(await bench.say(outputs(1, 1), TEN), undefined);
    assert.equal(await failure(bench), "output-unwritable");
  });

  test("output that must wait for the disk is asked for again over a new link", async () => {
    const bench = new DeskBench();
    await bench.offer(1, [TEN]);
    bench.outputs.refuses = new ArwError("output-overloaded", "Too much waits.", "Wait.");
    assert.equal((await bench.say(outputs(1, 1), TEN))?.code, "goodbye");
    bench.outputs.refuses = undefined;
    await bench.reconnect(1);
    assert.equal(await bench.say(outputs(1, 1), TEN), undefined);
    assert.deepEqual(bench.up.kinds(), ["acknowledge"]);
  });
});
