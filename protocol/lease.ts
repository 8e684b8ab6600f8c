// Leases: what the owner has granted, to which node, for what, within which budget and until when.
// A lease only ever narrows what policy allows. Its time is counted on a clock that nobody can set.
import * as z from "zod";
import { type Digest, digestSchema } from "./digest.ts";
import { type JobId, jobId, type LeaseId, leaseId, type NodeId, nodeId, type StagedId, stagedId } from "./ids.ts";
import type { JobKind } from "./job.ts";
import { pathGlobSchema } from "./pathGlob.ts";
import {
  type Bytes,
  bytesSchema,
  type CostMicros,
  costMicros,
  costMicrosSchema,
  type DurationMs,
  durationMsSchema,
  type EpochMs,
  epochMsSchema,
  type SteadyMs,
  steadyMsSchema,
} from "./quantities.ts";

/** A scoped lease covers at most this many jobs. */
export const LEASE_USES_MAX = 1_000;
/** A scoped lease lives at most this long. */
export const SCOPED_LEASE_MS_MAX: number = 24 * 60 * 60_000;
/** Globs of one lease: each path of a job is held against them, and the largest tree has 50,000. */
export const LEASE_PATHS_MAX = 16;

/**
 * A reading of the machine's steady clock. It only grows while the machine runs, stands still while it sleeps, and starts
 * again with every boot: readings of two boots say nothing about each other.
 */
export interface SteadyReading {
  readonly boot: string;
  readonly ms: SteadyMs;
}

/** The highest class of data that a scoped lease may cover. What is secret or regulated never leaves at all. */
export type LeaseCeiling = "public" | "internal";

/** What a lease with this ceiling may cover. */
export const LEASE_CEILING_CLASSES: Readonly<Record<LeaseCeiling, readonly LeaseCeiling[]>> = {
  public: ["public"],
  internal: ["public", "internal"],
};

export type LeaseScope =
  /** One send of exactly the preview that was shown. */
  | { readonly kind: "once"; readonly preview: Digest; readonly payload: Digest; readonly jobId: JobId }
  /** One staged action, once, of exactly this digest. Nothing leaves under it. */
  | { readonly kind: "action"; readonly stagedId: StagedId; readonly action: Digest }
  /** Jobs of one kind whose files all match a glob and are of no higher class. */
  | {
      readonly kind: "scoped";
      readonly job: JobKind;
      readonly paths: readonly string[];
      readonly ceiling: LeaseCeiling;
    };

export interface CostBudget {
  readonly currency: string;
  readonly micros: CostMicros;
}

export interface LeaseBudget {
  readonly uses: number;
  readonly bytes: Bytes;
  /** With it, a job whose cost is unknown, or in another currency, is not covered. */
  readonly cost?: CostBudget;
}

/** A grant. */
export interface Lease {
  readonly leaseId: LeaseId;
  /** The node that may receive, or act. */
  readonly subject: NodeId;
  readonly capability: "offload" | "act";
  readonly scope: LeaseScope;
  readonly grantedAt: EpochMs;
  /** By the wall clock of the grant: for people. What counts is `deadline`. */
  readonly expiresAt: EpochMs;
  /** When it runs out. Absent only in leases of an older version, which have run out. */
  readonly deadline?: SteadyReading;
  readonly budget: LeaseBudget;
  /** `policy` where a rule of the adopted document lets it leave unasked; its reason names the rule. */
  readonly issuer: "owner" | "policy";
  readonly reason: string;
}

/** What an owner asks for beyond the one job that is shown. */
export interface ScopedTerms {
  readonly paths: readonly string[];
  readonly ceiling: LeaseCeiling;
  readonly budget: LeaseBudget;
  readonly leaseMs: DurationMs;
}

/** What may keep a lease from covering a job. */
export type LeaseBound =
  | "node"
  | "kind"
  | "paths"
  | "classification"
  | "uses"
  | "bytes"
  | "cost"
  | "expired"
  | "revoked";

/** Why the closest lease does not cover a job. */
export interface LeaseUnfit {
  readonly leaseId: LeaseId;
  readonly bounds: readonly LeaseBound[];
}

/** Why a lease does not cover a job, in words that every surface shows. */
export function leaseUnfitText({ leaseId, bounds }: LeaseUnfit): string {
  return `lease ${leaseId} does not cover it: ${bounds.map((bound) => BOUND_TEXTS[bound]).join("; ")}`;
}

const BOUND_TEXTS: Readonly<Record<LeaseBound, string>> = {
  node: "it is for another node",
  kind: "it is for jobs of another kind",
  paths: "a file is outside its paths",
  classification: "the data is of a higher class",
  uses: "its uses are spent",
  bytes: "too few of its bytes are left",
  cost: "the cost is unknown or more than is left",
  expired: "it has run out",
  revoked: "it was revoked",
};

/** `0.500000 EUR`: whole micro-units, no floating point. */
export function costBudgetText({ currency, micros }: CostBudget): string {
  return `${Math.floor(micros / 1_000_000)}.${String(micros % 1_000_000).padStart(6, "0")} ${currency}`;
}

/** `0.50EUR` or `0.5 EUR`, digit by digit: no floating point touches money. Undefined where the text is no such amount. */
export function costBudgetOf(text: string): CostBudget | undefined {
  const [, units, fraction = "", currency] = /^(\d{1,8})(?:\.(\d{1,6}))?\s*([A-Z]{3})$/.exec(text) ?? [];
  if (units === undefined || currency === undefined) return undefined;
  return { currency, micros: costMicros(Number(units) * 1_000_000 + Number(fraction.padEnd(6, "0"))) };
}

export const steadyReadingSchema: z.ZodType<SteadyReading> = z.strictObject({
  boot: z.string().max(64),
  ms: steadyMsSchema,
});

export const leaseCeilingSchema: z.ZodType<LeaseCeiling> = z.enum(["public", "internal"]);
const paths = z.array(pathGlobSchema).min(1).max(LEASE_PATHS_MAX);

export const costBudgetSchema: z.ZodType<CostBudget> = z.strictObject({
  currency: z.string().min(1).max(16),
  micros: costMicrosSchema,
});

export const leaseBudgetSchema: z.ZodType<LeaseBudget> = z.strictObject({
  uses: z.number().int().min(1).max(LEASE_USES_MAX),
  bytes: bytesSchema,
  cost: costBudgetSchema.exactOptional(),
});

export const leaseSchema: z.ZodType<Lease> = z.strictObject({
  leaseId: leaseId.schema,
  subject: nodeId.schema,
  capability: z.enum(["offload", "act"]),
  scope: z.discriminatedUnion("kind", [
    z.strictObject({
      kind: z.literal("once"),
      preview: digestSchema,
      payload: digestSchema,
      jobId: jobId.schema,
    }),
    z.strictObject({ kind: z.literal("action"), stagedId: stagedId.schema, action: digestSchema }),
    z.strictObject({
      kind: z.literal("scoped"),
      job: z.enum(["command", "ask"]),
      paths,
      ceiling: leaseCeilingSchema,
    }),
  ]),
  grantedAt: epochMsSchema,
  expiresAt: epochMsSchema,
  deadline: steadyReadingSchema.exactOptional(),
  budget: leaseBudgetSchema,
  issuer: z.enum(["owner", "policy"]),
  reason: z.string(),
});

export const scopedTermsSchema: z.ZodType<ScopedTerms> = z.strictObject({
  paths,
  ceiling: leaseCeilingSchema,
  budget: leaseBudgetSchema,
  leaseMs: durationMsSchema,
});

export const leaseUnfitSchema: z.ZodType<LeaseUnfit> = z.strictObject({
  leaseId: leaseId.schema,
  bounds: z
    .array(z.enum(["node", "kind", "paths", "classification", "uses", "bytes", "cost", "expired", "revoked"]))
    .min(1)
    .max(9),
});
