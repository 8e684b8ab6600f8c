// Tests of what an episode came to.
import assert from "node:assert/strict";
import { test } from "node:test";
import * as fc from "fast-check";
import { byteCount, epochMs, sequence } from "#protocol/quantities.ts";
import type { TimelineEntry } from "#protocol/timeline.ts";
import { episodeNumber, jobNumber, leaseNumber, nodeNumber } from "../../../test/editor/webviews/sampleEntries.ts";
import { sampleStory } from "../../../test/editor/webviews/sampleStory.ts";
import { TotalsByEpisode } from "./episodeTotals.ts";

test("totals say time, attempts, what crossed, outcome, where and why", () => {
  const totals = new TotalsByEpisode();
  totals.add(sampleStory().entries);
  const offloaded = totals.of(episodeNumber(2));
  assert.equal(offloaded?.bytesOut, 18_400);
  assert.equal(offloaded?.bytesBack, 4_130);
  assert.equal(offloaded?.attempts, 1);
  assert.equal((offloaded?.finishedAt ?? 0) - (offloaded?.startedAt ?? 0), 32_000);
  assert.deepEqual(offloaded?.outcome, { kind: "answered", stopReason: "end" });
  assert.equal(offloaded?.where?.name, "gpubox");
  assert.match(offloaded?.why ?? "", /needs 48k of context/u);
  assert.equal(totals.of(episodeNumber(3))?.errors, 2);
  assert.equal(totals.of(episodeNumber(4))?.finishedAt, undefined);
  assert.equal(totals.of(episodeNumber(99)), undefined);
});

test("in whatever order entries come, the totals are the same", () => {
  const { entries } = sampleStory();
  const straight = new TotalsByEpisode();
  straight.add(entries);
  fc.assert(
    fc.property(fc.shuffledSubarray([...entries], { minLength: entries.length }), (shuffled) => {
      const totals = new TotalsByEpisode();
      totals.add(shuffled);
      for (const number of [1, 2, 3, 4]) {
        assert.deepEqual(totals.of(episodeNumber(number)), straight.of(episodeNumber(number)));
      }
    }),
    { numRuns: 20 },
  );
});

test("what was recorded and then did not leave is not counted", () => {
  const base = { index: 0, at: epochMs(1), level: "info", corrId: episodeNumber(1), jobId: jobNumber(1) } as const;
  const crossing = { direction: "out", nodeId: nodeNumber(2), bytes: byteCount(900), leaseId: leaseNumber(1) } as const;
  const recorded: TimelineEntry = { ...base, sequence: sequence(1), kind: "EgressRecorded", text: "", crossing };
  const settled: TimelineEntry = { ...base, sequence: sequence(2), kind: "EgressSettled", text: "Nothing left" };
  const totals = new TotalsByEpisode();
  totals.add([recorded]);
  assert.equal(totals.of(episodeNumber(1))?.bytesOut, 900);
  totals.add([settled]);
  assert.equal(totals.of(episodeNumber(1))?.bytesOut, 0);
});
