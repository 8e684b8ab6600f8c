// An episode and its job as one snapshot for readers. Pure; it permits nothing.
import type { EpisodeId } from "#protocol/ids.ts";
import type { EpisodeView } from "#protocol/wire/clientViews.ts";
import { attemptOf, type Job } from "../job/state.ts";
import { nodeName } from "../node/state.ts";
import type { HomeState } from "../state.ts";
import type { Episode } from "./state.ts";

/** Undefined for an episode that is not, or no longer, held in memory. */
export function episodeView(state: HomeState, id: EpisodeId): EpisodeView | undefined {
  const episode = state.episodes.byId.get(id);
  const job = episode?.jobId === undefined ? undefined : state.jobs.byId.get(episode.jobId);
  return episode === undefined || job === undefined ? undefined : viewOf(state, episode, job);
}

function viewOf(state: HomeState, episode: Episode, job: Job): EpisodeView {
  const attempt = attemptOf(job);
  const { progress } = job;
  const target = job.target ?? state.identity.nodeId;
  return {
    episodeId: episode.episodeId,
    kind: episode.kind,
    title: episode.title,
    startedAt: episode.startedAt,
    state:
      episode.ended !== undefined
        ? "finished"
        : progress.kind === "waiting-for-approval"
          ? "waiting-for-approval"
          : "running",
    jobId: job.jobId,
    target: { nodeId: target, name: nodeName(state.nodes, target), local: job.local },
    produced: [...(attempt?.produced ?? [])].map(([stream, bytes]) => ({ stream, bytes })),
    ...(attempt === undefined ? {} : { attemptId: attempt.attemptId }),
    ...(job.previewId === undefined ? {} : { previewId: job.previewId }),
    ...(episode.proposalId === undefined ? {} : { proposalId: episode.proposalId }),
    ...(episode.review === undefined ? {} : { review: episode.review.state }),
    ...(progress.kind === "finished" && progress.usage !== undefined ? { usage: progress.usage } : {}),
    ...(episode.ended === undefined
      ? {}
      : { finishedAt: episode.ended.at, outcome: episode.ended.outcome, snapshot: episode.ended.snapshot }),
  };
}
