// Tests of the waterfall: spans from entries, and their layout as fractions of the width.
import assert from "node:assert/strict";
import { test } from "node:test";
import * as fc from "fast-check";
import { sequence } from "#protocol/quantities.ts";
import { jobNumber, nodeNumber } from "../../../test/editor/webviews/sampleEntries.ts";
import { sampleStory, STORY_STARTS_AT } from "../../../test/editor/webviews/sampleStory.ts";
import { manyEntries } from "../../../test/editor/webviews/manyEntries.ts";
import { JobSpans, type JobSpan, SPANS_MAX } from "./jobSpans.ts";
import { LANE_ROWS_MAX, layOut } from "./waterfall.ts";

const all = (): boolean => true;

test("each job has its node, its waiting, its running, its end and what crossed", () => {
  const spans = new JobSpans();
  spans.add(sampleStory().entries);
  const [lint, flaky, report, tests] = spans.newest(10, all);
  assert.deepEqual([lint?.state, flaky?.state, report?.state, tests?.state], ["done", "done", "failed", "running"]);
  assert.equal(lint?.node?.name, "local");
  assert.equal((flaky?.startedAt ?? 0) - (flaky?.queuedAt ?? 0), 22_100);
  assert.deepEqual(
    flaky?.crossings.map(({ direction, bytes }) => [direction, bytes]),
    [
      ["out", 18_400],
      ["back", 4_130],
    ],
  );
  assert.equal(tests?.endedAt, undefined);
});

test("a lane for each node, and the axis from the first question to now", () => {
  const spans = new JobSpans();
  spans.add(sampleStory().entries);
  const laid = layOut(spans.newest(10, all), STORY_STARTS_AT + 400_000, 8);
  assert.deepEqual(
    laid?.lanes.map(({ node, bars }) => [node?.name, bars.length]),
    [
      ["local", 1],
      ["gpubox", 3],
    ],
  );
  assert.equal(laid?.fromAt, STORY_STARTS_AT + 4_000);
  assert.equal(laid?.toAt, STORY_STARTS_AT + 400_000);
  assert.ok((laid?.ticks.length ?? 0) <= 9);
  assert.equal(layOut([], 0, 8), undefined);
});

test("bars stay on the track, are wide enough to press, and do not overlap in their row", () => {
  const span = fc.record({ from: fc.nat(100_000), length: fc.nat(50_000), node: fc.integer({ min: 1, max: 3 }) });
  fc.assert(
    fc.property(fc.array(span, { minLength: 1, maxLength: 40 }), fc.nat(200_000), (drawn, nowAt) => {
      const spans = drawn
        .toSorted((left, right) => left.from - right.from)
        .map(
          ({ from, length, node }, index): JobSpan => ({
            jobId: jobNumber(index),
            episodeId: undefined,
            place: { sequence: sequence(index), index: 0 },
            node: { nodeId: nodeNumber(node), name: `node ${node}` },
            queuedAt: from,
            startedAt: from + Math.floor(length / 2),
            endedAt: length % 3 === 0 ? undefined : from + length,
            state: "done",
            crossings: [
              { at: from + length, direction: "out", bytes: 1, place: { sequence: sequence(index), index: 0 } },
            ],
          }),
        );
      for (const lane of layOut(spans, nowAt, 6)?.lanes ?? []) {
        assert.ok(lane.rows <= LANE_ROWS_MAX);
        for (const bar of lane.bars) {
          assert.ok(bar.left >= 0 && bar.left + bar.width <= 1.000_001, JSON.stringify(bar));
          assert.ok(bar.width >= 0.004 && bar.waited >= 0 && bar.waited <= 1);
          assert.ok(bar.marks.every(({ left }) => left >= 0 && left <= 1));
          const beside = lane.bars.filter(
            (other) => other !== bar && other.row === bar.row && bar.row < LANE_ROWS_MAX - 1,
          );
          for (const other of beside) {
            const apart = other.left + other.width <= bar.left + 1e-9 || bar.left + bar.width <= other.left + 1e-9;
            assert.ok(apart, `${JSON.stringify(bar)} ${JSON.stringify(other)}`);
          }
        }
      }
    }),
  );
});

test("past the limit the oldest spans are forgotten", () => {
  const spans = new JobSpans();
  spans.add(manyEntries((SPANS_MAX + 1) * 20));
  const kept = spans.newest(SPANS_MAX * 2, all);
  assert.equal(kept.length, SPANS_MAX / 2);
  assert.equal(kept.at(-1)?.jobId, jobNumber(SPANS_MAX));
});
