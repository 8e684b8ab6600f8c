// What some methods of a client take and give, where it is no view of its own. `client.ts` has the methods and the schemas.
// Types only: nothing here is decided or decoded.
import type { Digest } from "../digest.ts";
import type { AttemptId, EpisodeId, InviteId, NodeId, ProposalId } from "../ids.ts";
import type { JobKind } from "../job.ts";
import type { ScopedTerms } from "../lease.ts";
import type { Bytes, DurationMs, EpochMs, Sequence } from "../quantities.ts";
import type { OutputStream } from "../result.ts";
import type { RemovedOutput } from "../shownOutput.ts";
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

export interface OutputParams {
  readonly attemptId: AttemptId;
  readonly stream: OutputStream;
  readonly fromByte: Bytes;
  /** As the program printed it, secrets included: for a pipe or a file, never for a view. */
  readonly exact?: true;
}

/** A page of output: `removed` and `held` only where there is any. */
export interface OutputPage {
  readonly base64: string;
  readonly removed?: readonly RemovedOutput[];
  readonly held?: true;
}

export interface ProposedFileParams {
  readonly proposalId: ProposalId;
  readonly digest: Digest;
  readonly fromByte: Bytes;
}

export interface ApplyParams {
  readonly proposalId: ProposalId;
  /** The digest of the proposal that was shown. */
  readonly digest: Digest;
  /** Only the changes at these paths; absent for all that are left. */
  readonly paths?: readonly WorkspacePath[];
}
