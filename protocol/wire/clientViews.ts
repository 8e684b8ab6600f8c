// What a Home shows its clients and what they may ask for: the nouns of the client wire. `client.ts` has its methods.
// Views are snapshots for reading; no client derives a permission from them.
import * as z from "zod";
import { type Digest, digestSchema } from "../digest.ts";
import type { EpisodeSnapshot } from "../events.ts";
import { episodeSnapshotSchema } from "../eventSchemas/episode.ts";
import {
  type AttemptId,
  attemptId,
  type EpisodeId,
  episodeId,
  type JobId,
  jobId,
  type LeaseId,
  leaseId,
  type NodeId,
  nodeId,
  type PreviewId,
  previewId,
  type ProposalId,
  proposalId,
  type WorkspaceId,
  workspaceId,
} from "../ids.ts";
import type { Dependencies, JobKind } from "../job.ts";
import { type Lease, leaseSchema } from "../lease.ts";
import { type NodeCapabilities, nodeCapabilitiesSchema, type NodeLoad, nodeLoadSchema } from "../node.ts";
import { type Proposal, proposalSchema } from "../proposal.ts";
import {
  type Bytes,
  bytesSchema,
  type CostMicros,
  costMicrosSchema,
  type DurationMs,
  durationMsSchema,
  type EpochMs,
  epochMsSchema,
  type Sequence,
  sequenceSchema,
} from "../quantities.ts";
import { type JobOutcome, jobOutcomeSchema, type OutputStream, outputStreamSchema } from "../result.ts";
import type { ReviewVerdict } from "../reviewEvents.ts";
import { type TimelineEntry, timelineEntrySchema } from "../timeline.ts";
import { type Usage, usageSchema } from "../usage.ts";
import { workspacePathSchema, type WorkspacePath } from "../workspacePath.ts";

/** At most this many timeline entries in one answer or notification. */
export const TIMELINE_PAGE_ENTRIES_MAX = 1_000;
/** At most this many bytes of output in one answer. */
export const OUTPUT_PAGE_BYTES_MAX: number = 512 * 1024;
/** A prompt longer than this is refused before it is stored. */
export const PROMPT_CHARACTERS_MAX = 1_000_000;
/** Globs that keep something out of one run, and how long each may be. */
export const LEAVE_OUT_MAX = 256;
export const LEAVE_OUT_CHARACTERS_MAX = 1_024;
/** A once lease lives at most this long, and this long by default. */
export const LEASE_MS_MAX: number = 60 * 60_000;
export const LEASE_MS_DEFAULT: number = 10 * 60_000;

export interface HelloParams {
  readonly v: number;
  readonly client: string;
}
export interface HelloResult {
  readonly v: number;
  readonly workspaceId: WorkspaceId;
  readonly workspaceFolder: string;
  readonly homeId: NodeId;
  readonly processId: number;
  readonly lastSequence: Sequence;
  /** Off with a reason: the owner wants it on, and this machine cannot. */
  readonly clustering:
    | { readonly on: false; readonly reason?: string }
    | { readonly on: true; readonly host: string; readonly port: number };
  /** Present while nothing new may leave, whatever was approved. */
  readonly offloadsPaused?: { readonly since: EpochMs; readonly by: string };
  /** Present while the journal cannot be written: the Home answers questions and takes nothing. */
  readonly readOnly?: ReadOnlyView;
}
/** Why a Home serves reading only, and what it does about it. */
export interface ReadOnlyView {
  readonly reason: string;
  readonly since: EpochMs;
  /** How often it has tried in vain to open the journal again. */
  readonly tries: number;
  /** When it tries again by itself; absent once it has given up and waits for the owner's command. */
  readonly nextTryAt?: EpochMs;
}
/** What retention would drop, or has dropped. Ledgers and the journal itself are never among it. */
export interface StorageView {
  readonly dryRun: boolean;
  readonly blobs: { readonly kept: number; readonly dropped: number; readonly droppedBytes: Bytes };
  readonly outputs: { readonly kept: number; readonly dropped: number; readonly droppedBytes: Bytes };
}

export type EpisodeRequest =
  | {
      readonly kind: "command";
      readonly argv: readonly string[];
      readonly folder: WorkspacePath | ".";
      readonly outputs: readonly string[];
      readonly dependencies: Dependencies;
      readonly wallMs?: DurationMs;
      readonly memoryBytes?: Bytes;
      /** Globs that this once stay out of what is sent. */
      readonly leaveOut?: readonly string[];
    }
  | {
      readonly kind: "ask";
      readonly prompt: string;
      readonly system?: string;
      /** A model's name or digest; absent takes the first model that a node has. */
      readonly model?: string;
      readonly outputTokensMax?: number;
      readonly temperatureMilli?: number;
      readonly seed?: number;
    };

export interface StartEpisodeParams {
  readonly request: EpisodeRequest;
  /** `local`, a node id, a node's name; absent lets the scheduler choose, local first. */
  readonly on?: string;
  readonly title?: string;
}
export interface EpisodeTarget {
  readonly nodeId: NodeId;
  readonly name: string;
  readonly local: boolean;
}
/** A lease and what is left of it. */
export interface LeaseView {
  readonly lease: Lease;
  /** The name of the node that may receive. */
  readonly node: string;
  readonly state: "live" | "spent" | "expired" | "revoked";
  /** Neither reserved nor spent. */
  readonly usesLeft: number;
  readonly bytesLeft: Bytes;
  readonly costMicrosLeft?: CostMicros;
  readonly remainingMs: DurationMs;
  /** Attempts that run under it now. */
  readonly inUse: number;
  /** Why it was revoked. */
  readonly reason?: string;
}
export interface StartEpisodeResult {
  readonly episodeId: EpisodeId;
  readonly jobId: JobId;
  readonly target: EpisodeTarget;
  readonly why: string;
  /** Present where the job waits for the owner's approval. */
  readonly previewId?: PreviewId;
  /** Present where a scoped lease covered the send, so that nobody was asked. */
  readonly leaseId?: LeaseId;
  /** The frame that started it: follow the timeline from here. */
  readonly sequence: Sequence;
}

export interface EpisodeView {
  readonly episodeId: EpisodeId;
  readonly kind: JobKind;
  readonly title: string;
  readonly startedAt: EpochMs;
  readonly finishedAt?: EpochMs;
  readonly state: "waiting-for-approval" | "running" | "finished";
  readonly outcome?: JobOutcome;
  readonly jobId: JobId;
  readonly attemptId?: AttemptId;
  readonly target: EpisodeTarget;
  readonly previewId?: PreviewId;
  readonly proposalId?: ProposalId;
  readonly produced: readonly { readonly stream: OutputStream; readonly bytes: Bytes }[];
  readonly usage?: Usage;
  readonly snapshot?: EpisodeSnapshot;
  /** What comes back of it waits for the owner's look, or what the owner said of it; absent where no rule asks. */
  readonly review?: "waiting" | ReviewVerdict;
}

export type NodeState = "pending" | "ready" | "unreachable" | "revoked";
export interface NodeView {
  readonly nodeId: NodeId;
  readonly name: string;
  readonly local: boolean;
  readonly state: NodeState;
  readonly reason: string;
  readonly since: EpochMs;
  readonly keyWords: readonly string[];
  /** The four words of its pairing, while `pending`. */
  readonly compareWords?: readonly string[];
  readonly lastHeardAt?: EpochMs;
  readonly capabilities?: NodeCapabilities;
  readonly load?: NodeLoad;
  readonly running: number;
}

export interface ProposalView {
  readonly proposalId: ProposalId;
  readonly episodeId: EpisodeId;
  readonly digest: Digest;
  readonly proposal: Proposal;
  /** Paths whose base is no longer what the job saw, and why. */
  readonly conflicts: readonly { readonly path: string; readonly reason: string }[];
  readonly appliedAt?: EpochMs;
  /** The files that were applied by themselves, while others are still proposed. */
  readonly appliedPaths?: readonly string[];
}

export interface TimelinePage {
  readonly entries: readonly TimelineEntry[];
  /** Ask from here next. */
  readonly nextSequence: Sequence;
  /** Whether more is durable already. */
  readonly more: boolean;
}

const argv = z.array(z.string().max(65_536)).min(1).max(1_024);
const globs = z.array(z.string().min(1).max(LEAVE_OUT_CHARACTERS_MAX)).max(LEAVE_OUT_MAX);
export const episodeTargetSchema: z.ZodType<EpisodeTarget> = z.strictObject({
  nodeId: nodeId.schema,
  name: z.string(),
  local: z.boolean(),
});
const produced = z.array(z.strictObject({ stream: outputStreamSchema, bytes: bytesSchema }));

const dependencies: z.ZodType<Dependencies> = z.discriminatedUnion("kind", [
  z.strictObject({ kind: z.literal("nothing") }),
  z.strictObject({ kind: z.literal("install-step"), argv }),
  z.strictObject({ kind: z.literal("folders"), paths: z.array(workspacePathSchema).min(1).max(64) }),
]);

export const episodeRequestSchema: z.ZodType<EpisodeRequest> = z.discriminatedUnion("kind", [
  z.strictObject({
    kind: z.literal("command"),
    argv,
    folder: z.union([z.literal("."), workspacePathSchema]),
    outputs: globs,
    dependencies,
    wallMs: durationMsSchema.exactOptional(),
    memoryBytes: bytesSchema.exactOptional(),
    leaveOut: globs.exactOptional(),
  }),
  z.strictObject({
    kind: z.literal("ask"),
    prompt: z.string().min(1).max(PROMPT_CHARACTERS_MAX),
    system: z.string().max(PROMPT_CHARACTERS_MAX).exactOptional(),
    model: z.string().min(1).max(256).exactOptional(),
    outputTokensMax: z.number().int().min(1).max(1_000_000).exactOptional(),
    temperatureMilli: z.number().int().min(0).max(2_000).exactOptional(),
    seed: z.number().int().min(0).max(0xffff_ffff).exactOptional(),
  }),
]);

export const episodeViewSchema: z.ZodType<EpisodeView> = z.strictObject({
  episodeId: episodeId.schema,
  kind: z.enum(["command", "ask"]),
  title: z.string(),
  startedAt: epochMsSchema,
  finishedAt: epochMsSchema.exactOptional(),
  state: z.enum(["waiting-for-approval", "running", "finished"]),
  outcome: jobOutcomeSchema.exactOptional(),
  jobId: jobId.schema,
  attemptId: attemptId.schema.exactOptional(),
  target: episodeTargetSchema,
  previewId: previewId.schema.exactOptional(),
  proposalId: proposalId.schema.exactOptional(),
  produced,
  usage: usageSchema.exactOptional(),
  snapshot: episodeSnapshotSchema.exactOptional(),
  review: z.enum(["waiting", "accepted", "discarded"]).exactOptional(),
});

export const nodeViewSchema: z.ZodType<NodeView> = z.strictObject({
  nodeId: nodeId.schema,
  name: z.string(),
  local: z.boolean(),
  state: z.enum(["pending", "ready", "unreachable", "revoked"]),
  reason: z.string(),
  since: epochMsSchema,
  keyWords: z.array(z.string()),
  compareWords: z.array(z.string()).exactOptional(),
  lastHeardAt: epochMsSchema.exactOptional(),
  capabilities: nodeCapabilitiesSchema.exactOptional(),
  load: nodeLoadSchema.exactOptional(),
  running: z.number().int().min(0),
});

export const timelinePageSchema: z.ZodType<TimelinePage> = z.strictObject({
  entries: z.array(timelineEntrySchema).max(TIMELINE_PAGE_ENTRIES_MAX),
  nextSequence: sequenceSchema,
  more: z.boolean(),
});

export const helloResultSchema: z.ZodType<HelloResult> = z.strictObject({
  v: z.number().int(),
  workspaceId: workspaceId.schema,
  workspaceFolder: z.string(),
  homeId: nodeId.schema,
  processId: z.number().int(),
  lastSequence: sequenceSchema,
  clustering: z.discriminatedUnion("on", [
    z.strictObject({ on: z.literal(false), reason: z.string().exactOptional() }),
    z.strictObject({ on: z.literal(true), host: z.string(), port: z.number().int() }),
  ]),
  offloadsPaused: z.strictObject({ since: epochMsSchema, by: z.string() }).exactOptional(),
  readOnly: z
    .strictObject({
      reason: z.string(),
      since: epochMsSchema,
      tries: z.number().int().min(0),
      nextTryAt: epochMsSchema.exactOptional(),
    })
    .exactOptional(),
});

const retention = z.strictObject({
  kept: z.number().int().min(0),
  dropped: z.number().int().min(0),
  droppedBytes: bytesSchema,
});
export const storageViewSchema: z.ZodType<StorageView> = z.strictObject({
  dryRun: z.boolean(),
  blobs: retention,
  outputs: retention,
});

export const startEpisodeParamsSchema: z.ZodType<StartEpisodeParams> = z.strictObject({
  request: episodeRequestSchema,
  on: z.string().min(1).max(64).exactOptional(),
  title: z.string().min(1).max(256).exactOptional(),
});

export const startEpisodeResultSchema: z.ZodType<StartEpisodeResult> = z.strictObject({
  episodeId: episodeId.schema,
  jobId: jobId.schema,
  target: episodeTargetSchema,
  why: z.string(),
  previewId: previewId.schema.exactOptional(),
  leaseId: leaseId.schema.exactOptional(),
  sequence: sequenceSchema,
});

export const leaseViewSchema: z.ZodType<LeaseView> = z.strictObject({
  lease: leaseSchema,
  node: z.string(),
  state: z.enum(["live", "spent", "expired", "revoked"]),
  usesLeft: z.number().int().min(0),
  bytesLeft: bytesSchema,
  costMicrosLeft: costMicrosSchema.exactOptional(),
  remainingMs: durationMsSchema,
  inUse: z.number().int().min(0),
  reason: z.string().exactOptional(),
});

export const proposalViewSchema: z.ZodType<ProposalView> = z.strictObject({
  proposalId: proposalId.schema,
  episodeId: episodeId.schema,
  digest: digestSchema,
  proposal: proposalSchema,
  conflicts: z.array(z.strictObject({ path: z.string(), reason: z.string() })),
  appliedAt: epochMsSchema.exactOptional(),
  appliedPaths: z.array(z.string()).exactOptional(),
});
