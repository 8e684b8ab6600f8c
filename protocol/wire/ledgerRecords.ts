// The egress ledger as people read it: its records, the newest first, with what each carried, narrowed down in the Home.
// Paths come from previews, which are dropped long after their episode's end; the record itself never is.
import * as z from "zod";
import {
  type Classification,
  classificationSchema,
  type EgressLedgerRow,
  egressLedgerRowSchema,
  type PreviewItem,
  previewItemSchema,
} from "../egress.ts";
import {
  type EgressRecordId,
  egressRecordId,
  type EpisodeId,
  episodeId,
  type NodeId,
  nodeId,
  type PreviewId,
  previewId,
} from "../ids.ts";
import { type Bytes, bytesSchema, type Sequence, sequenceSchema } from "../quantities.ts";
import { cursorSchema, type ListEnd } from "./listPage.ts";

/** Records of one page at most, and of a page whose length was not asked for. */
export const RECORDS_PAGE_MAX = 200;
/** Paths that stand in a record itself; all of them are read with `ledger/record`. */
export const RECORD_PATHS_MAX = 12;
/** Items of one page of a record. */
export const RECORD_ITEMS_MAX = 200;
/** Characters of what is looked for in paths. */
export const PATH_TEXT_CHARACTERS_MAX = 256;

/** Which records; what is absent lets all pass. */
export interface LedgerFilter {
  readonly episodeId?: EpisodeId;
  readonly nodeId?: NodeId;
  readonly decision?: EgressLedgerRow["decision"];
  /** Part of the path of an item, whatever its case. */
  readonly path?: string;
  /** Only what left, may have left, or is leaving now. */
  readonly onlyLeft?: true;
}

export interface LedgerRecordsParams {
  readonly filter: LedgerFilter;
  /** The `next` of the page before; absent for the newest. */
  readonly cursor?: number;
  readonly limit?: number;
}

export interface LedgerRecord {
  readonly row: EgressLedgerRow;
  /** Its number among the records, from 1. A page with `cursor` one above it begins with it. */
  readonly number: number;
  /** Its place among the leaves of the ledger's tree, from 0. */
  readonly leaf: number;
  /** The place of what came of it; absent while that is open, and for a denial. */
  readonly settledLeaf?: number;
  /** Where the timeline has it. */
  readonly at: { readonly sequence: Sequence; readonly index: number };
  readonly title: string;
  readonly previewId: PreviewId;
  /** The highest class of what it carried; absent where no preview says. */
  readonly classification?: Classification;
  /** What would have left, or was to leave. */
  readonly payloadBytes: Bytes;
  /** What it carried: the first paths, or the first that have the text that was looked for. Absent where the preview was dropped. */
  readonly carried?: { readonly paths: readonly string[]; readonly count: number };
}

export interface LedgerRecordsPage extends ListEnd {
  /** May be fewer than the limit although `next` says that there is more: so much was looked through for one answer. */
  readonly records: readonly LedgerRecord[];
  /** Records of the whole ledger, whatever the filter. */
  readonly total: number;
  /** Records that were passed over because their preview was dropped, so that nobody knows whether a path of them fits. */
  readonly unread: number;
}

export interface ShowRecordParams {
  readonly recordId: EgressRecordId;
  /** From this item on. */
  readonly from: number;
}

export interface ShownRecord extends ListEnd {
  readonly record: LedgerRecord;
  /** Absent where the preview was dropped. */
  readonly items?: readonly PreviewItem[];
}

export const ledgerFilterSchema: z.ZodType<LedgerFilter> = z.strictObject({
  episodeId: episodeId.schema.exactOptional(),
  nodeId: nodeId.schema.exactOptional(),
  decision: z.enum(["allow", "deny"]).exactOptional(),
  path: z.string().min(1).max(PATH_TEXT_CHARACTERS_MAX).exactOptional(),
  onlyLeft: z.literal(true).exactOptional(),
});

export const ledgerRecordsParamsSchema: z.ZodType<LedgerRecordsParams> = z.strictObject({
  filter: ledgerFilterSchema,
  cursor: cursorSchema.exactOptional(),
  limit: z.number().int().min(1).max(RECORDS_PAGE_MAX).exactOptional(),
});

const count = z.number().int().min(0).max(Number.MAX_SAFE_INTEGER);

export const ledgerRecordSchema: z.ZodType<LedgerRecord> = z.strictObject({
  row: egressLedgerRowSchema,
  number: cursorSchema,
  leaf: count,
  settledLeaf: count.exactOptional(),
  at: z.strictObject({ sequence: sequenceSchema, index: count }),
  title: z.string(),
  previewId: previewId.schema,
  classification: classificationSchema.exactOptional(),
  payloadBytes: bytesSchema,
  carried: z.strictObject({ paths: z.array(z.string()).max(RECORD_PATHS_MAX), count }).exactOptional(),
});

export const ledgerRecordsPageSchema: z.ZodType<LedgerRecordsPage> = z.strictObject({
  records: z.array(ledgerRecordSchema).max(RECORDS_PAGE_MAX),
  total: count,
  unread: count,
  next: cursorSchema.exactOptional(),
});

export const showRecordParamsSchema: z.ZodType<ShowRecordParams> = z.strictObject({
  recordId: egressRecordId.schema,
  from: count,
});

export const shownRecordSchema: z.ZodType<ShownRecord> = z.strictObject({
  record: ledgerRecordSchema,
  items: z.array(previewItemSchema).max(RECORD_ITEMS_MAX).exactOptional(),
  next: cursorSchema.exactOptional(),
});
