// What a job may cost by a node's price card, as a range. Whole micro-units and integers only: no floating point
// touches money. Without a price card the cost is `unknown` with its reason, never 0.
import type { Cost } from "#protocol/egress.ts";
import type { PriceCard } from "#protocol/node.ts";
import { type Bytes, costMicros, type DurationMs, type Tokens } from "#protocol/quantities.ts";

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

const TOKENS_PRICED = 1_000n;
const MINUTE_MS = 60_000n;
const BYTES_PRICED = 1_000_000_000n;

/** Low: the bytes are sent and the job ends at once. High: every limit is used up, rounded up to a whole micro-unit. */
export function estimateCost(priceCard: PriceCard | undefined, use: ExpectedUse): Cost {
  if (priceCard === undefined) return { kind: "unknown", reason: "the node has no price card" };
  const sent = BigInt(use.bytes) * BigInt(priceCard.perGigabyteIn);
  const tokensIn = BigInt(use.tokensIn ?? 0) * BigInt(priceCard.perThousandTokensIn);
  const tokensOut = BigInt(use.outputTokensMax ?? 0) * BigInt(priceCard.perThousandTokensOut);
  const wall = BigInt(use.wallMs ?? 0) * BigInt(priceCard.perToolMinute);
  const low = sent / BYTES_PRICED;
  const high = upwards(sent, BYTES_PRICED) + upwards(tokensIn + tokensOut, TOKENS_PRICED) + upwards(wall, MINUTE_MS);
  if (high > BigInt(Number.MAX_SAFE_INTEGER))
    return { kind: "unknown", reason: "the price card's figures are too large" };
  return {
    kind: "estimate",
    currency: priceCard.currency,
    lowMicros: costMicros(Number(low)),
    highMicros: costMicros(Number(high)),
    basis: basisOf(use),
  };
}

function basisOf({ bytes, tokensIn, outputTokensMax, wallMs }: ExpectedUse): string {
  const parts = [
    `${bytes} bytes sent`,
    ...(tokensIn === undefined ? [] : [`at most ${tokensIn} tokens in`]),
    ...(outputTokensMax === undefined ? [] : [`at most ${outputTokensMax} tokens out`]),
    ...(wallMs === undefined ? [] : [`at most ${wallMs} ms of a tool`]),
  ];
  return `the node's price card: ${parts.join(", ")}`;
}

function upwards(value: bigint, divisor: bigint): bigint {
  return (value + divisor - 1n) / divisor;
}
