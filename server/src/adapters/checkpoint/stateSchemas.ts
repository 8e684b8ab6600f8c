// The form of each slice of the state in a checkpoint: maps stand there as lists of their entries, in order.
// A field of the state without a schema here does not compile; a field that is not known is refused, never dropped.
import * as z from "zod";
import { classMarkSchema, derivedPathSchema } from "#protocol/classes.ts";
import { digestSchema } from "#protocol/digest.ts";
import { classificationSchema, costSchema, destinationSchema } from "#protocol/egress.ts";
import { leaseSchema, leaseUnfitSchema } from "#protocol/lease.ts";
import { episodeSnapshotSchema } from "#protocol/eventSchemas/episode.ts";
import {
  attemptId,
  egressRecordId,
  episodeId,
  instanceId,
  inviteId,
  jobId,
  leaseId,
  nodeId,
  previewId,
  proposalId,
  stagedId,
  workspaceId,
} from "#protocol/ids.ts";
import { jobSpecSchema } from "#protocol/job.ts";
import { neverLeavesMarkSchema } from "#protocol/neverLeaves.ts";
import { nodeCapabilitiesSchema } from "#protocol/node.ts";
import { policyDocumentSchema, policyProblemSchema } from "#protocol/policy.ts";
import { bytesSchema, durationMsSchema, epochMsSchema, fencingTokenSchema } from "#protocol/quantities.ts";
import { jobOutcomeSchema, jobResultSchema, outputStreamSchema } from "#protocol/result.ts";
import { publicKeySchema } from "#protocol/signature.ts";
import { evidenceSchema, riskSchema, stagedActionSchema, stagedOutcomeSchema } from "#protocol/staging.ts";
import { usageSchema } from "#protocol/usage.ts";
import type { EgressState, HeldPreview, OpenRecord } from "../../home/egress/state.ts";
import type { Episode, EpisodesState, HeldProposal } from "../../home/episode/state.ts";
import type { HomeIdentity } from "../../home/identity.ts";
import type { Attempt, Job, JobProgress, JobsState } from "../../home/job/state.ts";
import type { HeldLease, LeasesState, Reservation } from "../../home/lease/state.ts";
import type { HeldInvite, HeldNode, NodeStatus, NodesState } from "../../home/node/state.ts";
import type { HeldStaged, StagedRun, StagedStatus, StagingState } from "../../home/staging/state.ts";
import type { PolicyState } from "../../home/policy/state.ts";
import type { HomeState } from "../../home/state.ts";

function map<Key, Value>(key: z.ZodType<Key>, value: z.ZodType<Value>): z.ZodType<ReadonlyMap<Key, Value>> {
  return z.array(z.tuple([key, value])).transform((entries) => new Map(entries));
}

const count = z.number().int().min(0);
const text = z.string();

const identity: z.ZodType<HomeIdentity> = z.strictObject({
  workspaceId: workspaceId.schema,
  nodeId: nodeId.schema,
  publicKey: publicKeySchema,
});

const episode: z.ZodType<Episode> = z.strictObject({
  episodeId: episodeId.schema,
  kind: z.enum(["command", "ask"]),
  title: text,
  requestedBy: text,
  startedAt: epochMsSchema,
  jobId: jobId.schema.exactOptional(),
  inputClass: classificationSchema.exactOptional(),
  proposalId: proposalId.schema.exactOptional(),
  review: z
    .strictObject({ state: z.enum(["waiting", "accepted", "discarded"]), attemptId: attemptId.schema })
    .exactOptional(),
  ended: z
    .strictObject({ at: epochMsSchema, outcome: jobOutcomeSchema, snapshot: episodeSnapshotSchema })
    .exactOptional(),
});

export const heldProposalSchema: z.ZodType<HeldProposal> = z.strictObject({
  proposalId: proposalId.schema,
  episodeId: episodeId.schema,
  digest: digestSchema,
  changes: count,
  appliedAt: epochMsSchema.exactOptional(),
  appliedPaths: z.array(text).exactOptional(),
  discarded: z.literal(true).exactOptional(),
});

const attempt: z.ZodType<Attempt> = z.strictObject({
  attemptId: attemptId.schema,
  target: nodeId.schema,
  local: z.boolean(),
  fencingToken: fencingTokenSchema,
  offeredAt: epochMsSchema,
  leaseId: leaseId.schema.exactOptional(),
  recordId: egressRecordId.schema.exactOptional(),
  lastNumber: count,
  produced: map(outputStreamSchema, bytesSchema),
});

const progress: z.ZodType<JobProgress> = z.discriminatedUnion("kind", [
  z.strictObject({ kind: z.literal("queued") }),
  z.strictObject({ kind: z.literal("waiting-for-approval"), previewId: previewId.schema }),
  z.strictObject({ kind: z.literal("live"), stage: z.enum(["offered", "accepted", "running"]), attempt }),
  z.strictObject({
    kind: z.literal("finished"),
    attempt,
    result: jobResultSchema,
    usage: usageSchema.exactOptional(),
  }),
  z.strictObject({ kind: z.literal("failed"), code: text, attempt: attempt.exactOptional() }),
  z.strictObject({ kind: z.literal("cancelled"), attempt: attempt.exactOptional() }),
]);

const job: z.ZodType<Job> = z.strictObject({
  jobId: jobId.schema,
  corrId: episodeId.schema,
  jobKey: digestSchema,
  job: jobSpecSchema,
  title: text,
  target: nodeId.schema.exactOptional(),
  local: z.boolean(),
  why: text,
  previewId: previewId.schema.exactOptional(),
  attempts: count,
  progress,
});

const reservation: z.ZodType<Reservation> = z.strictObject({ bytes: bytesSchema, costMicros: count });
const lease: z.ZodType<HeldLease> = z.strictObject({
  lease: leaseSchema,
  corrId: episodeId.schema.exactOptional(),
  reserved: map(attemptId.schema, reservation),
  usesCommitted: count,
  bytesCommitted: count,
  costMicrosCommitted: count,
  revoked: text.exactOptional(),
  expired: z.literal(true).exactOptional(),
});

export const heldPreviewSchema: z.ZodType<HeldPreview> = z.strictObject({
  previewId: previewId.schema,
  corrId: episodeId.schema,
  jobId: jobId.schema,
  state: z.enum(["waiting", "approved", "denied", "withdrawn"]),
  preview: digestSchema,
  payload: digestSchema,
  payloadBytes: bytesSchema,
  highestClassification: classificationSchema,
  destination: destinationSchema,
  cost: costSchema,
  leaseMs: durationMsSchema,
  leaseUnfit: leaseUnfitSchema.exactOptional(),
  replacedBy: previewId.schema.exactOptional(),
  reviewResult: z.literal(true).exactOptional(),
});

const openRecord: z.ZodType<OpenRecord> = z.strictObject({
  recordId: egressRecordId.schema,
  corrId: episodeId.schema,
  jobId: jobId.schema,
  attemptId: attemptId.schema,
  nodeId: nodeId.schema,
  leaseId: leaseId.schema,
  payload: digestSchema,
  payloadBytes: bytesSchema,
  recordedAt: epochMsSchema,
});

const invite: z.ZodType<HeldInvite> = z.strictObject({
  inviteId: inviteId.schema,
  createdAt: epochMsSchema,
  expiresAt: epochMsSchema,
  fingerprint: digestSchema,
  certificate: text,
  secretDigest: digestSchema,
  usedBy: nodeId.schema.exactOptional(),
});

const nodeStatus: z.ZodType<NodeStatus> = z.discriminatedUnion("kind", [
  z.strictObject({ kind: z.literal("pending"), words: z.array(text), inviteId: inviteId.schema }),
  z.strictObject({ kind: z.literal("ready"), instanceId: instanceId.schema }),
  z.strictObject({ kind: z.literal("unreachable"), reason: text }),
  z.strictObject({ kind: z.literal("revoked"), reason: text }),
]);

const node: z.ZodType<HeldNode> = z.strictObject({
  nodeId: nodeId.schema,
  name: text,
  local: z.boolean(),
  publicKey: publicKeySchema,
  fingerprint: digestSchema.exactOptional(),
  certificate: text.exactOptional(),
  replaced: z
    .strictObject({
      fingerprint: digestSchema,
      certificate: text,
      rotatedAt: epochMsSchema,
      overlapEndsAt: epochMsSchema,
    })
    .exactOptional(),
  status: nodeStatus,
  since: epochMsSchema,
  capabilities: nodeCapabilitiesSchema.exactOptional(),
  lastLife: z.strictObject({ life: count, instanceId: instanceId.schema }).exactOptional(),
});

const episodes: z.ZodType<EpisodesState> = z.strictObject({
  byId: map(episodeId.schema, episode),
  proposals: map(proposalId.schema, heldProposalSchema),
});
const jobs: z.ZodType<JobsState> = z.strictObject({
  byId: map(jobId.schema, job),
  ofAttempt: map(attemptId.schema, jobId.schema),
});
const leases: z.ZodType<LeasesState> = z.strictObject({ byId: map(leaseId.schema, lease), epoch: count });
const egress: z.ZodType<EgressState> = z.strictObject({
  previews: map(previewId.schema, heldPreviewSchema),
  open: map(egressRecordId.schema, openRecord),
  neverLeaves: z.array(neverLeavesMarkSchema).exactOptional(),
  classMarks: z.array(classMarkSchema).exactOptional(),
  derived: z.array(derivedPathSchema).exactOptional(),
  paused: z.strictObject({ at: epochMsSchema, by: text }).exactOptional(),
});
const nodes: z.ZodType<NodesState> = z.strictObject({
  clustering: z.discriminatedUnion("on", [
    z.strictObject({ on: z.literal(false) }),
    z.strictObject({ on: z.literal(true), listenHost: text, listenPort: count }),
  ]),
  lastListen: z.strictObject({ host: text, port: count }).exactOptional(),
  byId: map(nodeId.schema, node),
  invites: map(inviteId.schema, invite),
});

const stagedRun: z.ZodType<StagedRun> = z.discriminatedUnion("kind", [
  z.strictObject({ kind: z.literal("not-begun") }),
  z.strictObject({ kind: z.literal("begun") }),
  z.strictObject({
    kind: z.literal("ended"),
    outcome: stagedOutcomeSchema,
    detail: text,
    replacedBy: stagedId.schema.exactOptional(),
  }),
]);
const decided = { at: epochMsSchema, by: text };
const stagedStatus: z.ZodType<StagedStatus> = z.discriminatedUnion("kind", [
  z.strictObject({ kind: z.literal("pending") }),
  z.strictObject({ kind: z.literal("approved"), ...decided, leaseId: leaseId.schema, run: stagedRun }),
  z.strictObject({ kind: z.literal("rejected"), ...decided, reason: text }),
  z.strictObject({ kind: z.literal("superseded"), ...decided, replacedBy: stagedId.schema }),
  z.strictObject({ kind: z.literal("withdrawn"), ...decided, reason: text }),
]);
const held: z.ZodType<HeldStaged> = z.strictObject({
  stagedId: stagedId.schema,
  corrId: episodeId.schema.exactOptional(),
  action: stagedActionSchema,
  digest: digestSchema,
  risk: riskSchema,
  title: text,
  evidence: z.array(evidenceSchema),
  requestedBy: text,
  stagedAt: epochMsSchema,
  revision: count,
  endorsements: z.array(z.strictObject({ by: text, at: epochMsSchema })),
  status: stagedStatus,
});
const staging: z.ZodType<StagingState> = z.strictObject({ byId: map(stagedId.schema, held) });
const policy: z.ZodType<PolicyState> = z.strictObject({
  epoch: count,
  adopted: z
    .strictObject({
      document: policyDocumentSchema,
      text,
      digest: digestSchema,
      adoptedAt: epochMsSchema,
      by: text,
      replaced: digestSchema.exactOptional(),
    })
    .exactOptional(),
  fileProblem: policyProblemSchema.exactOptional(),
  workspace: z
    .discriminatedUnion("kind", [
      z.strictObject({ kind: z.literal("document"), digest: digestSchema, document: policyDocumentSchema }),
      z.strictObject({ kind: z.literal("unreadable"), problem: policyProblemSchema }),
    ])
    .exactOptional(),
  kept: policyDocumentSchema.exactOptional(),
});

export const homeStateSchema: z.ZodType<HomeState> = z.strictObject({
  identity,
  episodes,
  jobs,
  leases,
  egress,
  nodes,
  staging: staging.exactOptional(),
  policy: policy.exactOptional(),
});
