// Jobs and their attempts. Each state carries only its own fields; a job has at most one live attempt.
import type { Digest } from "#protocol/digest.ts";
import type { AttemptId, EgressRecordId, EpisodeId, JobId, LeaseId, NodeId, PreviewId } from "#protocol/ids.ts";
import type { JobSpec } from "#protocol/job.ts";
import type { Bytes, EpochMs, FencingToken } from "#protocol/quantities.ts";
import type { JobResult, OutputStream } from "#protocol/result.ts";
import type { Usage } from "#protocol/usage.ts";

export interface Attempt {
  readonly attemptId: AttemptId;
  readonly target: NodeId;
  readonly local: boolean;
  readonly fencingToken: FencingToken;
  readonly offeredAt: EpochMs;
  readonly leaseId?: LeaseId;
  readonly recordId?: EgressRecordId;
  /** The last output number recorded. */
  readonly lastNumber: number;
  readonly produced: ReadonlyMap<OutputStream, Bytes>;
}

export type LiveStage = "offered" | "accepted" | "running";

export type JobProgress =
  | { readonly kind: "queued" }
  | { readonly kind: "waiting-for-approval"; readonly previewId: PreviewId }
  | { readonly kind: "live"; readonly stage: LiveStage; readonly attempt: Attempt }
  | {
      readonly kind: "finished";
      readonly attempt: Attempt;
      readonly result: JobResult;
      readonly usage?: Usage;
    }
  | { readonly kind: "failed"; readonly code: string; readonly attempt?: Attempt }
  | { readonly kind: "cancelled"; readonly attempt?: Attempt };

export interface Job {
  readonly jobId: JobId;
  readonly corrId: EpisodeId;
  readonly jobKey: Digest;
  readonly job: JobSpec;
  readonly title: string;
  readonly target?: NodeId;
  readonly local: boolean;
  readonly why: string;
  readonly previewId?: PreviewId;
  /** Attempts made so far: the next fencing token is one more. */
  readonly attempts: number;
  readonly progress: JobProgress;
}

export interface JobsState {
  readonly byId: ReadonlyMap<JobId, Job>;
  readonly ofAttempt: ReadonlyMap<AttemptId, JobId>;
}

export const noJobs: JobsState = { byId: new Map(), ofAttempt: new Map() };

/** The live attempt of this id with its job; undefined once it has ended. */
export function liveAttempt(
  state: JobsState,
  id: AttemptId,
): { readonly job: Job; readonly stage: LiveStage; readonly attempt: Attempt } | undefined {
  const jobId = state.ofAttempt.get(id);
  const job = jobId === undefined ? undefined : state.byId.get(jobId);
  if (job?.progress.kind !== "live" || job.progress.attempt.attemptId !== id) return undefined;
  return { job, stage: job.progress.stage, attempt: job.progress.attempt };
}

/** All live attempts, on one node if one is named. */
export function liveAttempts(
  state: JobsState,
  target?: NodeId,
): readonly { readonly job: Job; readonly stage: LiveStage; readonly attempt: Attempt }[] {
  return [...state.byId.values()].flatMap((job) =>
    job.progress.kind === "live" && (target === undefined || job.progress.attempt.target === target)
      ? [{ job, stage: job.progress.stage, attempt: job.progress.attempt }]
      : [],
  );
}

export function isEnded(job: Job): boolean {
  return job.progress.kind === "finished" || job.progress.kind === "failed" || job.progress.kind === "cancelled";
}

/** The attempt a job has or had last. */
export function attemptOf(job: Job): Attempt | undefined {
  switch (job.progress.kind) {
    case "queued":
    case "waiting-for-approval":
      return undefined;
    case "live":
    case "finished":
    case "failed":
    case "cancelled":
      return job.progress.attempt;
  }
}
