// Staged actions: what waits for the owner, what became of it, and whether its one run has begun or ended.
// The bytes that an action names are blobs; here are only their digests.
import type { Digest } from "#protocol/digest.ts";
import type { EpisodeId, LeaseId, StagedId } from "#protocol/ids.ts";
import type { EpochMs } from "#protocol/quantities.ts";
import type { Evidence, Risk, StagedAction, StagedOutcome } from "#protocol/staging.ts";

/** Items that wait at once; one more is refused, and nothing of it is done. Nobody reads hundreds with care. */
export const PENDING_STAGED_MAX = 64;
/** What one item and all that wait may take, as canonical JSON: a person reads far less, and a list of them travels in pages. */
export const STAGED_BYTES_MAX: number = 256 * 1024;
export const PENDING_STAGED_BYTES_MAX: number = 4 * 1024 * 1024;
/** Decided items stay in memory up to this many, the waiting ones included. */
export const RECENT_STAGED_MAX = 200;
/** One for each person who could have read it; more is refused. */
export const ENDORSEMENTS_MAX = 32;

export type StagedStatus =
  | { readonly kind: "pending" }
  | {
      readonly kind: "approved";
      readonly at: EpochMs;
      readonly by: string;
      readonly leaseId: LeaseId;
      readonly run: StagedRun;
    }
  | { readonly kind: "rejected"; readonly at: EpochMs; readonly by: string; readonly reason: string }
  | { readonly kind: "superseded"; readonly at: EpochMs; readonly by: string; readonly replacedBy: StagedId }
  | { readonly kind: "withdrawn"; readonly at: EpochMs; readonly by: string; readonly reason: string };

/** The one run of an approved action. */
export type StagedRun =
  | { readonly kind: "not-begun" }
  | { readonly kind: "begun" }
  | {
      readonly kind: "ended";
      readonly outcome: StagedOutcome;
      readonly detail: string;
      readonly replacedBy?: StagedId;
    };

export interface Endorsement {
  readonly by: string;
  readonly at: EpochMs;
}

export interface HeldStaged {
  readonly stagedId: StagedId;
  readonly corrId?: EpisodeId;
  readonly action: StagedAction;
  readonly digest: Digest;
  readonly risk: Risk;
  readonly title: string;
  readonly evidence: readonly Evidence[];
  readonly requestedBy: string;
  readonly stagedAt: EpochMs;
  readonly revision: number;
  /** They count for `digest`; a revision begins with none. */
  readonly endorsements: readonly Endorsement[];
  readonly status: StagedStatus;
}

export interface StagingState {
  readonly byId: ReadonlyMap<StagedId, HeldStaged>;
}

const noStaging: StagingState = { byId: new Map() };

/** A Home in which nothing was ever staged has none, as the journals of older programs expect. */
export function stagingOf({ staging }: { readonly staging?: StagingState }): StagingState {
  return staging ?? noStaging;
}

/** What waits, in the order in which it came. */
export function pendingStaged({ byId }: StagingState): readonly HeldStaged[] {
  return [...byId.values()].filter(({ status }) => status.kind === "pending");
}

/** Approved, and not ended: after a restart nobody knows what became of them. */
export function unendedStaged({ byId }: StagingState): readonly HeldStaged[] {
  return [...byId.values()].filter(({ status }) => status.kind === "approved" && status.run.kind !== "ended");
}
