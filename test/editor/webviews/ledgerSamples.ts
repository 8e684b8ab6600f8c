// Records for the tests of the Ledger page, and an extension's part that answers its questions as a Home would: the newest
// first, narrowed down, page by page.
import { pageHtml } from "../../../extension/src/webviewHost/pageHtml.ts";
import { decode } from "../../../protocol/decode.ts";
import { digestOf } from "../../../protocol/digest.ts";
import type { EgressLedgerRow } from "../../../protocol/egress.ts";
import {
  egressRecordId,
  episodeId,
  type LeaseId,
  leaseId,
  nodeId,
  previewId,
  workspaceId,
} from "../../../protocol/ids.ts";
import { byteCount, durationMs, epochMs, sequence } from "../../../protocol/quantities.ts";
import {
  type LedgerFromPage,
  ledgerFromPageSchema,
  type LedgerQuery,
  type LedgerToPage,
  type RecordProof,
} from "../../../protocol/webview/ledger.ts";
import {
  type LedgerFilter,
  type LedgerRecord,
  type LedgerRecordsPage,
  type LedgerRecordsParams,
  RECORDS_PAGE_MAX,
} from "../../../protocol/wire/ledgerRecords.ts";
import type { WebviewPage, WebviewPageOptions } from "../webviewPage.ts";
import type { Open } from "./pageChecks.ts";
import { item } from "./reviewSamples.ts";

const bytesOf = (number: number): Buffer => {
  const bytes = Buffer.alloc(32, 3);
  bytes.writeUInt32BE(number);
  return bytes;
};
const STATES: readonly EgressLedgerRow["state"][] = ["received", "none", "received", "partial", "open", "unknown"];
const NODES: readonly string[] = ["gpubox", "attic"];

/** Record `number`: its state, node and episode follow from the number. */
export function recordOf(
  number: number,
  change: Partial<LedgerRecord> = {},
  rowChange: Partial<EgressLedgerRow> = {},
): LedgerRecord {
  const denied = number % 6 === 2;
  const state = STATES[(number - 1) % STATES.length] ?? "received";
  const node = NODES[number % 2] ?? "gpubox";
  const left = state === "received" || state === "partial";
  const episode = episodeId.from(bytesOf(Math.ceil(number / 2)));
  const row: EgressLedgerRow = {
    record_id: egressRecordId.from(bytesOf(number)),
    time: epochMs(1_764_000_000_000 + number * 60_000),
    decision: denied ? "deny" : "allow",
    reason_code: denied ? "denied-by-owner" : "approved-once",
    project_id: workspaceId.from(bytesOf(1)),
    episode_id: episode,
    corr_id: episode,
    node_id: nodeId.from(bytesOf(node.length)),
    dest: node,
    state,
    bytes_out: byteCount(left ? 18_400 * number : 0),
    bytes_in: byteCount(left ? 2_100 : 0),
    duration_ms: left ? durationMs(5_300) : null,
    est_cost: "0.020000-0.050000 EUR",
    lease_id: denied ? null : leaseId.from(bytesOf(number)),
    digest: digestOf(`job ${number}`),
    received_digest: state === "received" ? digestOf(`job ${number}`) : null,
    error: state === "partial" ? "link lost" : null,
    ...rowChange,
  };
  return {
    row,
    number,
    leaf: number * 2,
    ...(left ? { settledLeaf: number * 2 + 1 } : {}),
    at: { sequence: sequence(number + 10), index: 2 },
    title: `npm run report ${Math.ceil(number / 2)}`,
    previewId: previewId.from(bytesOf(number)),
    classification: "internal",
    payloadBytes: byteCount(18_400 * number),
    carried: { paths: ["package.json", `src/part-${number}.ts`, "src/cart.ts", "src/log/parse.ts"], count: 9 },
    ...change,
  };
}

export function recordsOf(count: number): readonly LedgerRecord[] {
  return Array.from({ length: count }, (_, index) => recordOf(count - index));
}

export const PROOF: RecordProof = {
  kind: "holds",
  leaf: 24,
  settledLeaf: 25,
  size: 1_204,
  checkpoint: "arw/ws_example/egress\n1204\nEEE=\n\n— arw/ws_example/egress AAAA\n",
  witnesses: [
    { name: "gpubox", at: epochMs(1_764_000_500_000), state: "saw" },
    { name: "attic", at: epochMs(1_764_000_100_000), state: "earlier" },
  ],
};

export interface LedgerTold {
  records: readonly LedgerRecord[];
  readonly leases?: readonly LeaseId[];
  readonly proof?: RecordProof;
  /** Answers nothing to questions. */
  readonly silent?: boolean;
}

/** Opens the page and waits for its first row, or for its empty state. */
export async function openLedger(
  open: Open,
  told: LedgerTold,
  options: Partial<WebviewPageOptions> = {},
): Promise<WebviewPage> {
  const page = await open({
    screen: "ledger",
    document: pageHtml,
    width: 1_100,
    height: 700,
    answer: (message) => answersTo(told, decoded(message)),
    ...options,
  });
  await page.page.locator(".row, .empty button, .empty [role=status]").first().waitFor();
  return page;
}

/** What the page asked for beyond its rows and details. */
export function wishesOf({ posted }: WebviewPage): readonly LedgerFromPage[] {
  return posted.map(decoded).filter(({ kind }) => !["ready", "query", "read-record"].includes(kind));
}

export function lastQuery({ posted }: WebviewPage): LedgerQuery {
  const queries = posted.map(decoded).filter((message) => message.kind === "query");
  const last = queries.at(-1);
  if (last === undefined) throw new Error("the page asked for nothing");
  return last;
}

export function rowsFor(told: LedgerTold, { filter, query, rows }: LedgerQuery): readonly LedgerToPage[] {
  const passing = told.records.filter((record) => passes(record, filter));
  const wanted = passing.slice(0, rows);
  const more = passing.length > wanted.length;
  const total = told.records.length;
  const messages: LedgerToPage[] = [];
  for (let from = 0; from === 0 || from < wanted.length; from += RECORDS_PAGE_MAX) {
    const records = wanted.slice(from, from + RECORDS_PAGE_MAX);
    const last = from + records.length === wanted.length;
    messages.push({ kind: "rows", query, from, records, last, more, total, unread: 0 });
  }
  return messages;
}

/** One page as a Home answers with it. */
export function pageOf(
  records: readonly LedgerRecord[],
  { cursor = Number.MAX_SAFE_INTEGER, filter, limit = RECORDS_PAGE_MAX }: LedgerRecordsParams,
): LedgerRecordsPage {
  const found = records.filter((record) => record.number < cursor && passes(record, filter));
  const page = { records: found.slice(0, limit), total: records.length, unread: 0 };
  const last = page.records.at(-1);
  return found.length > limit && last !== undefined ? { ...page, next: last.number } : page;
}

function passes({ carried, row }: LedgerRecord, filter: LedgerFilter): boolean {
  const { decision, episodeId: episode, nodeId: node, onlyLeft, path } = filter;
  return (
    (decision === undefined || row.decision === decision) &&
    (episode === undefined || row.episode_id === episode) &&
    (node === undefined || row.node_id === node) &&
    (onlyLeft === undefined || (row.decision === "allow" && row.state !== "none")) &&
    (path === undefined || carried?.paths.some((each) => each.toLowerCase().includes(path.toLowerCase())) === true)
  );
}

function answersTo(told: LedgerTold, message: LedgerFromPage): readonly unknown[] {
  switch (message.kind) {
    case "ready": {
      const episodes = told.records.slice(0, 20).map(({ row, title }) => ({ episodeId: row.episode_id, title }));
      const names = new Map(told.records.map(({ row }) => [row.node_id, row.dest]));
      const choices: LedgerToPage = {
        kind: "choices",
        episodes: [...new Map(episodes.map((each) => [each.episodeId, each])).values()],
        nodes: [...names].map(([id, name]) => ({ nodeId: id, name })),
        leases: told.leases ?? [],
      };
      const home = { kind: "home", reachable: true, text: "", urgent: false };
      return [{ kind: "start", language: "en", strings: {} }, home, choices];
    }
    case "query":
      return told.silent === true ? [] : rowsFor(told, message);
    case "read-record": {
      const record = told.records.find(({ row }) => row.record_id === message.recordId);
      const { count = 0 } = record?.carried ?? {};
      const items = Array.from({ length: count }, (_, index) => item(`src/file-${index}.ts`, 1_000 + index));
      const { recordId, from } = message;
      const base = {
        kind: "details",
        recordId,
        from,
        more: false,
        ...(record?.carried === undefined ? {} : { items }),
      };
      return [base, { ...base, proof: told.proof ?? PROOF }];
    }
    case "export":
    case "open-timeline":
    case "open-preview":
    case "revoke-lease":
    case "start-episode":
      return [];
  }
}

function decoded(message: unknown): LedgerFromPage {
  const result = decode(ledgerFromPageSchema, message);
  if (!result.ok) throw new Error(`the page posted what the extension drops: ${result.path} ${result.problem}`);
  return result.value;
}
