// What a job may cost, as a range, what jobs like it came to, and what one came to in the end. Whole micro-units and integers
// only: no floating point touches money. Without prices the cost is `unknown` with its reason, never 0.
import type { Cost, MeasuredCost } from "#protocol/egress.ts";
import type { JobKind } from "#protocol/job.ts";
import type { PriceCard } from "#protocol/node.ts";
import { type Bytes, byteCount, costMicros, type DurationMs, type Tokens } from "#protocol/quantities.ts";
import { amountsIn } from "#protocol/text/amounts.ts";
import type { Usage } from "#protocol/usage.ts";
import type { PricesInForce } from "./prices.ts";

/** The most that a job may use; what it has no use for is absent. */
export interface ExpectedUse {
  /** The tokens of the prompt, or no fewer than it can have. */
  readonly tokensIn?: Tokens;
  readonly outputTokensMax?: Tokens;
  /** What is sent. */
  readonly bytes: Bytes;
  /** The wall limit of a command. An `ask` is paid by its tokens. */
  readonly wallMs?: DurationMs;
}

/** With fewer jobs than this, percentiles say nothing. */
export const LIKE_JOBS_MIN = 3;

const TOKENS_PRICED = 1_000n;
const MINUTE_MS = 60_000n;
const BYTES_PRICED = 1_000_000_000n;

/**
 * Low: the bytes are sent and the job ends at once. High: every limit is used up, rounded up to a whole micro-unit: it is what
 * leases reserve, whatever like jobs came to.
 */
export function estimateCost(
  inForce: PricesInForce | undefined,
  use: ExpectedUse,
  likeJobs: readonly Usage[] = [],
): Cost {
  if (inForce === undefined) return { kind: "unknown", reason: "the node has no price card" };
  const { prices, source } = inForce;
  const low = (BigInt(use.bytes) * BigInt(prices.perGigabyteIn)) / BYTES_PRICED;
  const high = priceOf(prices, use);
  if (high === undefined) return { kind: "unknown", reason: "the price card's figures are too large" };
  const measured = measuredCost(prices, use, likeJobs);
  return {
    kind: "estimate",
    currency: prices.currency,
    lowMicros: costMicros(Number(low)),
    highMicros: costMicros(high),
    basis: `${source}, from the limits you asked: ${limitsText(use)}`,
    ...(measured === undefined ? {} : { measured }),
    prices,
  };
}

/** What was used, at the prices that were shown. Undefined where they are not known, or a figure is only an estimate. */
export function meteredCost(
  agreed: Cost | undefined,
  currency: string,
  kind: JobKind,
  sent: Bytes,
  usage: Usage,
): number | undefined {
  if (agreed?.kind !== "estimate" || agreed.prices?.currency !== currency) return undefined;
  // Of two counts of what went there the larger one is paid.
  const bytes = byteCount(Math.max(sent, usage.bytesIn.bytes));
  const { busy, tokensIn, tokensOut } = usage;
  if (kind === "command") {
    return busy.method === "estimated" ? undefined : priceOf(agreed.prices, { bytes, wallMs: busy.durationMs });
  }
  if (tokensIn?.method !== "engine-count" || tokensOut?.method !== "engine-count") return undefined;
  return priceOf(agreed.prices, { bytes, tokensIn: tokensIn.tokens, outputTokensMax: tokensOut.tokens });
}

/** Like jobs at these prices and with these bytes, none beyond what this one may use. */
function measuredCost(prices: PriceCard, use: ExpectedUse, likeJobs: readonly Usage[]): MeasuredCost | undefined {
  if (likeJobs.length < LIKE_JOBS_MIN) return undefined;
  const isTool = use.wallMs !== undefined;
  const amounts: number[] = [];
  const costs: number[] = [];
  for (const { busy, tokensOut } of likeJobs) {
    const amount = isTool ? busy.durationMs : (tokensOut?.tokens ?? 0);
    const cost = priceOf(
      prices,
      isTool ? atMost(use, "wallMs", busy.durationMs) : atMost(use, "outputTokensMax", tokensOut?.tokens),
    );
    if (cost === undefined) return undefined;
    amounts.push(amount);
    costs.push(cost);
  }
  amounts.sort(ascending);
  costs.sort(ascending);
  return {
    jobs: likeJobs.length,
    lowMicros: costMicros(percentile(costs, 10)),
    highMicros: costMicros(percentile(costs, 90)),
    unit: isTool ? "tool-ms" : "tokens-out",
    median: percentile(amounts, 50),
    ninetieth: percentile(amounts, 90),
  };
}

function atMost<Name extends "wallMs" | "outputTokensMax">(
  use: ExpectedUse,
  name: Name,
  used: ExpectedUse[Name] | undefined,
): ExpectedUse {
  const limit = use[name];
  return used === undefined || limit === undefined || used > limit ? use : { ...use, [name]: used };
}

/** By nearest rank: always one of the values, which are sorted and not none. */
function percentile(sorted: readonly number[], percent: number): number {
  const rank = Math.max(1, Math.ceil((sorted.length * percent) / 100));
  return sorted[rank - 1] ?? 0;
}

function ascending(left: number, right: number): number {
  return left - right;
}

/** Each part is rounded up. Undefined where the sum is no exact number. */
function priceOf(prices: PriceCard, use: ExpectedUse): number | undefined {
  const bytes = BigInt(use.bytes) * BigInt(prices.perGigabyteIn);
  const tokensIn = BigInt(use.tokensIn ?? 0) * BigInt(prices.perThousandTokensIn);
  const tokensOut = BigInt(use.outputTokensMax ?? 0) * BigInt(prices.perThousandTokensOut);
  const wall = BigInt(use.wallMs ?? 0) * BigInt(prices.perToolMinute);
  const sum = upwards(bytes, BYTES_PRICED) + upwards(tokensIn + tokensOut, TOKENS_PRICED) + upwards(wall, MINUTE_MS);
  return sum > BigInt(Number.MAX_SAFE_INTEGER) ? undefined : Number(sum);
}

function upwards(value: bigint, divisor: bigint): bigint {
  return (value + divisor - 1n) / divisor;
}

function limitsText({ bytes, tokensIn, outputTokensMax, wallMs }: ExpectedUse): string {
  const amounts = amountsIn("en");
  return [
    `${amounts.bytes(bytes)} sent`,
    ...(tokensIn === undefined ? [] : [`at most ${amounts.count(tokensIn)} tokens in`]),
    ...(outputTokensMax === undefined ? [] : [`at most ${amounts.count(outputTokensMax)} tokens out`]),
    ...(wallMs === undefined ? [] : [`at most ${amounts.duration(wallMs)} of a tool`]),
  ].join(", ");
}
