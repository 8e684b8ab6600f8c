// *What came back*: where a rule that let an offload go asks for it, nothing uses its outputs or its proposal before the owner
// has looked at them and accepted them. It is decided once; what was discarded stays discarded.
import type { ReviewResult } from "#protocol/commands.ts";
import { type Refusal, refuse } from "#protocol/errors.ts";
import type { EpisodeSnapshot, JournalEvent } from "#protocol/events.ts";
import type { AttemptId, EpisodeId } from "#protocol/ids.ts";
import type { HomeState } from "../state.ts";
import type { Episode, EpisodesState, HeldProposal, ResultReview } from "./state.ts";

/** Results that wait for the owner, and jobs whose results will, are held in memory: so many at once. */
export const REVIEWS_WAITING_MAX = 64;

export function reviewResult(
  { episodes }: HomeState,
  { at, by, episodeId, verdict }: ReviewResult,
): readonly JournalEvent[] | Refusal {
  const episode = episodes.byId.get(episodeId);
  const problem = lookProblem(episode);
  if (problem !== undefined) return problem;
  const { proposalId } = episode ?? {};
  const named = proposalId === undefined ? {} : { proposalId };
  return [{ kind: "ResultReviewed", version: 1, at, corrId: episodeId, verdict, by: by.client, ...named }];
}

/** Why there is nothing of it that the owner could look at, and decide about. */
export function lookProblem(episode: Episode | undefined): Refusal | undefined {
  if (episode === undefined) {
    return refuse("episode-unknown", "There is no such episode.", "See `arw-home result list`.");
  }
  switch (episode.review?.state) {
    case undefined:
      return refuse("result-not-held", "No rule holds back what came back of this.", "See `arw-home result list`.");
    case "accepted":
      return refuse("result-reviewed", "What came back was already accepted.", "It is used as any other result.");
    case "discarded":
      return refuse("result-reviewed", "What came back was already discarded.", "Run it again for a new one.");
    case "waiting":
      if (episode.ended !== undefined) return undefined;
      return refuse("result-not-back", "It has not ended yet.", "Look at what came back when it has.");
  }
}

/** Where nothing came back, there is nothing to look at. */
export function broughtBack({ produced, proposal }: EpisodeSnapshot): boolean {
  return proposal !== undefined || produced.some(({ bytes }) => bytes > 0);
}

/** Why nothing else may go out under a rule that holds results back. */
export function reviewRoomProblem(state: EpisodesState): Refusal | undefined {
  if (heldEpisodes(state).length < REVIEWS_WAITING_MAX) return undefined;
  return refuse(
    "too-many-results",
    `${REVIEWS_WAITING_MAX} results wait for your review already, or will.`,
    "Accept or discard some first: arw-home result list.",
  );
}

/** What the owner must look at first, running jobs included. */
export function heldEpisodes(state: EpisodesState): readonly Episode[] {
  return [...state.byId.values()].filter(({ review }) => review?.state === "waiting");
}

/** Why a proposal may not be used. `looking` is the owner, who reads it to decide about it. */
export function proposalProblem(
  state: EpisodesState,
  { episodeId, discarded }: HeldProposal,
  looking = false,
): Refusal | undefined {
  if (discarded === true) return DISCARDED;
  return problemOf(episodeId, state.byId.get(episodeId)?.review, looking);
}

/** Why the output of an attempt may not be shown. */
export function outputProblem(state: EpisodesState, id: AttemptId, looking: boolean): Refusal | undefined {
  const episode = [...state.byId.values()].find(({ review }) => review?.attemptId === id);
  return episode === undefined ? undefined : problemOf(episode.episodeId, episode.review, looking);
}

function problemOf(id: EpisodeId, review: ResultReview | undefined, looking: boolean): Refusal | undefined {
  switch (review?.state) {
    case "waiting":
      if (looking) return undefined;
      return refuse(
        "result-waits",
        "What comes back of this waits for the owner: a rule of the policy asks for it.",
        `Look at it, then accept or discard it: arw-home result show ${id}.`,
      );
    case "discarded":
      return DISCARDED;
    case "accepted":
    case undefined:
      return undefined;
  }
}

const DISCARDED = refuse("result-discarded", "The owner discarded what came back.", "Run it again for a new one.");
