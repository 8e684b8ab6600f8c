// Compares the ratios of a quick run with those that are committed. It decides when a change has made the product slower:
// past the tolerance, twice in a row. It must never fail for a row that this machine cannot measure.
import * as z from "zod";
import type { Goal } from "./measure.ts";

/** A ratio may be this many times worse than the committed one where product and floor wait for the same thing, such as the disk. */
export const TOLERANCE_ALIKE = 2.5;
/** The same where they do not: a slow disk then moves the ratio, a change of ours need not have. */
export const TOLERANCE_UNALIKE = 5;
/** Above this load a core the gate does not judge: where several programs wait for each core, nothing is measured but waiting. */
export const LOAD_PER_CORE_MAX = 2;

export interface Ratio {
  readonly name: string;
  readonly goal: Goal;
  readonly ratio: number;
  readonly tolerance: number;
}

export interface Baseline {
  readonly ratios: Readonly<Record<string, number>>;
}

export const baselineSchema: z.ZodType<Baseline> = z.strictObject({
  ratios: z.record(z.string(), z.number().positive()),
});

/** What is wrong with a ratio, in words; undefined where nothing is, or where nothing was committed for it. */
export function regression({ name, goal, ratio, tolerance }: Ratio, baseline: Baseline): string | undefined {
  const before = baseline.ratios[name];
  if (before === undefined) return undefined;
  const limit = goal.kind === "at-most" ? before * tolerance : before / tolerance;
  const worse = goal.kind === "at-most" ? ratio > limit : ratio < limit;
  if (!worse) return undefined;
  return `${name}: ${ratio.toFixed(2)} × its floor, ${before.toFixed(2)} × is committed and ${limit.toFixed(2)} × is the limit`;
}
