// Records as lines of a file: CSV for spreadsheets, and JSON, one object a line. Every record is one line of either.
// A cell that a spreadsheet would take for a formula is made text; nothing of a record is left out or rounded.
import type { LedgerRecord } from "#protocol/wire/ledgerRecords.ts";

type Cell = string | number | null;

/** What spreadsheets begin a formula with, or take a cell apart by. */
const FORMULA = /^[=+\-@\t\r\n]/u;
const LINE_END = "\r\n";

export type RecordForm = "csv" | "jsonl";

/** The first line of the file; JSON has none. */
export function headLine(form: RecordForm): string {
  return form === "csv" ? csvLine([...COLUMNS.map(([name]) => name), "paths"]) : "";
}

export function recordLine(form: RecordForm, record: LedgerRecord): string {
  const cells = COLUMNS.map(([name, of]) => [name, of(record)] as const);
  const paths = record.carried?.paths ?? null;
  // In a CSV the last cell has a path a line.
  if (form === "csv") return csvLine([...cells.map(([, value]) => value), paths?.join("\n") ?? null]);
  return `${JSON.stringify({ ...Object.fromEntries(cells), paths })}\n`;
}

const COLUMNS: readonly (readonly [name: string, of: (record: LedgerRecord) => Cell])[] = [
  ["number", ({ number }) => number],
  ["time", ({ row }) => new Date(row.time).toISOString()],
  ["decision", ({ row }) => row.decision],
  ["state", ({ row }) => row.state],
  ["reason", ({ row }) => row.reason_code],
  ["episode", ({ title }) => title],
  ["episode_id", ({ row }) => row.episode_id],
  ["destination", ({ row }) => row.dest],
  ["node_id", ({ row }) => row.node_id],
  ["class", ({ classification }) => classification ?? null],
  ["payload_bytes", ({ payloadBytes }) => payloadBytes],
  ["bytes_out", ({ row }) => row.bytes_out],
  ["bytes_in", ({ row }) => row.bytes_in],
  ["duration_ms", ({ row }) => row.duration_ms],
  ["est_cost", ({ row }) => row.est_cost],
  ["lease_id", ({ row }) => row.lease_id],
  ["record_id", ({ row }) => row.record_id],
  ["preview_id", ({ previewId }) => previewId],
  ["digest", ({ row }) => row.digest],
  ["received_digest", ({ row }) => row.received_digest],
  ["error", ({ row }) => row.error],
  ["ledger_entry", ({ leaf }) => leaf],
  ["settled_entry", ({ settledLeaf }) => settledLeaf ?? null],
  ["path_count", ({ carried }) => carried?.count ?? null],
];

function csvLine(values: readonly Cell[]): string {
  return values.map(csvCell).join(",") + LINE_END;
}

/** RFC 4180, and never a formula: a text that could be one gets an apostrophe in front, which spreadsheets do not show. */
function csvCell(value: Cell): string {
  if (value === null) return "";
  if (typeof value === "number") return String(value);
  const text = FORMULA.test(value) ? `'${value}` : value;
  return /[",\r\n]/u.test(text) ? `"${text.replaceAll('"', '""')}"` : text;
}
