// The edits that a command job returned. A proposal is never written by itself: the owner applies it, and an edit
// whose base is no longer what the job saw is a conflict.
import * as z from "zod";
import { type Digest, digestSchema } from "./digest.ts";
import { type Bytes, bytesSchema } from "./quantities.ts";
import { workspacePathSchema, type WorkspacePath } from "./workspacePath.ts";

export type ProposedChange =
  | {
      readonly kind: "create";
      readonly path: WorkspacePath;
      readonly digest: Digest;
      readonly bytes: Bytes;
      readonly executable: boolean;
    }
  | {
      readonly kind: "edit";
      readonly path: WorkspacePath;
      /** What the job saw at this path. */
      readonly base: Digest;
      readonly digest: Digest;
      readonly bytes: Bytes;
      readonly executable: boolean;
    }
  | { readonly kind: "mode"; readonly path: WorkspacePath; readonly base: Digest; readonly executable: boolean }
  | { readonly kind: "delete"; readonly path: WorkspacePath; readonly base: Digest }
  | {
      readonly kind: "symlink";
      readonly path: WorkspacePath;
      readonly target: string;
      /** The digest of the file, or of the old link's target text, that the job saw here; absent if there was nothing. */
      readonly base?: Digest;
    }
  | { readonly kind: "delete-symlink"; readonly path: WorkspacePath; readonly target: string };

/** Outputs that were not taken, and why: too large, leaving the tree, not a regular file. */
export interface OutputLeftOut {
  readonly path: string;
  readonly reason: string;
}

export interface Proposal {
  readonly kind: "proposal";
  readonly changes: readonly ProposedChange[];
  readonly leftOut: readonly OutputLeftOut[];
}

/** More changes than this are not a proposal a person can read; the rest is named in `leftOut`. */
export const PROPOSED_CHANGES_MAX = 10_000;

const path = workspacePathSchema;
const content = { digest: digestSchema, bytes: bytesSchema, executable: z.boolean() };

export const proposalSchema: z.ZodType<Proposal> = z.strictObject({
  kind: z.literal("proposal"),
  changes: z
    .array(
      z.discriminatedUnion("kind", [
        z.strictObject({ kind: z.literal("create"), path, ...content }),
        z.strictObject({ kind: z.literal("edit"), path, base: digestSchema, ...content }),
        z.strictObject({ kind: z.literal("mode"), path, base: digestSchema, executable: z.boolean() }),
        z.strictObject({ kind: z.literal("delete"), path, base: digestSchema }),
        z.strictObject({
          kind: z.literal("symlink"),
          path,
          target: z.string().min(1).max(4_096),
          base: digestSchema.exactOptional(),
        }),
        z.strictObject({ kind: z.literal("delete-symlink"), path, target: z.string().min(1).max(4_096) }),
      ]),
    )
    .max(PROPOSED_CHANGES_MAX),
  leftOut: z.array(z.strictObject({ path: z.string().max(4_096), reason: z.string().max(1_024) })).max(1_024),
});
