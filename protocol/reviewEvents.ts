// The fact that the owner has looked at what came back under a rule that asks for it. It is part of the journal like those of
// `events.ts`, and keeps its meaning for ever.
import type { EpisodeId, ProposalId } from "./ids.ts";
import type { EpochMs } from "./quantities.ts";

export type ReviewVerdict = "accepted" | "discarded";

/** From then on what came back may be used, or is gone. Once. */
export interface ResultReviewed {
  readonly kind: "ResultReviewed";
  readonly version: 1;
  readonly at: EpochMs;
  readonly corrId: EpisodeId;
  readonly verdict: ReviewVerdict;
  readonly by: string;
  readonly proposalId?: ProposalId;
}
