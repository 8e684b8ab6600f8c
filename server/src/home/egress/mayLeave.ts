// The jobs whose bytes may still leave: they wait for the owner, or are being fetched. Whoever makes a rule stricter judges
// exactly these again, by paths that were read of each as it is now.
import type { CollectedPaths } from "#protocol/commands.ts";
import { type Refusal, refuse } from "#protocol/errors.ts";
import type { Job } from "../job/state.ts";
import type { HomeState } from "../state.ts";

export type Collected = CollectedPaths;

/** Those whose bytes are collected for another machine and have not all been sent. */
export function jobsThatMayLeave(state: HomeState): readonly Job[] {
  return [...state.jobs.byId.values()].filter(({ progress }) => {
    if (progress.kind === "waiting-for-approval") return true;
    return progress.kind === "live" && !progress.attempt.local && progress.stage !== "running";
  });
}

/** Whoever asks has looked at what was collected; a job that came or changed meanwhile has not been looked at. */
export function collectedProblem(state: HomeState, collected: readonly CollectedPaths[]): Refusal | undefined {
  const keys = new Map(collected.map(({ jobId, jobKey }) => [jobId, jobKey]));
  return jobsThatMayLeave(state).some((job) => keys.get(job.jobId) !== job.jobKey) ? COLLECTED_STALE : undefined;
}

const COLLECTED_STALE = refuse(
  "collected-stale",
  "What waits to leave has changed since it was looked at.",
  "Try again; nothing was changed.",
);
