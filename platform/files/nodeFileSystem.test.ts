// The real disk keeps the port's contract, and keeps others out.
// Every folder lies in one scratch folder that the run removes.
import assert from "node:assert/strict";
import { mkdtemp, rm, stat, symlink, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { after, test } from "node:test";
import { describeFileSystem } from "../../test/contracts/fileSystem.contract.ts";
import { errnoOf } from "./fileSystem.ts";
import { openNodeFileSystem, writeFully } from "./nodeFileSystem.ts";

const scratch = await mkdtemp(join(tmpdir(), "arw-files-"));
after(() => rm(scratch, { recursive: true, force: true }));
let folders = 0;
const newFolder = (): string => join(scratch, "deep", `folder-${folders++}`);

describeFileSystem("real disk", () => openNodeFileSystem(newFolder()));

test("folder and files are the owner's alone", async () => {
  const folder = newFolder();
  const disk = await openNodeFileSystem(folder);
  await disk.create("secret");
  assert.equal((await stat(folder)).mode & 0o777, 0o700);
  assert.equal((await stat(join(folder, "secret"))).mode & 0o777, 0o600);
  await disk.close();
});

test("a symbolic link is never followed", async () => {
  const folder = newFolder();
  const disk = await openNodeFileSystem(folder);
  const outside = join(scratch, "outside");
  await writeFile(outside, "untouched");
  await symlink(outside, join(folder, "link"));
  await assert.rejects(disk.write("link", new Uint8Array(1), 0), (error) => errnoOf(error) === "ELOOP");
  await assert.rejects(disk.create("link"), (error) => errnoOf(error) === "EEXIST");
  await disk.close();
});

test("a short write is finished at the right place", async () => {
  const written = new Map<number, number>();
  const short = {
    write: async (bytes: Uint8Array, offset: number, length: number, position: number) => {
      const bytesWritten = Math.min(3, length);
      for (let at = 0; at < bytesWritten; at++) written.set(position + at, bytes[offset + at] ?? -1);
      return { bytesWritten };
    },
  };
  await writeFully(short, Uint8Array.of(1, 2, 3, 4, 5, 6, 7), 10);
  assert.deepEqual(
    [...written],
    [1, 2, 3, 4, 5, 6, 7].map((value, index) => [10 + index, value]),
  );
});

test("a disk that takes nothing is an error, not an endless loop", async () => {
  await assert.rejects(writeFully({ write: async () => ({ bytesWritten: 0 }) }, Uint8Array.of(1), 0));
});
