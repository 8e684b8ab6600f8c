// A list is read to its end, each row once, and the limits of a page hold.
import assert from "node:assert/strict";
import { test } from "node:test";
import { decode } from "../decode.ts";
import { LIST_ROWS_MAX, type ListParams, listParamsSchema, pagesOf } from "./listPage.ts";

test("a list is read to its end, from where each page ended", async () => {
  const asked: ListParams[] = [];
  const pages = pagesOf(async (params) => {
    asked.push(params);
    return params.cursor === 7 ? { rows: [3] } : { rows: [1, 2], next: 7 };
  });
  const rows: number[] = [];
  for await (const page of pages) rows.push(...page.rows);
  assert.deepEqual(rows, [1, 2, 3]);
  assert.deepEqual(asked, [{}, { cursor: 7 }]);
});

test("a Home that repeats a page is found out", async () => {
  let read = 0;
  const pages = pagesOf(async () => ({ read: read++, next: 7 }));
  await assert.rejects(async () => {
    for await (const _ of pages) assert.ok(read < 10);
  }, /repeats a page/);
  assert.equal(read, 2);
});

test("a page has at least one row and at most LIST_ROWS_MAX", () => {
  const isFine = (limit: number): boolean => decode(listParamsSchema, { limit }).ok;
  assert.deepEqual([0, 1, LIST_ROWS_MAX, LIST_ROWS_MAX + 1, 1.5].map(isFine), [false, true, true, false, false]);
  assert.ok(decode(listParamsSchema, {}).ok);
  assert.ok(!decode(listParamsSchema, { cursor: -1 }).ok);
});
