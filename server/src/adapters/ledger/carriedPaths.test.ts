// What sends carried is read once for each document, within a bound, and never said of a document that could not be read.
import assert from "node:assert/strict";
import { test } from "node:test";
import { canonicalJson } from "#protocol/canonicalJson.ts";
import { type Digest, digestOf } from "#protocol/digest.ts";
import { MemoryBlobs } from "../../../../test/simulation/memoryBlobs.ts";
import { previewDocument } from "../../../../test/simulation/previewBlobs.ts";
import { CarriedPaths, PathText } from "./carriedPaths.ts";

async function stored(blobs: MemoryBlobs, number: number, paths: readonly string[]): Promise<Digest> {
  return (await blobs.put(Buffer.from(canonicalJson(previewDocument(number, paths))))).digest;
}

test("documents that carry the same files share one list, which counts once", async () => {
  const blobs = new MemoryBlobs();
  const carried = new CarriedPaths(blobs, 3);
  const lists = [];
  for (let number = 1; number <= 20; number++) lists.push(await carried.of(await stored(blobs, number, ["a", "b"])));
  assert.equal(new Set(lists).size, 1);
  assert.equal(carried.documentsKept, 20);
});

test("past the limit all is forgotten, and read again when it is asked for", async () => {
  const blobs = new MemoryBlobs();
  const carried = new CarriedPaths(blobs, 3);
  const first = await stored(blobs, 1, ["a", "b"]);
  await carried.of(first);
  await carried.of(await stored(blobs, 2, ["c", "d"]));
  assert.equal(carried.documentsKept, 1);
  assert.equal(carried.kept(first), undefined);
  assert.deepEqual(await carried.of(first), ["a", "b"]);
});

test("a document that is gone, or is none, has no paths that anybody knows", async () => {
  const blobs = new MemoryBlobs();
  const carried = new CarriedPaths(blobs);
  assert.equal(await carried.of(digestOf("nothing")), undefined);
  assert.equal(await carried.of((await blobs.put(Buffer.from("no preview"))).digest), undefined);
  assert.equal(carried.documentsKept, 0);
});

test("a text is found in any part of a path, whatever its case", () => {
  const text = new PathText("LIB/ä");
  assert.equal(text.isInAny(["src/main.ts", "src/lib/Ärger.ts"]), true);
  assert.equal(text.isInAny(["src/main.ts"]), false);
});
