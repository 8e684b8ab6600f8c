// What the extension and the Ledger page say to each other. The page shows records, narrows them down and asks; what it
// wishes for becomes one of the editor's own surfaces, and revoking a lease is a native question.
import * as z from "zod";
import { type PreviewItem, previewItemSchema } from "../egress.ts";
import {
  type EgressRecordId,
  egressRecordId,
  type EpisodeId,
  episodeId,
  type LeaseId,
  leaseId,
  type NodeId,
  nodeId,
  type PreviewId,
  previewId,
} from "../ids.ts";
import { type EpochMs, epochMsSchema } from "../quantities.ts";
import { type SchemaOfKind, schemaByKind } from "../schemaByKind.ts";
import {
  type LedgerFilter,
  ledgerFilterSchema,
  type LedgerRecord,
  ledgerRecordSchema,
  PATH_TEXT_CHARACTERS_MAX,
  RECORD_ITEMS_MAX,
  RECORDS_PAGE_MAX,
} from "../wire/ledgerRecords.ts";
import { type EntryPlace, entryPlaceSchema, type HomeNotice, homeNoticeSchema } from "./feed.ts";
import { type PageReady, pageReadySchema } from "./page.ts";

/** Records on the page at most: whoever wants more narrows them down, or exports them. */
export const RECORDS_SHOWN_MAX = 5_000;
/** Episodes, nodes and leases to choose from in one message. */
export const LEDGER_CHOICES_MAX = 200;

export interface NamedNode {
  readonly nodeId: NodeId;
  readonly name: string;
}
export interface TitledEpisode {
  readonly episodeId: EpisodeId;
  readonly title: string;
}

/** What there is to choose from. `leases` are those that still allow something, and so can be revoked. */
export interface LedgerChoices {
  readonly kind: "choices";
  readonly episodes: readonly TitledEpisode[];
  readonly nodes: readonly NamedNode[];
  readonly leases: readonly LeaseId[];
}
/** A command wants the page to show this. */
export interface LedgerNarrowed {
  readonly kind: "narrow";
  readonly filter: LedgerFilter;
}
/** Records of a query, to stand from a row on. */
export interface LedgerRows {
  readonly kind: "rows";
  readonly query: number;
  readonly from: number;
  readonly records: readonly LedgerRecord[];
  /** Nothing of this query comes after these rows for now: rows beyond them are gone. */
  readonly last: boolean;
  /** The Home has more of them. */
  readonly more: boolean;
  /** Records of the whole ledger. */
  readonly total: number;
  /** Records that may have been passed over: their previews were dropped. */
  readonly unread: number;
}
/** The Home could not be asked: cause and fix. */
export interface LedgerProblem {
  readonly kind: "problem";
  readonly query: number;
  readonly text: string;
}

/** Who else has seen that the ledger has a record. */
export interface RecordWitness {
  readonly name: string;
  readonly at: EpochMs;
  readonly state: "saw" | "earlier" | "ahead";
}
/** What the extension found when it checked that a record stands in the ledger that the Home signs. */
export type RecordProof =
  | {
      readonly kind: "holds";
      /** Its place among the leaves, from 0, and how many leaves the checkpoint covers. */
      readonly leaf: number;
      readonly settledLeaf?: number;
      readonly size: number;
      readonly checkpoint: string;
      readonly witnesses: readonly RecordWitness[];
    }
  | { readonly kind: "broken"; readonly problem: string }
  | { readonly kind: "unread"; readonly problem: string };

/** One record, all of it that is read. */
export interface LedgerDetails {
  readonly kind: "details";
  readonly recordId: EgressRecordId;
  readonly from: number;
  /** Absent where its preview was dropped. */
  readonly items?: readonly PreviewItem[];
  readonly more: boolean;
  /** Present with the first items. */
  readonly proof?: RecordProof;
  readonly problem?: string;
}

export type LedgerToPage = LedgerChoices | LedgerNarrowed | LedgerRows | LedgerProblem | LedgerDetails | HomeNotice;

/** A page begins a query with a number that grows, and says how many rows it needs by now. */
export interface LedgerQuery {
  readonly kind: "query";
  readonly query: number;
  readonly filter: LedgerFilter;
  readonly rows: number;
}
/** Exactly the records that pass the filter, from the newest on the page on. */
export interface ExportRecords {
  readonly kind: "export";
  readonly filter: LedgerFilter;
  readonly newest: number;
}

export type LedgerFromPage =
  | PageReady
  | LedgerQuery
  | ExportRecords
  | { readonly kind: "read-record"; readonly recordId: EgressRecordId; readonly from: number }
  | { readonly kind: "open-timeline"; readonly episodeId: EpisodeId; readonly place: EntryPlace }
  | { readonly kind: "open-preview"; readonly previewId: PreviewId }
  | { readonly kind: "revoke-lease"; readonly leaseId: LeaseId }
  | { readonly kind: "start-episode" };

/** What the page keeps while it is hidden, and the window over a reload. */
export interface LedgerKept {
  readonly filter: LedgerFilter;
  /** What is typed, which may be too short to look for. */
  readonly text: string;
  readonly active?: EgressRecordId;
  readonly detailsOpen: boolean;
}

const count = z.number().int().min(0).max(Number.MAX_SAFE_INTEGER);
const problem = z.string().max(4_096);

const proof: z.ZodType<RecordProof> = z.discriminatedUnion("kind", [
  z.strictObject({
    kind: z.literal("holds"),
    leaf: count,
    settledLeaf: count.exactOptional(),
    size: count,
    checkpoint: z.string().max(2_048),
    witnesses: z
      .array(z.strictObject({ name: z.string(), at: epochMsSchema, state: z.enum(["saw", "earlier", "ahead"]) }))
      .max(LEDGER_CHOICES_MAX),
  }),
  z.strictObject({ kind: z.literal("broken"), problem }),
  z.strictObject({ kind: z.literal("unread"), problem }),
]);

const toPage: SchemaOfKind<LedgerToPage> = {
  home: homeNoticeSchema,
  choices: z.strictObject({
    kind: z.literal("choices"),
    episodes: z.array(z.strictObject({ episodeId: episodeId.schema, title: z.string() })).max(LEDGER_CHOICES_MAX),
    nodes: z.array(z.strictObject({ nodeId: nodeId.schema, name: z.string() })).max(LEDGER_CHOICES_MAX),
    leases: z.array(leaseId.schema).max(LEDGER_CHOICES_MAX),
  }),
  narrow: z.strictObject({ kind: z.literal("narrow"), filter: ledgerFilterSchema }),
  rows: z.strictObject({
    kind: z.literal("rows"),
    query: count,
    from: count,
    records: z.array(ledgerRecordSchema).max(RECORDS_PAGE_MAX),
    last: z.boolean(),
    more: z.boolean(),
    total: count,
    unread: count,
  }),
  problem: z.strictObject({ kind: z.literal("problem"), query: count, text: problem }),
  details: z.strictObject({
    kind: z.literal("details"),
    recordId: egressRecordId.schema,
    from: count,
    items: z.array(previewItemSchema).max(RECORD_ITEMS_MAX).exactOptional(),
    more: z.boolean(),
    proof: proof.exactOptional(),
    problem: problem.exactOptional(),
  }),
};
export const ledgerToPageSchema: z.ZodType<LedgerToPage> = schemaByKind<LedgerToPage>(toPage);

const fromPage: SchemaOfKind<LedgerFromPage> = {
  ready: pageReadySchema,
  query: z.strictObject({
    kind: z.literal("query"),
    query: count,
    filter: ledgerFilterSchema,
    rows: z.number().int().min(1).max(RECORDS_SHOWN_MAX),
  }),
  export: z.strictObject({ kind: z.literal("export"), filter: ledgerFilterSchema, newest: count }),
  "read-record": z.strictObject({ kind: z.literal("read-record"), recordId: egressRecordId.schema, from: count }),
  "open-timeline": z.strictObject({
    kind: z.literal("open-timeline"),
    episodeId: episodeId.schema,
    place: entryPlaceSchema,
  }),
  "open-preview": z.strictObject({ kind: z.literal("open-preview"), previewId: previewId.schema }),
  "revoke-lease": z.strictObject({ kind: z.literal("revoke-lease"), leaseId: leaseId.schema }),
  "start-episode": z.strictObject({ kind: z.literal("start-episode") }),
};
export const ledgerFromPageSchema: z.ZodType<LedgerFromPage> = schemaByKind<LedgerFromPage>(fromPage);

export const ledgerKeptSchema: z.ZodType<LedgerKept> = z.strictObject({
  filter: ledgerFilterSchema,
  text: z.string().max(PATH_TEXT_CHARACTERS_MAX),
  active: egressRecordId.schema.exactOptional(),
  detailsOpen: z.boolean(),
});
