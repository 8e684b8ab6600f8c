// What the editor tells the Review page of staged actions, and what the page may ask for. The page decides nothing: each ask
// names the digests that it showed, and the editor answers with a native dialog, or with nothing where they are not shown any more.
import * as z from "zod";
import { type Digest, digestSchema } from "../digest.ts";
import { type StagedId, stagedId } from "../ids.ts";
import { type SchemaOfKind, schemaByKind } from "../schemaByKind.ts";
import {
  type ShownItem,
  shownItemSchema,
  type StagedResult,
  stagedResultSchema,
  type StagedView,
  stagedViewSchema,
} from "../wire/stagingViews.ts";
import { type PageReady, pageReadySchema } from "./page.ts";

/** Files of an application that the page lists; the diff has all of them. */
export const STAGED_FILES_SHOWN_MAX = 1_000;
/** Actions that are looked at in one table: each is repeated in one confirmation, and more than this nobody reads there. */
export const STAGED_TABLE_MAX = 20;

/** A file that applying would write, from the very changes that the digest names. */
export interface StagedFile {
  readonly path: string;
  readonly change: "create" | "edit" | "mode" | "delete" | "symlink" | "delete-symlink";
  readonly bytes?: number;
  readonly mark?: "protected" | "outside";
}

export type StagedBusy = "nothing" | "confirming" | "approving" | "rejecting" | "revising";

interface Problem {
  readonly message: string;
  readonly advice: string;
}

/** One item, and everything beside it that a person should know before they answer. */
export interface StagedReview {
  readonly staged: StagedView;
  /** The revision before this one. */
  readonly before?: StagedView;
  /** Endorsements that this window saw on revisions before; none of them counts for this one. */
  readonly voidEndorsements: number;
  /** Of an application, where its bytes could be read and are those that the digest names. */
  readonly files?: readonly StagedFile[];
  /** The name of the node that the action is about. */
  readonly node?: string;
  readonly answeredHere: boolean;
  /** What became of it, where this window approved it. */
  readonly result?: StagedResult;
  /** While it is not `nothing`, no ask is taken. */
  readonly busy: StagedBusy;
  /** The Home's refusal of the last ask. */
  readonly problem?: Problem;
  readonly othersWaiting: number;
  /** Items of the same kind that wait, this one included. */
  readonly sameKindWaiting: number;
}

/** Several items of one kind, to be looked at together. */
export interface StagedTable {
  readonly rows: readonly StagedTableRow[];
  /** What waits beside them, of any kind. */
  readonly othersWaiting: number;
  readonly busy: StagedBusy;
  readonly problem?: Problem;
}

export interface StagedTableRow {
  readonly staged: StagedView;
  readonly node?: string;
  /** What became of it, where this window approved it. */
  readonly result?: StagedResult;
}

export type StagedToPage =
  | { readonly kind: "staged"; readonly review: StagedReview }
  | { readonly kind: "table"; readonly table: StagedTable };

/** What the page asks for. */
export type StagedAsk =
  | { readonly kind: "approve"; readonly digest: Digest }
  | { readonly kind: "reject"; readonly digest: Digest }
  | { readonly kind: "propose"; readonly digest: Digest }
  /** One file of an application in the editor's own diff, by its place in the list; without one, all of them. */
  | { readonly kind: "show-diff"; readonly digest: Digest; readonly file?: number }
  /** What the command that made the files had put out. */
  | { readonly kind: "show-output"; readonly digest: Digest }
  /** The revision that took its place. */
  | { readonly kind: "read-newer"; readonly digest: Digest }
  /** All that wait and are of its kind, in one table. */
  | { readonly kind: "look-together"; readonly digest: Digest }
  | { readonly kind: "approve-these"; readonly items: readonly ShownItem[] }
  | { readonly kind: "read-one"; readonly stagedId: StagedId }
  | { readonly kind: "review-next" };

export type StagedFromPage = PageReady | StagedAsk;

const file: z.ZodType<StagedFile> = z.strictObject({
  path: z.string(),
  change: z.enum(["create", "edit", "mode", "delete", "symlink", "delete-symlink"]),
  bytes: z.number().int().min(0).exactOptional(),
  mark: z.enum(["protected", "outside"]).exactOptional(),
});
const count = z.number().int().min(0);
const busy: z.ZodType<StagedBusy> = z.enum(["nothing", "confirming", "approving", "rejecting", "revising"]);
const problem: z.ZodType<Problem> = z.strictObject({ message: z.string(), advice: z.string() });

const review: z.ZodType<StagedReview> = z.strictObject({
  staged: stagedViewSchema,
  before: stagedViewSchema.exactOptional(),
  voidEndorsements: count,
  files: z.array(file).max(STAGED_FILES_SHOWN_MAX).exactOptional(),
  node: z.string().exactOptional(),
  answeredHere: z.boolean(),
  result: stagedResultSchema.exactOptional(),
  busy,
  problem: problem.exactOptional(),
  othersWaiting: count,
  sameKindWaiting: count,
});

const table: z.ZodType<StagedTable> = z.strictObject({
  rows: z
    .array(
      z.strictObject({
        staged: stagedViewSchema,
        node: z.string().exactOptional(),
        result: stagedResultSchema.exactOptional(),
      }),
    )
    .max(STAGED_TABLE_MAX),
  othersWaiting: count,
  busy,
  problem: problem.exactOptional(),
});

export const stagedToPageSchema: z.ZodType<StagedToPage> = z.discriminatedUnion("kind", [
  z.strictObject({ kind: z.literal("staged"), review }),
  z.strictObject({ kind: z.literal("table"), table }),
]);

const fromPage: SchemaOfKind<StagedFromPage> = {
  ready: pageReadySchema,
  approve: z.strictObject({ kind: z.literal("approve"), digest: digestSchema }),
  reject: z.strictObject({ kind: z.literal("reject"), digest: digestSchema }),
  propose: z.strictObject({ kind: z.literal("propose"), digest: digestSchema }),
  "show-diff": z.strictObject({
    kind: z.literal("show-diff"),
    digest: digestSchema,
    file: count.max(STAGED_FILES_SHOWN_MAX).exactOptional(),
  }),
  "show-output": z.strictObject({ kind: z.literal("show-output"), digest: digestSchema }),
  "read-newer": z.strictObject({ kind: z.literal("read-newer"), digest: digestSchema }),
  "look-together": z.strictObject({ kind: z.literal("look-together"), digest: digestSchema }),
  "approve-these": z.strictObject({
    kind: z.literal("approve-these"),
    items: z.array(shownItemSchema).min(1).max(STAGED_TABLE_MAX),
  }),
  "read-one": z.strictObject({ kind: z.literal("read-one"), stagedId: stagedId.schema }),
  "review-next": z.strictObject({ kind: z.literal("review-next") }),
};
export const stagedFromPageSchema: z.ZodType<StagedFromPage> = schemaByKind<StagedFromPage>(fromPage);
