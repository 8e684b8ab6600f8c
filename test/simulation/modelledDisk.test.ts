// The modelled disk keeps the port's contract and does the harm that the proofs rest on.
// A model that is too kind would prove nothing.
import assert from "node:assert/strict";
import { test } from "node:test";
import { describeFileSystem } from "../contracts/fileSystem.contract.ts";
import { chanceOf } from "./chance.ts";
import { ModelledDisk } from "./modelledDisk.ts";

describeFileSystem("modelled disk", async () => new ModelledDisk(chanceOf(1)));

const bytes = (value: number, count: number): Uint8Array => new Uint8Array(count).fill(value);

/** Every outcome of a power cut over many seeds, each as text. */
async function outcomes(before: (disk: ModelledDisk) => Promise<void>, name: string): Promise<Set<string>> {
  const seen = new Set<string>();
  for (let seed = 1; seed <= 300; seed++) {
    const disk = new ModelledDisk(chanceOf(seed));
    await before(disk);
    const after = disk.afterCrash("power-cut");
    const found = (await after.list()).includes(name) ? await after.read(name) : undefined;
    seen.add(found === undefined ? "no file" : [...found].filter((_, at) => at % 512 === 0).join());
  }
  return seen;
}

test("what was synced, name and bytes, always survives a power cut", async () => {
  const seen = await outcomes(async (disk) => {
    await disk.create("a");
    await disk.syncDirectory();
    await disk.write("a", bytes(1, 1024), 0);
    await disk.sync("a");
  }, "a");
  assert.deepEqual([...seen], ["1,1"]);
});

test("unsynced sectors survive in any subset and order, and a file may have grown before its bytes came", async () => {
  const seen = await outcomes(async (disk) => {
    await disk.create("a");
    await disk.syncDirectory();
    await disk.write("a", bytes(1, 1024), 0);
  }, "a");
  for (const outcome of ["", "1", "1,1", "0,1", "0,0"]) assert.ok(seen.has(outcome), `never saw ${outcome}`);
  assert.ok(
    [...seen].some((outcome) => /[2-9]/.test(outcome)),
    "never saw what lay on the disk before",
  );
});

test("an unsynced name may be lost or stay, and a removed one may come back", async () => {
  const created = await outcomes(async (disk) => {
    await disk.create("a");
  }, "a");
  assert.deepEqual(created, new Set(["no file", ""]));
  const removed = await outcomes(async (disk) => {
    await disk.create("a");
    await disk.syncDirectory();
    await disk.remove("a");
  }, "a");
  assert.deepEqual(removed, new Set(["no file", ""]));
});

test("a killed process loses nothing that the kernel had taken", async () => {
  const disk = new ModelledDisk(chanceOf(1));
  await disk.create("a");
  await disk.write("a", bytes(7, 600), 0);
  const after = disk.afterCrash("process-killed");
  assert.deepEqual(await after.read("a"), bytes(7, 600));
});

test("after a failed sync a second sync succeeds and saves nothing: the pages count as clean", async () => {
  let lost = 0;
  for (let seed = 1; seed <= 50; seed++) {
    const disk = new ModelledDisk(chanceOf(seed));
    await disk.create("a");
    await disk.syncDirectory();
    await disk.write("a", bytes(1, 512), 0);
    disk.failNextSync("EIO");
    await assert.rejects(disk.sync("a"));
    await disk.sync("a");
    const after = disk.afterCrash("power-cut");
    if ((await after.read("a"))[0] !== 1) lost++;
  }
  assert.ok(lost > 10, `lost ${lost} of 50`);
});
