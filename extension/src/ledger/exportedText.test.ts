// An export is exactly the filtered set, past any number of pages, and no cell of it is a formula.
import assert from "node:assert/strict";
import { test } from "node:test";
import { ArwError } from "#protocol/errors.ts";
import type { LedgerFilter, LedgerRecord, LedgerRecordsParams } from "#protocol/wire/ledgerRecords.ts";
import { pageOf, recordOf, recordsOf } from "../../../test/editor/webviews/ledgerSamples.ts";
import { type ExportPorts, exportedText } from "./exportedText.ts";
import { headLine, type RecordForm, recordLine } from "./recordLines.ts";

function ports(records: readonly LedgerRecord[], change: Partial<ExportPorts> = {}): ExportPorts {
  return {
    read: async (params: LedgerRecordsParams) => pageOf(records, params),
    isCancelled: () => false,
    redact: (record) => record,
    tooLarge: () => new ArwError("export-too-large", "too large", "narrow"),
    onProgress: () => undefined,
    ...change,
  };
}

const FILTERS: readonly LedgerFilter[] = [
  {},
  { onlyLeft: true },
  { decision: "deny" },
  { path: "part-7" },
  { path: "no such path" },
];

test("the file is exactly what passes the filter, in its order, past one page", async () => {
  const records = recordsOf(901);
  for (const form of ["csv", "jsonl"] satisfies RecordForm[]) {
    for (const filter of FILTERS) {
      const expected = pageOf(records, { filter, limit: 901 }).records;
      const exported = await exportedText({ filter, newest: 901 }, form, ports(records));
      const lines = [headLine(form), ...expected.map((record) => recordLine(form, record))];
      assert.deepEqual(exported, { text: lines.join(""), records: expected.length });
    }
  }
});

test("what was recorded after the newest on the page is not in it", async () => {
  const exported = await exportedText({ filter: {}, newest: 40 }, "jsonl", ports(recordsOf(60)));
  assert.equal(exported?.records, 40);
  const [first = ""] = exported.text.split("\n");
  assert.deepEqual(JSON.parse(first).number, 40);
});

test("a record of the file says what a page is told, and its progress adds up to the whole ledger", async () => {
  let shares = 0;
  const redact = (record: LedgerRecord): unknown => ({ ...record, title: "[REDACTED]" });
  const onProgress = (_: number, share: number): void => {
    shares += share;
  };
  const exported = await exportedText(
    { filter: {}, newest: 500 },
    "jsonl",
    ports(recordsOf(500), { redact, onProgress }),
  );
  assert.equal(exported?.text.includes("npm run report"), false);
  assert.ok(Math.abs(shares - 1) < 1e-9);
});

test("cancelled, it gives no text; past its limit it says so", async () => {
  let pages = 0;
  const records = recordsOf(900);
  const cancelled = ports(records, { isCancelled: () => pages++ > 1 });
  assert.equal(await exportedText({ filter: {}, newest: 900 }, "csv", cancelled), undefined);
  await assert.rejects(exportedText({ filter: {}, newest: 900 }, "csv", ports(records), 10_000), {
    code: "export-too-large",
  });
});

test("no cell begins as a formula, and commas, quotes and line ends stay inside of their cell", () => {
  for (const begin of ["=1+1", "+1", "-1", "@SUM(A1)", "\t=1", "\r=1"]) {
    const carried = { paths: [`${begin}.ts`, 'a "b", c.ts'], count: 2 };
    const line = recordLine("csv", recordOf(1, { title: begin, carried }, { dest: begin, error: begin }));
    for (const cell of cellsOf(line)) assert.doesNotMatch(cell, /^[=+\-@\t\r]/u, begin);
    assert.equal(cellsOf(line).length, cellsOf(headLine("csv")).length);
    assert.equal(cellsOf(line).at(-1), `'${begin}.ts\na "b", c.ts`);
    // JSON is for programs: it has every text as it is.
    assert.equal(JSON.parse(recordLine("jsonl", recordOf(1, { title: begin }))).episode, begin);
  }
});

/** A reader of one line of RFC 4180 of its own. */
function cellsOf(line: string): readonly string[] {
  const cells: string[] = [];
  const form = /(?:"((?:[^"]|"")*)"|([^",\r\n]*))(,|\r\n$)/gu;
  for (const [, quoted, plain] of line.matchAll(form)) cells.push(quoted?.replaceAll('""', '"') ?? plain ?? "");
  return cells;
}
