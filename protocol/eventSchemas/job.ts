// How the facts of a job and its attempts are read back. One schema a kind, as `events.ts` declares them.
import * as z from "zod";
import { digestSchema } from "../digest.ts";
import { classificationSchema } from "../egress.ts";
import type { JobEvent } from "../events.ts";
import { attemptId, egressRecordId, leaseId, nodeId } from "../ids.ts";
import { jobSpecSchema } from "../job.ts";
import { bytesSchema, fencingTokenSchema } from "../quantities.ts";
import { jobResultSchema, outputStreamSchema } from "../result.ts";
import type { SchemaOfKind } from "../schemaByKind.ts";
import { attemptFact, jobFact } from "./fact.ts";

export const jobEventSchemas: SchemaOfKind<JobEvent> = {
  JobQueued: z.strictObject({
    kind: z.literal("JobQueued"),
    ...jobFact,
    jobKey: digestSchema,
    job: jobSpecSchema,
    title: z.string(),
    inputClass: classificationSchema.exactOptional(),
  }),
  JobPlaced: z.strictObject({
    kind: z.literal("JobPlaced"),
    ...jobFact,
    target: nodeId.schema,
    local: z.boolean(),
    rule: z.string(),
    why: z.string(),
  }),
  JobOffered: z.strictObject({
    kind: z.literal("JobOffered"),
    ...attemptFact,
    target: nodeId.schema,
    local: z.boolean(),
    fencingToken: fencingTokenSchema,
    leaseId: leaseId.schema.exactOptional(),
    recordId: egressRecordId.schema.exactOptional(),
  }),
  JobAccepted: z.strictObject({ kind: z.literal("JobAccepted"), ...attemptFact }),
  JobStarted: z.strictObject({ kind: z.literal("JobStarted"), ...attemptFact }),
  OutputAppended: z.strictObject({
    kind: z.literal("OutputAppended"),
    ...attemptFact,
    number: z.number().int().min(1),
    stream: outputStreamSchema,
    fromByte: bytesSchema,
    bytes: bytesSchema,
    digest: digestSchema,
  }),
  JobFinished: z.strictObject({ kind: z.literal("JobFinished"), ...attemptFact, result: jobResultSchema }),
  JobFailed: z.strictObject({
    kind: z.literal("JobFailed"),
    ...jobFact,
    attemptId: attemptId.schema.exactOptional(),
    code: z.string(),
    message: z.string(),
    advice: z.string(),
  }),
  JobCancelled: z.strictObject({
    kind: z.literal("JobCancelled"),
    ...jobFact,
    attemptId: attemptId.schema.exactOptional(),
    by: z.string(),
  }),
};
