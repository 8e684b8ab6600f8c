// A blob that was begun is read at once, durable when it says so, and in the store afterwards, whenever the process ends.
import assert from "node:assert/strict";
import { mkdir, mkdtemp, readdir, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { test, type TestContext } from "node:test";
import { digestHex, digestOf } from "#protocol/digest.ts";
import { byteCount } from "#protocol/quantities.ts";
import { BEGUN_BLOB_BYTES_MAX, BEGUN_BYTES_MAX, LATEST_BYTES_MAX } from "./begunBlobs.ts";
import { openBlobFiles } from "./blobFiles.ts";
import { BLOB_GRACE_MS } from "./blobUses.ts";

async function folderOf(t: TestContext): Promise<string> {
  const folder = await mkdtemp(join(tmpdir(), "arw-begun-"));
  t.after(() => rm(folder, { recursive: true, force: true }));
  return folder;
}

const text = (word: string): Uint8Array => Buffer.from(word);

/** Moving a blob to its place is nobody's business: it is looked at until it happened. */
async function moved(folder: string): Promise<void> {
  while ((await readdir(join(folder, "begun"))).length > 0) await new Promise((resolve) => setTimeout(resolve, 2));
}

test("a begun blob is read before it is durable, and from its place afterwards", async (t) => {
  const folder = await folderOf(t);
  const store = await openBlobFiles(folder);
  const { digest, bytes, durable } = await store.begin(text("a prompt"));
  assert.equal(bytes, 8);
  assert.equal(await store.size(digest), 8);
  assert.equal(Buffer.from(await store.read(digest, byteCount(2), 6)).toString(), "prompt");
  await store.materialise(digest, join(folder, "copy"), false);
  await durable;
  await moved(folder);
  assert.deepEqual(await readdir(join(folder, digestHex(digest).slice(0, 2))), [digestHex(digest)]);
  const next = await openBlobFiles(folder);
  assert.equal(Buffer.from(await next.read(digest, byteCount(0), 99)).toString(), "a prompt");
});

test("the latest are read without the disk until others take their room, and never where others clear the folder", async (t) => {
  for (const usedEarly of [false, true]) {
    const folder = await folderOf(t);
    const store = await openBlobFiles(folder, { usedEarly });
    const { digest } = await store.begin(text("a prompt"));
    await store.settled();
    await rm(join(folder, digestHex(digest).slice(0, 2), digestHex(digest)));
    assert.equal(await store.size(digest), usedEarly ? undefined : 8);
    for (let number = 0; number < LATEST_BYTES_MAX / BEGUN_BLOB_BYTES_MAX; number++) {
      await store.begin(new Uint8Array(BEGUN_BLOB_BYTES_MAX).fill(number));
    }
    await store.settled();
    assert.equal(await store.size(digest), undefined);
  }
});

test("where blobs are used early they go to the disk later, and at once where one is waited for", async (t) => {
  const folder = await folderOf(t);
  const store = await openBlobFiles(folder, { usedEarly: true });
  const [one, other] = [digestOf("one"), digestOf("other")];
  for (const [digest, word] of [
    [one, "one"],
    [other, "other"],
  ] as const) {
    const bytes = text(word);
    assert.equal(await store.receive(digest, byteCount(bytes.length), byteCount(0), bytes), "complete");
  }
  const places = async (): Promise<readonly boolean[]> =>
    Promise.all(
      [one, other].map(async (digest) => {
        const hex = digestHex(digest);
        return (await readdir(join(folder, hex.slice(0, 2)))).includes(hex);
      }),
    );
  assert.deepEqual([await readdir(join(folder, "begun")), await places()], [[], [false, false]]);
  await store.materialise(one, join(folder, "copy"), false);
  assert.equal((await places())[0], true);
  await store.settled();
  assert.deepEqual(await places(), [true, true]);
});

test("an open store has a folder for every digest, so that no blob waits for its own", async (t) => {
  const folder = await folderOf(t);
  await mkdir(join(folder, "7f"));
  await openBlobFiles(folder);
  const shards = (await readdir(folder)).filter((name) => /^[0-9a-f]{2}$/.test(name));
  assert.equal(shards.length, 256);
});

test("what is dropped from the store is not read from memory either", async (t) => {
  let now = Date.now();
  const store = await openBlobFiles(await folderOf(t), { now: () => now });
  const { digest } = await store.begin(text("a prompt"));
  await store.settled();
  now += 3 * BLOB_GRACE_MS;
  assert.equal(await store.removeIdle(digest), true);
  assert.equal(await store.size(digest), undefined);
});

test("the same bytes twice are one blob, begun or stored before", async (t) => {
  const folder = await folderOf(t);
  const store = await openBlobFiles(folder);
  await store.put(text("known"));
  const begun = await Promise.all([store.begin(text("known")), store.begin(text("new")), store.begin(text("new"))]);
  await Promise.all(begun.map(({ durable }) => durable));
  await moved(folder);
  for (const { digest, bytes } of begun) assert.equal(await store.size(digest), bytes);
});

test("what a killed process had begun is stored by the next, and torn bytes are not", async (t) => {
  const folder = await folderOf(t);
  await mkdir(join(folder, "begun"), { recursive: true });
  const [whole, torn] = [digestOf("whole"), digestOf("torn in the middle")];
  await writeFile(join(folder, "begun", digestHex(whole)), "whole");
  await writeFile(join(folder, "begun", digestHex(torn)), "torn in");
  await writeFile(join(folder, "begun", "a stranger"), "x");
  const store = await openBlobFiles(folder);
  assert.deepEqual([await store.size(whole), await store.size(torn)], [5, undefined]);
  assert.deepEqual(await readdir(join(folder, "begun")), []);
});

test("a name that is taken costs nothing but the longer way", async (t) => {
  const folder = await folderOf(t);
  const store = await openBlobFiles(folder);
  const digest = digestOf("taken");
  await writeFile(join(folder, "begun", digestHex(digest)), "of an earlier life");
  await (await store.begin(text("taken"))).durable;
  assert.equal(Buffer.from(await store.read(digest, byteCount(0), 99)).toString(), "taken");
});

test("what is too large for memory is durable when it is begun", async (t) => {
  const folder = await folderOf(t);
  const store = await openBlobFiles(folder);
  const at = new Uint8Array(BEGUN_BLOB_BYTES_MAX);
  const few = Array.from({ length: BEGUN_BYTES_MAX / BEGUN_BLOB_BYTES_MAX }, (_, index) =>
    at.with(0, 1 + (index & 127)).with(1, index >> 7),
  );
  const beginning = few.map((bytes) => store.begin(bytes));
  // The first of them is still on its way, so one byte more is one too many.
  const { digest, durable } = await store.begin(text("!"));
  assert.equal((await readdir(join(folder, digestHex(digest).slice(0, 2)))).includes(digestHex(digest)), true);
  await durable;
  await Promise.all((await Promise.all(beginning)).map((begun) => begun.durable));
  const large = await store.begin(new Uint8Array(BEGUN_BLOB_BYTES_MAX + 1));
  assert.equal((await readdir(join(folder, digestHex(large.digest).slice(0, 2)))).length > 0, true);
  await store.settled();
});

test("renewing says whether a blob is whole", async (t) => {
  const folder = await folderOf(t);
  const store = await openBlobFiles(folder);
  const { digest } = await store.put(text("whole"));
  assert.equal(await store.renew(digest), true);
  assert.equal(await store.renew(digestOf("absent")), false);
  const shelf = join(folder, digestHex(digest).slice(0, 2));
  await rm(join(shelf, digestHex(digest)), { force: true });
  await writeFile(join(shelf, digestHex(digest)), "");
  assert.equal(await store.renew(digest), false);
});
