// What the Review page holds besides the preview: what is folded, what is picked to be taken out, what lease is composed.
// All of it belongs to one digest: another revision begins afresh, so that nothing composed for one preview meets another.
import * as z from "zod";
import { type Digest, digestSchema } from "#protocol/digest.ts";
import { leaseCeilingSchema } from "#protocol/lease.ts";
import type { ReviewView } from "#protocol/webview/review.ts";
import { draftFor, type LeaseDraft } from "./leaseForm.ts";

/** So many rows are on the page at first, and so many more with each wish for more. */
export const ROWS_SHOWN_STEP = 200;
/** Up to so many items, every folder is open at first. */
export const ITEMS_OPEN_MAX = 12;
/** A longer field than this is no lease. */
const FIELD_CHARACTERS_MAX = 8_192;

export interface ReviewState {
  readonly digest: Digest;
  readonly draft: LeaseDraft;
  /** Whether things are being picked to be taken out. */
  readonly taking: boolean;
  readonly picked: ReadonlySet<number>;
  /** Folders that were opened or folded by hand. */
  readonly opened: ReadonlyMap<string, boolean>;
  readonly filter: string;
  readonly rowsShown: number;
  readonly staysShown: number;
}

/** What is kept while the page is hidden: what a person typed. */
export interface ReviewKept {
  readonly digest: Digest;
  readonly draft: LeaseDraft;
  readonly taking: boolean;
  readonly picked: readonly number[];
}

export function freshState({ digest, leaseMs, preview }: ReviewView): ReviewState {
  return {
    digest,
    draft: draftFor(preview, leaseMs),
    taking: false,
    picked: new Set(),
    opened: new Map(),
    filter: "",
    rowsShown: ROWS_SHOWN_STEP,
    staysShown: ROWS_SHOWN_STEP / 10,
  };
}

/** The state for what is shown now: the same one while the digest is the same, what was kept after a reload, else a fresh one. */
export function stateFor(view: ReviewView, state: ReviewState | undefined, kept: ReviewKept | undefined): ReviewState {
  if (state?.digest === view.digest) return state;
  const fresh = freshState(view);
  // Only after a reload: a person who took something out begins at the new revision.
  if (state !== undefined || kept?.digest !== view.digest) return fresh;
  const picked = kept.picked.filter((index) => index < view.preview.items.length);
  return { ...fresh, draft: kept.draft, taking: kept.taking, picked: new Set(picked) };
}

export function keptOf({ digest, draft, picked, taking }: ReviewState): ReviewKept {
  return { digest, draft, taking, picked: [...picked] };
}

const field = z.string().max(FIELD_CHARACTERS_MAX);

export const reviewKeptSchema: z.ZodType<ReviewKept> = z.strictObject({
  digest: digestSchema,
  draft: z.strictObject({
    kind: z.enum(["once", "scoped"]),
    onceMinutes: field,
    uses: field,
    minutes: field,
    bytes: field,
    cost: field,
    paths: field,
    ceiling: leaseCeilingSchema,
  }),
  taking: z.boolean(),
  picked: z.array(z.number().int().min(0)),
});
