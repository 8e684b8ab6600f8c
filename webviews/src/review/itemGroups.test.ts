// Folders make a long list readable and lose nothing; a wish to take out means exactly what was picked.
import assert from "node:assert/strict";
import { describe, test } from "node:test";
import * as fc from "fast-check";
import { digestOf } from "#protocol/digest.ts";
import type { Classification, PreviewItem } from "#protocol/egress.ts";
import { byteCount } from "#protocol/quantities.ts";
import { TAKEN_OUT_MAX, takenPath } from "#protocol/webview/review.ts";
import { filterGroups, GROUPS_AT_ONCE_MAX, groupItems, takeOutWish, withoutPicked } from "./itemGroups.ts";

function item(path: string, bytes = 10, classification: Classification = "internal"): PreviewItem {
  return { path, bytes: byteCount(bytes), classification, digest: digestOf(path) };
}

/** Distinct paths of a few names, some deep. */
const paths = fc.uniqueArray(
  fc
    .array(fc.constantFrom("a", "b", "c", "src", "x.ts"), { minLength: 1, maxLength: 5 })
    .map((names) => `${names.join("/")}.t`),
  { minLength: 1, maxLength: 60 },
);

describe("groups", () => {
  test("every item is in exactly one group, and the totals are theirs", () => {
    const property = fc.property(paths, (all) => {
      const items = all.map((path, index) => item(path, index));
      const groups = groupItems(items);
      const indices = groups.flatMap(({ rows }) => rows.map(({ index }) => index)).toSorted((a, b) => a - b);
      assert.deepEqual(indices, [...items.keys()]);
      assert.equal(
        groups.reduce((total, { bytes }) => total + bytes, 0),
        items.reduce((total, { bytes }) => total + bytes, 0),
      );
      for (const { folder, rows } of groups) {
        for (const { item: held, name } of rows) assert.equal(folder === "" ? name : `${folder}/${name}`, held.path);
      }
    });
    fc.assert(property, { numRuns: 200 });
  });

  test("what is no file comes first, then the most sensitive folder, whatever its name", () => {
    const groups = groupItems([
      item("a/x", 1, "public"),
      item("z/x", 1, "internal"),
      item("(file list)"),
      item("top.md", 1, "public"),
    ]);
    assert.deepEqual(
      groups.map(({ folder, kind }) => `${kind}:${folder}`),
      ["request:", "folder:z", "folder:", "folder:a"],
    );
  });

  test("two thousand folders are shown by the folders above them", () => {
    const items = Array.from({ length: 2_000 }, (_, index) => item(`pkg${index % 7}/m${index}/file.ts`));
    const groups = groupItems(items);
    assert.equal(groups.length, 7);
    assert.ok(groups.length <= GROUPS_AT_ONCE_MAX);
  });

  test("a filter keeps the rows that hold its text, in any case, and their own totals", () => {
    const groups = filterGroups(
      groupItems([item("src/Log.ts", 5), item("src/b.ts", 7), item("docs/log.md", 1)]),
      " LOG",
    );
    assert.deepEqual(
      groups.map(({ bytes, folder, rows }) => [folder, rows.length, bytes]),
      [
        ["docs", 1, 1],
        ["src", 1, 5],
      ],
    );
  });
});

describe("taking out", () => {
  test("a wish means exactly the picked files: no more, no less", () => {
    const property = fc.property(paths, fc.array(fc.nat({ max: 59 })), (all, chosen) => {
      const items = all.map((path) => item(path));
      const picked = new Set(chosen.filter((index) => index < items.length));
      const wish = takeOutWish(items, picked);
      assert.ok(wish !== undefined);
      const out = wish.map((taken) => takenPath(items, taken));
      const gone = items.flatMap(({ path }, index) =>
        out.some((taken) => taken === path || path.startsWith(`${taken}/`)) ? [index] : [],
      );
      assert.deepEqual(
        gone,
        [...picked].toSorted((a, b) => a - b),
      );
    });
    fc.assert(property, { numRuns: 300 });
  });

  test("a whole folder is one wish, however many files it holds", () => {
    const items = [...Array.from({ length: 2_000 }, (_, index) => item(`lib/deep/${index}.js`)), item("src/a.ts")];
    const picked = new Set(Array.from({ length: 2_000 }, (_, index) => index));
    assert.deepEqual(takeOutWish(items, picked), [{ item: 0, folderDepth: 1 }]);
  });

  test("more single files than one wish may name are refused as a whole, not cut", () => {
    const items = Array.from({ length: 2 * TAKEN_OUT_MAX + 2 }, (_, index) => item(`${index}.ts`));
    const even = (count: number): Set<number> => new Set(Array.from({ length: count }, (_, index) => 2 * index));
    assert.equal(takeOutWish(items, even(TAKEN_OUT_MAX))?.length, TAKEN_OUT_MAX);
    assert.equal(takeOutWish(items, even(TAKEN_OUT_MAX + 1)), undefined);
  });

  test("the prompt and the list of files cannot be taken out", () => {
    assert.deepEqual(takeOutWish([item("(prompt)")], new Set([0])), []);
  });

  test("the estimate is known at once", () => {
    const items = [item("a", 100), item("b", 50)];
    assert.deepEqual(withoutPicked(items, 170, new Set([0])), { picked: 1, items: 1, bytes: 70 });
  });
});
