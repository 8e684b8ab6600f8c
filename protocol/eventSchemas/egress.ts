// How the facts of what left, and of what came of it, are read back. One schema a kind, as `events.ts` declares them.
import * as z from "zod";
import { classPathSchema, derivedFromSchema } from "../classes.ts";
import { digestSchema } from "../digest.ts";
import { classificationSchema, costSchema, destinationSchema, episodeTaintSchema } from "../egress.ts";
import type { EgressEvent } from "../events.ts";
import { attemptId, egressRecordId, leaseId, nodeId, previewId, workspaceId } from "../ids.ts";
import { jobSpecSchema } from "../job.ts";
import { neverLeavesGlobSchema } from "../neverLeaves.ts";
import { leaseUnfitSchema } from "../lease.ts";
import { bytesSchema, durationMsSchema } from "../quantities.ts";
import type { SchemaOfKind } from "../schemaByKind.ts";
import { usageSchema } from "../usage.ts";
import { workspacePathSchema } from "../workspacePath.ts";
import { attemptFact, episodeFact, fact, jobFact } from "./fact.ts";

const count = z.number().int().min(0);

export const egressEventSchemas: SchemaOfKind<EgressEvent> = {
  EgressPreviewed: z.strictObject({
    kind: z.literal("EgressPreviewed"),
    ...jobFact,
    previewId: previewId.schema,
    preview: digestSchema,
    payload: digestSchema,
    payloadBytes: bytesSchema,
    items: count,
    highestClassification: classificationSchema,
    leftOut: count,
    destination: destinationSchema,
    rule: z.string(),
    cost: costSchema,
    leaseMs: durationMsSchema,
    leaseId: leaseId.schema.exactOptional(),
    leaseUnfit: leaseUnfitSchema.exactOptional(),
    taint: episodeTaintSchema.exactOptional(),
    reviewResult: z.literal(true).exactOptional(),
  }),
  EgressRevised: z.strictObject({
    kind: z.literal("EgressRevised"),
    ...jobFact,
    previewId: previewId.schema,
    replacedBy: previewId.schema,
    jobKey: digestSchema,
    job: jobSpecSchema,
    takenOut: count,
    shortened: count.exactOptional(),
    putBack: count.exactOptional(),
    by: z.string(),
  }),
  EgressRecorded: z.strictObject({
    kind: z.literal("EgressRecorded"),
    ...jobFact,
    recordId: egressRecordId.schema,
    workspaceId: workspaceId.schema,
    previewId: previewId.schema,
    decision: z.enum(["allow", "deny"]),
    reasonCode: z.string(),
    nodeId: nodeId.schema,
    destination: z.string(),
    payload: digestSchema,
    payloadBytes: bytesSchema,
    cost: costSchema,
    leaseId: leaseId.schema.exactOptional(),
    attemptId: attemptId.schema.exactOptional(),
    reviewResult: z.literal(true).exactOptional(),
  }),
  EgressSettled: z.strictObject({
    kind: z.literal("EgressSettled"),
    ...jobFact,
    recordId: egressRecordId.schema,
    nodeId: nodeId.schema,
    leaseId: leaseId.schema,
    state: z.enum(["received", "partial", "none", "unknown"]),
    bytesOut: bytesSchema,
    bytesIn: bytesSchema,
    durationMs: durationMsSchema,
    received: digestSchema.exactOptional(),
    error: z.string().exactOptional(),
  }),
  OffloadsPaused: z.strictObject({ kind: z.literal("OffloadsPaused"), ...fact, by: z.string() }),
  OffloadsResumed: z.strictObject({ kind: z.literal("OffloadsResumed"), ...fact, by: z.string() }),
  NeverLeavesMarked: z.strictObject({
    kind: z.literal("NeverLeavesMarked"),
    ...fact,
    glob: neverLeavesGlobSchema,
    by: z.string(),
  }),
  NeverLeavesUnmarked: z.strictObject({
    kind: z.literal("NeverLeavesUnmarked"),
    ...fact,
    glob: z.string(),
    by: z.string(),
  }),
  ClassMarked: z.strictObject({
    kind: z.literal("ClassMarked"),
    ...fact,
    path: classPathSchema,
    classification: classificationSchema,
    by: z.string(),
  }),
  ClassUnmarked: z.strictObject({ kind: z.literal("ClassUnmarked"), ...fact, path: z.string(), by: z.string() }),
  FilesDerived: z.strictObject({
    kind: z.literal("FilesDerived"),
    ...episodeFact,
    from: derivedFromSchema,
    classification: classificationSchema,
    untrusted: z.string().exactOptional(),
    paths: z.array(workspacePathSchema),
  }),
  ContributionMetered: z.strictObject({
    kind: z.literal("ContributionMetered"),
    ...attemptFact,
    nodeId: nodeId.schema,
    usage: usageSchema,
    receipt: digestSchema,
  }),
};
