// The owner's answer to what came back, as a shell would give it. Everything may be overridden.
import type { ReviewResult } from "#protocol/commands.ts";
import { idsOf, later, OWNER } from "./homeCommands.ts";

export function review(number: number, change: Partial<ReviewResult> = {}): ReviewResult {
  const { episodeId: episode } = idsOf(number);
  return { kind: "review-result", at: later(9), by: OWNER, episodeId: episode, verdict: "accepted", ...change };
}
