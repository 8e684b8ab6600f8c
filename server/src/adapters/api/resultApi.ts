// *What came back* for clients: the results that wait for the owner's look, and the answer to one. What is discarded goes at
// once where it is output; its proposal is served no more, and its bytes go with the next collection.
import type { EpisodeId } from "#protocol/ids.ts";
import type { EpisodeView } from "#protocol/wire/clientViews.ts";
import { episodeView } from "../../home/episode/view.ts";
import { heldEpisodes, lookProblem } from "../../home/episode/review.ts";
import type { HomeState } from "../../home/state.ts";
import type { HomeApi } from "../clientServer/homeApi.ts";
import type { OutputFiles } from "../outputFiles.ts";
import { type HomeServices, requesterOf } from "./services.ts";

type ResultApi = Pick<HomeApi, "listResults" | "showResult" | "reviewResult">;

export function resultApi({ home, now, outputs, view }: HomeServices): ResultApi {
  /** Its job may be forgotten by now, while the episode waits; then the view still has it. */
  const viewOf = async (id: EpisodeId): Promise<EpisodeView | undefined> =>
    episodeView(home.state, id) ?? (await view.current()).episode(id);
  return {
    listResults: async () => {
      const ended = heldEpisodes(home.state.episodes).filter((episode) => lookProblem(episode) === undefined);
      const shown = await Promise.all(ended.map(({ episodeId }) => viewOf(episodeId)));
      return { episodes: shown.filter((episode) => episode !== undefined) };
    },
    showResult: async ({ episodeId }) => {
      const problem = lookProblem(home.state.episodes.byId.get(episodeId));
      if (problem !== undefined) return problem;
      const episode = await viewOf(episodeId);
      if (episode === undefined) throw new Error("an episode that waits is in the state or in the view");
      return { episode };
    },
    reviewResult: async ({ episodeId, verdict }, session) => {
      const episode = home.state.episodes.byId.get(episodeId);
      // Its end must be durable before the answer is written: a start that still has to prove the frames of the output would
      // find it gone, and take them for frames that nobody was told of.
      const problem = lookProblem(episode);
      if (problem !== undefined) return problem;
      const by = requesterOf(session);
      const executed = await home.execute({ kind: "review-result", at: now(), by, episodeId, verdict });
      if (executed.kind === "refusal") return executed;
      const attemptId = episode?.review?.attemptId;
      if (verdict === "discarded" && attemptId !== undefined) await outputs.remove(attemptId);
      return {};
    },
  };
}

/** Removes the output of what was discarded and that a crash left: the fact is durable before its files go. */
export async function removeDiscarded({ episodes }: HomeState, outputs: Pick<OutputFiles, "remove">): Promise<void> {
  for (const { review } of episodes.byId.values()) {
    if (review?.state === "discarded") await outputs.remove(review.attemptId);
  }
}
