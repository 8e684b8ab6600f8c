// What some methods of a client take and give, where it is no view of its own. `client.ts` has the methods and the schemas.
// Types only: nothing here is decided or decoded.
import type { Digest } from "../digest.ts";
import type { EpisodeId, InviteId, NodeId, ProposalId } from "../ids.ts";
import type { JobKind } from "../job.ts";
import type { ScopedTerms } from "../lease.ts";
import type { Bytes, DurationMs, EpochMs, Sequence } from "../quantities.ts";
import type { WorkspacePath } from "../workspacePath.ts";

export interface TimelineParams {
  readonly fromSequence: Sequence;
  readonly episodeId?: EpisodeId;
}

export interface InviteParams {
  readonly listenHost?: string;
  readonly listenPort?: number;
  readonly addresses?: readonly string[];
  readonly lifetimeMs?: DurationMs;
}

export interface InviteResult {
  readonly inviteId: InviteId;
  readonly text: string;
  readonly addresses: readonly string[];
  readonly expiresAt: EpochMs;
}

export interface GrantParams {
  readonly nodeId: NodeId;
  readonly job: JobKind;
  readonly terms: ScopedTerms;
  readonly reason: string;
}

export interface ProposedFileParams {
  readonly proposalId: ProposalId;
  readonly digest: Digest;
  readonly fromByte: Bytes;
  readonly review?: true;
}

export interface ShowProposalParams {
  readonly proposalId: ProposalId;
  readonly review?: true;
}

export interface ApplyParams {
  readonly proposalId: ProposalId;
  /** The digest of the proposal that was shown. */
  readonly digest: Digest;
  /** Only the changes at these paths; absent for all that are left. */
  readonly paths?: readonly WorkspacePath[];
}
