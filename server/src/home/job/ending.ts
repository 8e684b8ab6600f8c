// How an attempt and its episode end without a result that counts: one place, so that every such ending settles the egress
// record, returns or commits the lease, and leaves a snapshot of what was pinned and produced.
import type { Transfer } from "#protocol/commands.ts";
import type { Digest } from "#protocol/digest.ts";
import type { EgressSettled, EpisodeSnapshot, JournalEvent } from "#protocol/events.ts";
import { byteCount, durationMs, type EpochMs } from "#protocol/quantities.ts";
import { type JobOutcome, OUTCOME_CODE_MAX, OUTCOME_TEXT_MAX } from "#protocol/result.ts";
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
  /** The digest the receipt names. */
  readonly received?: Digest;
}

/** What the shell counted for an attempt that is ended from here. What nobody counted, as after a restart, is unknown. */
export function crossedWith(transfers: readonly Transfer[], attempt: Attempt | undefined): Crossed {
  const transfer = transfers.find((counted) => counted.attemptId === attempt?.attemptId);
  return transfer === undefined ? { state: "unknown" } : { state: "partial", transfer };
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
  const settled = attempt === undefined ? [] : settlement(job, attempt, at, { ...crossed, error });
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
  job: Job,
  attempt: Attempt,
  at: EpochMs,
  end: Crossed & { readonly error?: string },
): readonly JournalEvent[] {
  if (attempt.recordId === undefined || attempt.leaseId === undefined) return [];
  const of = { version: 1, at, corrId: job.corrId, jobId: job.jobId } as const;
  const bytesOut = end.transfer?.bytesOut ?? byteCount(0);
  const settled: JournalEvent = {
    ...of,
    kind: "EgressSettled",
    recordId: attempt.recordId,
    nodeId: attempt.target,
    leaseId: attempt.leaseId,
    state: end.state,
    bytesOut,
    bytesIn: end.transfer?.bytesIn ?? byteCount(0),
    durationMs: durationMs(Math.max(0, at - attempt.offeredAt)),
    ...(end.received === undefined ? {} : { received: end.received }),
    ...(end.error === undefined ? {} : { error: end.error }),
  };
  const lease: JournalEvent =
    end.state === "none"
      ? { ...of, kind: "LeaseReleased", attemptId: attempt.attemptId, leaseId: attempt.leaseId }
      : { ...of, kind: "LeaseCommitted", attemptId: attempt.attemptId, leaseId: attempt.leaseId, bytes: bytesOut };
  return [settled, lease];
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
