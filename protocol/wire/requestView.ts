// What an episode was asked to do, as the Home shows it. It has the form in which an episode is started.
import * as z from "zod";
import { type JobLimits, jobLimitsSchema } from "../job.ts";
import { type EpisodeRequest, episodeRequestSchema, type EpisodeTarget, episodeTargetSchema } from "./clientViews.ts";

/** Of a prompt or a system text this much is shown with its episode. */
export const REQUEST_CHARACTERS_MAX = 100_000;
/** What an episode was asked to do, in the form in which it can be started again. */
export interface RequestView {
  readonly request: EpisodeRequest;
  readonly title: string;
  readonly target: EpisodeTarget;
  readonly limits: JobLimits;
  /** Something of it is too long to be shown whole: as it stands here it would be another job. */
  readonly truncated: boolean;
}

export const requestViewSchema: z.ZodType<RequestView> = z.strictObject({
  request: episodeRequestSchema,
  title: z.string(),
  target: episodeTargetSchema,
  limits: jobLimitsSchema,
  truncated: z.boolean(),
});
