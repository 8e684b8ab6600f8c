// How the facts of leases and their budgets are read back. One schema a kind, as `events.ts` declares them.
import * as z from "zod";
import type { LeaseEvent } from "../events.ts";
import { episodeId, leaseId } from "../ids.ts";
import { costBudgetSchema, leaseSchema } from "../lease.ts";
import { bytesSchema } from "../quantities.ts";
import type { SchemaOfKind } from "../schemaByKind.ts";
import { attemptFact, fact } from "./fact.ts";

/** A lease granted at an approval belongs to that episode; one that was granted by itself belongs to none. */
const leaseFact = { ...fact, corrId: episodeId.schema.exactOptional(), leaseId: leaseId.schema };
const spending = {
  ...attemptFact,
  leaseId: leaseId.schema,
  bytes: bytesSchema,
  cost: costBudgetSchema.exactOptional(),
};

export const leaseEventSchemas: SchemaOfKind<LeaseEvent> = {
  LeaseGranted: z.strictObject({
    kind: z.literal("LeaseGranted"),
    ...fact,
    corrId: episodeId.schema.exactOptional(),
    lease: leaseSchema,
  }),
  LeaseReserved: z.strictObject({ kind: z.literal("LeaseReserved"), ...spending }),
  LeaseCommitted: z.strictObject({ kind: z.literal("LeaseCommitted"), ...spending }),
  LeaseReleased: z.strictObject({ kind: z.literal("LeaseReleased"), ...attemptFact, leaseId: leaseId.schema }),
  LeaseRevoked: z.strictObject({ kind: z.literal("LeaseRevoked"), ...leaseFact, reason: z.string() }),
  LeaseExpired: z.strictObject({ kind: z.literal("LeaseExpired"), ...leaseFact }),
};
