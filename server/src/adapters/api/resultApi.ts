// *What came back* for clients: the results that wait for the owner's look, and the answer to one. What is discarded goes at
// once where it is output; its proposal is served no more, and its bytes go with the next collection.
import { episodeView } from "../../home/episode/view.ts";
import { heldEpisodes } from "../../home/episode/review.ts";
import type { HomeApi } from "../clientServer/homeApi.ts";
import { type HomeServices, requesterOf } from "./services.ts";

type ResultApi = Pick<HomeApi, "listResults" | "reviewResult">;

export function resultApi({ home, now, outputs, view }: HomeServices): ResultApi {
  return {
    listResults: async () => {
      const ended = heldEpisodes(home.state.episodes).filter((episode) => episode.ended !== undefined);
      const shown = await Promise.all(
        // Its job may be forgotten by now, while the episode waits; then the view still has it.
        ended.map(
          async ({ episodeId }) => episodeView(home.state, episodeId) ?? (await view.current()).episode(episodeId),
        ),
      );
      return { episodes: shown.filter((episode) => episode !== undefined) };
    },
    reviewResult: async ({ episodeId, verdict }, session) => {
      const attemptId = home.state.episodes.byId.get(episodeId)?.review?.attemptId;
      const by = requesterOf(session);
      const executed = await home.execute({ kind: "review-result", at: now(), by, episodeId, verdict });
      if (executed.kind === "refusal") return executed;
      if (verdict === "discarded" && attemptId !== undefined) await outputs.remove(attemptId);
      return {};
    },
  };
}
