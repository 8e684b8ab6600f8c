// How an episode's facts change what is known of episodes. Total: an event of an unknown episode changes nothing.
import type { EpisodeEvent, JobQueued, ProposalApplied, ProposedFilesApplied } from "#protocol/events.ts";
import { withEntry } from "../boundedMap.ts";
import type { Episode, EpisodesState, HeldProposal } from "./state.ts";
import { RECENT_EPISODES_MAX } from "./state.ts";

const recent = { keep: RECENT_EPISODES_MAX, mayGo: (episode: Episode): boolean => episode.ended !== undefined };
const recentProposals = { keep: RECENT_EPISODES_MAX, mayGo: (): boolean => true };

export function evolveEpisodes(state: EpisodesState, event: EpisodeEvent | JobQueued): EpisodesState {
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
      return { ...state, proposals: withEntry(state.proposals, event.proposalId, withApplied(held, event)) };
    }
    case "EpisodeFinished":
      return changed(state, event.corrId, {
        ended: { at: event.at, outcome: event.outcome, snapshot: event.snapshot },
      });
  }
}

/** The proposal after files of it were written: it is applied once none is left. */
export function withApplied(held: HeldProposal, event: ProposalApplied | ProposedFilesApplied): HeldProposal {
  const { appliedPaths: before = [], ...rest } = held;
  if (event.kind === "ProposalApplied") return { ...rest, appliedAt: event.at };
  const appliedPaths = [...new Set([...before, ...event.paths])];
  return appliedPaths.length < held.changes ? { ...held, appliedPaths } : { ...rest, appliedAt: event.at };
}

function changed(state: EpisodesState, id: Episode["episodeId"], change: Partial<Episode>): EpisodesState {
  const episode = state.byId.get(id);
  if (episode === undefined) return state;
  return { ...state, byId: withEntry(state.byId, id, { ...episode, ...change }, recent) };
}
