// The records of the egress ledger as people look for them: by episode, node, decision and whether anything left, newest first.
// It is a part of the query view, made of the same facts. What a record carried is not in it: that is in the previews.
import type { Database, SqlValue } from "sql.js";
import * as z from "zod";
import { decode } from "#protocol/decode.ts";
import { type Digest, digestSchema } from "#protocol/digest.ts";
import { type Classification, classificationSchema, egressLedgerRowSchema } from "#protocol/egress.ts";
import { type EgressRecordId, type PreviewId, previewId } from "#protocol/ids.ts";
import type { EgressLeaf } from "#protocol/ledger/egressLeaf.ts";
import { type Bytes, bytesSchema, type Sequence, sequenceSchema } from "#protocol/quantities.ts";
import type { LedgerFilter, LedgerRecord } from "#protocol/wire/ledgerRecords.ts";

/** Narrow rows: a filter that few records pass runs over all of them, and none of their texts. */
export const RECORD_TABLES = `
  CREATE TABLE records (position INTEGER PRIMARY KEY, record_id TEXT UNIQUE, episode_id TEXT, node_id TEXT,
    decision TEXT, state TEXT, preview_id TEXT, payload_bytes INTEGER, sequence INTEGER, at_index INTEGER,
    leaf INTEGER, settled_leaf INTEGER);
`;

/** A record with the digest of its preview's document, where one is known. */
export interface FoundRecord {
  readonly record: Omit<LedgerRecord, "title" | "carried">;
  readonly document?: Digest;
}

/** A record that passes all of a filter but its path. */
export interface RecordPlace {
  readonly number: number;
  readonly document?: Digest;
}

interface EventPlace {
  readonly at: Sequence;
  readonly index: number;
  /** Its place in the tree. */
  readonly leaf: number;
}

type RunQuery = (query: string, values: SqlValue[]) => void;

/** What left, may have left, or is leaving. */
const LEFT_STATES = "('open', 'received', 'partial', 'unknown')";

export class RecordTable {
  readonly #database: Database;

  constructor(database: Database) {
    this.#database = database;
  }

  count(): number {
    const [row] = this.#rows("SELECT COUNT(*) AS number FROM records", []);
    return z.object({ number: z.number() }).parse(row).number;
  }

  /** The newest first, below a number. */
  page(filter: LedgerFilter, below: number, atMost: number): readonly FoundRecord[] {
    return this.#records(...passing(filter, below), atMost);
  }

  at(numbers: readonly number[]): readonly FoundRecord[] {
    return this.#records(`r.position IN (${numbers.map(() => "?").join(", ")})`, [...numbers], numbers.length);
  }

  one(id: EgressRecordId): FoundRecord | undefined {
    return this.#records("r.record_id = ?", [id], 1)[0];
  }

  /** Where the records are that only their paths can rule out, the newest first. */
  places(filter: LedgerFilter, below: number, atMost: number): readonly RecordPlace[] {
    const [where, values] = passing(filter, below);
    const query = `SELECT r.position AS number, p.document FROM records r
      LEFT JOIN previews p ON p.preview_id = r.preview_id WHERE ${where} ORDER BY r.position DESC LIMIT ?`;
    return this.#rows(query, [...values, atMost]).map((row) => {
      const { number, document } = placeRow.parse(row);
      return document === null ? { number } : { number, document };
    });
  }

  #records(where: string, values: SqlValue[], atMost: number): readonly FoundRecord[] {
    const query = `SELECT r.*, e.row, p.document, p.class FROM records r JOIN egress e ON e.position = r.position
      LEFT JOIN previews p ON p.preview_id = r.preview_id WHERE ${where} ORDER BY r.position DESC LIMIT ?`;
    return this.#rows(query, [...values, atMost]).map(foundRecord);
  }

  #rows(query: string, values: SqlValue[]): readonly Record<string, SqlValue>[] {
    const statement = this.#database.prepare(query, values);
    const rows: Record<string, SqlValue>[] = [];
    while (statement.step()) rows.push(statement.getAsObject());
    statement.free();
    return rows;
  }
}

/** Takes a fact of the ledger into the table. A settlement of what was never recorded changes nothing. */
export function noteRecord(run: RunQuery, event: EgressLeaf, { at, index, leaf }: EventPlace): void {
  const { recordId } = event;
  if (event.kind === "EgressSettled") {
    run("UPDATE records SET state = ?, settled_leaf = ? WHERE record_id = ?", [event.state, leaf, recordId]);
    return;
  }
  const state = event.decision === "allow" ? "open" : "none";
  run(
    "INSERT OR REPLACE INTO records VALUES ((SELECT position FROM egress WHERE record_id = ?), ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, NULL)",
    [
      recordId,
      recordId,
      event.corrId,
      event.nodeId,
      event.decision,
      state,
      event.previewId,
      event.payloadBytes,
      at,
      index,
      leaf,
    ],
  );
}

function passing(
  { episodeId, nodeId, decision, onlyLeft }: LedgerFilter,
  below: number,
): [where: string, values: SqlValue[]] {
  const named: readonly (readonly [column: string, value: string | undefined])[] = [
    ["episode_id", episodeId],
    ["node_id", nodeId],
    ["decision", decision],
  ];
  const chosen = named.flatMap(([column, value]) => (value === undefined ? [] : [{ column, value }]));
  const conditions = [
    "r.position < ?",
    ...chosen.map(({ column }) => `r.${column} = ?`),
    ...(onlyLeft === undefined ? [] : [`r.decision = 'allow' AND r.state IN ${LEFT_STATES}`]),
  ];
  return [conditions.join(" AND "), [below, ...chosen.map(({ value }) => value)]];
}

function foundRecord(raw: Record<string, SqlValue>): FoundRecord {
  const row = recordRow.parse(raw);
  const ledgerRow = decode(egressLedgerRowSchema, JSON.parse(row.row));
  if (!ledgerRow.ok) throw new Error(`a row of the view ${ledgerRow.path} ${ledgerRow.problem}`);
  return {
    record: {
      row: ledgerRow.value,
      number: row.position,
      leaf: row.leaf,
      ...(row.settled_leaf === null ? {} : { settledLeaf: row.settled_leaf }),
      at: { sequence: row.sequence, index: row.at_index },
      previewId: row.preview_id,
      ...(row.class === null ? {} : { classification: row.class }),
      payloadBytes: row.payload_bytes,
    },
    ...(row.document === null ? {} : { document: row.document }),
  };
}

interface RecordRow {
  readonly position: number;
  readonly row: string;
  readonly leaf: number;
  readonly settled_leaf: number | null;
  readonly sequence: Sequence;
  readonly at_index: number;
  readonly preview_id: PreviewId;
  readonly payload_bytes: Bytes;
  readonly document: Digest | null;
  readonly class: Classification | null;
}

const recordRow: z.ZodType<RecordRow> = z.object({
  position: z.number(),
  row: z.string(),
  leaf: z.number(),
  settled_leaf: z.number().nullable(),
  sequence: sequenceSchema,
  at_index: z.number(),
  preview_id: previewId.schema,
  payload_bytes: bytesSchema,
  document: digestSchema.nullable(),
  class: classificationSchema.nullable(),
});

const placeRow = z.object({ number: z.number(), document: digestSchema.nullable() });
