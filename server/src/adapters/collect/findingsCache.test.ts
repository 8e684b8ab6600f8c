// The cache of findings survives a restart, forgets what is old and is never believed when damaged.
import assert from "node:assert/strict";
import { mkdtemp, readFile, rm, stat, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { after, before, test } from "node:test";
import { digestOf } from "#protocol/digest.ts";
import { CACHED_DIGESTS_MAX, FindingsCache } from "./findingsCache.ts";

let folder = "";
before(async () => {
  folder = await mkdtemp(join(tmpdir(), "arw-findings-"));
});
after(() => rm(folder, { recursive: true, force: true }));

const FINDING = { rule: "arw/github-token", line: 3, message: "looks like a GitHub token" };

test("findings and clean digests survive a restart, readable by their owner only", async () => {
  const path = join(folder, "findings.json");
  const cache = await FindingsCache.open(path);
  cache.set(digestOf("clean"), []);
  cache.set(digestOf("dirty"), [FINDING]);
  await cache.save();
  assert.equal((await stat(path)).mode & 0o777, 0o600);
  const again = await FindingsCache.open(path);
  assert.deepEqual(again.get(digestOf("clean")), []);
  assert.deepEqual(again.get(digestOf("dirty")), [FINDING]);
  assert.equal(again.get(digestOf("never seen")), undefined);
});

test("a damaged cache and one of older rules count as empty", async () => {
  const path = join(folder, "old.json");
  const cache = await FindingsCache.open(path);
  cache.set(digestOf("clean"), []);
  await cache.save();
  const text = await readFile(path, "utf8");
  for (const damaged of [text.slice(0, -5), text.replace('"version":', '"version":9'), "", "[]", '{"__proto__":1}']) {
    await writeFile(path, damaged);
    assert.equal((await FindingsCache.open(path)).get(digestOf("clean")), undefined, damaged.slice(0, 20));
  }
});

test("past its limit the cache forgets the oldest", async () => {
  const cache = await FindingsCache.open(join(folder, "full.json"));
  for (let index = 0; index <= CACHED_DIGESTS_MAX; index++) cache.set(digestOf(String(index)), []);
  assert.equal(cache.get(digestOf("0")), undefined);
  assert.deepEqual(cache.get(digestOf("1")), []);
});
