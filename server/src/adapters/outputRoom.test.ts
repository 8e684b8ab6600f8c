// How output goes to a disk with much room, little, and none but the journal's; and what a failure changes for good.
import assert from "node:assert/strict";
import { test } from "node:test";
import { ArwError } from "#protocol/errors.ts";
import { chanceOf } from "../../../test/simulation/chance.ts";
import { ModelledDisk } from "../../../test/simulation/modelledDisk.ts";
import { outputFilesOn } from "./outputFiles.ts";
import { OUTPUT_ROOM_AMPLE_BYTES, OUTPUT_ROOM_KEPT_BYTES, OUTPUT_ROOM_SEEN_MS, OutputRoom } from "./outputRoom.ts";

class Disk {
  free: number | undefined = OUTPUT_ROOM_AMPLE_BYTES;
  ms = 0;
  looks = 0;
  readonly room: OutputRoom = new OutputRoom({ freeBytes: () => this.freeBytes(), nowMs: () => this.ms });

  async freeBytes(): Promise<number | undefined> {
    this.looks++;
    return this.free;
  }
}

const isFull = (error: unknown): boolean =>
  error instanceof ArwError && error.code === "output-unwritable" && /free disk space/iu.test(error.advice);

test("plenty is where the bytes leave what counts as plenty, to the byte", async () => {
  const disk = new Disk();
  disk.free = OUTPUT_ROOM_AMPLE_BYTES + 10;
  assert.equal(await disk.room.look("a", 6), true);
  assert.equal(disk.room.isAmple(4), true);
  assert.equal(disk.room.isAmple(1), false);
});

test("the last of the disk is the journal's, to the byte", async () => {
  const disk = new Disk();
  disk.free = OUTPUT_ROOM_KEPT_BYTES + 10;
  assert.equal(await disk.room.look("a", 10), false);
  await assert.rejects(disk.room.look("a", 11), isFull);
});

test("what was seen is believed for a moment, and not longer", async () => {
  const disk = new Disk();
  disk.free = 2 * OUTPUT_ROOM_AMPLE_BYTES;
  assert.equal(disk.room.isAmple(1), false);
  assert.equal(await disk.room.look("a", 1), true);
  disk.ms = OUTPUT_ROOM_SEEN_MS - 1;
  assert.equal(disk.room.isAmple(1), true);
  disk.ms = OUTPUT_ROOM_SEEN_MS;
  assert.equal(disk.room.isAmple(1), false);
  assert.equal(disk.looks, 1);
});

test("a file system that says nothing has plenty", async () => {
  const disk = new Disk();
  disk.free = undefined;
  assert.equal(await disk.room.look("a", 1), true);
});

test("on a disk that is nearly full a range that fails is told before anybody hears of the range", async () => {
  const modelled = new ModelledDisk(chanceOf(1));
  const disk = new Disk();
  disk.free = OUTPUT_ROOM_AMPLE_BYTES - 1;
  const files = outputFilesOn(modelled, { freeBytes: () => disk.freeBytes(), nowMs: () => 0 });
  const { syncs } = modelled;
  await files.begin("att_1", "stdout", 0, Buffer.from("kept"));
  assert.ok(modelled.syncs > syncs, "it resolves when the bytes are durable");
  modelled.failNextWrite("ENOSPC");
  await assert.rejects(files.begin("att_1", "stdout", 4, Buffer.from("more")), /ENOSPC/u);
  disk.free = OUTPUT_ROOM_KEPT_BYTES;
  await assert.rejects(files.begin("att_2", "stdout", 0, Buffer.from("more")), isFull);
});

test("after a disk has failed under output once, no output is trusted to it unseen any more", async () => {
  const modelled = new ModelledDisk(chanceOf(1));
  const files = outputFilesOn(modelled);
  await files.append("att_1", "stdout", 0, Buffer.from("kept"));
  modelled.failNextWrite("EDQUOT");
  const { durable } = await files.begin("att_1", "stdout", 4, Buffer.from("more"));
  await assert.rejects(durable, /EDQUOT/u);
  modelled.failNextWrite("EDQUOT");
  await assert.rejects(files.begin("att_2", "stdout", 0, Buffer.from("more")), /EDQUOT/u);
});
