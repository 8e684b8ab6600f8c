// The facts of staged actions: that one waits, what the owner and others said of it, and what became of it.
// They are part of the journal like those of `events.ts`, and keep their meaning for ever.
import type { Digest } from "./digest.ts";
import type { EpisodeId, LeaseId, StagedId } from "./ids.ts";
import type { EpochMs } from "./quantities.ts";
import type { Evidence, Risk, StagedAction, StagedOutcome } from "./staging.ts";

export type StagingEvent =
  | ActionStaged
  | StagedEndorsed
  | StagedApproved
  | StagedRejected
  | StagedSuperseded
  | StagedWithdrawn
  | StagedBegun
  | StagedEnded;

/** An action of an episode has that episode; one that was asked for by itself has none. */
interface StagedFact<Kind extends string> {
  readonly kind: Kind;
  readonly version: 1;
  readonly at: EpochMs;
  readonly corrId?: EpisodeId;
  readonly stagedId: StagedId;
}
/** An action waits for the owner; nothing of it has been done. */
export interface ActionStaged extends StagedFact<"ActionStaged"> {
  readonly action: StagedAction;
  /** The digest of the action: what an approval names. */
  readonly digest: Digest;
  readonly risk: Risk;
  readonly title: string;
  readonly evidence: readonly Evidence[];
  readonly requestedBy: string;
  /** 1, and one more with every revision. */
  readonly revision: number;
}
/** Somebody other than the asker speaks for it. It counts for this digest alone, and decides nothing. */
export interface StagedEndorsed extends StagedFact<"StagedEndorsed"> {
  readonly digest: Digest;
  readonly by: string;
}
export interface StagedApproved extends StagedFact<"StagedApproved"> {
  readonly digest: Digest;
  readonly leaseId: LeaseId;
  readonly by: string;
}
export interface StagedRejected extends StagedFact<"StagedRejected"> {
  readonly reason: string;
  readonly by: string;
}
/** A revision waits in its place; it follows in this frame. */
export interface StagedSuperseded extends StagedFact<"StagedSuperseded"> {
  readonly replacedBy: StagedId;
  readonly by: string;
}
export interface StagedWithdrawn extends StagedFact<"StagedWithdrawn"> {
  readonly reason: string;
  readonly by: string;
}
/** Its lease is used up, and from here on it may be done: after a crash nobody can know whether it was. */
export interface StagedBegun extends StagedFact<"StagedBegun"> {
  readonly digest: Digest;
  readonly leaseId: LeaseId;
}
export interface StagedEnded extends StagedFact<"StagedEnded"> {
  readonly leaseId: LeaseId;
  readonly outcome: StagedOutcome;
  readonly detail: string;
  /** What waits in its place where it was void. */
  readonly replacedBy?: StagedId;
}
