// The text of an export: every record that passes a filter below a number, page after page to the end of the ledger.
// It must never stop early without saying so: it has all of them, or there is no text.
import type { ArwError } from "#protocol/errors.ts";
import { decode } from "#protocol/decode.ts";
import type { ExportRecords } from "#protocol/webview/ledger.ts";
import {
  type LedgerRecord,
  ledgerRecordSchema,
  type LedgerRecordsPage,
  type LedgerRecordsParams,
} from "#protocol/wire/ledgerRecords.ts";
import { headLine, type RecordForm, recordLine } from "./recordLines.ts";

/** A file of more characters is refused: some 300,000 records. */
export const EXPORT_CHARACTERS_MAX: number = 256 * 1024 * 1024;

export interface ExportPorts {
  readonly read: (params: LedgerRecordsParams) => Promise<LedgerRecordsPage>;
  readonly isCancelled: () => boolean;
  /** What a page would be told of it. */
  readonly redact: (record: LedgerRecord) => unknown;
  readonly tooLarge: () => ArwError;
  /** How many records there are by now, and which share of the ledger the last step looked through. */
  readonly onProgress: (records: number, share: number) => void;
}

/** Undefined where it was cancelled. */
export async function exportedText(
  { filter, newest }: Pick<ExportRecords, "filter" | "newest">,
  form: RecordForm,
  { isCancelled, onProgress, read, redact, tooLarge }: ExportPorts,
  charactersMax: number = EXPORT_CHARACTERS_MAX,
): Promise<{ readonly text: string; readonly records: number } | undefined> {
  const lines = [headLine(form)];
  let [records, characters, cursor] = [0, 0, newest + 1];
  while (!isCancelled()) {
    const page = await read({ filter, cursor });
    for (const record of page.records) {
      const line = recordLine(form, redacted(redact(record)));
      lines.push(line);
      characters += line.length;
    }
    if (characters > charactersMax) throw tooLarge();
    records += page.records.length;
    onProgress(records, (cursor - (page.next ?? 0)) / (newest + 1));
    if (page.next === undefined) return { text: lines.join(""), records };
    cursor = page.next;
  }
  return undefined;
}

function redacted(record: unknown): LedgerRecord {
  const decoded = decode(ledgerRecordSchema, record);
  if (decoded.ok) return decoded.value;
  throw new Error(`a redacted record ${decoded.path} ${decoded.problem}`);
}
