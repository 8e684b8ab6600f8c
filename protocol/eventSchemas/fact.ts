// The members that facts have in common: which version, when, of which episode, job and attempt.
// Only the event schemas build on these.
import * as z from "zod";
import { attemptId, episodeId, jobId, nodeId } from "../ids.ts";
import { epochMsSchema } from "../quantities.ts";

const version1: z.ZodType<1> = z.literal(1);

export const fact: { readonly version: typeof version1; readonly at: typeof epochMsSchema } = {
  version: version1,
  at: epochMsSchema,
};
export const episodeFact: typeof fact & { readonly corrId: typeof episodeId.schema } = {
  ...fact,
  corrId: episodeId.schema,
};
export const jobFact: typeof episodeFact & { readonly jobId: typeof jobId.schema } = {
  ...episodeFact,
  jobId: jobId.schema,
};
export const attemptFact: typeof jobFact & { readonly attemptId: typeof attemptId.schema } = {
  ...jobFact,
  attemptId: attemptId.schema,
};
export const nodeFact: typeof fact & { readonly nodeId: typeof nodeId.schema } = { ...fact, nodeId: nodeId.schema };
