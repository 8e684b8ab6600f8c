// Taking back what was placed: all of it, or by name what could not be.
import assert from "node:assert/strict";
import { mkdir, mkdtemp, readdir, readFile, realpath, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { after, before, test } from "node:test";
import { digestOf } from "#protocol/digest.ts";
import type { ProposedChange } from "#protocol/proposal.ts";
import { isWorkspacePath } from "#protocol/workspacePath.ts";
import { MemoryBlobs } from "../../../../test/simulation/memoryBlobs.ts";
import { Placement, type StagedChange, stageChange } from "./stagedChange.ts";

let base = "";
before(async () => {
  base = await realpath(await mkdtemp(join(tmpdir(), "arw-staged-")));
});
after(() => rm(base, { recursive: true, force: true }));

async function placeEdit(name: string): Promise<{ root: string; placement: Placement; staged: StagedChange }> {
  const root = join(base, name);
  const folder = join(root, ".staging");
  await mkdir(folder, { recursive: true });
  await writeFile(join(root, "file"), "old");
  const blobs = new MemoryBlobs();
  const path = "file";
  assert.ok(isWorkspacePath(path));
  const change: ProposedChange = {
    kind: "edit",
    path,
    base: digestOf("old"),
    ...(await blobs.put(Buffer.from("new"))),
    executable: false,
  };
  const staged = await stageChange(root, folder, 0, change, blobs);
  const placement = new Placement(root);
  await placement.place(staged);
  assert.equal(await readFile(join(root, "file"), "utf8"), "new");
  return { root, placement, staged };
}

test("a placed edit is taken back to the old bytes", async () => {
  const { root, placement } = await placeEdit("undone");
  assert.deepEqual(await placement.undo(), []);
  assert.equal(await readFile(join(root, "file"), "utf8"), "old");
  assert.deepEqual(await readdir(join(root, ".staging")), []);
});

test("what cannot be taken back is named", async () => {
  const { root, placement, staged } = await placeEdit("lost");
  await rm(staged.oldPath);
  assert.deepEqual(await placement.undo(), ["file"]);
  assert.equal(await readFile(join(root, "file"), "utf8"), "new");
});
