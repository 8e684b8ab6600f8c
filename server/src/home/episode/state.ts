// Episodes: what was asked, whether it has ended, and the proposals that came back.
// It never holds prompts or outputs; those are blobs and output records.
import type { Digest } from "#protocol/digest.ts";
import type { Classification } from "#protocol/egress.ts";
import type { EpisodeSnapshot } from "#protocol/events.ts";
import type { ReviewVerdict } from "#protocol/reviewEvents.ts";
import type { AttemptId, EpisodeId, JobId, ProposalId } from "#protocol/ids.ts";
import type { JobKind } from "#protocol/job.ts";
import type { EpochMs } from "#protocol/quantities.ts";
import type { JobOutcome } from "#protocol/result.ts";

/** Finished episodes stay in memory up to this many; older ones are in the journal. */
export const RECENT_EPISODES_MAX = 200;

export interface Episode {
  readonly episodeId: EpisodeId;
  readonly kind: JobKind;
  readonly title: string;
  readonly requestedBy: string;
  readonly startedAt: EpochMs;
  readonly jobId?: JobId;
  /** The highest class of what it was given; absent for internal. */
  readonly inputClass?: Classification;
  readonly proposalId?: ProposalId;
  /** Of what was let out under a rule that asks for it: whether the owner has seen what came back. */
  readonly review?: ResultReview;
  readonly ended?: { readonly at: EpochMs; readonly outcome: JobOutcome; readonly snapshot: EpisodeSnapshot };
}

export interface ResultReview {
  readonly state: "waiting" | ReviewVerdict;
  readonly attemptId: AttemptId;
}

/** What the client called itself that started the episode. */
export function requesterOf({ byId }: EpisodesState, id: EpisodeId): string {
  return byId.get(id)?.requestedBy ?? "";
}

export interface HeldProposal {
  readonly proposalId: ProposalId;
  readonly episodeId: EpisodeId;
  readonly digest: Digest;
  readonly changes: number;
  readonly appliedAt?: EpochMs;
  /** Files that were applied by themselves, as long as others are left; never more than the proposal has changes. */
  readonly appliedPaths?: readonly string[];
  /** The owner saw it and threw it away. */
  readonly discarded?: true;
}

export interface EpisodesState {
  readonly byId: ReadonlyMap<EpisodeId, Episode>;
  readonly proposals: ReadonlyMap<ProposalId, HeldProposal>;
}

export const noEpisodes: EpisodesState = { byId: new Map(), proposals: new Map() };
