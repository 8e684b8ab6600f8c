// What clients ask and are told about what leaves: previews with their items and revisions, approvals, marks, and what would
// become of single files. `client.ts` has the methods; no client derives a permission from what it is shown.
import * as z from "zod";
import { type Digest, digestSchema } from "../digest.ts";
import {
  type Classification,
  classificationSchema,
  type Destination,
  destinationSchema,
  type EgressPreview,
  egressPreviewSchema,
} from "../egress.ts";
import { type PreviewId, previewId } from "../ids.ts";
import { type LineRange, lineRangeSchema, lineRangesSchema } from "../lineCut.ts";
import { type LeaseUnfit, leaseUnfitSchema, type ScopedTerms, scopedTermsSchema } from "../lease.ts";
import { NEVER_LEAVES_MAX, neverLeavesGlobSchema } from "../neverLeaves.ts";
import { type Bytes, bytesSchema, type DurationMs, durationMsSchema } from "../quantities.ts";
import { WORKSPACE_PATH_CHARACTERS_MAX, workspacePathSchema, type WorkspacePath } from "../workspacePath.ts";

/** So many paths may be taken out of a preview at once; a folder counts as one. */
export const REVISED_PATHS_MAX = 1_000;

/** Lines may be taken out of so many items at once, and put back into as many. */
export const REVISED_TEXTS_MAX = 100;

/** Changes that are listed of one item; whatever has more is better left out whole. */
export const CHANGES_LISTED_MAX = 1_000;

/** Files that can be asked about at once. */
export const INSPECTED_PATHS_MAX = 256;

export interface PreviewResult {
  readonly preview: EgressPreview;
  readonly digest: Digest;
  readonly state: "waiting" | "approved" | "denied" | "withdrawn";
  /** The preview that took its place, where something was taken out of it. */
  readonly replacedBy?: PreviewId;
  /** Why the owner is asked although there is a scoped lease. */
  readonly leaseUnfit?: LeaseUnfit;
}
export interface ApproveParams {
  readonly previewId: PreviewId;
  /** The digest of the preview that was shown: an approval of anything else is refused. */
  readonly digest: Digest;
  /** How long a once lease lives. */
  readonly leaseMs?: DurationMs;
  /** Grants a scoped lease, of which this job is the first use; absent for this job only. */
  readonly scoped?: ScopedTerms;
}
export interface PreviewItemParams {
  readonly previewId: PreviewId;
  /** Of an item, or the payload: then it is the job's specification, which is sent as well. */
  readonly digest: Digest;
  readonly fromByte: Bytes;
}
export interface ReviseParams {
  readonly previewId: PreviewId;
  /** The digest of the preview that was shown. */
  readonly digest: Digest;
  /** Paths of items, links or whole folders of the preview. */
  readonly leaveOut: readonly string[];
  /** Lines of text items, as the preview shows them. */
  readonly cut?: readonly ItemLines[];
  /** Items whose lines go back in, all of them. */
  readonly putBack?: readonly string[];
}
export interface ItemLines {
  readonly path: string;
  readonly lines: readonly LineRange[];
}
export interface ChangesParams {
  readonly previewId: PreviewId;
  readonly paths: readonly string[];
}
export interface ChangesResult {
  /** What the items were compared with: the last commit of the workspace. Absent where nothing is committed yet. */
  readonly commit?: string;
  /** One for each path, in the order they were asked for. */
  readonly items: readonly ItemChanges[];
}
/** What an item of a preview has that the last commit has not. A change that only takes lines away sends nothing and is none. */
export type ItemChanges =
  | {
      /** `new` where the commit has no such file: all of it is one change. */
      readonly kind: "changed" | "new";
      readonly path: string;
      /** Lines as this preview shows the item, in their order. */
      readonly changes: readonly LineRange[];
      /** How many more there are than are listed. */
      readonly more: number;
    }
  | { readonly kind: "unknown"; readonly path: string; readonly reason: string };
export interface InspectParams {
  readonly paths: readonly WorkspacePath[];
  /** A worker's name or id; absent takes the first that is ready. */
  readonly on?: string;
}
export interface InspectResult {
  readonly files: readonly InspectedFile[];
  /** Where they would go; absent where no worker is there. */
  readonly destination?: Destination;
}
export interface GlobsParams {
  readonly globs: readonly string[];
}

/** What would become of one file in a send, and why. */
export interface InspectedFile {
  readonly path: WorkspacePath;
  /** Absent where there is no regular file to read. */
  readonly bytes?: Bytes;
  readonly classification: Classification;
  /** Why it is of this class. */
  readonly why: string;
  /** What looks like a secret in it: rules and lines, never the text itself. */
  readonly findings: readonly { readonly rule: string; readonly line: number; readonly message: string }[];
  readonly leaves: boolean;
  /** Why it stays here, where it does. */
  readonly reason?: string;
}

export const globsParamsSchema: z.ZodType<GlobsParams> = z.strictObject({
  globs: z.array(neverLeavesGlobSchema).min(1).max(NEVER_LEAVES_MAX),
});

export const previewResultSchema: z.ZodType<PreviewResult> = z.strictObject({
  preview: egressPreviewSchema,
  digest: digestSchema,
  state: z.enum(["waiting", "approved", "denied", "withdrawn"]),
  replacedBy: previewId.schema.exactOptional(),
  leaseUnfit: leaseUnfitSchema.exactOptional(),
});

export const previewItemParamsSchema: z.ZodType<PreviewItemParams> = z.strictObject({
  previewId: previewId.schema,
  digest: digestSchema,
  fromByte: bytesSchema,
});

const itemPath = z.string().min(1).max(WORKSPACE_PATH_CHARACTERS_MAX);
export const reviseParamsSchema: z.ZodType<ReviseParams> = z
  .strictObject({
    previewId: previewId.schema,
    digest: digestSchema,
    leaveOut: z.array(itemPath).max(REVISED_PATHS_MAX),
    cut: z
      .array(z.strictObject({ path: itemPath, lines: lineRangesSchema }))
      .max(REVISED_TEXTS_MAX)
      .exactOptional(),
    putBack: z.array(itemPath).max(REVISED_TEXTS_MAX).exactOptional(),
  })
  .refine(({ cut, leaveOut, putBack }) => leaveOut.length + (cut?.length ?? 0) + (putBack?.length ?? 0) > 0, {
    error: "names something to take out or to put back",
  });

export const changesParamsSchema: z.ZodType<ChangesParams> = z.strictObject({
  previewId: previewId.schema,
  paths: z.array(itemPath).min(1).max(REVISED_TEXTS_MAX),
});

const itemChangesSchema: z.ZodType<ItemChanges> = z.discriminatedUnion("kind", [
  z.strictObject({
    kind: z.enum(["changed", "new"]),
    path: itemPath,
    changes: z.array(lineRangeSchema).max(CHANGES_LISTED_MAX),
    more: z.number().int().min(0),
  }),
  z.strictObject({ kind: z.literal("unknown"), path: itemPath, reason: z.string() }),
]);

export const changesResultSchema: z.ZodType<ChangesResult> = z.strictObject({
  commit: z
    .string()
    .regex(/^[0-9a-f]{40,64}$/u)
    .exactOptional(),
  items: z.array(itemChangesSchema).max(REVISED_TEXTS_MAX),
});

export const approveParamsSchema: z.ZodType<ApproveParams> = z.strictObject({
  previewId: previewId.schema,
  digest: digestSchema,
  leaseMs: durationMsSchema.exactOptional(),
  scoped: scopedTermsSchema.exactOptional(),
});

export const inspectedFileSchema: z.ZodType<InspectedFile> = z.strictObject({
  path: workspacePathSchema,
  bytes: bytesSchema.exactOptional(),
  classification: classificationSchema,
  why: z.string(),
  findings: z.array(z.strictObject({ rule: z.string(), line: z.number().int().min(1), message: z.string() })),
  leaves: z.boolean(),
  reason: z.string().exactOptional(),
});

export const inspectParamsSchema: z.ZodType<InspectParams> = z.strictObject({
  paths: z.array(workspacePathSchema).min(1).max(INSPECTED_PATHS_MAX),
  on: z.string().min(1).max(64).exactOptional(),
});

export const inspectResultSchema: z.ZodType<InspectResult> = z.strictObject({
  files: z.array(inspectedFileSchema),
  destination: destinationSchema.exactOptional(),
});
