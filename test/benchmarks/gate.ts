// Compares the ratios of a quick run with those that are committed. It decides when a change has made the product slower:
// past the tolerance, each time it looks, on cores that were free. It must never be silent about what it did not judge.
import * as z from "zod";
import type { Goal } from "./measure.ts";

/** A ratio may be this many times worse than the committed one where product and floor wait for the same thing, such as the disk. */
export const TOLERANCE_ALIKE = 2.5;
/** The same where they do not: a slow disk then moves the ratio, a change of ours need not have. */
export const TOLERANCE_UNALIKE = 5;
/** A row must look worse so often, one time after the other: a machine has bad minutes, a change has bad code. */
export const TRIES = 3;
/** With less of a core than this, a look at a ratio sees how others wait and not what a change did. */
export const CORE_SHARE_MIN = 0.7;

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

/** One measurement of the rows in question: what looked worse, and how much of a core the run had at its worst moment. */
export interface Look {
  readonly worse: ReadonlyMap<string, string>;
  readonly coreShare: number;
}

export interface Judgement {
  /** Worse at every look, and at each of them the machine was free. */
  readonly slower: readonly string[];
  /** Worse at every look, but others held the cores: said, and not held against the change. */
  readonly unjudged: readonly string[];
}

/** Looks until nothing is worse any more, or TRIES times. `look` measures the rows of these names, or all. */
export async function judge(look: (names: readonly string[] | undefined) => Promise<Look>): Promise<Judgement> {
  let { worse, coreShare } = await look(undefined);
  for (let tries = 1; tries < TRIES && worse.size > 0; tries++) {
    const before = worse;
    const again = await look([...worse.keys()]);
    worse = new Map([...again.worse].filter(([name]) => before.has(name)));
    coreShare = Math.min(coreShare, again.coreShare);
  }
  const sentences = [...worse.values()];
  return coreShare < CORE_SHARE_MIN ? { slower: [], unjudged: sentences } : { slower: sentences, unjudged: [] };
}

/** What is wrong with a ratio, in words; undefined where nothing is, or where nothing was committed for it. */
export function regression({ name, goal, ratio, tolerance }: Ratio, baseline: Baseline): string | undefined {
  const before = baseline.ratios[name];
  if (before === undefined) return undefined;
  const limit = goal.kind === "at-least" ? before / tolerance : before * tolerance;
  const worse = goal.kind === "at-least" ? ratio < limit : ratio > limit;
  if (!worse) return undefined;
  return `${name}: ${ratio.toFixed(2)} × its floor, ${before.toFixed(2)} × is committed and ${limit.toFixed(2)} × is the limit`;
}
