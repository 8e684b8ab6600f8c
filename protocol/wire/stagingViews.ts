// What clients see of the actions that wait for the owner, and what they may say of them. Views are for reading: what may be
// done is decided by the digest in an approval, which the Home compares.
import * as z from "zod";
import { type Digest, digestSchema } from "../digest.ts";
import {
  type EpisodeId,
  episodeId,
  type LeaseId,
  leaseId,
  type PreviewId,
  previewId,
  type StagedId,
  stagedId,
} from "../ids.ts";
import { type ScopedTerms, scopedTermsSchema } from "../lease.ts";
import { POLICY_CHARACTERS_MAX } from "../policy.ts";
import { type Bytes, bytesSchema, type EpochMs, epochMsSchema } from "../quantities.ts";
import {
  type Evidence,
  evidenceSchema,
  type Risk,
  riskSchema,
  STAGED_BATCH_MAX,
  STAGED_EDITS_MAX,
  STAGED_NOTE_CHARACTERS_MAX,
  STAGED_PATHS_MAX,
  type StagedAction,
  stagedActionSchema,
  type StagedOutcome,
  stagedOutcomeSchema,
} from "../staging.ts";
import { workspacePathSchema, type WorkspacePath } from "../workspacePath.ts";
import { cursorSchema, LIST_ROWS_MAX, type ListEnd, type ListParams } from "./listPage.ts";

export interface StagedView {
  readonly stagedId: StagedId;
  readonly episodeId?: EpisodeId;
  /** What an approval names. */
  readonly digest: Digest;
  readonly action: StagedAction;
  readonly risk: Risk;
  readonly title: string;
  readonly evidence: readonly Evidence[];
  readonly requestedBy: string;
  readonly stagedAt: EpochMs;
  readonly revision: number;
  readonly endorsements: readonly { readonly by: string; readonly at: EpochMs }[];
  readonly state: "pending" | "approved" | "rejected" | "superseded" | "withdrawn";
  /** Who decided, when, and the reason that was given. */
  readonly decided?: { readonly at: EpochMs; readonly by: string; readonly reason?: string };
  readonly leaseId?: LeaseId;
  readonly replacedBy?: StagedId;
  /** The revision whose place this one took, while the Home still has it. */
  readonly replaces?: StagedId;
  /** Of an approved one: how far its one run is. */
  readonly run?: { readonly state: "not-begun" | "begun" | StagedOutcome; readonly detail: string };
  /** Why it cannot be done any more as it was shown. Only `staged/show` looks. */
  readonly stale?: string;
}

/** Everything that waits for the owner's yes, in one list: staged actions, and previews, which have their own methods. */
export type WaitingView =
  | { readonly kind: "action"; readonly staged: StagedView }
  | {
      readonly kind: "egress";
      readonly previewId: PreviewId;
      readonly digest: Digest;
      readonly episodeId: EpisodeId;
      readonly title: string;
      readonly node: string;
      readonly payloadBytes: Bytes;
      readonly risk: Risk;
      readonly stagedAt: EpochMs;
    };

/** What became of an approved action. */
export interface StagedResult {
  readonly stagedId: StagedId;
  /** `refused`: there was no decision, e.g. since somebody else had decided. */
  readonly outcome: StagedOutcome | "refused";
  readonly detail: string;
  /** The code of a refusal. */
  readonly code?: string;
  /** The episode that a command began. */
  readonly episodeId?: EpisodeId;
  readonly files?: number;
  /** What waits in its place where it was void. */
  readonly replacedBy?: StagedId;
}

/** What of an action may be proposed otherwise. */
export type StagedChange =
  /** Only these files, other contents of them, or both. */
  | {
      readonly kind: "apply-proposal";
      readonly paths?: readonly WorkspacePath[];
      readonly contents?: readonly NewContent[];
    }
  | { readonly kind: "adopt-policy"; readonly text: string }
  | { readonly kind: "run-command"; readonly argv: readonly string[] }
  | { readonly kind: "grant-lease"; readonly terms: ScopedTerms }
  | { readonly kind: "unmark-never-leaves"; readonly globs: readonly string[] };

/** What a proposed file should hold instead. */
export interface NewContent {
  readonly path: WorkspacePath;
  readonly base64: string;
}

/** Bytes of all contents of one revision: a person wrote them. */
export const STAGED_EDIT_BYTES_MAX: number = 4 * 1024 * 1024;

export interface ShownItem {
  readonly stagedId: StagedId;
  readonly digest: Digest;
}

export interface ReviseStagedParams extends ShownItem {
  readonly change: StagedChange;
}

const reason = z.string().max(STAGED_NOTE_CHARACTERS_MAX);

export const stagedViewSchema: z.ZodType<StagedView> = z.strictObject({
  stagedId: stagedId.schema,
  episodeId: episodeId.schema.exactOptional(),
  digest: digestSchema,
  action: stagedActionSchema,
  risk: riskSchema,
  title: z.string(),
  evidence: z.array(evidenceSchema),
  requestedBy: z.string(),
  stagedAt: epochMsSchema,
  revision: z.number().int().min(1),
  endorsements: z.array(z.strictObject({ by: z.string(), at: epochMsSchema })),
  state: z.enum(["pending", "approved", "rejected", "superseded", "withdrawn"]),
  decided: z.strictObject({ at: epochMsSchema, by: z.string(), reason: z.string().exactOptional() }).exactOptional(),
  leaseId: leaseId.schema.exactOptional(),
  replacedBy: stagedId.schema.exactOptional(),
  replaces: stagedId.schema.exactOptional(),
  run: z
    .strictObject({
      state: z.enum(["not-begun", "begun", "done", "failed", "void", "unknown"]),
      detail: z.string(),
    })
    .exactOptional(),
  stale: z.string().exactOptional(),
});

const waitingViewSchema: z.ZodType<WaitingView> = z.discriminatedUnion("kind", [
  z.strictObject({ kind: z.literal("action"), staged: stagedViewSchema }),
  z.strictObject({
    kind: z.literal("egress"),
    previewId: previewId.schema,
    digest: digestSchema,
    episodeId: episodeId.schema,
    title: z.string(),
    node: z.string(),
    payloadBytes: bytesSchema,
    risk: riskSchema,
    stagedAt: epochMsSchema,
  }),
]);

export const stagedResultSchema: z.ZodType<StagedResult> = z.strictObject({
  stagedId: stagedId.schema,
  outcome: z.union([stagedOutcomeSchema, z.literal("refused")]),
  detail: z.string(),
  code: z.string().exactOptional(),
  episodeId: episodeId.schema.exactOptional(),
  files: z.number().int().min(0).exactOptional(),
  replacedBy: stagedId.schema.exactOptional(),
});

/** A page of what waits ends once it takes this much: the whole of it may be larger than one message. */
export const WAITING_PAGE_BYTES: number = 1024 * 1024;

export interface WaitingListParams extends ListParams {
  /** Those of late that were decided as well. */
  readonly decided: boolean;
}
export interface WaitingPage extends ListEnd {
  readonly items: readonly WaitingView[];
}

export const stagedListParamsSchema: z.ZodType<WaitingListParams> = z.strictObject({
  decided: z.boolean(),
  cursor: cursorSchema.exactOptional(),
  limit: z.number().int().min(1).max(LIST_ROWS_MAX).exactOptional(),
});
export const waitingItemsSchema: z.ZodType<WaitingPage> = z.strictObject({
  items: z.array(waitingViewSchema),
  next: cursorSchema.exactOptional(),
});
export const stagedItemsSchema: z.ZodType<{ readonly items: readonly StagedView[] }> = z.strictObject({
  items: z.array(stagedViewSchema),
});
export const stagedResultsSchema: z.ZodType<{ readonly results: readonly StagedResult[] }> = z.strictObject({
  results: z.array(stagedResultSchema),
});

const shown = { stagedId: stagedId.schema, digest: digestSchema };
export const shownItemSchema: z.ZodType<ShownItem> = z.strictObject(shown);

export const stagedIdsSchema: z.ZodType<{ readonly stagedIds: readonly StagedId[] }> = z.strictObject({
  stagedIds: z.array(stagedId.schema).min(1).max(STAGED_BATCH_MAX),
});
export const approveStagedParamsSchema: z.ZodType<{ readonly items: readonly ShownItem[] }> = z.strictObject({
  items: z.array(shownItemSchema).min(1).max(STAGED_BATCH_MAX),
});
export const rejectStagedParamsSchema: z.ZodType<ShownItem & { readonly reason: string }> = z.strictObject({
  ...shown,
  reason,
});
export const withdrawStagedParamsSchema: z.ZodType<{ readonly stagedId: StagedId; readonly reason: string }> =
  z.strictObject({ stagedId: stagedId.schema, reason });
/** Three bytes are four characters; the last ones may be filled up. */
function bytesOf(base64: string): number {
  const filled = base64.endsWith("==") ? 2 : base64.endsWith("=") ? 1 : 0;
  return (base64.length / 4) * 3 - filled;
}

const newContentsSchema: z.ZodType<readonly NewContent[]> = z
  .array(z.strictObject({ path: workspacePathSchema, base64: z.base64() }))
  .min(1)
  .max(STAGED_EDITS_MAX)
  .refine((contents) => contents.reduce((sum, { base64 }) => sum + bytesOf(base64), 0) <= STAGED_EDIT_BYTES_MAX, {
    error: `holds at most ${STAGED_EDIT_BYTES_MAX} bytes in all`,
  });

export const reviseStagedParamsSchema: z.ZodType<ReviseStagedParams> = z.strictObject({
  ...shown,
  change: z.discriminatedUnion("kind", [
    z
      .strictObject({
        kind: z.literal("apply-proposal"),
        paths: z.array(workspacePathSchema).min(1).max(STAGED_PATHS_MAX).exactOptional(),
        contents: newContentsSchema.exactOptional(),
      })
      .refine(({ contents, paths }) => contents !== undefined || paths !== undefined, {
        error: "names files that are left, or contents",
      }),
    z.strictObject({ kind: z.literal("adopt-policy"), text: z.string().max(2 * POLICY_CHARACTERS_MAX) }),
    z.strictObject({
      kind: z.literal("run-command"),
      argv: z.array(z.string().max(65_536)).min(1).max(1_024),
    }),
    z.strictObject({ kind: z.literal("grant-lease"), terms: scopedTermsSchema }),
    z.strictObject({
      kind: z.literal("unmark-never-leaves"),
      globs: z.array(z.string().min(1).max(1_024)).min(1).max(256),
    }),
  ]),
});
