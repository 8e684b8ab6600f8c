// A lease form grants what it says and no more: the defaults are those of the terminal, and nonsense grants nothing.
import assert from "node:assert/strict";
import { test } from "node:test";
import { digestOf } from "#protocol/digest.ts";
import type { Classification, EgressPreview } from "#protocol/egress.ts";
import { episodeId, jobId, nodeId, previewId } from "#protocol/ids.ts";
import { LEASE_PATHS_MAX, LEASE_USES_MAX } from "#protocol/lease.ts";
import { byteCount, costMicros, durationMs } from "#protocol/quantities.ts";
import { draftFor, type LeaseDraft, ONCE_MINUTES_MAX, readDraft, SCOPED_MINUTES_MAX } from "./leaseForm.ts";

const TEN_MINUTES = durationMs(600_000);
const entropy = Buffer.alloc(32, 3);

function preview(classification: Classification): EgressPreview {
  return {
    kind: "egress-preview",
    previewId: previewId.from(entropy),
    episodeId: episodeId.from(entropy),
    jobId: jobId.from(entropy),
    title: "npm test",
    payload: digestOf("payload"),
    payloadBytes: byteCount(1_000),
    items: [{ path: "a.ts", bytes: byteCount(900), classification, digest: digestOf("a") }],
    leftOut: [],
    destination: { nodeId: nodeId.from(entropy), name: "gpubox", keyWords: ["amber", "otter"], carrier: "direct" },
    why: { rule: "asked-for", localAlternative: "This machine can do it too." },
    cost: { kind: "unknown", reason: "the node has no price card" },
    leaseMs: durationMs(600_000),
  };
}
const shown = preview("internal");
const scoped: LeaseDraft = { ...draftFor(shown, TEN_MINUTES), kind: "scoped" };

test("at first it is this job only, for the minutes of the settings", () => {
  assert.deepEqual(readDraft(draftFor(shown, TEN_MINUTES), shown), {
    kind: "lease",
    ask: { kind: "once", leaseMs: 600_000 },
  });
});

test("more jobs are prefilled as the terminal's --lease does: as many bytes each, no higher class", () => {
  assert.deepEqual(readDraft(scoped, shown), {
    kind: "lease",
    ask: {
      kind: "scoped",
      terms: { paths: ["**"], ceiling: "internal", budget: { uses: 5, bytes: 5_000 }, leaseMs: 3_600_000 },
    },
  });
  assert.equal(draftFor(preview("public"), TEN_MINUTES).ceiling, "public");
});

test("what is typed is taken to the byte", () => {
  const read = readDraft({ ...scoped, uses: " 2 ", minutes: "1", bytes: "5 kb", paths: "src/** docs/*.md" }, shown);
  assert.ok(read.kind === "lease" && read.ask.kind === "scoped");
  assert.deepEqual(read.ask.terms.budget, { uses: 2, bytes: 5_000 });
  assert.deepEqual(read.ask.terms.paths, ["src/**", "docs/*.md"]);
});

test("a cost is a bound only where this job's own is known, in its currency, and fits", () => {
  const cost = {
    kind: "estimate",
    currency: "EUR",
    lowMicros: costMicros(1),
    highMicros: costMicros(50_001),
    basis: "b",
  } as const;
  const priced = { ...shown, cost };
  const read = (typed: string): unknown => {
    const found = readDraft({ ...scoped, cost: typed }, priced);
    return found.kind === "lease" && found.ask.kind === "scoped" ? found.ask.terms.budget.cost : found;
  };
  assert.deepEqual(read(" 0.50 EUR"), { currency: "EUR", micros: 500_000 });
  assert.deepEqual(read("0,050001eur"), { currency: "EUR", micros: 50_001 });
  assert.equal(read(" "), undefined);
  for (const typed of ["0.05 EUR", "0.50 USD", "0.50", "1e3 EUR", "0.0000001 EUR"]) {
    assert.deepEqual(read(typed), { kind: "problem", field: "cost" }, typed);
  }
});

test("a field that cannot stand grants nothing and is named", () => {
  const wrong: readonly (readonly [Partial<LeaseDraft>, string])[] = [
    [{ kind: "once", onceMinutes: String(ONCE_MINUTES_MAX + 1) }, "onceMinutes"],
    [{ kind: "once", onceMinutes: "" }, "onceMinutes"],
    [{ uses: "0" }, "uses"],
    [{ uses: String(LEASE_USES_MAX + 1) }, "uses"],
    [{ uses: "1e3" }, "uses"],
    [{ minutes: String(SCOPED_MINUTES_MAX + 1) }, "minutes"],
    [{ minutes: "-5" }, "minutes"],
    [{ bytes: "5 TB" }, "bytes"],
    [{ bytes: "999" }, "bytes"],
    [{ cost: "0.50 EUR" }, "cost"],
    [{ cost: "five" }, "cost"],
    [{ paths: "" }, "paths"],
    [{ paths: "../secrets" }, "paths"],
    [{ paths: "!src/**" }, "paths"],
    [{ paths: Array.from({ length: LEASE_PATHS_MAX + 1 }, (_, index) => `p${index}`).join(" ") }, "paths"],
  ];
  for (const [change, field] of wrong) {
    assert.deepEqual(readDraft({ ...scoped, ...change }, shown), { kind: "problem", field }, JSON.stringify(change));
  }
  assert.equal(
    readDraft({ ...scoped, uses: String(LEASE_USES_MAX), minutes: String(SCOPED_MINUTES_MAX) }, shown).kind,
    "lease",
  );
});
