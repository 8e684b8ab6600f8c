// How the facts of staged actions are read back. One schema a kind, as `events.ts` declares them.
import * as z from "zod";
import { digestSchema } from "../digest.ts";
import type { StagingEvent } from "../stagingEvents.ts";
import { episodeId, leaseId, stagedId } from "../ids.ts";
import type { SchemaOfKind } from "../schemaByKind.ts";
import {
  evidenceSchema,
  riskSchema,
  STAGED_EVIDENCE_MAX,
  stagedActionSchema,
  stagedOutcomeSchema,
} from "../staging.ts";
import { fact } from "./fact.ts";

const stagedFact = { ...fact, corrId: episodeId.schema.exactOptional(), stagedId: stagedId.schema };

export const stagingEventSchemas: SchemaOfKind<StagingEvent> = {
  ActionStaged: z.strictObject({
    kind: z.literal("ActionStaged"),
    ...stagedFact,
    action: stagedActionSchema,
    digest: digestSchema,
    risk: riskSchema,
    title: z.string(),
    evidence: z.array(evidenceSchema).max(STAGED_EVIDENCE_MAX),
    requestedBy: z.string(),
    revision: z.number().int().min(1),
  }),
  StagedEndorsed: z.strictObject({
    kind: z.literal("StagedEndorsed"),
    ...stagedFact,
    digest: digestSchema,
    by: z.string(),
  }),
  StagedApproved: z.strictObject({
    kind: z.literal("StagedApproved"),
    ...stagedFact,
    digest: digestSchema,
    leaseId: leaseId.schema,
    by: z.string(),
  }),
  StagedRejected: z.strictObject({
    kind: z.literal("StagedRejected"),
    ...stagedFact,
    reason: z.string(),
    by: z.string(),
  }),
  StagedSuperseded: z.strictObject({
    kind: z.literal("StagedSuperseded"),
    ...stagedFact,
    replacedBy: stagedId.schema,
    by: z.string(),
  }),
  StagedWithdrawn: z.strictObject({
    kind: z.literal("StagedWithdrawn"),
    ...stagedFact,
    reason: z.string(),
    by: z.string(),
  }),
  StagedBegun: z.strictObject({
    kind: z.literal("StagedBegun"),
    ...stagedFact,
    digest: digestSchema,
    leaseId: leaseId.schema,
  }),
  StagedEnded: z.strictObject({
    kind: z.literal("StagedEnded"),
    ...stagedFact,
    leaseId: leaseId.schema,
    outcome: stagedOutcomeSchema,
    detail: z.string(),
    replacedBy: stagedId.schema.exactOptional(),
  }),
};
