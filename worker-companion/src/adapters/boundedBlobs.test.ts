// The worker's blobs at their limit: what goes, what stays for an attempt, and what a restart remembers.
import assert from "node:assert/strict";
import { mkdtemp, readdir, rm, utimes, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { test } from "node:test";
import fc from "fast-check";
import { type Digest, digestHex, digestOf } from "#protocol/digest.ts";
import { byteCount } from "#protocol/quantities.ts";
import { attemptIdOf } from "../../../test/simulation/attemptFixtures.ts";
import { type BoundedBlobs, openBoundedBlobs, PARTIAL_AGE_MS_MAX } from "./boundedBlobs.ts";

const TEN = 10;
const bytesOf = (name: string): Uint8Array => new TextEncoder().encode(name.padEnd(TEN, "."));
const digestFor = (name: string): Digest => digestOf(bytesOf(name));

interface Bench {
  readonly folder: string;
  readonly nowMs: number;
  bytesMax: number;
  open(): Promise<BoundedBlobs>;
}

async function benchOf(t: { readonly after: (end: () => Promise<unknown>) => void }, blobsMax: number): Promise<Bench> {
  const folder = await mkdtemp(join(tmpdir(), "arw-bounded-"));
  // A blob is used before it is durable: its last rename may still be on its way.
  t.after(() => rm(folder, { recursive: true, force: true, maxRetries: 5 }));
  const bench: Bench = {
    folder,
    nowMs: Date.now(),
    bytesMax: blobsMax * TEN,
    open: () => openBoundedBlobs({ folder, bytesMax: () => bench.bytesMax, nowMs: () => bench.nowMs, log: () => {} }),
  };
  return bench;
}

async function here(blobs: BoundedBlobs, ...names: readonly string[]): Promise<string> {
  await blobs.settled();
  const found: string[] = [];
  // One after the other: each look is a use, and the order of uses is what these tests are about.
  for (const name of names) if ((await blobs.size(digestFor(name))) !== undefined) found.push(name);
  return found.join("");
}

async function putAll(blobs: BoundedBlobs, ...names: readonly string[]): Promise<void> {
  for (const name of names) await blobs.put(bytesOf(name));
}

test("at the limit all stay; one byte more, and the least recently used goes", async (t) => {
  const bench = await benchOf(t, 3);
  const blobs = await bench.open();
  blobs.hold(attemptIdOf(1));
  await putAll(blobs, "a", "b", "c");
  blobs.release(attemptIdOf(1));
  assert.equal(await here(blobs, "a", "b", "c"), "abc");
  await blobs.read(digestFor("a"), byteCount(0), TEN);
  blobs.hold(attemptIdOf(2));
  await putAll(blobs, "d");
  blobs.release(attemptIdOf(2));
  await blobs.settled();
  assert.equal(blobs.totalBytes(), 3 * TEN);
  assert.equal(await here(blobs, "a", "b", "c", "d"), "acd");
});

test("a blob that goes while it is still on its way to its place leaves nothing on the disk", async (t) => {
  const bench = await benchOf(t, 0);
  const blobs = await bench.open();
  const large = Buffer.alloc(200_000, "l");
  const half = large.length / 2;
  blobs.hold(attemptIdOf(1));
  for (const from of [0, half]) {
    const chunk = large.subarray(from, from + half);
    await blobs.receive(digestOf(large), byteCount(large.length), byteCount(from), chunk);
  }
  assert.equal(await blobs.size(digestOf(large)), large.length);
  blobs.release(attemptIdOf(1));
  await blobs.settled();
  assert.equal(blobs.totalBytes(), 0);
  assert.equal((await bench.open()).totalBytes(), 0);
  const shelf = join(bench.folder, digestHex(digestOf(large)).slice(0, 2));
  assert.deepEqual(await readdir(shelf), []);
});

test("what an attempt has looked at stays as long as it is held, however much that is", async (t) => {
  const bench = await benchOf(t, 1);
  const blobs = await bench.open();
  await putAll(blobs, "old");
  blobs.hold(attemptIdOf(1));
  await putAll(blobs, "a", "b", "c");
  blobs.hold(attemptIdOf(2));
  await putAll(blobs, "d");
  blobs.release(attemptIdOf(2));
  assert.equal(await here(blobs, "old", "a", "b", "c", "d"), "abcd");
  blobs.release(attemptIdOf(1));
  assert.equal((await here(blobs, "a", "b", "c", "d")).length, 1);
});

test("a restart begins below the limit, and remembers what was used last", async (t) => {
  const bench = await benchOf(t, 3);
  const first = await bench.open();
  await putAll(first, "a", "b", "c");
  for (const [name, age] of [
    ["a", 1],
    ["b", 3],
    ["c", 2],
  ] as const) {
    const hex = digestHex(digestFor(name));
    await utimes(join(bench.folder, hex.slice(0, 2), hex), 0, bench.nowMs / 1_000 - age * 7_200);
  }
  const second = await bench.open();
  // Noted on the disk: it was the oldest.
  await second.read(digestFor("b"), byteCount(0), TEN);
  bench.bytesMax = 2 * TEN;
  assert.equal(await here(await bench.open(), "a", "b", "c"), "ab");
});

test("a fetch that was cut off goes on, unless it is too old", async (t) => {
  const bench = await benchOf(t, 3);
  const blobs = await bench.open();
  const whole = byteCount(TEN);
  for (const name of ["young", "old"]) {
    await blobs.receive(digestFor(name), whole, byteCount(0), bytesOf(name).subarray(0, 4));
  }
  const old = join(bench.folder, "partial", digestHex(digestFor("old")));
  await utimes(old, 0, (bench.nowMs - PARTIAL_AGE_MS_MAX - 60_000) / 1_000);
  const next = await bench.open();
  assert.equal(await next.partialBytes(digestFor("young")), 4);
  assert.equal(await next.partialBytes(digestFor("old")), 0);
  assert.equal(await next.receive(digestFor("young"), whole, byteCount(4), bytesOf("young").subarray(4)), "complete");
  assert.equal(next.totalBytes(), TEN);
});

test("whatever the order of work, a held attempt finds every blob that it has seen", async () => {
  const names = ["a", "b", "c", "d", "e"];
  const action = fc.record({
    attempt: fc.integer({ min: 1, max: 3 }),
    does: fc.constantFrom("hold", "put", "file", "look", "release"),
    name: fc.constantFrom(...names),
  });
  await fc.assert(
    fc.asyncProperty(fc.array(action, { maxLength: 40 }), async (actions) => {
      const ends: (() => Promise<unknown>)[] = [];
      const bench = await benchOf({ after: (end) => ends.push(end) }, 1);
      try {
        const blobs = await bench.open();
        const seen = new Map<number, Set<string>>();
        const work: Promise<unknown>[] = [];
        for (const { attempt, does, name } of actions) {
          if (does === "hold" && !seen.has(attempt)) {
            seen.set(attempt, new Set());
            blobs.hold(attemptIdOf(attempt));
          } else if (does === "release") {
            // As the runner does: an attempt is released once its work has ended.
            await Promise.all(work);
            seen.delete(attempt);
            blobs.release(attemptIdOf(attempt));
          } else if (seen.has(attempt)) {
            work.push(use(blobs, bench.folder, does, name).then((found) => found && seen.get(attempt)?.add(name)));
          }
        }
        await Promise.all(work);
        for (const held of seen.values()) {
          for (const name of held) assert.equal((await blobs.read(digestFor(name), byteCount(0), TEN)).length, TEN);
        }
      } finally {
        for (const end of ends) await end();
      }
    }),
    { numRuns: 40 },
  );
});

async function use(blobs: BoundedBlobs, folder: string, does: string, name: string): Promise<boolean> {
  if (does === "look") return (await blobs.size(digestFor(name))) !== undefined;
  if (does === "put") await blobs.put(bytesOf(name));
  else {
    const file = join(folder, `source-${name}`);
    await writeFile(file, bytesOf(name));
    await blobs.putFile(file, byteCount(TEN), AbortSignal.timeout(10_000));
  }
  return true;
}
