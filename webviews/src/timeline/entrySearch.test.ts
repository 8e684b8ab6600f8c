// Tests of the search.
import assert from "node:assert/strict";
import { test } from "node:test";
import { manyEntries } from "../../../test/editor/webviews/manyEntries.ts";
import { EntrySearch, partsAround } from "./entrySearch.ts";
import { USUAL_FILTER } from "./entryFilter.ts";
import { TimelineRows } from "./timelineRows.ts";

function searched(count: number): { readonly rows: TimelineRows; readonly search: EntrySearch } {
  const rows = new TimelineRows();
  rows.replace(manyEntries(count), false);
  return { rows, search: new EntrySearch(rows) };
}

test("it finds text, kind and node in any case, and counts", () => {
  const { search } = searched(60);
  search.setText("EPISODE 1 ON");
  assert.equal(search.matches().length, 14);
  search.setText("egressrec");
  assert.equal(search.matches().length, 2);
  search.setText("local");
  assert.equal(search.matches().length, 18);
  search.setText("");
  assert.deepEqual(search.matches(), []);
});

test("what a person types is no pattern", () => {
  const { search } = searched(20);
  search.setText(".*");
  assert.deepEqual(search.matches(), []);
  search.setText("(idle)");
  assert.equal(search.matches().length, 1);
});

test("entries that come, and a filter that changes, are counted without a new search", () => {
  const { rows, search } = searched(20);
  search.setText("Ended");
  assert.deepEqual(search.matches(), [19]);
  rows.append(manyEntries(140, 20));
  assert.equal(search.matches().length, 8);
  rows.setFilter({ ...USUAL_FILTER, levels: ["error"] });
  assert.deepEqual(search.matches(), [0]);
});

test("next and previous go around, and say which match it is", () => {
  const { search } = searched(60);
  search.setText("Ended");
  assert.deepEqual(search.matches(), [19, 39, 59]);
  assert.equal(search.next(19, 1), 39);
  assert.equal(search.next(59, 1), 19);
  assert.equal(search.next(19, -1), 59);
  assert.equal(search.next(30, -1), 19);
  assert.equal(search.numberOf(39), 2);
  assert.equal(search.numberOf(40), 0);
});

test("marked parts together are the text", () => {
  assert.deepEqual(partsAround("Ab cab", "AB"), ["", "Ab", " c", "ab", ""]);
  assert.deepEqual(partsAround("text", ""), ["text"]);
  assert.deepEqual(partsAround("a.b", "."), ["a", ".", "b"]);
});
