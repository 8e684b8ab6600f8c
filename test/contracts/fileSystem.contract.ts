// What every disk port must do, real or modelled: the same claims run over both, so that proofs on the one hold on the other.
import assert from "node:assert/strict";
import { test } from "node:test";
import type { FileSystem } from "#platform/files/fileSystem.ts";
import { errnoOf } from "#platform/files/fileSystem.ts";

/** `open` gives an empty disk. */
export function describeFileSystem(adapter: string, open: () => Promise<FileSystem>): void {
  const claim = (name: string, check: (disk: FileSystem) => Promise<void>): void => {
    test(`${adapter}: ${name}`, async () => {
      const disk = await open();
      try {
        await check(disk);
      } finally {
        await disk.close();
      }
    });
  };

  claim("what is written is read, in whole and in part", async (disk) => {
    await disk.create("a.journal");
    await disk.write("a.journal", text("hello world"), 0);
    await disk.write("a.journal", text("W"), 6);
    await disk.sync("a.journal");
    assert.equal(textOf(await disk.read("a.journal")), "hello World");
    assert.equal(textOf(await disk.read("a.journal", { fromByte: 6, bytesMax: 3 })), "Wor");
    assert.equal(textOf(await disk.read("a.journal", { fromByte: 9, bytesMax: 99 })), "ld");
    assert.equal((await disk.read("a.journal", { fromByte: 99, bytesMax: 9 })).length, 0);
    assert.equal(await disk.size("a.journal"), 11);
  });

  claim("a write beyond the end fills the gap with zeros", async (disk) => {
    await disk.create("a");
    await disk.write("a", text("x"), 3);
    assert.deepEqual([...(await disk.read("a"))], [0, 0, 0, 0x78]);
  });

  claim("creating what exists fails with EEXIST and changes nothing", async (disk) => {
    await disk.create("a");
    await disk.write("a", text("kept"), 0);
    await assert.rejects(disk.create("a"), hasErrno("EEXIST"));
    assert.equal(textOf(await disk.read("a")), "kept");
  });

  claim("a file that is not there fails with ENOENT, and is found once it is", async (disk) => {
    await assert.rejects(disk.read("a"), hasErrno("ENOENT"));
    await assert.rejects(disk.size("a"), hasErrno("ENOENT"));
    await assert.rejects(disk.write("a", text("x"), 0), hasErrno("ENOENT"));
    await disk.create("a");
    assert.equal(await disk.size("a"), 0);
  });

  claim("truncating cuts the end off", async (disk) => {
    await disk.create("a");
    await disk.write("a", text("abcdef"), 0);
    await disk.truncate("a", 2);
    assert.equal(textOf(await disk.read("a")), "ab");
  });

  claim("renaming replaces the target, and both names stay usable", async (disk) => {
    await disk.create("from");
    await disk.create("to");
    await disk.write("from", text("new"), 0);
    await disk.write("to", text("older"), 0);
    await disk.rename("from", "to");
    await disk.syncDirectory();
    assert.equal(textOf(await disk.read("to")), "new");
    assert.deepEqual(await disk.list(), ["to"]);
    await disk.create("from");
    assert.equal(await disk.size("from"), 0);
  });

  claim("removing frees the name", async (disk) => {
    await disk.create("a");
    await disk.write("a", text("x"), 0);
    await disk.remove("a");
    assert.deepEqual(await disk.list(), []);
    await disk.create("a");
    assert.equal(await disk.size("a"), 0);
  });

  claim("a name that is a path is refused", async (disk) => {
    for (const name of ["../a", "a/b", "/a", "..", ".", "", "a\0b", ".hidden", "a\\b"]) {
      await assert.rejects(async () => disk.create(name), RangeError, name);
    }
  });

  claim("more files than descriptors are kept open all work", async (disk) => {
    const names = Array.from({ length: 150 }, (_, index) => `file-${index}`);
    for (const name of names) await disk.create(name);
    await Promise.all(names.map((name) => disk.write(name, text(name), 0).then(() => disk.sync(name))));
    const read = await Promise.all(names.map((name) => disk.read(name)));
    assert.deepEqual(read.map(textOf), names);
  });
}

function text(value: string): Uint8Array {
  return new TextEncoder().encode(value);
}

function textOf(bytes: Uint8Array): string {
  return new TextDecoder().decode(bytes);
}

function hasErrno(errno: string): (error: unknown) => boolean {
  return (error) => errnoOf(error) === errno;
}
