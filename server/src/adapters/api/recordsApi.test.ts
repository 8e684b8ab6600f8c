// The ledger as people search it: the Home's answer is what a plain look at every record gives, page by page and to its end.
import assert from "node:assert/strict";
import { test } from "node:test";
import type { EgressLedgerRow } from "#protocol/egress.ts";
import { egressRecordId, nodeId } from "#protocol/ids.ts";
import {
  type LedgerFilter,
  type LedgerRecord,
  RECORD_ITEMS_MAX,
  RECORD_PATHS_MAX,
} from "#protocol/wire/ledgerRecords.ts";
import { ANYONE, answered, codeOf, services } from "../../../../test/simulation/apiBench.ts";
import { DeskBench } from "../../../../test/simulation/deskBench.ts";
import { deny, idsOf, preview } from "../../../../test/simulation/homeCommands.ts";
import { GPU } from "../../../../test/simulation/homeScenario.ts";
import { sent } from "../../../../test/simulation/previewBlobs.ts";
import { DOCUMENTS_READ_MAX, recordsApi } from "./recordsApi.ts";
import type { HomeServices } from "./services.ts";

interface Everything {
  readonly records: readonly LedgerRecord[];
  readonly unread: number;
  readonly pages: number;
}

async function all(api: ReturnType<typeof recordsApi>, filter: LedgerFilter, limit: number): Promise<Everything> {
  const records: LedgerRecord[] = [];
  let [pages, unread] = [0, 0];
  for (let cursor: number | undefined; ; ) {
    const page = answered(
      await api.listRecords({ filter, limit, ...(cursor === undefined ? {} : { cursor }) }, ANYONE),
    );
    assert.ok(page.records.length <= limit);
    records.push(...page.records);
    pages++;
    unread += page.unread;
    if (page.next === undefined) return { records, unread, pages };
    assert.ok(cursor === undefined || page.next < cursor, "each page goes on below the one before");
    cursor = page.next;
  }
}

function numbersOf(records: readonly LedgerRecord[]): readonly number[] {
  return records.map(({ number }) => number);
}

/** Twelve sends: received, denied, and two that are open, each with a file of its own. */
async function twelve(t: Parameters<typeof services>[0]): Promise<HomeServices> {
  const bench = new DeskBench();
  const here = await services(t, bench);
  for (let number = 1; number <= 12; number++) {
    // The worker takes two jobs at once.
    const end = number === 8 || number === 11 ? "open" : number % 3 === 0 ? "denied" : "received";
    await sent(bench, number, [`src/part-${number}.ts`, "src/Shared.ts"], end);
  }
  return here;
}

test("records come the newest first, each in exactly one page, with title, class, what they carried and their places", async (t) => {
  const here = await twelve(t);
  const api = recordsApi(here);
  const { records, pages } = await all(api, {}, 5);
  assert.deepEqual(numbersOf(records), [12, 11, 10, 9, 8, 7, 6, 5, 4, 3, 2, 1]);
  assert.equal(pages, 3);
  const rows = (await here.view.current()).egressRows({}).rows;
  assert.deepEqual(
    records.map(({ row }) => row),
    rows.toReversed(),
  );
  const [newest] = records;
  assert.deepEqual([newest?.title, newest?.classification, newest?.payloadBytes], ["episode 12", "internal", 1_000]);
  assert.deepEqual(newest?.carried, { paths: ["src/part-12.ts", "src/Shared.ts"], count: 2 });
});

test("a record says where the tree and the timeline have it, and what came of it", async (t) => {
  const here = await twelve(t);
  const { records } = await all(recordsApi(here), {}, 200);
  const view = await here.view.current();
  for (const { at, leaf, row, settledLeaf } of records) {
    const texts = view.egressLeaves(leaf, leaf + 1);
    assert.match(texts[0] ?? "", new RegExp(`"kind":"EgressRecorded".*${row.record_id}`));
    const settled = row.state === "received";
    assert.equal(settledLeaf !== undefined, settled);
    if (settledLeaf !== undefined) {
      assert.match(
        view.egressLeaves(settledLeaf, settledLeaf + 1)[0] ?? "",
        new RegExp(`"kind":"EgressSettled".*${row.record_id}`),
      );
    }
    for await (const frame of here.journal.read(at.sequence, 1)) {
      const event = frame.events[at.index];
      assert.deepEqual(event?.kind === "EgressRecorded" && event.recordId, row.record_id);
    }
  }
});

test("every filter, and every two of them, lets pass what a plain look at each record lets pass", async (t) => {
  const here = await twelve(t);
  const api = recordsApi(here);
  const { records } = await all(api, {}, 200);
  const fits: Record<string, (record: LedgerRecord) => boolean> = {
    episode: ({ row }) => row.episode_id === idsOf(4).episodeId,
    node: ({ row }) => row.node_id === GPU.nodeId,
    elsewhere: () => false,
    deny: ({ row }) => row.decision === "deny",
    allow: ({ row }) => row.decision === "allow",
    left: ({ row }) => isLeft(row),
    path: ({ carried }) => carried?.paths.some((path) => path.includes("part-1")) === true,
  };
  const filters: Record<string, LedgerFilter> = {
    episode: { episodeId: idsOf(4).episodeId },
    node: { nodeId: GPU.nodeId },
    elsewhere: { nodeId: nodeId.from(Buffer.alloc(32, 9)) },
    deny: { decision: "deny" },
    allow: { decision: "allow" },
    left: { onlyLeft: true },
    path: { path: "PART-1" },
  };
  for (const first of Object.keys(filters)) {
    for (const second of Object.keys(filters)) {
      // The later of two members of one name counts; such a pair is the second alone.
      const filter = { ...filters[first], ...filters[second] };
      const names = Object.keys(filters).filter((name) => isPartOf(filters[name] ?? {}, filter));
      const expected = records.filter((record) => names.every((name) => fits[name]?.(record)));
      const found = await all(api, filter, 2);
      assert.deepEqual(numbersOf(found.records), numbersOf(expected), `${first} and ${second}`);
    }
  }
});

function isLeft({ decision, state }: EgressLedgerRow): boolean {
  return decision === "allow" && state !== "none";
}

function isPartOf(part: LedgerFilter, filter: LedgerFilter): boolean {
  return Object.entries(part).every(
    ([name, value]) => new Map<string, unknown>(Object.entries(filter)).get(name) === value,
  );
}

test("a long search answers in pieces that go on where they stopped, and says what it could not look into", async (t) => {
  const bench = new DeskBench();
  const here = await services(t, bench);
  const count = DOCUMENTS_READ_MAX + 30;
  for (let number = 1; number <= count; number++) {
    if (number % 100 === 0) await bench.give(preview(number, GPU), deny(number));
    else await sent(bench, number, ["src/all.ts", ...(number % 90 === 0 ? [`wanted-${number}.ts`] : [])]);
  }
  const api = recordsApi(here);
  const first = answered(await api.listRecords({ filter: { path: "no such file" } }, ANYONE));
  assert.deepEqual(first.records, []);
  assert.ok(first.next !== undefined, "an empty page is not the end");
  const wanted = await all(api, { path: "wanted" }, 200);
  assert.deepEqual(numbersOf(wanted.records), [450, 360, 270, 180, 90]);
  assert.equal(wanted.unread, 5, "the previews of 100, 200, … were never stored");
  // By now every document is known: one answer is enough.
  assert.equal((await all(api, { path: "wanted" }, 200)).pages, 1);
});

test("a record shows first what was looked for, and all of its items page by page", async (t) => {
  const bench = new DeskBench();
  const here = await services(t, bench);
  const paths = Array.from({ length: RECORD_ITEMS_MAX + 3 }, (_, index) => `src/f${String(index).padStart(4, "0")}.ts`);
  await sent(bench, 1, paths);
  const api = recordsApi(here);
  const [record] = (await all(api, { path: "f0202" }, 200)).records;
  assert.deepEqual(record?.carried, { paths: ["src/f0202.ts"], count: paths.length });
  const { recordId } = idsOf(1);
  const first = answered(await api.showRecord({ recordId, from: 0 }, ANYONE));
  assert.equal(first.record.carried?.paths.length, RECORD_PATHS_MAX);
  assert.equal(first.items?.length, RECORD_ITEMS_MAX);
  const rest = answered(await api.showRecord({ recordId, from: first.next ?? 0 }, ANYONE));
  assert.deepEqual(
    [...(first.items ?? []), ...(rest.items ?? [])].map(({ path }) => path),
    paths,
  );
  assert.equal(rest.next, undefined);
});

test("a record outlives its preview: it is shown without items, and an unknown one is refused", async (t) => {
  const bench = new DeskBench();
  const here = await services(t, bench);
  const digest = await sent(bench, 1, ["a.txt"]);
  bench.blobs.stored.delete(digest);
  const api = recordsApi(here);
  const shown = answered(await api.showRecord({ recordId: idsOf(1).recordId, from: 0 }, ANYONE));
  assert.deepEqual([shown.record.carried, shown.items], [undefined, undefined]);
  assert.equal(shown.record.classification, "internal");
  const unknown = await api.showRecord({ recordId: egressRecordId.from(Buffer.alloc(17, 7)), from: 0 }, ANYONE);
  assert.equal(codeOf(unknown), "record-unknown");
});
