// Stored previews are read once while they are looked at, and no more of them are kept than the limit.
import assert from "node:assert/strict";
import { test } from "node:test";
import { canonicalJson } from "#protocol/canonicalJson.ts";
import { type Digest, digestOf } from "#protocol/digest.ts";
import { keyWords } from "#protocol/identity.ts";
import type { EgressPreview } from "#protocol/egress.ts";
import { byteCount, durationMs } from "#protocol/quantities.ts";
import { idsOf } from "../../../../test/simulation/homeCommands.ts";
import { GPU } from "../../../../test/simulation/homeScenario.ts";
import { MemoryBlobs } from "../../../../test/simulation/memoryBlobs.ts";
import { PREVIEWS_KEPT_MAX, PreviewDocuments } from "./previewDocuments.ts";

function document(number: number): EgressPreview {
  const { previewId, episodeId, jobId } = idsOf(number);
  return {
    kind: "egress-preview",
    previewId,
    episodeId,
    jobId,
    title: `preview ${number}`,
    payload: digestOf(`job ${number}`),
    payloadBytes: byteCount(10),
    items: [{ path: "a", bytes: byteCount(1), classification: "internal", digest: digestOf(`item ${number}`) }],
    leftOut: [],
    destination: { nodeId: GPU.nodeId, name: GPU.name, keyWords: keyWords(GPU.publicKey), carrier: "direct" },
    why: { rule: "asked-for", localAlternative: "none" },
    cost: { kind: "unknown", reason: "no price card" },
    leaseMs: durationMs(1),
  };
}

test("as many documents as the limit are kept; the one that was asked for longest ago is read again", async () => {
  const blobs = new MemoryBlobs();
  const digests: Digest[] = [];
  for (let number = 0; number <= PREVIEWS_KEPT_MAX; number++) {
    digests.push((await blobs.put(Buffer.from(canonicalJson(document(number))))).digest);
  }
  let reads = 0;
  const previews = new PreviewDocuments({
    read: (digest, fromByte, bytesMax) => {
      reads++;
      return blobs.read(digest, fromByte, bytesMax);
    },
  });
  const [first, ...others] = digests;
  assert.ok(first !== undefined);
  for (const digest of [first, first, first]) assert.equal((await previews.read(digest)).title, "preview 0");
  assert.equal(reads, 1);
  for (const digest of others) await previews.read(digest);
  assert.equal(reads, 1 + PREVIEWS_KEPT_MAX);
  await previews.read(first);
  assert.equal(reads, 2 + PREVIEWS_KEPT_MAX);
});

test("what is sent with a preview are its items and its payload, and nothing else", async () => {
  const blobs = new MemoryBlobs();
  const { digest } = await blobs.put(Buffer.from(canonicalJson(document(1))));
  const previews = new PreviewDocuments(blobs);
  for (const item of ["item 1", "job 1"]) assert.ok(await previews.isSent(digest, digestOf(item)), item);
  for (const item of ["item 2", "preview 1"]) assert.ok(!(await previews.isSent(digest, digestOf(item))), item);
});

test("a stored preview that is none is refused by name", async () => {
  const blobs = new MemoryBlobs();
  const { digest } = await blobs.put(Buffer.from("{}"));
  await assert.rejects(new PreviewDocuments(blobs).read(digest), { code: "preview-malformed" });
});
