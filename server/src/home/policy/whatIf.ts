// What another policy would have said: the requests of the past that it would have decided otherwise. Pure; nothing is changed.
import type { PolicyEffect } from "#protocol/policy.ts";
import { evaluate, type PolicyInForce } from "./evaluate.ts";
import type { PolicyRequest } from "./request.ts";

/** Past requests that are looked at, the newest. */
export const WHAT_IF_REQUESTS_MAX = 50;

export interface DecidedOtherwise<Past> {
  readonly past: Past;
  readonly before: PolicyEffect;
  readonly after: PolicyEffect;
  /** Why it would be so. */
  readonly explanation: string;
}

/**
 * Both policies are asked anew, so that only they make the difference, and not what has become of a node since. One step a
 * request: it may name tens of thousands of paths, and whoever runs it lets others have their turn in between.
 */
export function* whatIf<Past extends { readonly request: PolicyRequest }>(
  before: PolicyInForce,
  after: PolicyInForce,
  pastRequests: readonly Past[],
): Generator<void, readonly DecidedOtherwise<Past>[]> {
  const otherwise: DecidedOtherwise<Past>[] = [];
  for (const past of pastRequests.slice(-WHAT_IF_REQUESTS_MAX)) {
    const was = evaluate(before, past.request);
    yield;
    const would = evaluate(after, past.request);
    if (was.effect !== would.effect) {
      otherwise.push({ past, before: was.effect, after: would.effect, explanation: would.explanation });
    }
    yield;
  }
  return otherwise;
}
