// What would leave and what left. The preview is a document with a digest: an approval names that digest,
// so a changed preview is never what was approved.
import * as z from "zod";
import { type Digest, digestSchema } from "./digest.ts";
import {
  type EgressRecordId,
  egressRecordId,
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
  type WorkspaceId,
  workspaceId,
} from "./ids.ts";
import { type LineCut, lineCutSchema } from "./lineCut.ts";
import { type PriceCard, priceCardSchema } from "./node.ts";
import {
  type Bytes,
  bytesSchema,
  type CostMicros,
  costMicrosSchema,
  type DurationMs,
  durationMsSchema,
  type EpochMs,
  epochMsSchema,
} from "./quantities.ts";

/** Sources of untrusted content that a taint names; of more the last one says how many. */
export const TAINT_SOURCES_MAX = 8;

export type Classification = "public" | "internal" | "secret" | "regulated";

/** Something that would leave. `path` is a workspace path, or a name in parentheses for what is no file: `(prompt)`. */
export interface PreviewItem {
  readonly path: string;
  readonly bytes: Bytes;
  readonly classification: Classification;
  /** Why it is of this class; absent where nothing says that it is anything but internal. */
  readonly why?: string;
  readonly digest: Digest;
  /** Present where somebody took lines out of it: digest and size are of what is left. */
  readonly cut?: LineCut;
}

/** Private data and content from elsewhere are together in one episode: all that would leave of it is asked about. */
export interface EpisodeTaint {
  /** The highest class of what it was given. */
  readonly private: Classification;
  /** What of it was not made here, in words; of many the first ones. */
  readonly untrusted: readonly string[];
}

/** Something that stays, and why. */
export interface LeftOut {
  readonly path: string;
  readonly reason: string;
}

/** A secret that was taken out of a text before it could leave, by the rule that found it and its placeholder's tag. */
export interface RemovedSecret {
  readonly path: string;
  readonly rule: string;
  readonly tag: string;
  readonly times: number;
}

export type Cost =
  | { readonly kind: "unknown"; readonly reason: string }
  | {
      readonly kind: "estimate";
      readonly currency: string;
      readonly lowMicros: CostMicros;
      readonly highMicros: CostMicros;
      readonly basis: string;
      /** What like jobs came to there, within what this one may cost. Absent where there were too few. */
      readonly measured?: MeasuredCost;
      /** The card it was reckoned by, so that what is used is settled by the same. Absent in estimates of an older version. */
      readonly prices?: PriceCard;
    };

/** What most jobs like this one would cost, from what they used: a guess, beside the bound that leases reserve. */
export interface MeasuredCost {
  readonly jobs: number;
  /** The tenth and the ninetieth percentile. */
  readonly lowMicros: CostMicros;
  readonly highMicros: CostMicros;
  /** What it is mostly paid by, and how much of it those jobs used: milliseconds of a tool, or tokens that were answered. */
  readonly unit: "tool-ms" | "tokens-out";
  readonly median: number;
  readonly ninetieth: number;
}

export interface Destination {
  readonly nodeId: NodeId;
  readonly name: string;
  /** Two words of the node's key. */
  readonly keyWords: readonly string[];
  readonly carrier: "direct";
}

export interface PreviewPolicy {
  readonly effect: "allow" | "ask";
  readonly rules: readonly string[];
  readonly explanation: string;
}

export interface EgressPreview {
  readonly kind: "egress-preview";
  readonly previewId: PreviewId;
  readonly episodeId: EpisodeId;
  readonly jobId: JobId;
  readonly title: string;
  /** The digest of the job as it would be sent (its jobKey); it commits to every item. */
  readonly payload: Digest;
  readonly payloadBytes: Bytes;
  readonly items: readonly PreviewItem[];
  readonly leftOut: readonly LeftOut[];
  /** What redaction took out of the texts among the items; their digests are of what is left. Absent where it is nothing. */
  readonly removed?: readonly RemovedSecret[];
  /** Exact secrets of the workspace's files that redaction did not look for, because there are too many. Absent where it is none. */
  readonly unknownSecrets?: number;
  readonly destination: Destination;
  readonly why: {
    readonly rule: string;
    readonly localAlternative: string;
    /** What policy said when it was made, by which rules. Absent in previews of an older version. */
    readonly policy?: PreviewPolicy;
  };
  /** Why it is asked about whatever a lease or a rule allows; absent where private and untrusted content have not met. */
  readonly taint?: EpisodeTaint;
  readonly cost: Cost;
  /** How long a once lease would live. */
  readonly leaseMs: DurationMs;
}

/** One row of the egress ledger, with the field names of ARW. Money in `est_cost` is a decimal string with its currency. */
export interface EgressLedgerRow {
  readonly record_id: EgressRecordId;
  readonly time: EpochMs;
  readonly decision: "allow" | "deny";
  readonly reason_code: string;
  readonly project_id: WorkspaceId;
  readonly episode_id: EpisodeId;
  readonly corr_id: EpisodeId;
  readonly node_id: NodeId;
  readonly dest: string;
  /** `open` until the attempt has ended; `unknown` after a crash between the record and its end. */
  readonly state: "open" | "received" | "partial" | "none" | "unknown";
  readonly bytes_out: Bytes;
  readonly bytes_in: Bytes;
  readonly duration_ms: DurationMs | null;
  readonly est_cost: string;
  readonly lease_id: LeaseId | null;
  readonly digest: Digest;
  readonly received_digest: Digest | null;
  readonly error: string | null;
}

export const classificationSchema: z.ZodType<Classification> = z.enum(["public", "internal", "secret", "regulated"]);

const wholeNumber = z.number().int().min(0).max(Number.MAX_SAFE_INTEGER);
const measuredCostSchema: z.ZodType<MeasuredCost> = z.strictObject({
  jobs: wholeNumber,
  lowMicros: costMicrosSchema,
  highMicros: costMicrosSchema,
  unit: z.enum(["tool-ms", "tokens-out"]),
  median: wholeNumber,
  ninetieth: wholeNumber,
});

export const costSchema: z.ZodType<Cost> = z.discriminatedUnion("kind", [
  z.strictObject({ kind: z.literal("unknown"), reason: z.string() }),
  z.strictObject({
    kind: z.literal("estimate"),
    currency: z.string(),
    lowMicros: costMicrosSchema,
    highMicros: costMicrosSchema,
    basis: z.string(),
    measured: measuredCostSchema.exactOptional(),
    prices: priceCardSchema.exactOptional(),
  }),
]);

export const destinationSchema: z.ZodType<Destination> = z.strictObject({
  nodeId: nodeId.schema,
  name: z.string(),
  keyWords: z.array(z.string()),
  carrier: z.literal("direct"),
});

export const previewItemSchema: z.ZodType<PreviewItem> = z.strictObject({
  path: z.string(),
  bytes: bytesSchema,
  classification: classificationSchema,
  why: z.string().exactOptional(),
  digest: digestSchema,
  cut: lineCutSchema.exactOptional(),
});

export const episodeTaintSchema: z.ZodType<EpisodeTaint> = z.strictObject({
  private: classificationSchema,
  untrusted: z.array(z.string()).min(1).max(TAINT_SOURCES_MAX),
});

export const leftOutSchema: z.ZodType<LeftOut> = z.strictObject({ path: z.string(), reason: z.string() });

const removedSecretSchema: z.ZodType<RemovedSecret> = z.strictObject({
  path: z.string(),
  rule: z.string(),
  tag: z.string(),
  times: z.number().int().min(1),
});

export const egressPreviewSchema: z.ZodType<EgressPreview> = z.strictObject({
  kind: z.literal("egress-preview"),
  previewId: previewId.schema,
  episodeId: episodeId.schema,
  jobId: jobId.schema,
  title: z.string(),
  payload: digestSchema,
  payloadBytes: bytesSchema,
  items: z.array(previewItemSchema),
  leftOut: z.array(leftOutSchema),
  removed: z.array(removedSecretSchema).exactOptional(),
  unknownSecrets: z.number().int().min(1).max(Number.MAX_SAFE_INTEGER).exactOptional(),
  destination: destinationSchema,
  why: z.strictObject({
    rule: z.string(),
    localAlternative: z.string(),
    policy: z
      .strictObject({ effect: z.enum(["allow", "ask"]), rules: z.array(z.string()), explanation: z.string() })
      .exactOptional(),
  }),
  taint: episodeTaintSchema.exactOptional(),
  cost: costSchema,
  leaseMs: durationMsSchema,
});

export const egressLedgerRowSchema: z.ZodType<EgressLedgerRow> = z.strictObject({
  record_id: egressRecordId.schema,
  time: epochMsSchema,
  decision: z.enum(["allow", "deny"]),
  reason_code: z.string(),
  project_id: workspaceId.schema,
  episode_id: episodeId.schema,
  corr_id: episodeId.schema,
  node_id: nodeId.schema,
  dest: z.string(),
  state: z.enum(["open", "received", "partial", "none", "unknown"]),
  bytes_out: bytesSchema,
  bytes_in: bytesSchema,
  duration_ms: durationMsSchema.nullable(),
  est_cost: z.string(),
  lease_id: leaseId.schema.nullable(),
  digest: digestSchema,
  received_digest: digestSchema.nullable(),
  error: z.string().nullable(),
});
