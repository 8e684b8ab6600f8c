// What the journal promises its Home: when a frame is durable, what each fault does, where each limit lies.
// Crashes have their own simulation, damage its own tests; here every step is chosen.
import assert from "node:assert/strict";
import { mkdtemp, readdir, readFile, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { test } from "node:test";
import type { FileSystem } from "#platform/files/fileSystem.ts";
import { openNodeFileSystem } from "#platform/files/nodeFileSystem.ts";
import { ArwError } from "#protocol/errors.ts";
import { sequence } from "#protocol/quantities.ts";
import { chanceOf } from "../../../../test/simulation/chance.ts";
import { ModelledDisk } from "../../../../test/simulation/modelledDisk.ts";
import type { JournalFaultCode, JournalFrame } from "../../home/journalPort.ts";
import { JournalFault } from "../../home/journalPort.ts";
import type { JournalOptions, OpenedJournal } from "./journalFile.ts";
import { openJournal } from "./journalFile.ts";
import { JOURNAL_PENDING_FRAMES_MAX } from "./journalWriter.ts";
import { FRAME_OVERHEAD_BYTES, JOURNAL_FRAME_BYTES_MAX } from "./record.ts";
import { verifyJournal } from "./verifyJournal.ts";

const header = { workspaceId: "ws_test", homeId: "node_test" };
const decodeEvent = (value: unknown): string => {
  if (typeof value !== "string") throw new TypeError("not a text");
  return value;
};

async function reopen(
  fileSystem: FileSystem,
  more: Partial<JournalOptions<string>> = {},
): Promise<OpenedJournal<string> & { readonly frames: readonly JournalFrame<string>[] }> {
  const frames: JournalFrame<string>[] = [];
  const onFrame = (frame: JournalFrame<string>): number => frames.push(frame);
  const opened = await openJournal({ fileSystem, header, decodeEvent, onFrame, ...more });
  return { ...opened, frames };
}

const frame = (at: number, text = `event ${at}`): JournalFrame<string> => ({ sequence: sequence(at), events: [text] });

function hasCode(code: JournalFaultCode): (error: unknown) => boolean {
  return (error) => error instanceof JournalFault && error.code === code;
}

async function collect<T>(items: AsyncIterable<T>): Promise<T[]> {
  const all: T[] = [];
  for await (const item of items) all.push(item);
  return all;
}

test("a new journal is empty, and what it took is there after a restart", async () => {
  const disk = new ModelledDisk(chanceOf(1));
  const first = await reopen(disk);
  assert.deepEqual(first.recovered, { frames: 0 });
  assert.equal(first.journal.lastSequence, 0);
  await first.journal.append({ sequence: sequence(1), events: ["a", "b"] });
  await first.journal.append(frame(2));
  await first.journal.close();
  const second = await reopen(disk.afterCrash("power-cut"));
  assert.deepEqual(second.frames, [{ sequence: 1, events: ["a", "b"] }, frame(2)]);
  assert.deepEqual(second.recovered, { frames: 2 });
  assert.equal(second.journal.durableSequence, 2);
});

test("a frame is not durable before its sync: lastSequence runs ahead, durableSequence does not", async () => {
  const { journal } = await reopen(new ModelledDisk(chanceOf(1)));
  const appended = journal.append(frame(1));
  assert.equal(journal.lastSequence, 1);
  assert.equal(journal.durableSequence, 0);
  assert.deepEqual(await collect(journal.read(sequence(1), 10)), []);
  await appended;
  assert.equal(journal.durableSequence, 1);
});

test("no frame waits for what a later one of its batch names", async () => {
  const { journal } = await reopen(new ModelledDisk(chanceOf(1)));
  let fail = (): void => undefined;
  const beside = new Promise<void>((_, reject) => {
    fail = () => reject(new Error("the disk of the blobs is full"));
  });
  const first = journal.append(frame(1));
  const second = journal.append(frame(2), beside);
  await first;
  assert.equal(journal.durableSequence, 1);
  assert.equal(journal.lastRecord, undefined);
  fail();
  await assert.rejects(second, hasCode("journal-unknown-outcome"));
  assert.equal(journal.durableSequence, 1);
});

test("a frame is durable only once what it names is, and so are those behind it in its batch", async () => {
  const { journal } = await reopen(new ModelledDisk(chanceOf(1)));
  let arrive = (): void => undefined;
  const beside = new Promise<void>((resolve) => {
    arrive = resolve;
  });
  const appended = Promise.all([journal.append(frame(1), beside), journal.append(frame(2))]);
  await new Promise((resolve) => setTimeout(resolve, 20));
  assert.equal(journal.durableSequence, 0);
  arrive();
  await appended;
  assert.equal(journal.durableSequence, 2);
});

test("what a frame names and does not become durable is a fault of the journal, and after it nothing is taken", async () => {
  const { journal } = await reopen(new ModelledDisk(chanceOf(1)));
  const lost = journal.append(frame(1), Promise.reject(new Error("the disk of the output is full")));
  await assert.rejects(lost, hasCode("journal-unknown-outcome"));
  await assert.rejects(journal.append(frame(2)), hasCode("journal-read-only"));
});

test("the fault of what a frame names is said in its own words", async () => {
  const { journal } = await reopen(new ModelledDisk(chanceOf(1)));
  const full = new ArwError(
    "output-unwritable",
    "The output file a.stdout could not be written (ENOSPC)",
    "Free space.",
  );
  await assert.rejects(journal.append(frame(1), Promise.reject(full)), /a\.stdout could not be written \(ENOSPC\)/u);
  await assert.rejects(journal.append(frame(2)), /a\.stdout could not be written \(ENOSPC\)/u);
});

test("a frame that came back without what it names is cut with all after it, once, unless it was durable", async () => {
  const disk = new ModelledDisk(chanceOf(1));
  const first = await reopen(disk);
  await first.journal.append(frame(1));
  await Promise.all([
    first.journal.append(frame(2)),
    first.journal.append(frame(3, "bare")),
    first.journal.append(frame(4)),
  ]);
  const asked: string[] = [];
  const renewBeside = async (events: readonly string[]): Promise<boolean> => {
    asked.push(...events);
    return !events.includes("bare");
  };
  const second = await reopen(disk, { renewBeside });
  assert.deepEqual(second.frames, [frame(1), frame(2)]);
  assert.deepEqual(asked, ["event 2", "bare"], "frame 1 is known to be durable");
  assert.ok((second.recovered.tornTail?.cutBytes ?? 0) > 0);
  await second.journal.append(frame(3));
  await second.journal.close();
  const third = await reopen(disk, { renewBeside: async () => false });
  assert.deepEqual(third.frames, [frame(1), frame(2), frame(3)], "a mark says that all is durable");
  assert.equal(third.recovered.tornTail, undefined);
});

test("64 appends at once share a sync, and resolve in order", async () => {
  const disk = new ModelledDisk(chanceOf(1));
  const { journal } = await reopen(disk);
  await journal.append(frame(1));
  const before = disk.syncs;
  const order: number[] = [];
  const appends = Array.from({ length: 64 }, (_, index) =>
    journal.append(frame(index + 2)).then(() => order.push(index)),
  );
  await Promise.all(appends);
  assert.equal(disk.syncs - before, 1);
  assert.deepEqual(
    order,
    [...order].sort((a, b) => a - b),
  );
});

test("frames that come while a batch is in flight wait for one next batch", async () => {
  const disk = new ModelledDisk(chanceOf(1));
  const { journal } = await reopen(disk);
  await journal.append(frame(1));
  const before = disk.syncs;
  const appends = [journal.append(frame(2))];
  await Promise.resolve();
  await Promise.resolve();
  for (let at = 3; at <= 40; at++) appends.push(journal.append(frame(at)));
  await Promise.all(appends);
  assert.equal(disk.syncs - before, 2);
});

test("a frame out of order is a bug of the caller and throws", async () => {
  const { journal } = await reopen(new ModelledDisk(chanceOf(1)));
  assert.throws(() => journal.append(frame(2)), RangeError);
  await journal.append(frame(1));
  assert.throws(() => journal.append(frame(1)), RangeError);
});

test("a failed sync rejects what is in flight as unknown, what waits as read-only, and is never repeated", async () => {
  const disk = new ModelledDisk(chanceOf(1));
  const faults: JournalFault[] = [];
  const { journal } = await reopen(disk, { onFault: (fault) => faults.push(fault) });
  await journal.append(frame(1));
  disk.failNextSync("EIO");
  const before = disk.syncs;
  const inFlight = [journal.append(frame(2)), journal.append(frame(3))];
  await Promise.resolve();
  await Promise.resolve();
  const waiting = journal.append(frame(4));
  for (const append of inFlight) await assert.rejects(append, hasCode("journal-unknown-outcome"));
  await assert.rejects(waiting, hasCode("journal-read-only"));
  await assert.rejects(journal.append(frame(5)), hasCode("journal-read-only"));
  await journal.mark();
  await journal.close();
  assert.equal(disk.syncs - before, 1);
  assert.equal(journal.durableSequence, 1);
  assert.deepEqual(
    faults.map((fault) => fault.code),
    ["journal-read-only"],
  );
  assert.match(faults[0]?.message ?? "", /EIO/);
  assert.deepEqual(await collect(journal.read(sequence(1), 10)), [frame(1)]);
});

test("frames that a failed sync left in the kernel alone are on the disk once the journal is open again", async () => {
  for (let seed = 1; seed <= 100; seed++) {
    const disk = new ModelledDisk(chanceOf(seed));
    const { journal } = await reopen(disk);
    await journal.append(frame(1));
    disk.failNextSync("EIO");
    await assert.rejects(journal.append(frame(2)));
    const restarted = disk.afterCrash("process-killed");
    const served = (await reopen(restarted)).frames;
    assert.deepEqual((await reopen(restarted.afterCrash("power-cut"))).frames, served, `seed ${seed}`);
  }
});

test("a full disk makes the journal read-only and loses nothing acknowledged", async () => {
  const disk = new ModelledDisk(chanceOf(3));
  const { journal } = await reopen(disk);
  await journal.append(frame(1));
  disk.failNextWrite("ENOSPC");
  await assert.rejects(journal.append(frame(2, "x".repeat(2000))), (error) => {
    assert.ok(error instanceof JournalFault);
    assert.match(error.message, /ENOSPC/);
    assert.match(error.advice, /free space/);
    return error.code === "journal-unknown-outcome";
  });
  await assert.rejects(journal.append(frame(2)), hasCode("journal-read-only"));
  const again = await reopen(disk.afterCrash("process-killed"));
  assert.deepEqual(again.frames, [frame(1)]);
  await again.journal.append(frame(2));
});

test("a torn tail is cut and said", async () => {
  const disk = new ModelledDisk(chanceOf(1));
  const { journal } = await reopen(disk);
  await journal.append(frame(1));
  const [segment = ""] = await disk.list();
  const sound = await disk.read(segment);
  await disk.write(segment, Buffer.from('0000001f 12345678 {"n":2,"d":1'), sound.length);
  const { recovered, frames } = await reopen(disk);
  assert.deepEqual(recovered, { frames: 1, tornTail: { segment, atByte: sound.length, cutBytes: 30 } });
  assert.deepEqual(frames, [frame(1)]);
  assert.deepEqual(await disk.read(segment), sound);
});

test("a corrupt journal is refused with segment and byte, and not one byte of it is changed", async () => {
  const disk = new ModelledDisk(chanceOf(1));
  const { journal } = await reopen(disk);
  for (let at = 1; at <= 3; at++) await journal.append(frame(at));
  const [segment = ""] = await disk.list();
  const bytes = Buffer.from(await disk.read(segment));
  const atByte = bytes.indexOf("\n") + 1;
  disk.flipBit(segment, (atByte + 30) * 8);
  const damaged = await disk.read(segment);
  const operations = disk.operations;
  await assert.rejects(reopen(disk), (error) => {
    assert.ok(error instanceof JournalFault);
    assert.deepEqual(error.place, { segment, atByte });
    return error.code === "journal-corrupt";
  });
  assert.deepEqual(await disk.read(segment), damaged);
  assert.equal(disk.operations, operations);
});

test("segments rotate, and frames are read across them from any sequence up to any limit", async () => {
  const disk = new ModelledDisk(chanceOf(1));
  const { journal } = await reopen(disk, { segmentBytes: 1_000 });
  for (let at = 1; at <= 40; at++) {
    await journal.append(frame(at));
    if (at % 7 === 0) await journal.mark();
  }
  assert.ok((await disk.list()).length > 5);
  for (const source of [journal, (await reopen(disk, { segmentBytes: 1_000 })).journal]) {
    for (const from of [1, 2, 13, 39, 40]) {
      const read = await collect(source.read(sequence(from), 1_000));
      assert.deepEqual(
        read,
        Array.from({ length: 41 - from }, (_, index) => frame(from + index)),
      );
    }
    assert.deepEqual(await collect(source.read(sequence(5), 3)), [frame(5), frame(6), frame(7)]);
    assert.deepEqual(await collect(source.read(sequence(41), 3)), []);
    assert.deepEqual(await collect(source.read(sequence(1), 0)), []);
  }
});

test("pages of a long segment are read one by one", async () => {
  const disk = new ModelledDisk(chanceOf(1));
  const { journal } = await reopen(disk);
  await Promise.all(Array.from({ length: 200 }, (_, index) => journal.append(frame(index + 1, "y".repeat(2_000)))));
  const read = await collect(journal.read(sequence(150), 20));
  assert.deepEqual(
    read.map((one) => one.sequence),
    Array.from({ length: 20 }, (_, index) => 150 + index),
  );
});

test("closing waits for what is in flight, marks the last batch, and takes nothing more", async () => {
  const disk = new ModelledDisk(chanceOf(1));
  const { journal } = await reopen(disk);
  const appended = journal.append(frame(1));
  await journal.close();
  await appended;
  await assert.rejects(journal.append(frame(2)), hasCode("journal-closed"));
  const [segment = ""] = await disk.list();
  const lines = Buffer.from(await disk.read(segment))
    .toString()
    .trim()
    .split("\n");
  assert.match(lines.at(-1) ?? "", /"n":1,"d":1,.*"m":1}$/);
  const again = await reopen(disk);
  await again.journal.close();
  assert.equal((await disk.read(segment)).length, lines.join("\n").length + 1, "a second mark would say nothing new");
});

test("another Home's journal is refused and left alone", async () => {
  const disk = new ModelledDisk(chanceOf(1));
  await (await reopen(disk)).journal.append(frame(1));
  const operations = disk.operations;
  const foreign = { ...header, homeId: "node_other" };
  await assert.rejects(reopen(disk, { header: foreign }), hasCode("journal-foreign"));
  assert.equal(disk.operations, operations);
});

test("an event of a later version is refused, not dropped", async () => {
  const disk = new ModelledDisk(chanceOf(1));
  await (await reopen(disk)).journal.append(frame(1));
  const decodeNothing = (): string => {
    throw new TypeError("unknown event");
  };
  await assert.rejects(reopen(disk, { decodeEvent: decodeNothing }), hasCode("journal-undecodable"));
});

test("a frame of exactly the limit is taken, one byte more is refused and takes no sequence", async () => {
  const disk = new ModelledDisk(chanceOf(1));
  const { journal } = await reopen(disk);
  const room = JOURNAL_FRAME_BYTES_MAX - FRAME_OVERHEAD_BYTES - '[""]'.length;
  await assert.rejects(journal.append(frame(1, "x".repeat(room + 1))), hasCode("journal-frame-too-large"));
  assert.equal(journal.lastSequence, 0);
  await journal.append(frame(1, "x".repeat(room)));
  assert.equal((await reopen(disk)).recovered.frames, 1);
});

test("the queue takes its limit of frames, refuses one more, and takes again after the sync", async () => {
  const { journal } = await reopen(new ModelledDisk(chanceOf(1)));
  const appends = Array.from({ length: JOURNAL_PENDING_FRAMES_MAX }, (_, index) =>
    journal.append(frame(index + 1, "")),
  );
  const next = JOURNAL_PENDING_FRAMES_MAX + 1;
  await assert.rejects(journal.append(frame(next)), hasCode("journal-overloaded"));
  assert.equal(journal.lastSequence, JOURNAL_PENDING_FRAMES_MAX);
  await Promise.all(appends);
  await journal.append(frame(next));
});

test("on a real disk: 200 writers, rotation, restart, verify, and grep finds an event", async () => {
  const folder = await mkdtemp(join(tmpdir(), "arw-journal-"));
  try {
    const disk = await openNodeFileSystem(folder);
    const { journal } = await reopen(disk, { segmentBytes: 20_000 });
    await Promise.all(Array.from({ length: 200 }, (_, index) => journal.append(frame(index + 1))));
    for (let at = 201; at <= 400; at++) await journal.append(frame(at));
    await journal.close();
    await disk.close();
    const names = (await readdir(folder)).sort();
    assert.equal(names[0], "segment-000000000001.journal");
    assert.ok(names.length >= 2);
    assert.match(
      await readFile(join(folder, "segment-000000000001.journal"), "utf8"),
      /^[0-9a-f]{8} [0-9a-f]{8} .*"event 17"/m,
    );
    const again = await openNodeFileSystem(folder);
    const { recovered, frames } = await reopen(again, { segmentBytes: 20_000 });
    assert.deepEqual(recovered, { frames: 400 });
    assert.deepEqual(frames.at(-1), frame(400));
    const verdict = await verifyJournal(again);
    assert.equal(verdict.kind === "ok" && verdict.events, 400);
    await again.close();
  } finally {
    await rm(folder, { recursive: true, force: true });
  }
});
