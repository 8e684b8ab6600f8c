// How a job's facts change what is known of jobs. Total: an event of an unknown job changes nothing.
import type { ContributionMetered, EgressPreviewed, EgressRevised, JobEvent } from "#protocol/events.ts";
import type { JobId } from "#protocol/ids.ts";
import { byteCount } from "#protocol/quantities.ts";
import { RECENT_EPISODES_MAX } from "../episode/state.ts";
import { withEntry } from "../boundedMap.ts";
import {
  type Attempt,
  attemptOf,
  isEnded,
  type Job,
  type JobProgress,
  type JobsState,
  type LiveStage,
} from "./state.ts";

const recent = { keep: RECENT_EPISODES_MAX, mayGo: isEnded };

export function evolveJobs(
  state: JobsState,
  event: JobEvent | EgressPreviewed | EgressRevised | ContributionMetered,
): JobsState {
  switch (event.kind) {
    case "JobQueued": {
      const job: Job = {
        jobId: event.jobId,
        corrId: event.corrId,
        jobKey: event.jobKey,
        job: event.job,
        title: event.title,
        local: true,
        why: "",
        attempts: 0,
        progress: { kind: "queued" },
      };
      return forgetting({ ...state, byId: withEntry(state.byId, event.jobId, job, recent) });
    }
    case "JobPlaced":
      return changed(state, event.jobId, () => ({ target: event.target, local: event.local, why: event.why }));
    case "EgressPreviewed":
      return changed(state, event.jobId, () => ({
        previewId: event.previewId,
        progress: { kind: "waiting-for-approval", previewId: event.previewId },
      }));
    case "EgressRevised":
      return changed(state, event.jobId, () => ({ jobKey: event.jobKey, job: event.job }));
    case "JobOffered": {
      const attempt: Attempt = {
        attemptId: event.attemptId,
        target: event.target,
        local: event.local,
        fencingToken: event.fencingToken,
        offeredAt: event.at,
        lastNumber: 0,
        produced: new Map(),
        ...(event.leaseId === undefined ? {} : { leaseId: event.leaseId }),
        ...(event.recordId === undefined ? {} : { recordId: event.recordId }),
      };
      const next = changed(state, event.jobId, (job) => ({
        attempts: job.attempts + 1,
        progress: { kind: "live", stage: "offered", attempt },
      }));
      return { ...next, ofAttempt: withEntry(next.ofAttempt, event.attemptId, event.jobId) };
    }
    case "JobAccepted":
      return changed(state, event.jobId, (job) => reached(job, "accepted"));
    case "JobStarted":
      return changed(state, event.jobId, (job) => reached(job, "running"));
    case "OutputAppended":
      return changed(state, event.jobId, (job) => {
        if (job.progress.kind !== "live") return {};
        const produced = withEntry(
          job.progress.attempt.produced,
          event.stream,
          // A total beyond what a number holds exactly cannot be; an event that claims it must still not throw.
          byteCount(Math.min(event.fromByte + event.bytes, Number.MAX_SAFE_INTEGER)),
        );
        const attempt = { ...job.progress.attempt, lastNumber: event.number, produced };
        return { progress: { ...job.progress, attempt } };
      });
    case "JobFinished":
      return changed(state, event.jobId, (job) =>
        job.progress.kind === "live"
          ? { progress: { kind: "finished", attempt: job.progress.attempt, result: event.result } }
          : {},
      );
    case "ContributionMetered":
      return changed(state, event.jobId, (job) =>
        job.progress.kind === "finished" ? { progress: { ...job.progress, usage: event.usage } } : {},
      );
    case "JobFailed":
      return changed(state, event.jobId, (job) => ({ progress: ended(job, { kind: "failed", code: event.code }) }));
    case "JobCancelled":
      return changed(state, event.jobId, (job) => ({ progress: ended(job, { kind: "cancelled" }) }));
  }
}

function reached(job: Job, stage: LiveStage): Partial<Job> {
  return job.progress.kind === "live" ? { progress: { ...job.progress, stage } } : {};
}

function ended(job: Job, end: { kind: "failed"; code: string } | { kind: "cancelled" }): JobProgress {
  const attempt = attemptOf(job);
  return attempt === undefined ? end : { ...end, attempt };
}

function changed(state: JobsState, id: JobId, change: (job: Job) => Partial<Job>): JobsState {
  const job = state.byId.get(id);
  if (job === undefined) return state;
  return { ...state, byId: withEntry(state.byId, id, { ...job, ...change(job) }) };
}

/** Attempts of jobs that are no longer held are forgotten with them: a late report then finds nothing, and changes nothing. */
function forgetting(state: JobsState): JobsState {
  if (state.ofAttempt.size <= RECENT_EPISODES_MAX * 2) return state;
  const ofAttempt = new Map([...state.ofAttempt].filter(([, jobId]) => state.byId.has(jobId)));
  return { ...state, ofAttempt };
}
