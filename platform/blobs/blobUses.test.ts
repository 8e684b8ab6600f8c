// A blob that is being used is not dropped, and a use that comes during a removal waits for it: every order of the two.
import assert from "node:assert/strict";
import { test } from "node:test";
import { digestOf } from "#protocol/digest.ts";
import { BLOB_GRACE_MS, BlobUses } from "./blobUses.ts";

const digest = digestOf("a blob");

test("a use protects a blob for the whole grace, whenever in it the use came", async () => {
  for (const usedAtMs of [0, 1, BLOB_GRACE_MS / 2, BLOB_GRACE_MS - 1, BLOB_GRACE_MS, BLOB_GRACE_MS + 1]) {
    let nowMs = 0;
    const uses = new BlobUses(() => nowMs);
    nowMs = usedAtMs;
    await uses.use(digest);
    for (const afterMs of [0, 1, BLOB_GRACE_MS / 2, BLOB_GRACE_MS - 1]) {
      nowMs = usedAtMs + afterMs;
      assert.equal(await uses.removeIdle(digest, async () => assert.fail("removed under its user")), false);
    }
    nowMs = usedAtMs + BLOB_GRACE_MS * 3;
    assert.equal(await uses.removeIdle(digest, async () => undefined), true, "later it may go");
  }
});

test("a use during a removal waits until the blob is gone, so that it sees that it has to store it again", async () => {
  const uses = new BlobUses(() => 0);
  const told: string[] = [];
  let finish: () => void = () => undefined;
  const removed = uses.removeIdle(
    digest,
    () =>
      new Promise((resolve) => {
        finish = () => {
          told.push("gone");
          resolve();
        };
      }),
  );
  const used = uses.use(digest).then(() => told.push("used"));
  assert.equal(await uses.removeIdle(digest, async () => assert.fail("twice at once")), false);
  finish();
  await Promise.all([removed, used]);
  assert.deepEqual(told, ["gone", "used"]);
});

test("a removal that fails is told to its caller and holds nobody up", async () => {
  const uses = new BlobUses(() => 0);
  await assert.rejects(
    uses.removeIdle(digest, () => Promise.reject(new Error("EIO"))),
    /EIO/,
  );
  await uses.use(digest);
});
