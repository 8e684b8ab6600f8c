// Tells a node how the Home stands to an attempt that it reports on: that it no longer counts, or that it finished its job.
// It reads the durable state only: what a node forgets because of it must not come back.
import type { Refusal } from "#protocol/errors.ts";
import type { AttemptId } from "#protocol/ids.ts";
import type { FencingToken } from "#protocol/quantities.ts";
import type { Executed } from "../../home/home.ts";
import type { JobsState } from "../../home/job/state.ts";
import type { NodeChannel } from "../../home/nodeChannel.ts";

/** Tells a node that its attempt no longer counts, or, where this very attempt finished its job, that it did. */
export async function tellSettled(
  jobs: JobsState,
  channel: NodeChannel,
  attemptId: AttemptId,
  fencingToken: FencingToken,
): Promise<void> {
  const jobId = jobs.ofAttempt.get(attemptId);
  const progress = jobId === undefined ? undefined : jobs.byId.get(jobId)?.progress;
  const attempt = progress?.kind === "finished" ? progress.attempt : undefined;
  const accepted =
    attempt?.attemptId === attemptId && attempt.target === channel.nodeId && attempt.fencingToken === fencingToken;
  await channel.deliver({ kind: "settled", attemptId, fencingToken, accepted });
}

export function isFenced(executed: Executed | Refusal): boolean {
  return executed.kind === "refusal" && executed.code === "attempt-fenced";
}
