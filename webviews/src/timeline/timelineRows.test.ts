// Tests of the rows: order, limits, filter, and what a page does to them.
import assert from "node:assert/strict";
import { test } from "node:test";
import * as fc from "fast-check";
import type { TimelineEntry } from "#protocol/timeline.ts";
import { episodeNumber } from "../../../test/editor/webviews/sampleEntries.ts";
import { manyEntries } from "../../../test/editor/webviews/manyEntries.ts";
import { sampleStory } from "../../../test/editor/webviews/sampleStory.ts";
import { LEVELS, USUAL_FILTER } from "./entryFilter.ts";
import { placeOf } from "./entryOrder.ts";
import { isJumpTarget } from "./jumps.ts";
import { TimelineRows } from "./timelineRows.ts";

const EVERYTHING = { ...USUAL_FILTER, levels: LEVELS };

function shown(rows: TimelineRows): readonly (TimelineEntry | undefined)[] {
  return Array.from({ length: rows.shownCount }, (_, position) => rows.at(position));
}

test("entries that come twice or late are not shown again", () => {
  const entries = manyEntries(100);
  const rows = new TimelineRows();
  rows.setFilter(EVERYTHING);
  rows.replace(entries.slice(20, 60), true);
  assert.equal(rows.append(entries.slice(50, 80)).taken.length, 20);
  assert.equal(rows.append(entries.slice(0, 80)).taken.length, 0);
  assert.equal(rows.prepend(entries.slice(0, 30), false).taken.length, 20);
  assert.deepEqual(shown(rows), entries.slice(0, 80));
});

test("at any order of pages the rows are the entries, each once", () => {
  const entries = manyEntries(60);
  const page = fc.tuple(fc.boolean(), fc.nat(40), fc.nat(30));
  fc.assert(
    fc.property(fc.array(page, { maxLength: 12 }), (pages) => {
      const rows = new TimelineRows();
      rows.setFilter(EVERYTHING);
      rows.replace(entries.slice(25, 35), true);
      let [from, to] = [25, 35];
      for (const [newer, overlap, count] of pages) {
        if (newer) {
          rows.append(entries.slice(Math.max(0, to - overlap), to + count));
          to = Math.min(60, Math.max(to, to + count));
        } else {
          rows.prepend(entries.slice(Math.max(0, from - count), Math.min(60, from + overlap)), from > count);
          from = Math.max(0, from - count);
        }
      }
      assert.deepEqual(shown(rows), entries.slice(from, to));
    }),
  );
});

test("past the limit the oldest rows are given back, and what is shown says how many", () => {
  const entries = manyEntries(130);
  const rows = new TimelineRows(100, 30);
  rows.setFilter(EVERYTHING);
  rows.replace(entries.slice(0, 100), false);
  assert.equal(rows.older, false);
  assert.deepEqual(rows.append(entries.slice(100, 101)).shownGivenBack, 30);
  assert.equal(rows.older, true);
  assert.equal(rows.append(entries.slice(101)).shownGivenBack, 0);
  assert.deepEqual(shown(rows), entries.slice(30));
  assert.equal(rows.hasRoom, false);
  assert.equal(rows.prepend(entries.slice(0, 30), false).taken.length, 0);
  assert.equal(rows.older, true);
});

test("the usual filter leaves the steps in between out, and counts them all the same", () => {
  const { entries } = sampleStory();
  const rows = new TimelineRows();
  rows.replace(entries, false);
  assert.equal(rows.shownCount, entries.filter(({ level }) => level !== "detail").length);
  assert.equal(rows.countOf("detail"), entries.filter(({ level }) => level === "detail").length);
  rows.setFilter({ ...EVERYTHING, crossedOnly: true });
  assert.deepEqual(
    shown(rows),
    entries.filter(({ crossing }) => crossing !== undefined),
  );
  rows.setFilter({ ...EVERYTHING, node: "home", episodeId: episodeNumber(1) });
  assert.deepEqual(
    shown(rows).map((entry) => entry?.kind),
    ["EpisodeStarted", "JobQueued", "EpisodeFinished"],
  );
  rows.setFilter({ ...EVERYTHING, eventKind: "JobFailed" });
  assert.equal(rows.shownCount, 1);
});

test("a folded episode keeps its own row, and entries that come stay folded", () => {
  const { entries } = sampleStory();
  const own = entries.filter(({ corrId }) => corrId === episodeNumber(2));
  const rows = new TimelineRows();
  rows.replace(entries.slice(0, -1), false);
  const before = rows.shownCount;
  rows.setCollapsed(episodeNumber(2), true);
  assert.equal(rows.shownCount, before - own.filter(({ level }) => level !== "detail").length + 1);
  rows.append(entries.slice(-1));
  rows.setCollapsed(episodeNumber(2), false);
  assert.equal(rows.shownCount, entries.filter(({ level }) => level !== "detail").length);
});

test("a place leads to its row, or to the next one that is shown", () => {
  const { entries } = sampleStory();
  const rows = new TimelineRows();
  rows.replace(entries, false);
  for (const [held, entry] of entries.entries()) {
    const next = entries.slice(held).find(({ level }) => level !== "detail");
    assert.equal(rows.at(rows.positionOf(placeOf(entry))), next);
    assert.equal(rows.find(placeOf(entry)), entry);
  }
});

test("jumps go to errors, approvals and crossings, forwards and backwards, and around", () => {
  const { entries } = sampleStory();
  const rows = new TimelineRows();
  rows.replace(entries, false);
  const round = (target: Parameters<typeof isJumpTarget>[1], direction: 1 | -1): readonly string[] => {
    const kinds: string[] = [];
    let at = 0;
    for (let step = 0; step < 5; step++) {
      at = rows.nextPosition(at, direction, (entry) => isJumpTarget(entry, target)) ?? at;
      kinds.push(rows.at(at)?.kind ?? "");
    }
    return kinds;
  };
  assert.deepEqual(round("error", 1), ["JobFailed", "EpisodeFinished", "LinkRefused", "JobFailed", "EpisodeFinished"]);
  assert.deepEqual(round("error", -1), [
    "LinkRefused",
    "EpisodeFinished",
    "JobFailed",
    "LinkRefused",
    "EpisodeFinished",
  ]);
  assert.deepEqual(round("approval", 1).slice(0, 4), [
    "EnrolmentRequested",
    "EgressPreviewed",
    "EgressPreviewed",
    "EnrolmentRequested",
  ]);
  assert.deepEqual(round("egress", 1).slice(0, 4), [
    "EgressRecorded",
    "EgressSettled",
    "EgressRecorded",
    "EgressRecorded",
  ]);
  rows.replace(manyEntries(3), false);
  assert.equal(
    rows.nextPosition(0, 1, (entry) => isJumpTarget(entry, "error")),
    undefined,
  );
});
