// The records of the ledger for people: pages of them with what each carried, looked through in the Home. One answer looks
// through so much and no more, and says where to go on: a ledger of any length is searched without holding anybody up.
import { setImmediate as nextTurn } from "node:timers/promises";
import { refuse } from "#protocol/errors.ts";
import {
  type LedgerRecord,
  type LedgerRecordsPage,
  type LedgerRecordsParams,
  RECORD_ITEMS_MAX,
  RECORD_PATHS_MAX,
  RECORDS_PAGE_MAX,
} from "#protocol/wire/ledgerRecords.ts";
import type { HomeApi } from "../clientServer/homeApi.ts";
import { CarriedPaths, PathText } from "../ledger/carriedPaths.ts";
import type { QueryView } from "../view/queryView.ts";
import type { FoundRecord } from "../view/recordTable.ts";
import { PreviewDocuments } from "./previewDocuments.ts";
import type { HomeServices } from "./services.ts";

/** Previews that are read from the disk for one answer: about a tenth of a second. */
export const DOCUMENTS_READ_MAX = 500;
/** Records whose paths are looked through for one answer. */
export const RECORDS_LOOKED_MAX = 20_000;
/** Records that are looked through before others have their turn. */
const RECORDS_A_TURN = 1_000;

type RecordsApi = Pick<HomeApi, "listRecords" | "showRecord">;

export function recordsApi(services: HomeServices): RecordsApi {
  const paths = new CarriedPaths(services.blobs);
  const documents = new PreviewDocuments(services.blobs);
  return {
    listRecords: (params, { signal }) => listRecords(services, paths, params, signal),
    showRecord: async ({ recordId, from }) => {
      const view = await services.view.current();
      const found = view.records.one(recordId);
      if (found === undefined) return RECORD_UNKNOWN;
      const [record] = await withCarried(view, paths, [found], undefined);
      if (record === undefined) return RECORD_UNKNOWN;
      if (record.carried === undefined || found.document === undefined) return { record };
      const { items } = await documents.read(found.document);
      const to = from + RECORD_ITEMS_MAX;
      return { record, items: items.slice(from, to), ...(to < items.length ? { next: to } : {}) };
    },
  };
}

async function listRecords(
  services: HomeServices,
  paths: CarriedPaths,
  { cursor = Number.MAX_SAFE_INTEGER, filter, limit = RECORDS_PAGE_MAX }: LedgerRecordsParams,
  signal: AbortSignal,
): Promise<LedgerRecordsPage> {
  const view = await services.view.current();
  const total = view.records.count();
  const text = filter.path === undefined ? undefined : new PathText(filter.path);
  if (text === undefined) {
    const found = view.records.page(filter, cursor, limit + 1);
    const shown = found.slice(0, limit);
    const records = await withCarried(view, paths, shown, text);
    return { records, total, unread: 0, ...nextOf(found.length > limit, shown.at(-1)?.record.number) };
  }
  const { numbers, next, unread } = await search(services, paths, { cursor, filter, limit }, text, signal);
  const now = await services.view.current();
  const records = await withCarried(now, paths, now.records.at(numbers), text);
  return { records, total, unread, ...nextOf(next !== undefined, next) };
}

interface Searched {
  readonly numbers: readonly number[];
  readonly unread: number;
  /** The last record that was looked at, where there are more. */
  readonly next?: number;
}

async function search(
  { view }: HomeServices,
  paths: CarriedPaths,
  { cursor, filter, limit }: Required<LedgerRecordsParams>,
  text: PathText,
  signal: AbortSignal,
): Promise<Searched> {
  const numbers: number[] = [];
  let [unread, read, looked, below] = [0, 0, 0, cursor];
  while (looked < RECORDS_LOOKED_MAX) {
    const places = (await view.current()).records.places(filter, below, RECORDS_A_TURN);
    for (const { number, document } of places) {
      if (numbers.length === limit || read === DOCUMENTS_READ_MAX || signal.aborted)
        return { numbers, unread, next: below };
      const kept = document === undefined ? undefined : paths.kept(document);
      if (document !== undefined && kept === undefined) read++;
      const list = kept ?? (document === undefined ? undefined : await paths.of(document));
      if (list === undefined) unread++;
      else if (text.isInAny(list)) numbers.push(number);
      below = number;
    }
    if (places.length < RECORDS_A_TURN) return { numbers, unread };
    looked += places.length;
    await nextTurn();
  }
  return { numbers, unread, next: below };
}

/** With their episodes' titles, and the paths that say why they were found before any others. */
async function withCarried(
  view: QueryView,
  paths: CarriedPaths,
  found: readonly FoundRecord[],
  text: PathText | undefined,
): Promise<readonly LedgerRecord[]> {
  // The view is asked before anything is awaited: it may be given up later.
  const titled = found.map(({ document, record }) => {
    const { episode_id: id } = record.row;
    return { document, record: { ...record, title: view.episode(id)?.title ?? id } };
  });
  const records: LedgerRecord[] = [];
  for (const { document, record } of titled) {
    const list = document === undefined ? undefined : await paths.of(document);
    records.push(list === undefined ? record : { ...record, carried: carriedOf(list, text) });
  }
  return records;
}

function carriedOf(list: readonly string[], text: PathText | undefined): NonNullable<LedgerRecord["carried"]> {
  const paths: string[] = [];
  for (const path of list) {
    if (paths.length === RECORD_PATHS_MAX) break;
    if (text === undefined || text.isIn(path)) paths.push(path);
  }
  return { paths, count: list.length };
}

function nextOf(isMore: boolean, next: number | undefined): { readonly next?: number } {
  return isMore && next !== undefined ? { next } : {};
}

const RECORD_UNKNOWN = refuse("record-unknown", "The egress ledger has no such record.", "See them: arw-home egress.");
