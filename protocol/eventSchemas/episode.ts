// How the facts of an episode and of its proposals are read back. One schema a kind, as `events.ts` declares them.
import * as z from "zod";
import { digestSchema } from "../digest.ts";
import type { EpisodeEvent, EpisodeSnapshot } from "../events.ts";
import type { ReviewVerdict } from "../reviewEvents.ts";
import { nodeId, proposalId, workspaceId } from "../ids.ts";
import { jobSpecSchema } from "../job.ts";
import { bytesSchema } from "../quantities.ts";
import { jobOutcomeSchema, outputStreamSchema } from "../result.ts";
import type { SchemaOfKind } from "../schemaByKind.ts";
import { workspacePathSchema } from "../workspacePath.ts";
import { attemptFact, episodeFact } from "./fact.ts";

const count = z.number().int().min(0);

export const episodeSnapshotSchema: z.ZodType<EpisodeSnapshot> = z.strictObject({
  jobKey: digestSchema,
  job: jobSpecSchema,
  target: nodeId.schema.exactOptional(),
  nodeVersion: z.string().exactOptional(),
  produced: z.array(z.strictObject({ stream: outputStreamSchema, bytes: bytesSchema })),
  proposal: digestSchema.exactOptional(),
});

export const reviewVerdictSchema: z.ZodType<ReviewVerdict> = z.enum(["accepted", "discarded"]);

export const episodeEventSchemas: SchemaOfKind<EpisodeEvent> = {
  EpisodeStarted: z.strictObject({
    kind: z.literal("EpisodeStarted"),
    ...episodeFact,
    workspaceId: workspaceId.schema,
    episode: z.enum(["command", "ask"]),
    title: z.string(),
    requestedBy: z.string(),
  }),
  EpisodeFinished: z.strictObject({
    kind: z.literal("EpisodeFinished"),
    ...episodeFact,
    outcome: jobOutcomeSchema,
    snapshot: episodeSnapshotSchema,
  }),
  ProposalReceived: z.strictObject({
    kind: z.literal("ProposalReceived"),
    ...attemptFact,
    proposalId: proposalId.schema,
    digest: digestSchema,
    changes: count,
  }),
  ProposalApplied: z.strictObject({
    kind: z.literal("ProposalApplied"),
    ...episodeFact,
    proposalId: proposalId.schema,
    digest: digestSchema,
    files: count,
  }),
  ProposedFilesApplied: z.strictObject({
    kind: z.literal("ProposedFilesApplied"),
    ...episodeFact,
    proposalId: proposalId.schema,
    digest: digestSchema,
    paths: z.array(workspacePathSchema),
  }),
  ResultReviewed: z.strictObject({
    kind: z.literal("ResultReviewed"),
    ...episodeFact,
    verdict: reviewVerdictSchema,
    by: z.string(),
    proposalId: proposalId.schema.exactOptional(),
  }),
};
