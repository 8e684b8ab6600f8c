// The preview commits to every byte that leaves.
import assert from "node:assert/strict";
import { describe, test } from "node:test";
import { decode } from "#protocol/decode.ts";
import { digestOf, digestOfJson } from "#protocol/digest.ts";
import { egressPreviewSchema, type PreviewItem } from "#protocol/egress.ts";
import { episodeId, jobId, nodeId, previewId } from "#protocol/ids.ts";
import { type AskJob, jobKey } from "#protocol/job.ts";
import { byteCount, durationMs } from "#protocol/quantities.ts";
import { MemoryBlobs } from "../../../../test/simulation/memoryBlobs.ts";
import { PLANTED_SECRETS } from "../../../../test/simulation/plantedSecrets.ts";
import { TEST_REDACTOR } from "../../../../test/simulation/testRedaction.ts";
import { type PreviewFacts, previewDocument } from "./previewDocument.ts";
import { PROMPT_ITEM, promptItem } from "./promptItem.ts";

const signal = new AbortController().signal;
const entropy = Buffer.alloc(32, 7);
const prompt = digestOf("prompt");
const item: PreviewItem = { path: PROMPT_ITEM, bytes: byteCount(6), classification: "internal", digest: prompt };
const job: AskJob = {
  kind: "ask",
  model: digestOf("model"),
  prompt,
  outputTokensMax: 10,
  temperatureMilli: 0,
  seed: 1,
  limits: { wallMs: durationMs(1_000), memoryBytes: byteCount(1), outputBytes: byteCount(1) },
};
const shared = {
  previewId: previewId.from(entropy),
  episodeId: episodeId.from(entropy),
  jobId: jobId.from(entropy),
  title: "ask",
  items: [item],
  leftOut: [],
  destination: { nodeId: nodeId.from(entropy), name: "box", keyWords: ["amber", "otter"], carrier: "direct" },
  why: { rule: "--on box", localAlternative: "run it here" },
  cost: { kind: "unknown", reason: "the node has no price card" },
  leaseMs: durationMs(60_000),
} as const;
const facts: PreviewFacts = { ...shared, job, removed: [], unknownSecrets: 0 };

describe("preview document", () => {
  test("is a valid preview whose payload is the job's key and whose digest changes with every fact", () => {
    const preview = previewDocument(facts);
    assert.ok(decode(egressPreviewSchema, preview).ok);
    assert.equal(preview.payload, jobKey(job));
    assert.ok(preview.payloadBytes > item.bytes);
    assert.equal(digestOfJson(previewDocument({ ...facts })), digestOfJson(preview));
    const changed: readonly PreviewFacts[] = [
      { ...facts, title: "other" },
      { ...shared, job: { ...job, seed: 2 }, removed: [], unknownSecrets: 0 },
      {
        ...shared,
        job,
        removed: [{ path: PROMPT_ITEM, rule: "github-pat", tag: "abcdefgh", times: 1 }],
        unknownSecrets: 0,
      },
      { ...shared, job, removed: [], unknownSecrets: 3 },
      { ...facts, items: [{ ...item, bytes: byteCount(7) }] },
      { ...facts, leftOut: [{ path: ".env", reason: "secret" }] },
      { ...facts, leaseMs: durationMs(1) },
    ];
    for (const change of changed) {
      assert.ok(decode(egressPreviewSchema, previewDocument(change)).ok);
      assert.notEqual(digestOfJson(previewDocument(change)), digestOfJson(preview));
    }
  });

  test("cannot be built over secret or regulated items, nor without the job's own input", () => {
    for (const classification of ["secret", "regulated"] as const) {
      assert.throws(() => previewDocument({ ...facts, items: [item, { ...item, path: "x", classification }] }));
    }
    assert.throws(() => previewDocument({ ...facts, items: [{ ...item, digest: digestOf("another prompt") }] }));
  });
});

describe("prompt", () => {
  const secret = PLANTED_SECRETS["github"] ?? "";
  const messages = [
    { role: "system", content: "You are a helpful assistant." },
    { role: "user", content: `read this\nand that ${secret}` },
  ] as const;

  const remote = { kind: "remote", redactor: TEST_REDACTOR } as const;

  test("for another machine is the redactor's output: the digest is of those bytes, and what was removed is told", async () => {
    const blobs = new MemoryBlobs();
    const collected = await promptItem(messages, remote, blobs, signal);
    assert.ok(collected.kind === "prompt");
    assert.deepEqual(
      collected.removed.map(({ path, rule, times }) => ({ path, rule, times })),
      [{ path: PROMPT_ITEM, rule: "github-pat", times: 1 }],
    );
    const stored = Buffer.from(blobs.stored.get(collected.item.digest) ?? []).toString();
    assert.match(stored, /read this\\nand that \[REDACTED:github-pat:[a-p]{8}\]/u);
    assert.equal(blobs.stored.size, 1);
    assert.equal(digestOf(stored), collected.item.digest);
  });

  test("stays as it is on this machine; without a secret it goes as an internal item", async () => {
    const blobs = new MemoryBlobs();
    const local = await promptItem(messages, { kind: "local" }, blobs, signal);
    assert.ok(local.kind === "prompt");
    assert.deepEqual(local.removed, []);
    assert.ok(Buffer.from(blobs.stored.get(local.item.digest) ?? []).includes(secret));
    const collected = await promptItem([messages[0]], remote, blobs, signal);
    assert.ok(collected.kind === "prompt");
    assert.equal(collected.item.path, PROMPT_ITEM);
    assert.equal(collected.item.classification, "internal");
    assert.equal(await blobs.size(collected.item.digest), collected.item.bytes);
  });
});
