// A file is read whole and as it was at one moment, or not at all.
import assert from "node:assert/strict";
import { mkdtemp, realpath, rm, symlink, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { after, before, test } from "node:test";
import { ArwError } from "#protocol/errors.ts";
import { readSteadyFile } from "./steadyFile.ts";

let folder = "";
before(async () => {
  folder = await realpath(await mkdtemp(join(tmpdir(), "arw-steady-")));
});
after(() => rm(folder, { recursive: true, force: true }));

test("a file at its limit is read whole; one byte more is not read at all", async () => {
  const path = join(folder, "file");
  await writeFile(path, "12345");
  const read = await readSteadyFile(path, 5);
  assert.ok(read.kind === "file");
  assert.equal(Buffer.from(read.bytes).toString(), "12345");
  assert.deepEqual(await readSteadyFile(path, 4), { kind: "too-large", fileBytes: 5 });
  await writeFile(path, "");
  assert.equal((await readSteadyFile(path, 5)).kind, "file");
});

test("a symlink, and a file beyond one, are not read", async () => {
  await writeFile(join(folder, "target"), "text");
  await symlink("target", join(folder, "link"));
  await assert.rejects(readSteadyFile(join(folder, "link"), 100), { code: "ELOOP" });
  await symlink(".", join(folder, "self"));
  assert.deepEqual(await readSteadyFile(join(folder, "self", "target"), 100), {
    kind: "refused",
    reason: "reached through a symlink",
  });
});

test("a file that is never the same for long is given up, with advice", {
  skip: process.platform === "linux" ? false : "needs /proc, whose files change whenever they are read",
}, async () => {
  const changing = (error: unknown): boolean => error instanceof ArwError && error.code === "file-changing";
  await assert.rejects(readSteadyFile(`/proc/${process.pid}/status`, 1_000_000), changing);
});
