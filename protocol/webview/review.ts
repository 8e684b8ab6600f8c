// What the editor tells the Review panel, and what the panel may ask for. The panel decides nothing: each ask names the digest
// that it showed, and the editor answers it with a native confirmation, or with nothing where that digest is no longer shown.
import * as z from "zod";
import { type Digest, digestSchema } from "../digest.ts";
import { type EgressPreview, egressPreviewSchema, type PreviewItem } from "../egress.ts";
import { type LeaseId, leaseId } from "../ids.ts";
import { type JobKind, TREE_ENTRIES_MAX } from "../job.ts";
import {
  type Lease,
  leaseSchema,
  type LeaseUnfit,
  leaseUnfitSchema,
  type ScopedTerms,
  scopedTermsSchema,
} from "../lease.ts";
import { type Sandbox, sandboxSchema } from "../node.ts";
import { type SchemaOfKind, schemaByKind } from "../schemaByKind.ts";
import { type PageReady, pageReadySchema } from "./page.ts";
import {
  type Bytes,
  bytesSchema,
  type CostMicros,
  costMicrosSchema,
  type DurationMs,
  durationMsSchema,
  type EpochMs,
  epochMsSchema,
} from "../quantities.ts";

/** The panel names at most this many files and folders in one wish, so that the wish stays a short message. */
export const TAKEN_OUT_MAX = 500;
/** Deeper than this no folder of a preview is. */
const FOLDER_DEPTH_MAX = 1_024;

/** An item of the preview by its place in the list, or, with a depth, the folder of so many names above it. */
export interface TakenOut {
  readonly item: number;
  readonly folderDepth?: number;
}

/** What a yes would grant. */
export type LeaseAsk =
  | { readonly kind: "once"; readonly leaseMs: DurationMs }
  | { readonly kind: "scoped"; readonly terms: ScopedTerms };

/** Whether the same request could run on this machine, as far as the Home knows. */
export type RunHere =
  | { readonly possible: true }
  | {
      readonly possible: false;
      readonly why: "no-engine" | "no-model" | "not-ready" | "no-request" | "unread";
      readonly detail: string;
    };

/** The node that would receive, as the Home knows it now. */
export interface ReviewNode {
  /** `unread` until the Home's nodes were read for the first time. */
  readonly state: "pending" | "ready" | "unreachable" | "revoked" | "gone" | "unread";
  readonly reason: string;
  readonly since?: EpochMs;
  readonly sandbox?: Sandbox;
}

/** A lease that lets something leave for the node, and what is left of it. */
export interface ReviewLease {
  readonly lease: Lease;
  readonly usesLeft: number;
  readonly bytesLeft: Bytes;
  readonly costMicrosLeft?: CostMicros;
  readonly remainingMs: DurationMs;
  readonly inUse: number;
}

/** One revision of a preview and everything beside it that a person should know before they answer. */
export interface ReviewView {
  readonly preview: EgressPreview;
  readonly digest: Digest;
  readonly job: JobKind;
  readonly state: "waiting" | "approved" | "denied" | "withdrawn";
  /** Whether this window gave the answer. */
  readonly answeredHere: boolean;
  /** Present where another revision of the same preview was on the screen before this one. */
  readonly replaced?: { readonly digest: Digest; readonly by: "taken-out" | "put-back" | "changed" };
  readonly node: ReviewNode;
  readonly leaseUnfit?: LeaseUnfit;
  readonly runHere: RunHere;
  /** While it is not `nothing`, no ask is taken. */
  readonly busy: "nothing" | "revising" | "confirming" | "sending" | "denying";
  /** The Home's refusal of the last ask. */
  readonly problem?: { readonly message: string; readonly advice: string };
  /** How many other previews wait for an answer. */
  readonly othersWaiting: number;
  /** How long a lease for this job only lives unless the person says otherwise. */
  readonly leaseMs: DurationMs;
  /** What may leave for this node without a question; the time that is left is as of this message. */
  readonly leases: readonly ReviewLease[];
}

export type ReviewToPage = { readonly kind: "review"; readonly review: ReviewView };

export type ReviewFromPage = PageReady | ReviewAsk;

/** What the panel asks for. Each names the digest that was on its screen. */
export type ReviewAsk =
  | { readonly kind: "send"; readonly digest: Digest; readonly lease: LeaseAsk }
  | { readonly kind: "take-out"; readonly digest: Digest; readonly taken: readonly TakenOut[] }
  /** The person says in the editor which lines of an item stay here. */
  | { readonly kind: "leave-out-lines"; readonly digest: Digest; readonly item: number }
  /** All lines that were taken out of an item go back in. */
  | { readonly kind: "put-back"; readonly digest: Digest; readonly item: number }
  | { readonly kind: "revoke-lease"; readonly digest: Digest; readonly leaseId: LeaseId }
  | { readonly kind: "run-here"; readonly digest: Digest }
  | { readonly kind: "deny"; readonly digest: Digest }
  /** Exactly the bytes of one item, in the editor; without an item, the job's specification, which is sent as well. */
  | { readonly kind: "show-item"; readonly digest: Digest; readonly item?: number }
  /** What an answer put into the egress ledger. */
  | { readonly kind: "open-ledger"; readonly digest: Digest }
  | { readonly kind: "review-next" };

/** The path that a wish means. Undefined where the preview has no such item or folder. */
export function takenPath(items: readonly PreviewItem[], { folderDepth, item }: TakenOut): string | undefined {
  const path = items[item]?.path;
  if (path === undefined || isNoFile(path)) return undefined;
  if (folderDepth === undefined) return path;
  const names = path.split("/");
  return folderDepth < names.length ? names.slice(0, folderDepth).join("/") : undefined;
}

/** Whether an item is no file of the workspace but a part of the request: `(prompt)`, `(file list)`. */
export function isNoFile(path: string): boolean {
  return /^\([^/]*\)$/.test(path);
}

const runHere: z.ZodType<RunHere> = z.discriminatedUnion("possible", [
  z.strictObject({ possible: z.literal(true) }),
  z.strictObject({
    possible: z.literal(false),
    why: z.enum(["no-engine", "no-model", "not-ready", "no-request", "unread"]),
    detail: z.string(),
  }),
]);

const reviewLease: z.ZodType<ReviewLease> = z.strictObject({
  lease: leaseSchema,
  usesLeft: z.number().int().min(0),
  bytesLeft: bytesSchema,
  costMicrosLeft: costMicrosSchema.exactOptional(),
  remainingMs: durationMsSchema,
  inUse: z.number().int().min(0),
});

const reviewView: z.ZodType<ReviewView> = z.strictObject({
  preview: egressPreviewSchema,
  digest: digestSchema,
  job: z.enum(["command", "ask"]),
  state: z.enum(["waiting", "approved", "denied", "withdrawn"]),
  answeredHere: z.boolean(),
  replaced: z.strictObject({ digest: digestSchema, by: z.enum(["taken-out", "put-back", "changed"]) }).exactOptional(),
  node: z.strictObject({
    state: z.enum(["pending", "ready", "unreachable", "revoked", "gone", "unread"]),
    reason: z.string(),
    since: epochMsSchema.exactOptional(),
    sandbox: sandboxSchema.exactOptional(),
  }),
  leaseUnfit: leaseUnfitSchema.exactOptional(),
  runHere,
  busy: z.enum(["nothing", "revising", "confirming", "sending", "denying"]),
  problem: z.strictObject({ message: z.string(), advice: z.string() }).exactOptional(),
  othersWaiting: z.number().int().min(0),
  leaseMs: durationMsSchema,
  leases: z.array(reviewLease),
});

export const reviewToPageSchema: z.ZodType<ReviewToPage> = z.strictObject({
  kind: z.literal("review"),
  review: reviewView,
});

const item = z.number().int().min(0).max(TREE_ENTRIES_MAX);

const fromPage: SchemaOfKind<ReviewFromPage> = {
  ready: pageReadySchema,
  send: z.strictObject({
    kind: z.literal("send"),
    digest: digestSchema,
    lease: z.discriminatedUnion("kind", [
      z.strictObject({ kind: z.literal("once"), leaseMs: durationMsSchema }),
      z.strictObject({ kind: z.literal("scoped"), terms: scopedTermsSchema }),
    ]),
  }),
  "take-out": z.strictObject({
    kind: z.literal("take-out"),
    digest: digestSchema,
    taken: z
      .array(z.strictObject({ item, folderDepth: z.number().int().min(1).max(FOLDER_DEPTH_MAX).exactOptional() }))
      .min(1)
      .max(TAKEN_OUT_MAX),
  }),
  "leave-out-lines": z.strictObject({ kind: z.literal("leave-out-lines"), digest: digestSchema, item }),
  "put-back": z.strictObject({ kind: z.literal("put-back"), digest: digestSchema, item }),
  "revoke-lease": z.strictObject({ kind: z.literal("revoke-lease"), digest: digestSchema, leaseId: leaseId.schema }),
  "run-here": z.strictObject({ kind: z.literal("run-here"), digest: digestSchema }),
  deny: z.strictObject({ kind: z.literal("deny"), digest: digestSchema }),
  "show-item": z.strictObject({ kind: z.literal("show-item"), digest: digestSchema, item: item.exactOptional() }),
  "open-ledger": z.strictObject({ kind: z.literal("open-ledger"), digest: digestSchema }),
  "review-next": z.strictObject({ kind: z.literal("review-next") }),
};
export const reviewFromPageSchema: z.ZodType<ReviewFromPage> = schemaByKind<ReviewFromPage>(fromPage);
