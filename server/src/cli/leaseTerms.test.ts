// The words of --lease: what they come to, what they leave to the job that is shown, and what is refused by name.
import assert from "node:assert/strict";
import { test } from "node:test";
import { ArwError } from "#protocol/errors.ts";
import type { EgressPreview } from "#protocol/egress.ts";
import { nodeId } from "#protocol/ids.ts";
import { byteCount, durationMs } from "#protocol/quantities.ts";
import { DIGEST, IDS } from "../../../test/clients/fakeHome.ts";
import { leaseWish, termsAlone, termsLike } from "./leaseTerms.ts";

const SHOWN: EgressPreview = {
  kind: "egress-preview",
  previewId: IDS.preview,
  episodeId: IDS.episode,
  jobId: IDS.job,
  title: "npm test",
  payload: DIGEST,
  payloadBytes: byteCount(1_000),
  items: [{ path: "a", bytes: byteCount(1_000), classification: "public", digest: DIGEST }],
  leftOut: [],
  destination: { nodeId: nodeId.from(Buffer.alloc(17)), name: "box", keyWords: [], carrier: "direct" },
  why: { rule: "asked-for", localAlternative: "" },
  cost: { kind: "unknown", reason: "no price card" },
  leaseMs: durationMs(600_000),
};

test("every word of a lease counts", () => {
  const wish = leaseWish("uses=5,minutes=90,bytes=5MB,class=public,paths=src/**:docs/*.md,cost=0.50EUR");
  assert.deepEqual(termsAlone(wish), {
    paths: ["src/**", "docs/*.md"],
    ceiling: "public",
    budget: { uses: 5, bytes: 5_000_000, cost: { currency: "EUR", micros: 500_000 } },
    leaseMs: 5_400_000,
  });
});

test("what is not said comes from the job that is shown", () => {
  const like = { paths: ["**"], ceiling: "public", budget: { uses: 3, bytes: 3_000 }, leaseMs: 3_600_000 };
  assert.deepEqual(termsLike(leaseWish("uses=3"), SHOWN), like);
  const items = SHOWN.items.map((item) => ({ ...item, classification: "internal" as const }));
  assert.equal(termsLike(leaseWish("uses=3"), { ...SHOWN, items }).ceiling, "internal");
  assert.equal(termsLike(leaseWish("uses=3,bytes=2kb"), SHOWN).budget.bytes, 2_000);
});

test("money is read digit by digit", () => {
  for (const [text, micros] of [
    ["1EUR", 1_000_000],
    ["0.1EUR", 100_000],
    ["0.000001EUR", 1],
    ["99999999.999999EUR", 99_999_999_999_999],
  ] as const) {
    assert.equal(leaseWish(`uses=1,cost=${text}`).cost?.micros, micros, text);
  }
});

test("a lease that is not meant so is refused with the word that is wrong", () => {
  for (const text of [
    "",
    "5",
    "minutes=5",
    "uses=0",
    "uses=1001",
    "uses=1.5",
    "uses=-1",
    "uses=1,uses=2",
    "uses=1,minutes=0",
    "uses=1,minutes=1441",
    "uses=1,bytes=5TB",
    "uses=1,bytes=-5",
    "uses=1,bytes=999999999GB",
    "uses=1,class=secret",
    "uses=1,paths=",
    "uses=1,paths=../**",
    "uses=1,paths=a::b",
    "uses=1,cost=5",
    "uses=1,cost=1e3EUR",
    "uses=1,cost=0.0000001EUR",
    "uses=1,until=monday",
  ]) {
    assert.throws(
      () => leaseWish(text),
      (error) => error instanceof ArwError && error.code === "usage",
      text,
    );
  }
  assert.throws(() => termsAlone(leaseWish("uses=1")), /bytes= is missing/);
});
