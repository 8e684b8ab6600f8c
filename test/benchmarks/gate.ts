// Compares the ratios of a quick run with those that are committed. It decides when a change has made the product slower:
// past the tolerance, twice in a row. It must never fail for a row that this machine cannot measure.
import * as z from "zod";
import type { Goal } from "./measure.ts";

/**
 * A ratio may be this many times worse than the committed one. Wide on purpose: the two sides of a ratio share a machine
 * but not a bottleneck, so another disk moves the ratio as well. What it catches is a lost fast path, not a slow day.
 */
export const TOLERANCE = 2.5;

export interface Ratio {
  readonly name: string;
  readonly goal: Goal;
  readonly ratio: number;
}

export interface Baseline {
  readonly ratios: Readonly<Record<string, number>>;
}

export const baselineSchema: z.ZodType<Baseline> = z.strictObject({
  ratios: z.record(z.string(), z.number().positive()),
});

/** What is wrong with a ratio, in words; undefined where nothing is, or where nothing was committed for it. */
export function regression({ name, goal, ratio }: Ratio, baseline: Baseline): string | undefined {
  const before = baseline.ratios[name];
  if (before === undefined) return undefined;
  const limit = goal.kind === "at-most" ? before * TOLERANCE : before / TOLERANCE;
  const worse = goal.kind === "at-most" ? ratio > limit : ratio < limit;
  if (!worse) return undefined;
  return `${name}: ${ratio.toFixed(2)} × its floor, ${before.toFixed(2)} × is committed and ${limit.toFixed(2)} × is the limit`;
}
