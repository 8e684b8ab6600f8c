// How the facts of clustering, invites, nodes and their links are read back. One schema a kind, as `events.ts` declares them.
import * as z from "zod";
import { digestSchema } from "../digest.ts";
import type { NodeEvent } from "../events.ts";
import { instanceId, inviteId, nodeId } from "../ids.ts";
import { nodeCapabilitiesSchema } from "../node.ts";
import { epochMsSchema } from "../quantities.ts";
import type { SchemaOfKind } from "../schemaByKind.ts";
import { publicKeySchema } from "../signature.ts";
import { fact, nodeFact } from "./fact.ts";

export const nodeEventSchemas: SchemaOfKind<NodeEvent> = {
  ClusteringTurnedOn: z.strictObject({
    kind: z.literal("ClusteringTurnedOn"),
    ...fact,
    listenHost: z.string(),
    listenPort: z.number().int().min(0).max(65_535),
  }),
  ClusteringTurnedOff: z.strictObject({ kind: z.literal("ClusteringTurnedOff"), ...fact, reason: z.string() }),
  ClusteringBlocked: z.strictObject({
    kind: z.literal("ClusteringBlocked"),
    ...fact,
    code: z.string(),
    detail: z.string(),
  }),
  InviteCreated: z.strictObject({
    kind: z.literal("InviteCreated"),
    ...fact,
    inviteId: inviteId.schema,
    role: z.literal("worker"),
    expiresAt: epochMsSchema,
    fingerprint: digestSchema,
    certificate: z.string(),
    secretDigest: digestSchema,
  }),
  InviteReused: z.strictObject({ kind: z.literal("InviteReused"), ...fact, inviteId: inviteId.schema }),
  EnrolmentRequested: z.strictObject({
    kind: z.literal("EnrolmentRequested"),
    ...nodeFact,
    inviteId: inviteId.schema,
    publicKey: publicKeySchema,
    fingerprint: digestSchema,
    certificate: z.string(),
    name: z.string(),
    words: z.array(z.string()),
  }),
  NodeEnrolled: z.strictObject({ kind: z.literal("NodeEnrolled"), ...nodeFact }),
  EnrolmentRefused: z.strictObject({ kind: z.literal("EnrolmentRefused"), ...nodeFact, reason: z.string() }),
  NodeCertificateRotated: z.strictObject({
    kind: z.literal("NodeCertificateRotated"),
    ...nodeFact,
    fingerprint: digestSchema,
    certificate: z.string(),
    replaces: digestSchema,
    overlapEndsAt: epochMsSchema,
  }),
  NodeConnected: z.strictObject({
    kind: z.literal("NodeConnected"),
    ...nodeFact,
    instanceId: instanceId.schema,
    life: z.number().int().min(1).exactOptional(),
    capabilities: nodeCapabilitiesSchema,
  }),
  NodeLost: z.strictObject({ kind: z.literal("NodeLost"), ...nodeFact, code: z.string(), detail: z.string() }),
  NodeRevoked: z.strictObject({ kind: z.literal("NodeRevoked"), ...nodeFact, reason: z.string() }),
  LinkRefused: z.strictObject({
    kind: z.literal("LinkRefused"),
    ...fact,
    nodeId: nodeId.schema.exactOptional(),
    code: z.string(),
    detail: z.string(),
  }),
};
