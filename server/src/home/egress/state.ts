// Egress: previews that wait for the owner or were answered, and records whose send has not been settled.
// The ledger itself is the journal; this is only what deciding needs.
import type { ClassMark, DerivedPath } from "#protocol/classes.ts";
import type { Digest } from "#protocol/digest.ts";
import type { Classification, Cost, Destination } from "#protocol/egress.ts";
import type { AttemptId, EgressRecordId, EpisodeId, JobId, LeaseId, NodeId, PreviewId } from "#protocol/ids.ts";
import type { LeaseUnfit } from "#protocol/lease.ts";
import type { NeverLeavesMark } from "#protocol/neverLeaves.ts";
import type { Bytes, DurationMs, EpochMs } from "#protocol/quantities.ts";

/** Answered previews stay in memory up to this many. */
export const RECENT_PREVIEWS_MAX = 400;

export interface HeldPreview {
  readonly previewId: PreviewId;
  readonly corrId: EpisodeId;
  readonly jobId: JobId;
  readonly state: "waiting" | "approved" | "denied" | "withdrawn";
  readonly preview: Digest;
  readonly payload: Digest;
  readonly payloadBytes: Bytes;
  readonly highestClassification: Classification;
  readonly destination: Destination;
  readonly cost: Cost;
  readonly leaseMs: DurationMs;
  readonly leaseUnfit?: LeaseUnfit;
  /** The revision that waits, or was answered, in its place. */
  readonly replacedBy?: PreviewId;
  /** What comes back waits for the owner. */
  readonly reviewResult?: true;
}

/** The cost that was shown for what left at last; undefined where it is not held any more. */
export function costAgreed({ previews }: EgressState, first: PreviewId | undefined): Cost | undefined {
  let held = first === undefined ? undefined : previews.get(first);
  // A revision is newer than what it replaces, so this ends.
  while (held?.replacedBy !== undefined) held = previews.get(held.replacedBy);
  return held?.cost;
}

/** A send that was recorded and whose end is not known yet. */
export interface OpenRecord {
  readonly recordId: EgressRecordId;
  readonly corrId: EpisodeId;
  readonly jobId: JobId;
  readonly attemptId: AttemptId;
  readonly nodeId: NodeId;
  readonly leaseId: LeaseId;
  readonly payload: Digest;
  readonly payloadBytes: Bytes;
  readonly recordedAt: EpochMs;
}

export interface EgressState {
  readonly previews: ReadonlyMap<PreviewId, HeldPreview>;
  readonly open: ReadonlyMap<EgressRecordId, OpenRecord>;
  /** What never leaves; absent where nothing is marked. */
  readonly neverLeaves?: readonly NeverLeavesMark[];
  /** What people said of the class of paths, and what files were written from; each absent where there is nothing. */
  readonly classMarks?: readonly ClassMark[];
  readonly derived?: readonly DerivedPath[];
  /** Since when and by whom nothing new may leave; absent where it may. */
  readonly paused?: { readonly at: EpochMs; readonly by: string };
}

export const noEgress: EgressState = { previews: new Map(), open: new Map() };
