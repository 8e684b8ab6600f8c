// The methods about *what came back*: what waits for the owner's look, and the answer. `client.ts` takes them in.
// Reading what waits is the reading methods' own, with `review`; here nothing of its content is said.
import * as z from "zod";
import { reviewVerdictSchema } from "../eventSchemas/episode.ts";
import { type EpisodeId, episodeId } from "../ids.ts";
import type { ReviewVerdict } from "../reviewEvents.ts";
import type { Method } from "./client.ts";
import { type EpisodeView, episodeViewSchema } from "./clientViews.ts";

export interface ResultMethods {
  /** The ended episodes whose results wait for the owner's look, the oldest first. */
  readonly listResults: Method<Record<string, never>, { readonly episodes: readonly EpisodeView[] }>;
  /** One of them, for the owner who is about to read it: output and proposal are read with `review` afterwards. */
  readonly showResult: Method<{ readonly episodeId: EpisodeId }, { readonly episode: EpisodeView }>;
  readonly reviewResult: Method<
    { readonly episodeId: EpisodeId; readonly verdict: ReviewVerdict },
    Record<string, never>
  >;
}

const nothing: z.ZodType<Record<string, never>> = z.strictObject({});

export const resultMethods: ResultMethods = {
  listResults: {
    name: "result/list",
    owner: false,
    stages: false,
    params: nothing,
    result: z.strictObject({ episodes: z.array(episodeViewSchema) }),
  },
  showResult: {
    name: "result/show",
    owner: true,
    stages: false,
    params: z.strictObject({ episodeId: episodeId.schema }),
    result: z.strictObject({ episode: episodeViewSchema }),
  },
  reviewResult: {
    name: "result/review",
    owner: true,
    stages: false,
    params: z.strictObject({ episodeId: episodeId.schema, verdict: reviewVerdictSchema }),
    result: nothing,
  },
};
