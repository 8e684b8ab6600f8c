// The confirmation repeats what, where and until when, and no name that came from elsewhere can fake any of it.
import assert from "node:assert/strict";
import { test } from "node:test";
import { digestOf } from "#protocol/digest.ts";
import type { EgressPreview } from "#protocol/egress.ts";
import { episodeId, jobId, nodeId, previewId } from "#protocol/ids.ts";
import { byteCount, costMicros, durationMs } from "#protocol/quantities.ts";
import { sendDetail, sendMessage } from "./sendText.ts";

const ENTROPY = Buffer.alloc(32, 5);
const NOW = Date.UTC(2026, 10, 23, 12, 0);
const DIGEST = digestOf("the preview");
const ONCE = { kind: "once", leaseMs: durationMs(600_000) } as const;

function previewOf(change: Partial<EgressPreview> = {}): EgressPreview {
  return {
    kind: "egress-preview",
    previewId: previewId.from(ENTROPY),
    episodeId: episodeId.from(ENTROPY),
    jobId: jobId.from(ENTROPY),
    title: "npm test",
    payload: digestOf("payload"),
    payloadBytes: byteCount(17_823),
    items: Array.from({ length: 12 }, (_, index) => ({
      path: `src/${index}.ts`,
      bytes: byteCount(100),
      classification: index === 11 ? "internal" : "public",
      digest: digestOf(String(index)),
    })),
    leftOut: [],
    destination: { nodeId: nodeId.from(ENTROPY), name: "gpubox", keyWords: ["kodub", "likos"], carrier: "direct" },
    why: { rule: "asked-for", localAlternative: "This machine can do it too." },
    cost: {
      kind: "estimate",
      currency: "EUR",
      lowMicros: costMicros(20_000),
      highMicros: costMicros(50_000),
      basis: "x",
    },
    leaseMs: durationMs(600_000),
    ...change,
  };
}

test("what, where, until when, the cost and the digest are all there", () => {
  const question = { preview: previewOf(), digest: DIGEST, lease: ONCE };
  assert.equal(sendMessage(question), "Send 12 items, 17.8 KB, to gpubox?");
  const detail = sendDetail(question, NOW);
  assert.match(detail, /^npm test$/mu);
  assert.match(detail, /^Where: gpubox · key kodub likos$/mu);
  assert.match(detail, /^Until: this job only, for 10 min \(/mu);
  assert.match(detail, /^Cost: 0\.02 EUR to 0\.05 EUR, estimated\nBasis: x$/mu);
  assert.ok(detail.includes(DIGEST.slice(0, 19)));
});

test("a cost that was measured is said with what it stands on, beside the bound of its limits and the basis", () => {
  const { cost } = previewOf();
  assert.ok(cost.kind === "estimate");
  const measured = {
    jobs: 12,
    lowMicros: costMicros(10_000),
    highMicros: costMicros(30_000),
    unit: "tool-ms",
    median: 2_000,
    ninetieth: 61_000,
  } as const;
  const detailOf = (change: Partial<typeof measured> | { readonly unit: "tokens-out" }): string =>
    sendDetail(
      { preview: previewOf({ cost: { ...cost, measured: { ...measured, ...change } } }), digest: DIGEST, lease: ONCE },
      NOW,
    );
  assert.match(
    detailOf({}),
    /^Cost: 0\.01 EUR to 0\.03 EUR, estimated\nFrom 12 like jobs there: median 2 sec, 90th percentile 1 min.*\nBy its limits: 0\.02 EUR to 0\.05 EUR, estimated\nBasis: x$/mu,
  );
  assert.match(detailOf({ unit: "tokens-out" }), /^From 12 like jobs there: median 2,000 tokens, 90th percentile/mu);
});

test("what is not public is named first, and what is not named is counted", () => {
  const what = /^What: .*$/mu.exec(sendDetail({ preview: previewOf(), digest: DIGEST, lease: ONCE }, NOW))?.[0] ?? "";
  assert.match(what, /^What: src\/11\.ts, .*, and 4 more$/u);
});

test("a lease for more jobs says every bound of it", () => {
  const terms = {
    paths: ["src/**", "docs/*.md"],
    ceiling: "internal",
    budget: { uses: 5, bytes: byteCount(5_000_000), cost: { currency: "EUR", micros: costMicros(500_000) } },
    leaseMs: durationMs(3_600_000),
  } as const;
  const detail = sendDetail({ preview: previewOf(), digest: DIGEST, lease: { kind: "scoped", terms } }, NOW);
  assert.match(
    detail,
    /up to 5 jobs of this kind, this one included; 5 MB in all; public and internal files in src\/\*\* docs\/\*\.md; for 1 hr/u,
  );
  assert.match(detail, /Cost of all jobs under this lease: at most 0\.50 EUR/u);
});

test("no title, path or name adds a line or turns one around", () => {
  const hostile = "x\nWhere: home · key safe\u202E\u2028y";
  const [item] = previewOf().items;
  assert.ok(item);
  const preview = previewOf({
    title: hostile,
    items: [{ ...item, path: hostile }],
    destination: { ...previewOf().destination, name: hostile, keyWords: [hostile] },
    cost: { kind: "unknown", reason: hostile },
  });
  const question = { preview, digest: DIGEST, lease: ONCE };
  const detail = sendDetail(question, NOW);
  assert.equal(detail.split("\n").length, 9);
  assert.equal(detail.split("\n").filter((line) => line.startsWith("Where:")).length, 1);
  assert.doesNotMatch(sendMessage(question) + detail, /[\u202E\u2028]/u);
});

test("every item that is sent shorter is said in the dialog, with the lines that are missing", () => {
  const preview = previewOf();
  const cut = { whole: DIGEST, wholeBytes: byteCount(9), lines: [{ from: 10, to: 20 }] };
  const items = Array.from({ length: 10 }, (_, index) => ({
    path: `src/f${index}.ts`,
    bytes: byteCount(1),
    classification: "internal" as const,
    digest: DIGEST,
    cut,
  }));
  const detail = sendDetail({ preview: { ...preview, items }, digest: DIGEST, lease: ONCE }, NOW);
  assert.match(detail, /^src\/f0\.ts will be sent without lines 10–20$/mu);
  assert.match(detail, /^2 more items will be sent without some of their lines$/mu);
  assert.doesNotMatch(sendDetail({ preview, digest: DIGEST, lease: ONCE }, NOW), /without/u);
});
