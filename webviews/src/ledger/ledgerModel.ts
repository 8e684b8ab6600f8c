// What the Ledger page holds: the records of its latest query, what it knows of the one that is open, and what there is to
// choose from. It holds no more than it is given, and nothing of an older query.
import type { EgressRecordId, LeaseId } from "#protocol/ids.ts";
import {
  type LedgerChoices,
  type LedgerDetails,
  type LedgerRows,
  type RecordProof,
  RECORDS_SHOWN_MAX,
} from "#protocol/webview/ledger.ts";
import type { PreviewItem } from "#protocol/egress.ts";
import type { HomeNotice } from "#protocol/webview/feed.ts";
import { type LedgerFilter, type LedgerRecord, RECORDS_PAGE_MAX } from "#protocol/wire/ledgerRecords.ts";

/** What is read of one record beside its row. */
export interface OpenRecord {
  readonly recordId: EgressRecordId;
  readonly items: readonly PreviewItem[] | undefined;
  readonly more: boolean;
  readonly proof: RecordProof | undefined;
  readonly problem: string | undefined;
}

export class LedgerModel {
  home: HomeNotice = { kind: "home", reachable: true, text: "", urgent: false };
  choices: LedgerChoices = { kind: "choices", episodes: [], nodes: [], leases: [] };
  #filter: LedgerFilter = {};
  #query = 0;
  #wanted = RECORDS_PAGE_MAX;
  #rows: readonly LedgerRecord[] = [];
  /** The query whose rows these are. */
  #rowsOf = 0;
  #live: ReadonlySet<LeaseId> = new Set();
  #opened: OpenRecord | undefined;
  /** What its details were read for. */
  #openedState = "";
  /** Until the query's first rows are there. */
  looking = true;
  /** Undefined before the ledger was read for the first time. */
  total: number | undefined;
  more = false;
  unread = 0;
  problem: string | undefined;

  get filter(): LedgerFilter {
    return this.#filter;
  }

  get query(): number {
    return this.#query;
  }

  get wanted(): number {
    return this.#wanted;
  }

  get rows(): readonly LedgerRecord[] {
    return this.#rows;
  }

  get opened(): OpenRecord | undefined {
    return this.#opened;
  }

  /** Whether the page may ask for more rows of this query. */
  get hasRoom(): boolean {
    return this.#rows.length < RECORDS_SHOWN_MAX;
  }

  /** Another question: what is shown stays until the first answer to it. */
  setFilter(filter: LedgerFilter): void {
    this.#filter = filter;
    this.askAgain();
  }

  askAgain(): void {
    this.#query++;
    this.#wanted = RECORDS_PAGE_MAX;
    this.looking = true;
    this.problem = undefined;
  }

  wantMore(): void {
    this.#wanted = Math.min(RECORDS_SHOWN_MAX, this.#rows.length + RECORDS_PAGE_MAX);
    this.looking = true;
    this.problem = undefined;
  }

  /** Whether the rows are still those of the query before. */
  get isStale(): boolean {
    return this.#rowsOf !== this.#query;
  }

  /** False for rows of an older query. */
  take({ from, last, more, query, records, total, unread }: LedgerRows): boolean {
    if (query !== this.#query) return false;
    const before = this.isStale ? [] : this.#rows;
    this.#rowsOf = query;
    const lowest = records.at(-1)?.number ?? before[from - 1]?.number ?? Number.POSITIVE_INFINITY;
    // While a grown ledger is read again, what is not read yet stays; no record stands twice.
    const rest = last ? [] : before.filter(({ number }) => number < lowest);
    this.#rows = [...before.slice(0, from), ...records, ...rest];
    this.looking = !last;
    this.more = more;
    this.total = total;
    this.unread = unread;
    this.problem = undefined;
    return true;
  }

  setChoices(choices: LedgerChoices): void {
    this.choices = choices;
    this.#live = new Set(choices.leases);
  }

  canRevoke({ row }: LedgerRecord): boolean {
    return row.lease_id !== null && this.#live.has(row.lease_id);
  }

  positionOf(id: EgressRecordId | undefined): number {
    return id === undefined ? -1 : this.#rows.findIndex(({ row }) => row.record_id === id);
  }

  /** True where it is another record than before, or the same one in another state: then its details are to be read. */
  open(record: LedgerRecord | undefined): boolean {
    if (record === undefined) {
      this.#opened = undefined;
      this.#openedState = "";
      return false;
    }
    const { row, settledLeaf } = record;
    const state = `${row.record_id} ${row.state} ${settledLeaf ?? ""}`;
    if (state === this.#openedState) return false;
    this.#openedState = state;
    const same = this.#opened?.recordId === row.record_id ? this.#opened : undefined;
    const { record_id: recordId } = row;
    this.#opened = { recordId, items: same?.items, more: same?.more ?? false, proof: undefined, problem: undefined };
    return true;
  }

  takeDetails({ from, items, more, problem, proof, recordId }: LedgerDetails): void {
    const opened = this.#opened;
    if (opened?.recordId !== recordId) return;
    const before = (opened.items ?? []).slice(0, from);
    // The proof comes a little later than the first items, and does not throw away what was read on meanwhile.
    const isSame = from === 0 && proof !== undefined && opened.items !== undefined;
    this.#opened = {
      recordId,
      items: isSame ? opened.items : items === undefined ? opened.items : [...before, ...items],
      more: isSame ? opened.more : more,
      proof: proof ?? opened.proof,
      problem,
    };
  }
}
