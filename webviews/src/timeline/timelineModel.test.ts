// Tests of the model: each entry is added up once, whatever the Home sends again.
import assert from "node:assert/strict";
import { test } from "node:test";
import { episodeNumber } from "../../../test/editor/webviews/sampleEntries.ts";
import { sampleStory } from "../../../test/editor/webviews/sampleStory.ts";
import { TimelineModel } from "./timelineModel.ts";
import { TimelineRows } from "./timelineRows.ts";

test("entries that were given back and are read again are not added up twice", () => {
  const { entries } = sampleStory();
  const model = new TimelineModel(new TimelineRows(entries.length - 1, 20));
  model.replace(entries.slice(10), true);
  model.prepend(entries.slice(0, 10), false, undefined);
  model.prepend(entries.slice(0, 10), false, undefined);
  model.append(entries.slice(-5));
  assert.equal(model.totalsOf(episodeNumber(2))?.bytesOut, 18_400);
  assert.equal(model.totalsOf(episodeNumber(3))?.errors, 2);
  model.replace(entries, false);
  assert.equal(model.totalsOf(episodeNumber(2))?.bytesOut, 18_400);
});

test("a title is the Home's, then the first entry's, then the id", () => {
  const { entries, episodes } = sampleStory();
  const model = new TimelineModel();
  assert.equal(model.titleOf(episodeNumber(2)), episodeNumber(2));
  model.replace(entries, false);
  assert.equal(model.titleOf(episodeNumber(2)), "Started: Fix flaky test");
  model.setEpisodes(episodes);
  assert.equal(model.titleOf(episodeNumber(2)), "Fix flaky test");
  model.scope = { kind: "episode", episodeId: episodeNumber(2), title: "As it was opened" };
  assert.equal(model.titleOf(episodeNumber(2)), "As it was opened");
});

test("only what the Home still waits for can be reviewed", () => {
  const { entries, episodes } = sampleStory();
  const model = new TimelineModel();
  model.replace(entries, false);
  model.setEpisodes(episodes);
  const asked = entries.find(({ previewId }) => previewId !== undefined);
  assert.ok(asked !== undefined);
  assert.equal(model.isWaiting(asked), false);
  model.setEpisodes(episodes.map((episode) => ({ ...episode, state: "waiting-for-approval" })));
  assert.equal(model.isWaiting(asked), true);
});

test("what there is to filter by grows with the entries", () => {
  const model = new TimelineModel();
  model.replace(sampleStory().entries, false);
  assert.deepEqual([...model.facets.nodes.values()].toSorted(), ["gpubox", "local"]);
  assert.equal(model.facets.home, true);
  assert.ok(model.facets.kinds.has("LinkRefused"));
});
