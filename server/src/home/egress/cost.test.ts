// A cost is never a made-up number: what a job may cost, what like jobs came to, and what one came to, over any card and use.
import assert from "node:assert/strict";
import { test } from "node:test";
import * as fc from "fast-check";
import type { Cost, MeasuredCost } from "#protocol/egress.ts";
import type { PriceCard } from "#protocol/node.ts";
import { byteCount, costMicros, durationMs, tokenCount } from "#protocol/quantities.ts";
import type { Usage } from "#protocol/usage.ts";
import { estimateCost, LIKE_JOBS_MIN, meteredCost } from "./cost.ts";

const micros = fc.integer({ min: 0, max: 1_000_000_000 }).map(costMicros);
const card: fc.Arbitrary<PriceCard> = fc.record({
  currency: fc.constant("EUR"),
  perThousandTokensIn: micros,
  perThousandTokensOut: micros,
  perToolMinute: micros,
  perGigabyteIn: micros,
});
const CARD: PriceCard = {
  currency: "EUR",
  perThousandTokensIn: costMicros(100),
  perThousandTokensOut: costMicros(300),
  perToolMinute: costMicros(6_000),
  perGigabyteIn: costMicros(1_000_000),
};
const use = { bytes: byteCount(10), tokensIn: tokenCount(5), outputTokensMax: tokenCount(7) };
const source = "price card of gpubox";

type Estimate = Extract<Cost, { kind: "estimate" }>;

function estimated(cost: Cost): Estimate {
  assert.ok(cost.kind === "estimate");
  return cost;
}

function usage(busyMs: number, more: Partial<Usage> = {}): Usage {
  return {
    busy: { durationMs: durationMs(busyMs), method: "exclusive-wall" },
    bytesIn: { bytes: byteCount(900), method: "byte-count" },
    bytesOut: { bytes: byteCount(50), method: "byte-count" },
    ...more,
  };
}

/** A command of at most `wallMs`, beside what like ones took. */
function measured(prices: PriceCard, took: readonly number[], wallMs: number): MeasuredCost | undefined {
  const asked = { bytes: byteCount(0), wallMs: durationMs(wallMs) };
  return estimated(
    estimateCost(
      { prices, source },
      asked,
      took.map((ms) => usage(ms)),
    ),
  ).measured;
}

test("without prices the cost is unknown, with the reason", () => {
  assert.deepEqual(estimateCost(undefined, use), { kind: "unknown", reason: "the node has no price card" });
});

test("is counted in whole micro-units, exactly, rounded up at the high end only, and says whose prices and which limits", () => {
  const asked = { ...use, bytes: byteCount(2_500_000), wallMs: durationMs(30_001) };
  const cost = estimated(estimateCost({ prices: CARD, source }, asked));
  assert.equal(cost.lowMicros, 2_500);
  assert.equal(cost.highMicros, 2_500 + 3 + 3_001);
  assert.equal(
    cost.basis,
    "price card of gpubox, from the limits you asked: 2.5 MB sent, at most 5 tokens in, at most 7 tokens out, at most 30 sec of a tool",
  );
  assert.deepEqual(cost.prices, CARD);
});

test("any card and any use give integers with low ≤ high, and more use is never cheaper", () => {
  const amount = fc.nat({ max: 1_000_000_000 });
  const property = fc.property(card, amount, amount, amount, amount, (prices, bytes, tokens, output, wall) => {
    const cost = (factor: number): { low: number; high: number } => {
      const asked = {
        bytes: byteCount(bytes * factor),
        tokensIn: tokenCount(tokens * factor),
        outputTokensMax: tokenCount(output * factor),
        wallMs: durationMs(wall * factor),
      };
      const estimate = estimated(estimateCost({ prices, source }, asked));
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
  const prices = { ...CARD, perThousandTokensIn: most, perThousandTokensOut: most };
  assert.equal(estimateCost({ prices, source }, { ...use, tokensIn: tokenCount(1_000_000) }).kind, "unknown");
});

test("twelve like jobs give a narrower range, with their median and 90th percentile; the bound stays the limits'", () => {
  const took = [31, 33, 35, 38, 39, 40, 41, 45, 50, 60, 70, 95].map((seconds) => seconds * 1_000);
  const asked = { bytes: byteCount(0), wallMs: durationMs(600_000) };
  const cost = estimated(
    estimateCost(
      { prices: CARD, source },
      asked,
      took.map((ms) => usage(ms)),
    ),
  );
  assert.deepEqual(cost.measured, {
    jobs: 12,
    lowMicros: 3_300,
    highMicros: 7_000,
    unit: "tool-ms",
    median: 40_000,
    ninetieth: 70_000,
  });
  assert.equal(cost.highMicros, 60_000);
});

test("too few like jobs say nothing", () => {
  const took = Array.from({ length: LIKE_JOBS_MIN }, () => 1_000);
  assert.equal(measured(CARD, took.slice(1), 60_000), undefined);
  assert.equal(measured(CARD, took, 60_000)?.jobs, LIKE_JOBS_MIN);
});

test("an ask is measured by the tokens that were answered, and its prompt counts whole", () => {
  const like = [10, 20, 400].map((tokens) =>
    usage(9_000, { tokensOut: { tokens: tokenCount(tokens), method: "engine-count" } }),
  );
  const asked = { bytes: byteCount(0), tokensIn: tokenCount(1_000), outputTokensMax: tokenCount(100) };
  const cost = estimated(estimateCost({ prices: CARD, source }, asked, like));
  assert.deepEqual(cost.measured, {
    jobs: 3,
    lowMicros: 103,
    highMicros: 130,
    unit: "tokens-out",
    median: 20,
    ninetieth: 400,
  });
});

const durations = fc.array(fc.nat({ max: 3_600_000 }), { minLength: LIKE_JOBS_MIN, maxLength: 50 });

test("what was measured is ordered, within what the job may cost, and never under the least that was measured", () => {
  const property = fc.property(card, durations, fc.nat({ max: 3_600_000 }), (prices, took, wallMs) => {
    const asked = { bytes: byteCount(0), wallMs: durationMs(wallMs) };
    const cost = estimated(
      estimateCost(
        { prices, source },
        asked,
        took.map((ms) => usage(ms)),
      ),
    );
    const found = cost.measured ?? assert.fail("there are enough");
    const least = Math.min(...took, wallMs);
    const atLeast = estimated(estimateCost({ prices, source }, { bytes: byteCount(0), wallMs: durationMs(least) }));
    assert.ok(found.lowMicros <= found.highMicros && found.highMicros <= cost.highMicros);
    assert.ok(found.lowMicros >= atLeast.highMicros, `${found.lowMicros} < ${atLeast.highMicros}`);
    assert.ok(Math.min(...took) <= found.median && found.median <= found.ninetieth);
    assert.ok(took.includes(found.median) && took.includes(found.ninetieth));
  });
  fc.assert(property, { numRuns: 300 });
});

test("one outlier does not move the median past its neighbours, and order means nothing", () => {
  const property = fc.property(durations, fc.nat({ max: 3_600_000_000 }), (took, outlier) => {
    const sorted = took.toSorted((left, right) => left - right);
    const median = (of: readonly number[]): number => measured(CARD, of, 3_600_000)?.median ?? assert.fail("enough");
    const at = sorted.indexOf(median(took));
    assert.equal(median(took.toReversed()), median(took));
    const moved = median([...took, outlier]);
    assert.ok((sorted[at - 1] ?? 0) <= moved);
    assert.ok(moved <= (sorted[sorted.lastIndexOf(median(took)) + 1] ?? Number.MAX_SAFE_INTEGER));
  });
  fc.assert(property, { numRuns: 300 });
});

test("what was metered is paid at the prices that were shown, by the larger count of bytes", () => {
  const agreed = estimateCost({ prices: CARD, source }, use);
  const sent = byteCount(2_000_000);
  const tokens = {
    tokensIn: { tokens: tokenCount(1_000), method: "engine-count" },
    tokensOut: { tokens: tokenCount(2_000), method: "engine-count" },
  } as const;
  assert.equal(meteredCost(agreed, "EUR", "command", sent, usage(30_000)), 2_000 + 3_000);
  assert.equal(meteredCost(agreed, "EUR", "command", byteCount(0), usage(30_000)), 1 + 3_000);
  assert.equal(meteredCost(agreed, "EUR", "ask", sent, usage(30_000, tokens)), 2_000 + 700);
});

test("nothing is released on a guess: no prices, another currency, or a figure that is only estimated", () => {
  const agreed = estimated(estimateCost({ prices: CARD, source }, use));
  const { prices: _, ...older } = agreed;
  const guess = usage(1, { busy: { durationMs: durationMs(1), method: "estimated" } });
  const sent = byteCount(1);
  assert.equal(meteredCost(undefined, "EUR", "command", sent, usage(1)), undefined);
  assert.equal(meteredCost({ kind: "unknown", reason: "none" }, "EUR", "command", sent, usage(1)), undefined);
  assert.equal(meteredCost(older, "EUR", "command", sent, usage(1)), undefined);
  assert.equal(meteredCost(agreed, "USD", "command", sent, usage(1)), undefined);
  assert.equal(meteredCost(agreed, "EUR", "command", sent, guess), undefined);
  assert.equal(meteredCost(agreed, "EUR", "ask", sent, usage(1)), undefined);
});
