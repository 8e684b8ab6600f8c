// How an attempt and its episode end without a result that counts: one place, so that every such ending settles the egress
// record, returns or commits the lease, and leaves a snapshot of what was pinned and produced.
import type { Transfer } from "#protocol/commands.ts";
import type { Digest } from "#protocol/digest.ts";
import type { EgressSettled, EpisodeSnapshot, JournalEvent, LeaseCommitted } from "#protocol/events.ts";
import type { AttemptId, LeaseId } from "#protocol/ids.ts";
import { byteCount, costMicros, durationMs, type EpochMs } from "#protocol/quantities.ts";
import { type JobOutcome, OUTCOME_CODE_MAX, OUTCOME_TEXT_MAX } from "#protocol/result.ts";
import type { Usage } from "#protocol/usage.ts";
import { meteredCost } from "../egress/cost.ts";
import { costAgreed } from "../egress/state.ts";
import { nodeName } from "../node/state.ts";
import type { HomeState } from "../state.ts";
import { type Attempt, attemptOf, type Job } from "./state.ts";

export type Ending =
  | { readonly kind: "failed"; readonly code: string; readonly message: string; readonly advice: string }
  | { readonly kind: "cancelled"; readonly by: string };

/** What is known of the bytes of an attempt that ends. */
export interface Crossed {
  readonly state: EgressSettled["state"];
  readonly transfer?: Transfer;
  /** What the node's signed receipt says that it used. */
  readonly usage?: Usage;
  /** The digest the receipt names. */
  readonly received?: Digest;
}

/**
 * What the shell counted for an attempt that is ended from here. What nobody counted, or only since a restart, is unknown.
 */
export function crossedWith(transfers: readonly Transfer[], attempt: Attempt | undefined): Crossed {
  const transfer = transfers.find((counted) => counted.attemptId === attempt?.attemptId);
  if (transfer === undefined) return { state: "unknown" };
  return { state: transfer.whole ? "partial" : "unknown", transfer };
}

/** The events that end a job which is queued, waiting or live. */
export function endingEvents(
  state: HomeState,
  job: Job,
  at: EpochMs,
  wanted: Ending,
  crossed: Crossed = { state: "unknown" },
): readonly JournalEvent[] {
  const ending = clipped(wanted);
  const attempt = attemptOf(job);
  const of = { version: 1, at, corrId: job.corrId, jobId: job.jobId } as const;
  const ofAttempt = attempt === undefined ? {} : { attemptId: attempt.attemptId };
  const end: JournalEvent =
    ending.kind === "cancelled"
      ? { ...of, ...ofAttempt, kind: "JobCancelled", by: ending.by }
      : {
          ...of,
          ...ofAttempt,
          kind: "JobFailed",
          code: ending.code,
          message: ending.message,
          advice: ending.advice,
        };
  const error = ending.kind === "cancelled" ? `cancelled by ${ending.by}` : `${ending.code}: ${ending.message}`;
  const settled = attempt === undefined ? [] : settlement(state, job, attempt, at, { ...crossed, error });
  const outcome: JobOutcome =
    ending.kind === "cancelled"
      ? { kind: "cancelled" }
      : { kind: "failed", code: ending.code, message: ending.message, advice: ending.advice };
  return [end, ...settled, episodeFinished(state, job, at, outcome)];
}

/** An outcome whose text is longer than its schema takes could be written and never read back. */
function clipped(ending: Ending): Ending {
  if (ending.kind === "cancelled") return ending;
  const { code, message, advice } = ending;
  return {
    kind: "failed",
    code: clip(code, OUTCOME_CODE_MAX),
    message: clip(message, OUTCOME_TEXT_MAX),
    advice: clip(advice, OUTCOME_TEXT_MAX),
  };
}

/** Cuts text without leaving half of a character pair. */
function clip(text: string, lengthMax: number): string {
  return text.slice(0, lengthMax).toWellFormed();
}

/** Settles the egress record of an attempt, and its lease: committed if anything may have left, released if nothing did. */
export function settlement(
  state: HomeState,
  job: Job,
  attempt: Attempt,
  at: EpochMs,
  end: Crossed & { readonly error?: string },
): readonly JournalEvent[] {
  const { attemptId, leaseId, recordId } = attempt;
  if (recordId === undefined || leaseId === undefined) return [];
  const of = { version: 1, at, corrId: job.corrId, jobId: job.jobId } as const;
  const bytesOut = end.transfer?.bytesOut ?? byteCount(0);
  // Whoever says that nothing left, and counts bytes that did, is wrong in the first.
  const settledAs = end.state === "none" && bytesOut > 0 ? "partial" : end.state;
  const settled: JournalEvent = {
    ...of,
    kind: "EgressSettled",
    recordId,
    nodeId: attempt.target,
    leaseId,
    state: settledAs,
    bytesOut,
    bytesIn: end.transfer?.bytesIn ?? byteCount(0),
    durationMs: durationMs(Math.max(0, at - attempt.offeredAt)),
    ...(end.received === undefined ? {} : { received: end.received }),
    ...(end.error === undefined ? {} : { error: end.error }),
  };
  const ofLease = { ...of, attemptId, leaseId };
  if (settledAs === "none") return [settled, { ...ofLease, kind: "LeaseReleased" }];
  return [settled, { ...ofLease, kind: "LeaseCommitted", ...spent(state, job, { attemptId, leaseId }, end) }];
}

/**
 * What a reservation comes to, never more than was reserved: the bytes that were counted, and what was metered at the prices
 * that were shown. What was not counted whole, or not metered, is spent at its upper bound.
 */
function spent(
  { leases, egress }: HomeState,
  job: Job,
  { attemptId, leaseId }: { readonly attemptId: AttemptId; readonly leaseId: LeaseId },
  { transfer, usage }: Crossed,
): Pick<LeaseCommitted, "bytes" | "cost"> {
  const held = leases.byId.get(leaseId);
  const reservation = held?.reserved.get(attemptId);
  const counted = transfer?.whole === true ? transfer.bytesOut : undefined;
  const reserved = reservation?.bytes ?? transfer?.bytesOut ?? byteCount(0);
  const bytes = counted === undefined ? reserved : byteCount(Math.min(counted, reserved));
  const currency = held?.lease.budget.cost?.currency;
  if (currency === undefined || reservation === undefined) return { bytes };
  const agreed = costAgreed(egress, job.previewId);
  const metered =
    counted === undefined || usage === undefined
      ? undefined
      : meteredCost(agreed, currency, job.job.kind, counted, usage);
  const micros = Math.min(metered ?? reservation.costMicros, reservation.costMicros);
  return { bytes, cost: { currency, micros: costMicros(micros) } };
}

export function episodeFinished(
  state: HomeState,
  job: Job,
  at: EpochMs,
  outcome: JobOutcome,
  proposal?: EpisodeSnapshot["proposal"],
): JournalEvent {
  const attempt = attemptOf(job);
  const version = attempt === undefined ? undefined : state.nodes.byId.get(attempt.target)?.capabilities?.version;
  const snapshot: EpisodeSnapshot = {
    jobKey: job.jobKey,
    job: job.job,
    produced: [...(attempt?.produced ?? [])].map(([stream, bytes]) => ({ stream, bytes })),
    ...(attempt === undefined ? {} : { target: attempt.target }),
    ...(version === undefined ? {} : { nodeVersion: version }),
    ...(proposal === undefined ? {} : { proposal }),
  };
  return { kind: "EpisodeFinished", version: 1, at, corrId: job.corrId, outcome, snapshot };
}

/** Why an attempt is lost with its node, in words. */
export function lostWith(state: HomeState, attempt: Attempt, code: string, detail: string): Ending {
  const name = nodeName(state.nodes, attempt.target);
  return {
    kind: "failed",
    code,
    message: `${name} was lost while it worked on this: ${detail}.`,
    advice: "Start the episode again; what it had produced so far is kept in its snapshot.",
  };
}
