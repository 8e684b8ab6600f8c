// The few facts of an episode that its timeline shows beside the entries. Its job's whole description stays at the Home.
import { SHOWN_EPISODES_MAX, type ShownEpisode, type ShownEpisodes } from "#protocol/webview/feed.ts";
import type { EpisodeView } from "#protocol/wire/clientViews.ts";

/** Newest first, as many as one message takes. */
export function shownEpisodes(episodes: readonly EpisodeView[]): ShownEpisodes {
  return { kind: "episodes", episodes: episodes.slice(0, SHOWN_EPISODES_MAX).map(shownEpisode) };
}

function shownEpisode(episode: EpisodeView): ShownEpisode {
  const { episodeId, title, state, startedAt, finishedAt, outcome, usage } = episode;
  return {
    episodeId,
    title,
    state,
    startedAt,
    ...(finishedAt === undefined ? {} : { finishedAt }),
    ...(outcome === undefined ? {} : { outcome }),
    ...(usage === undefined ? {} : { usage }),
  };
}
