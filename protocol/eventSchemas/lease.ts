// How the facts of leases and their budgets are read back. One schema a kind, as `events.ts` declares them.
import * as z from "zod";
import { leaseSchema } from "../egress.ts";
import type { LeaseEvent } from "../events.ts";
import { leaseId } from "../ids.ts";
import { bytesSchema } from "../quantities.ts";
import type { SchemaOfKind } from "../schemaByKind.ts";
import { attemptFact, episodeFact } from "./fact.ts";

export const leaseEventSchemas: SchemaOfKind<LeaseEvent> = {
  LeaseGranted: z.strictObject({ kind: z.literal("LeaseGranted"), ...episodeFact, lease: leaseSchema }),
  LeaseReserved: z.strictObject({
    kind: z.literal("LeaseReserved"),
    ...attemptFact,
    leaseId: leaseId.schema,
    bytes: bytesSchema,
  }),
  LeaseCommitted: z.strictObject({
    kind: z.literal("LeaseCommitted"),
    ...attemptFact,
    leaseId: leaseId.schema,
    bytes: bytesSchema,
  }),
  LeaseReleased: z.strictObject({ kind: z.literal("LeaseReleased"), ...attemptFact, leaseId: leaseId.schema }),
  LeaseRevoked: z.strictObject({
    kind: z.literal("LeaseRevoked"),
    ...episodeFact,
    leaseId: leaseId.schema,
    reason: z.string(),
  }),
};
