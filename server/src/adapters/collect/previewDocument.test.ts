// The preview commits to every byte that leaves, and its cost is never a made-up number.
import assert from "node:assert/strict";
import { describe, test } from "node:test";
import * as fc from "fast-check";
import { decode } from "#protocol/decode.ts";
import { digestOf, digestOfJson } from "#protocol/digest.ts";
import { egressPreviewSchema, type PreviewItem } from "#protocol/egress.ts";
import { episodeId, jobId, nodeId, previewId } from "#protocol/ids.ts";
import { type AskJob, jobKey } from "#protocol/job.ts";
import type { PriceCard } from "#protocol/node.ts";
import { byteCount, costMicros, durationMs, tokenCount } from "#protocol/quantities.ts";
import { MemoryBlobs } from "../../../../test/simulation/memoryBlobs.ts";
import { PLANTED_SECRETS } from "../../../../test/simulation/plantedSecrets.ts";
import { TEST_REDACTOR } from "../../../../test/simulation/testRedaction.ts";
import { estimateCost } from "./estimateCost.ts";
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
const facts: PreviewFacts = { ...shared, job, removed: [] };

describe("preview document", () => {
  test("is a valid preview whose payload is the job's key and whose digest changes with every fact", () => {
    const preview = previewDocument(facts);
    assert.ok(decode(egressPreviewSchema, preview).ok);
    assert.equal(preview.payload, jobKey(job));
    assert.ok(preview.payloadBytes > item.bytes);
    assert.equal(digestOfJson(previewDocument({ ...facts })), digestOfJson(preview));
    const changed: readonly PreviewFacts[] = [
      { ...facts, title: "other" },
      { ...shared, job: { ...job, seed: 2 }, removed: [] },
      { ...shared, job, removed: [{ path: PROMPT_ITEM, rule: "github-pat", tag: "abcdefgh", times: 1 }] },
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

describe("cost", () => {
  const micros = fc.integer({ min: 0, max: 1_000_000_000 }).map(costMicros);
  const card: fc.Arbitrary<PriceCard> = fc.record({
    currency: fc.constant("EUR"),
    perThousandTokensIn: micros,
    perThousandTokensOut: micros,
    perToolMinute: micros,
    perGigabyteIn: micros,
  });
  const use = { bytes: byteCount(10), tokensIn: tokenCount(5), outputTokensMax: tokenCount(7) };

  test("without a price card the cost is unknown, with the reason", () => {
    assert.deepEqual(estimateCost(undefined, use), { kind: "unknown", reason: "the node has no price card" });
  });

  test("is counted in whole micro-units, exactly, rounded up at the high end only", () => {
    const priceCard: PriceCard = {
      currency: "EUR",
      perThousandTokensIn: costMicros(100),
      perThousandTokensOut: costMicros(300),
      perToolMinute: costMicros(6_000),
      perGigabyteIn: costMicros(1_000_000),
    };
    const cost = estimateCost(priceCard, { ...use, bytes: byteCount(2_500_000), wallMs: durationMs(30_001) });
    assert.ok(cost.kind === "estimate");
    assert.equal(cost.lowMicros, 2_500);
    assert.equal(cost.highMicros, 2_500 + 3 + 3_001);
    assert.match(cost.basis, /2500000 bytes sent, at most 5 tokens in, at most 7 tokens out, at most 30001 ms/u);
  });

  test("any card and any use give integers with low ≤ high, and more use is never cheaper", () => {
    const amount = fc.nat({ max: 1_000_000_000 });
    const property = fc.property(card, amount, amount, amount, amount, (priceCard, bytes, tokens, output, wall) => {
      const cost = (factor: number): { low: number; high: number } => {
        const estimate = estimateCost(priceCard, {
          bytes: byteCount(bytes * factor),
          tokensIn: tokenCount(tokens * factor),
          outputTokensMax: tokenCount(output * factor),
          wallMs: durationMs(wall * factor),
        });
        assert.ok(estimate.kind === "estimate");
        return { low: estimate.lowMicros, high: estimate.highMicros };
      };
      const [once, twice] = [cost(1), cost(2)];
      assert.ok(Number.isSafeInteger(once.low) && Number.isSafeInteger(once.high));
      assert.ok(once.low <= once.high && once.low <= twice.low && once.high <= twice.high);
      // Twice the use costs twice as much, up to one micro-unit for each of the three roundings.
      assert.ok(Math.abs(twice.high - 2 * once.high) <= 3);
    });
    fc.assert(property, { numRuns: 300 });
  });

  test("figures too large to be exact are unknown, not wrong", () => {
    const most = costMicros(Number.MAX_SAFE_INTEGER);
    const priceCard: PriceCard = {
      currency: "EUR",
      perThousandTokensIn: most,
      perThousandTokensOut: most,
      perToolMinute: most,
      perGigabyteIn: most,
    };
    assert.equal(estimateCost(priceCard, { ...use, tokensIn: tokenCount(1_000_000) }).kind, "unknown");
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
