// How the facts of the policy are read back. One schema a kind, as `events.ts` declares them.
import * as z from "zod";
import { digestSchema } from "../digest.ts";
import type { PolicyEvent } from "../events.ts";
import { POLICY_CHARACTERS_MAX, policyDocumentSchema, policyProblemSchema, workspacePolicySchema } from "../policy.ts";
import type { SchemaOfKind } from "../schemaByKind.ts";
import { fact } from "./fact.ts";

const epoch = z.number().int().min(1);

export const policyEventSchemas: SchemaOfKind<PolicyEvent> = {
  PolicyAdopted: z.strictObject({
    kind: z.literal("PolicyAdopted"),
    ...fact,
    epoch,
    digest: digestSchema,
    document: policyDocumentSchema,
    text: z.string().max(POLICY_CHARACTERS_MAX),
    by: z.string(),
  }),
  PolicyFileJudged: z.strictObject({
    kind: z.literal("PolicyFileJudged"),
    ...fact,
    epoch,
    problem: policyProblemSchema.exactOptional(),
  }),
  WorkspacePolicyRead: z.strictObject({
    kind: z.literal("WorkspacePolicyRead"),
    ...fact,
    epoch,
    found: workspacePolicySchema,
    kept: policyDocumentSchema.exactOptional(),
  }),
};
