// How an episode's facts change what is known of episodes. Total: an event of an unknown episode changes nothing.
import type {
  EgressRecorded,
  EpisodeEvent,
  EpisodeFinished,
  JobQueued,
  ProposalApplied,
  ProposedFilesApplied,
} from "#protocol/events.ts";
import type { ResultReviewed } from "#protocol/reviewEvents.ts";
import { withEntry } from "../boundedMap.ts";
import { broughtBack } from "./review.ts";
import type { Episode, EpisodesState, HeldProposal } from "./state.ts";
import { RECENT_EPISODES_MAX } from "./state.ts";

const recent = {
  keep: RECENT_EPISODES_MAX,
  mayGo: ({ ended, review }: Episode): boolean => ended !== undefined && review?.state !== "waiting",
};
const recentProposals = { keep: RECENT_EPISODES_MAX, mayGo: (): boolean => true };

export function evolveEpisodes(state: EpisodesState, event: EpisodeEvent | JobQueued | EgressRecorded): EpisodesState {
  switch (event.kind) {
    case "EpisodeStarted": {
      const episode: Episode = {
        episodeId: event.corrId,
        kind: event.episode,
        title: event.title,
        requestedBy: event.requestedBy,
        startedAt: event.at,
      };
      return { ...state, byId: withEntry(state.byId, event.corrId, episode, recent) };
    }
    case "JobQueued":
      return changed(state, event.corrId, {
        jobId: event.jobId,
        ...(event.inputClass === undefined ? {} : { inputClass: event.inputClass }),
      });
    case "ProposalReceived": {
      const held = {
        proposalId: event.proposalId,
        episodeId: event.corrId,
        digest: event.digest,
        changes: event.changes,
      };
      const proposals = withEntry(state.proposals, event.proposalId, held, recentProposals);
      return changed({ ...state, proposals }, event.corrId, { proposalId: event.proposalId });
    }
    case "ProposalApplied":
    case "ProposedFilesApplied": {
      const held = state.proposals.get(event.proposalId);
      if (held === undefined) return state;
      return { ...state, proposals: withEntry(state.proposals, event.proposalId, withAnswer(held, event)) };
    }
    case "EgressRecorded": {
      const { attemptId, corrId, decision, reviewResult } = event;
      if (decision !== "allow" || reviewResult !== true || attemptId === undefined) return state;
      return changed(state, corrId, { review: { state: "waiting", attemptId } });
    }
    case "ResultReviewed":
      return reviewed(state, event);
    case "EpisodeFinished":
      return ended(state, event);
  }
}

/** Where nothing came back, nobody is waited for. */
function ended(state: EpisodesState, event: EpisodeFinished): EpisodesState {
  const { at, corrId, outcome, snapshot } = event;
  const next = changed(state, corrId, { ended: { at, outcome, snapshot } });
  const episode = next.byId.get(corrId);
  if (episode?.review === undefined || broughtBack(snapshot)) return next;
  const { review: _, ...rest } = episode;
  return { ...next, byId: withEntry(next.byId, corrId, rest, recent) };
}

function reviewed(state: EpisodesState, event: ResultReviewed): EpisodesState {
  const { corrId, proposalId, verdict } = event;
  const review = state.byId.get(corrId)?.review;
  const next = review === undefined ? state : changed(state, corrId, { review: { ...review, state: verdict } });
  const held = proposalId === undefined ? undefined : state.proposals.get(proposalId);
  if (held === undefined) return next;
  return { ...next, proposals: withEntry(next.proposals, held.proposalId, withAnswer(held, event), recentProposals) };
}

/** The proposal after files of it were written, which is applied once none is left, or after the owner looked at it. */
export function withAnswer(
  held: HeldProposal,
  event: ProposalApplied | ProposedFilesApplied | ResultReviewed,
): HeldProposal {
  const { appliedPaths: before = [], ...rest } = held;
  if (event.kind === "ResultReviewed") return event.verdict === "discarded" ? { ...held, discarded: true } : held;
  if (event.kind === "ProposalApplied") return { ...rest, appliedAt: event.at };
  const appliedPaths = [...new Set([...before, ...event.paths])];
  return appliedPaths.length < held.changes ? { ...held, appliedPaths } : { ...rest, appliedAt: event.at };
}

function changed(state: EpisodesState, id: Episode["episodeId"], change: Partial<Episode>): EpisodesState {
  const episode = state.byId.get(id);
  if (episode === undefined) return state;
  return { ...state, byId: withEntry(state.byId, id, { ...episode, ...change }, recent) };
}
