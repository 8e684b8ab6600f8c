// Blob files keep only whole bytes under their digest: resumed, concurrent, hostile and crashed arrivals included.
// It plants symlinks, pipes, torn tails and paths that pose as digests, and never touches a folder but its own.
import assert from "node:assert/strict";
import { execFileSync } from "node:child_process";
import { createHash } from "node:crypto";
import { lstat, mkdir, mkdtemp, readdir, readFile, rm, symlink, truncate, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { test } from "node:test";
import * as fc from "fast-check";
import { type Digest, digestHex, digestOf } from "#protocol/digest.ts";
import { ArwError } from "#protocol/errors.ts";
import { byteCount } from "#protocol/quantities.ts";
import { BLOB_BYTES_MAX, openBlobFiles } from "./blobFiles.ts";
import type { BeginningBlobStore } from "./blobStore.ts";
import { RECEIVING_MAX } from "./partialBlobs.ts";

const never = new AbortController().signal;
const bytesOf = (text: string): Uint8Array => new TextEncoder().encode(text);

async function withStore(
  check: (store: BeginningBlobStore, folder: string, outside: string) => Promise<void>,
): Promise<void> {
  const outside = await mkdtemp(join(tmpdir(), "arw-blobs-"));
  const folder = join(outside, "blobs");
  const store = await openBlobFiles(folder);
  try {
    await check(store, folder, outside);
  } finally {
    await store.settled();
    // A store that the test opened besides may still be moving a blob.
    await rm(outside, { recursive: true, force: true, maxRetries: 5 });
  }
}

/** Everything that is kept in the store, by its path inside. */
async function kept(folder: string): Promise<readonly string[]> {
  const entries = await readdir(folder, { recursive: true, withFileTypes: true });
  return entries.filter((entry) => !entry.isDirectory()).map((entry) => entry.name);
}

const hasCode = (code: string) => (error: unknown) => error instanceof ArwError && error.code === code;

test("stored bytes come back whole, in ranges, and from a store that is opened again", () =>
  withStore(async (store, folder) => {
    const stored = await store.put(bytesOf("hello blobs"));
    assert.equal(stored.digest, digestOf("hello blobs"));
    assert.equal(stored.bytes, 11);
    const again = await openBlobFiles(folder);
    assert.equal(await again.size(stored.digest), 11);
    assert.deepEqual(await again.read(stored.digest, byteCount(0), 99), bytesOf("hello blobs"));
    assert.deepEqual(await again.read(stored.digest, byteCount(6), 3), bytesOf("blo"));
    assert.equal((await again.read(stored.digest, byteCount(99), 3)).length, 0);
  }));

test("a blob is a read-only file in the shard of its first two digits", () =>
  withStore(async (store, folder) => {
    const { digest } = await store.put(bytesOf("x"));
    const hex = digestHex(digest);
    const found = await lstat(join(folder, hex.slice(0, 2), hex));
    assert.equal(found.mode & 0o777, 0o400);
  }));

test("an absent blob has no size and no partial bytes, and says so when it is read", () =>
  withStore(async (store, _folder, outside) => {
    const digest = digestOf("never stored");
    assert.equal(await store.size(digest), undefined);
    assert.equal(await store.partialBytes(digest), 0);
    await assert.rejects(store.read(digest, byteCount(0), 1), hasCode("blob-absent"));
    await assert.rejects(store.materialise(digest, join(outside, "out"), false), hasCode("blob-absent"));
  }));

test("nothing but a digest becomes a path", () =>
  withStore(async (store, folder) => {
    const corpus = [
      "../../etc/passwd",
      `sha256:${"../".repeat(21)}x`,
      `sha256:${"A".repeat(64)}`,
      `sha256:${"a".repeat(63)}`,
      `sha256:${"a".repeat(65)}`,
      `sha256:${"a".repeat(64)}\n`,
      `sha256-${"a".repeat(64)}`,
      `${"a".repeat(64)}`,
      `sha256:${"a".repeat(62)}/x`,
      `sha256:..${"\0".repeat(62)}`,
      "",
    ];
    for (const text of corpus) {
      // What a caller that skipped the decoders would do.
      const digest = text as Digest;
      await assert.rejects(async () => store.size(digest), RangeError, text);
      await assert.rejects(async () => store.read(digest, byteCount(0), 1), RangeError, text);
      await assert.rejects(async () => store.partialBytes(digest), RangeError, text);
      const arrival = async () => store.receive(digest, byteCount(1), byteCount(0), bytesOf("x"));
      await assert.rejects(arrival, RangeError, text);
    }
    assert.deepEqual(await kept(folder), []);
  }));

test("a blob that arrives has its place when it is whole, unless the store uses it early", async () => {
  for (const usedEarly of [false, true]) {
    for (const size of [100, 200_000]) {
      await withStore(async (_, folder, outside) => {
        const bytes = Buffer.alloc(size, "b");
        const digest = digestOf(bytes);
        const store = await openBlobFiles(join(outside, "other"), { usedEarly });
        const half = bytes.subarray(0, size - 40);
        if (size > 100) await store.receive(digest, byteCount(size), byteCount(0), half);
        const rest = size > 100 ? bytes.subarray(half.length) : bytes;
        const from = byteCount(size - rest.length);
        assert.equal(await store.receive(digest, byteCount(size), from, rest), "complete");
        const atOnce = await kept(join(outside, "other", digestHex(digest).slice(0, 2))).catch(() => []);
        if (!usedEarly) assert.deepEqual(atOnce, [digestHex(digest)]);
        assert.equal(await store.size(digest), size);
        assert.deepEqual(Buffer.from(await store.read(digest, byteCount(0), size)), bytes);
        await store.materialise(digest, join(outside, "copy"), false);
        assert.equal(await store.receive(digest, byteCount(size), byteCount(0), half), "complete");
        await store.settled();
        assert.deepEqual(await kept(join(outside, "other")), [digestHex(digest)]);
        assert.equal(
          (await lstat(join(outside, "other", digestHex(digest).slice(0, 2), digestHex(digest)))).mode & 0o777,
          0o400,
        );
        assert.equal(await store.size(digest), size, folder);
      });
    }
  }
});

test("chunks in any sizes, with overlaps and restarts of the store, make the blob", async () => {
  await fc.assert(
    fc.asyncProperty(
      fc.uint8Array({ maxLength: 300 }),
      fc.array(fc.record({ back: fc.nat(40), length: fc.nat(80), reopen: fc.boolean() }), { maxLength: 12 }),
      (bytes, steps) =>
        withStore(async (opened, folder) => {
          let store = opened;
          const digest = digestOf(bytes);
          for (const { back, length, reopen } of [...steps, { back: 0, length: 300, reopen: false }]) {
            if (reopen) await store.settled();
            if (reopen) store = await openBlobFiles(folder);
            const from = Math.max(0, (await store.partialBytes(digest)) - back);
            const chunk = bytes.subarray(from, from + length);
            const state = await store.receive(digest, byteCount(bytes.length), byteCount(from), chunk);
            assert.equal(state === "complete", (await store.size(digest)) !== undefined);
          }
          await store.settled();
          assert.deepEqual(await store.read(digest, byteCount(0), 400), bytes);
        }),
    ),
    { numRuns: 40 },
  );
});

test("a chunk that does not follow is refused, and the one that follows is still taken", () =>
  withStore(async (store) => {
    const digest = digestOf("abcdef");
    await store.receive(digest, byteCount(6), byteCount(0), bytesOf("abc"));
    await assert.rejects(store.receive(digest, byteCount(6), byteCount(4), bytesOf("ef")), hasCode("blob-gap"));
    assert.equal(await store.receive(digest, byteCount(6), byteCount(3), bytesOf("def")), "complete");
  }));

test("bytes of another digest keep nothing", () =>
  withStore(async (store, folder) => {
    const digest = digestOf("expected");
    await store.receive(digest, byteCount(8), byteCount(0), bytesOf("expe"));
    const wrong = store.receive(digest, byteCount(8), byteCount(4), bytesOf("ctEd"));
    await assert.rejects(wrong, hasCode("blob-wrong-digest"));
    assert.deepEqual(await kept(folder), []);
    const tooMany = store.receive(digest, byteCount(8), byteCount(0), bytesOf("expected and more"));
    await assert.rejects(tooMany, hasCode("blob-wrong-digest"));
    assert.equal(await store.size(digest), undefined);
    assert.equal(await store.receive(digest, byteCount(8), byteCount(0), bytesOf("expected")), "complete");
  }));

test("a partial file whose tail was lost or torn in a crash never becomes a blob by it", () =>
  withStore(async (store, folder) => {
    const bytes = new Uint8Array(5_000).map((_, index) => index % 251);
    const digest = digestOf(bytes);
    const partial = join(folder, "partial", digestHex(digest));
    await store.receive(digest, byteCount(5_000), byteCount(0), bytes.subarray(0, 4_000));
    await truncate(partial, 1_000);
    const second = await openBlobFiles(folder);
    assert.equal(await second.partialBytes(digest), 1_000);
    await second.receive(digest, byteCount(5_000), byteCount(1_000), bytes.subarray(1_000, 3_000));
    await truncate(partial, 2_000);
    await truncate(partial, 3_000);
    const third = await openBlobFiles(folder);
    const rest = third.receive(digest, byteCount(5_000), byteCount(3_000), bytes.subarray(3_000));
    await assert.rejects(rest, hasCode("blob-wrong-digest"));
    assert.equal(await third.receive(digest, byteCount(5_000), byteCount(0), bytes), "complete");
  }));

test("two attempts that put or receive the same digest at once both succeed", () =>
  withStore(async (store, folder) => {
    const bytes = new Uint8Array(200_000).map((_, index) => (index * 7) % 251);
    const digest = digestOf(bytes);
    const arrive = async (): Promise<void> => {
      for (let from = 0; from < bytes.length; from += 10_000) {
        await store.receive(digest, byteCount(bytes.length), byteCount(from), bytes.subarray(from, from + 10_000));
      }
    };
    await Promise.all([arrive(), arrive(), store.put(bytes), store.put(bytes), arrive()]);
    assert.deepEqual(await store.read(digest, byteCount(0), bytes.length), bytes);
    assert.ok((await kept(folder)).every((name) => name === digestHex(digest)));
  }));

test("more blobs arriving at once than hash states are kept all arrive", () =>
  withStore(async (store) => {
    const texts = Array.from({ length: RECEIVING_MAX + 6 }, (_, index) => `blob number ${index}`);
    for (const half of [0, 1]) {
      for (const text of texts) {
        const bytes = bytesOf(text);
        const chunk = half === 0 ? bytes.subarray(0, 5) : bytes.subarray(5);
        const state = await store.receive(digestOf(text), byteCount(bytes.length), byteCount(half * 5), chunk);
        assert.equal(state, half === 0 ? "more" : "complete");
      }
    }
  }));

test("the largest blob may begin to arrive, one byte more may not", () =>
  withStore(async (store, folder) => {
    const start = (bytes: number) => store.receive(digestOf("big"), byteCount(bytes), byteCount(0), bytesOf("b"));
    await assert.rejects(start(BLOB_BYTES_MAX + 1), hasCode("blob-too-large"));
    assert.deepEqual(await kept(folder), []);
    assert.equal(await start(BLOB_BYTES_MAX), "more");
  }));

test("leftover temporary files of a crash are swept at the next opening", () =>
  withStore(async (_store, folder) => {
    await writeFile(join(folder, "temporary", "half-written"), "half");
    await openBlobFiles(folder);
    assert.deepEqual(await kept(folder), []);
  }));

test("a file is stored by its content up to the cap, and never through a symlink or a pipe", () =>
  withStore(async (store, folder, outside) => {
    const path = join(outside, "source");
    const bytes = new Uint8Array(2_500_000).map((_, index) => index % 253);
    await writeFile(path, bytes);
    const stored = await store.putFile(path, byteCount(bytes.length), never);
    assert.equal(digestHex(stored.digest), createHash("sha256").update(bytes).digest("hex"));
    assert.equal(await store.size(stored.digest), bytes.length);
    await assert.rejects(store.putFile(path, byteCount(bytes.length - 1), never), hasCode("blob-too-large"));
    await symlink(path, join(outside, "link"));
    await assert.rejects(store.putFile(join(outside, "link"), byteCount(9_999_999), never));
    execFileSync("mkfifo", [join(outside, "pipe")]);
    const pipe = store.putFile(join(outside, "pipe"), byteCount(9), never);
    await assert.rejects(pipe, hasCode("not-a-regular-file"));
    await assert.rejects(store.putFile(path, byteCount(9_999_999), AbortSignal.abort()), { name: "AbortError" });
    assert.deepEqual(await kept(folder), [digestHex(stored.digest)]);
  }));

test("a blob becomes a new file with its mode, and never replaces or follows what is there", () =>
  withStore(async (store, _folder, outside) => {
    const { digest } = await store.put(bytesOf("#!/bin/sh\n"));
    await store.materialise(digest, join(outside, "plain"), false);
    await store.materialise(digest, join(outside, "script"), true);
    assert.equal((await lstat(join(outside, "plain"))).mode & 0o777, 0o644);
    assert.equal((await lstat(join(outside, "script"))).mode & 0o777, 0o755);
    assert.equal(await readFile(join(outside, "script"), "utf8"), "#!/bin/sh\n");
    await assert.rejects(store.materialise(digest, join(outside, "plain"), false), { code: "EEXIST" });
    await symlink(join(outside, "victim"), join(outside, "dangling"));
    await assert.rejects(store.materialise(digest, join(outside, "dangling"), false), { code: "EEXIST" });
    await assert.rejects(lstat(join(outside, "victim")));
  }));

test("a blob that was replaced by a symlink is not read", () =>
  withStore(async (store, folder, outside) => {
    const digest = digestOf("planted");
    await writeFile(join(outside, "secret"), "secret");
    await mkdir(join(folder, digestHex(digest).slice(0, 2)), { recursive: true });
    await symlink(join(outside, "secret"), join(folder, digestHex(digest).slice(0, 2), digestHex(digest)));
    assert.equal(await store.size(digest), undefined);
    await assert.rejects(store.read(digest, byteCount(0), 9));
  }));
