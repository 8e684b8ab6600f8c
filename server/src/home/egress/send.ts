// The one frame in which something is let out: the reservation, the allow record and the offer, together or not at all.
// Whoever lets something out, by an approval or under a lease, does it with these events.
import type { Cost } from "#protocol/egress.ts";
import type { EgressRecorded, JournalEvent } from "#protocol/events.ts";
import type { AttemptId, EgressRecordId, EpisodeId, JobId, NodeId, PreviewId } from "#protocol/ids.ts";
import type { Digest } from "#protocol/digest.ts";
import type { Lease } from "#protocol/lease.ts";
import { type Bytes, type EpochMs, type FencingToken } from "#protocol/quantities.ts";
import { nodeName } from "../node/state.ts";
import type { HomeState } from "../state.ts";

/** What was previewed. */
export interface Previewed {
  readonly previewId: PreviewId;
  readonly corrId: EpisodeId;
  readonly jobId: JobId;
  readonly nodeId: NodeId;
  readonly payload: Digest;
  readonly payloadBytes: Bytes;
  readonly cost: Cost;
}

export interface Sending {
  readonly at: EpochMs;
  readonly lease: Lease;
  readonly reasonCode: "approved-once" | "approved-scoped" | "lease" | "policy";
  readonly recordId: EgressRecordId;
  readonly attemptId: AttemptId;
  readonly fencingToken: FencingToken;
  /** Whether what comes back waits for the owner. */
  readonly reviewResult: boolean;
}

export function sendEvents(state: HomeState, previewed: Previewed, sending: Sending): readonly JournalEvent[] {
  const { corrId, jobId, nodeId, payloadBytes, cost } = previewed;
  const { at, attemptId, recordId, reasonCode, lease } = sending;
  const { leaseId } = lease;
  const of = { version: 1, at, corrId, jobId, attemptId, leaseId } as const;
  const capped = lease.budget.cost !== undefined && cost.kind === "estimate";
  const reserved = capped ? { cost: { currency: cost.currency, micros: cost.highMicros } } : {};
  return [
    { ...of, kind: "LeaseReserved", bytes: payloadBytes, ...reserved },
    {
      ...egressRecord(state, previewed, "allow", reasonCode),
      ...of,
      recordId,
      ...(sending.reviewResult ? { reviewResult: true } : {}),
    },
    {
      ...of,
      kind: "JobOffered",
      target: nodeId,
      local: false,
      fencingToken: sending.fencingToken,
      recordId,
    },
  ];
}

export function egressRecord(
  state: HomeState,
  previewed: Previewed,
  decision: "allow" | "deny",
  reasonCode: string,
): Omit<EgressRecorded, "version" | "at" | "corrId" | "recordId"> {
  const { jobId, nodeId, payload, payloadBytes, previewId, cost } = previewed;
  return {
    kind: "EgressRecorded",
    jobId,
    workspaceId: state.identity.workspaceId,
    previewId,
    decision,
    reasonCode,
    nodeId,
    destination: nodeName(state.nodes, nodeId),
    payload,
    payloadBytes,
    cost,
  };
}
