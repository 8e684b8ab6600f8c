// Output is durable when its append resolves, lies where its range says, and costs few syncs.
// Crashes run on the modelled disk: what was acknowledged is there, what was not may be garbage and is written over.
import assert from "node:assert/strict";
import { mkdtemp, readdir, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { test } from "node:test";
import { setImmediate } from "node:timers/promises";
import { ArwError } from "#protocol/errors.ts";
import { chanceOf, seedsOf } from "../../../test/simulation/chance.ts";
import { ModelledDisk } from "../../../test/simulation/modelledDisk.ts";
import type { OutputFiles } from "./outputFiles.ts";
import { OUTPUT_FILES_KNOWN_MAX, OUTPUT_PENDING_BYTES_MAX, openOutputFiles, outputFilesOn } from "./outputFiles.ts";

const text = (value: string): Uint8Array => new TextEncoder().encode(value);
const hasCode =
  (code: string) =>
  (error: unknown): boolean =>
    error instanceof ArwError && error.code === code;

async function read(files: OutputFiles, attemptId: string): Promise<string> {
  return new TextDecoder().decode(await files.read(attemptId, "stdout", 0, 1_000_000));
}

test("ranges join to what was printed, a stream each; an attempt that never printed is empty", async () => {
  const files = outputFilesOn(new ModelledDisk(chanceOf(1)));
  await files.append("att_1", "stdout", 0, text("hello "));
  await files.append("att_1", "stderr", 0, text("oh"));
  await files.append("att_1", "stdout", 6, text("world"));
  assert.equal(await read(files, "att_1"), "hello world");
  assert.equal(new TextDecoder().decode(await files.read("att_1", "stdout", 4, 4)), "o wo");
  assert.equal(new TextDecoder().decode(await files.read("att_1", "stderr", 0, 9)), "oh");
  assert.equal((await files.read("att_2", "text", 0, 9)).length, 0);
});

test("the same range again changes nothing and costs no sync", async () => {
  const disk = new ModelledDisk(chanceOf(1));
  const files = outputFilesOn(disk);
  await files.append("att_1", "stdout", 0, text("abcdef"));
  const { operations } = disk;
  await files.append("att_1", "stdout", 0, text("abcdef"));
  await files.append("att_1", "stdout", 2, text("cd"));
  assert.equal(disk.operations, operations);
  await files.append("att_1", "stdout", 4, text("efgh"));
  assert.equal(await read(files, "att_1"), "abcdefgh");
});

test("a file that was prepared takes its first bytes with one write and one sync", async () => {
  const disk = new ModelledDisk(chanceOf(1));
  const files = outputFilesOn(disk);
  files.prepare("att_1", "text");
  await setImmediate();
  const { operations } = disk;
  const { durable } = await files.begin("att_1", "text", 0, text("hello"));
  await durable;
  assert.equal(disk.operations, operations + 2);
  assert.equal(new TextDecoder().decode(await files.read("att_1", "text", 0, 9)), "hello");
});

test("a disk that cannot prepare a file says so to whoever prints", async () => {
  const disk = new ModelledDisk(chanceOf(1));
  const files = outputFilesOn(disk);
  disk.crashAfter(1);
  files.prepare("att_1", "text");
  await setImmediate();
  const { durable } = await files.begin("att_1", "text", 0, text("hello"));
  await assert.rejects(durable, hasCode("output-unwritable"));
});

test("a gap is refused and leaves the file as it was", async () => {
  const files = outputFilesOn(new ModelledDisk(chanceOf(1)));
  await files.append("att_1", "stdout", 0, text("abc"));
  await assert.rejects(files.append("att_1", "stdout", 4, text("e")), hasCode("output-gap"));
  assert.equal(await read(files, "att_1"), "abc");
});

test("a hundred appends at once share few syncs, and keep their order", async () => {
  const disk = new ModelledDisk(chanceOf(1));
  const files = outputFilesOn(disk);
  await files.append("att_1", "stdout", 0, text("start"));
  const before = disk.syncs;
  await Promise.all(
    Array.from({ length: 100 }, (_, index) => files.append("att_1", "stdout", 5 + index * 2, text(`${index % 10},`))),
  );
  assert.ok(disk.syncs - before <= 2, `${disk.syncs - before} syncs`);
  assert.equal(await read(files, "att_1"), `start${"0,1,2,3,4,5,6,7,8,9,".repeat(10)}`);
});

test("an id or stream that is not one never becomes a path", async () => {
  const files = outputFilesOn(new ModelledDisk(chanceOf(1)));
  for (const id of ["../att_1", "att/1", "", "ATT_1", "att.1", "a\0", "a".repeat(101)]) {
    await assert.rejects(files.append(id, "stdout", 0, text("x")), RangeError, id);
    await assert.rejects(files.read(id, "stdout", 0, 1), RangeError, id);
    await assert.rejects(files.remove(id), RangeError, id);
  }
});

test("after a failed sync nothing of that file is acknowledged, retried or repeated; others go on", async () => {
  const disk = new ModelledDisk(chanceOf(1));
  const files = outputFilesOn(disk);
  await files.append("att_1", "stdout", 0, text("kept"));
  disk.failNextSync("EIO");
  const before = disk.syncs;
  await assert.rejects(files.append("att_1", "stdout", 4, text("lost")), hasCode("output-unwritable"));
  await assert.rejects(files.append("att_1", "stdout", 4, text("lost")), hasCode("output-unwritable"));
  assert.equal(disk.syncs - before, 1);
  await files.append("att_2", "stdout", 0, text("fine"));
});

test("a full disk is said with its cause", async () => {
  const disk = new ModelledDisk(chanceOf(1));
  const files = outputFilesOn(disk);
  await files.append("att_1", "stdout", 0, text("kept"));
  disk.failNextWrite("ENOSPC");
  await assert.rejects(files.append("att_1", "stdout", 4, text("more")), /ENOSPC/);
});

test("waiting output is taken up to its limit and refused beyond", async () => {
  const files = outputFilesOn(new ModelledDisk(chanceOf(1)));
  const full = files.append("att_1", "stdout", 0, new Uint8Array(OUTPUT_PENDING_BYTES_MAX));
  const beyond = files.append("att_1", "stdout", OUTPUT_PENDING_BYTES_MAX, text("x"));
  await assert.rejects(beyond, hasCode("output-overloaded"));
  await full;
  await files.append("att_1", "stdout", OUTPUT_PENDING_BYTES_MAX, text("x"));
});

test("files that were forgotten are measured again", async () => {
  const files = outputFilesOn(new ModelledDisk(chanceOf(1)));
  const ids = Array.from({ length: OUTPUT_FILES_KNOWN_MAX + 20 }, (_, index) => `att_${index}`);
  for (const id of ids) await files.append(id, "stdout", 0, text("one "));
  for (const id of ids) await files.append(id, "stdout", 4, text("two"));
  for (const id of ids) assert.equal(await read(files, id), "one two");
});

test("removed output is gone, and the attempt may print anew", async () => {
  const files = outputFilesOn(new ModelledDisk(chanceOf(1)));
  await files.append("att_1", "stdout", 0, text("abc"));
  await files.remove("att_1");
  await files.remove("att_1");
  assert.equal(await read(files, "att_1"), "");
  await files.append("att_1", "stdout", 0, text("d"));
  assert.equal(await read(files, "att_1"), "d");
});

test("acknowledged output survives every crash, and resending the rest completes it: 500 crashes", async () => {
  for (const seed of seedsOf(500)) {
    const chance = chanceOf(seed);
    const printed = Uint8Array.from({ length: 4_000 }, () => 1 + chance.below(255));
    const disk = new ModelledDisk(chance);
    disk.crashAfter(1 + chance.below(12));
    let acknowledged = 0;
    const files = outputFilesOn(disk);
    try {
      for (let from = 0; from < printed.length; ) {
        const toByte = Math.min(printed.length, from + 1 + chance.below(1_500));
        await files.append("att_1", "stdout", from, printed.subarray(from, toByte));
        from = toByte;
        acknowledged = toByte;
      }
    } catch (error) {
      assert.ok(hasCode("output-unwritable")(error), `seed ${seed}: ${String(error)}`);
    }
    const again = outputFilesOn(disk.afterCrash(chance.yes(0.3) ? "process-killed" : "power-cut"));
    const found = await again.read("att_1", "stdout", 0, acknowledged);
    assert.deepEqual(found, printed.subarray(0, acknowledged), `seed ${seed}`);
    await again.append("att_1", "stdout", acknowledged, printed.subarray(acknowledged));
    assert.deepEqual(await again.read("att_1", "stdout", 0, printed.length), printed, `seed ${seed}`);
  }
});

test("on a real disk: output is in one file a stream, and is there for the next process", async () => {
  const folder = await mkdtemp(join(tmpdir(), "arw-output-"));
  try {
    const files = await openOutputFiles(folder);
    await files.append("att_1", "stdout", 0, text("abc"));
    await files.append("att_1", "stderr", 0, text("x"));
    await files.close();
    assert.deepEqual((await readdir(folder)).sort(), ["att_1.stderr", "att_1.stdout"]);
    const again = await openOutputFiles(folder);
    await again.append("att_1", "stdout", 3, text("def"));
    assert.equal(await read(again, "att_1"), "abcdef");
    await again.close();
  } finally {
    await rm(folder, { recursive: true, force: true });
  }
});
