// Tests of what runs and the end of its output.
import assert from "node:assert/strict";
import { test } from "node:test";
import { byteCount, epochMs, sequence } from "#protocol/quantities.ts";
import type { TimelineEntry } from "#protocol/timeline.ts";
import type { ReadOutput } from "#protocol/webview/feed.ts";
import { attemptNumber, episodeNumber, nodeNumber } from "../../../test/editor/webviews/sampleEntries.ts";
import { FOLLOWED_MAX, LINES_SHOWN, RunningOutputs } from "./runningOutputs.ts";

function entry(number: number, kind: string, output?: TimelineEntry["output"]): TimelineEntry {
  return {
    sequence: sequence(number),
    index: 0,
    at: epochMs(number),
    kind,
    level: "info",
    text: kind,
    corrId: episodeNumber(number),
    attemptId: attemptNumber(number),
    where: { nodeId: nodeNumber(1), name: "gpubox" },
    ...(output === undefined ? {} : { output }),
  };
}

function wrote(number: number, fromByte: number, bytes: number): TimelineEntry {
  return entry(number, "OutputAppended", { stream: "stdout", fromByte: byteCount(fromByte), bytes: byteCount(bytes) });
}

function followed(): { readonly outputs: RunningOutputs; readonly asks: ReadOutput[] } {
  const asks: ReadOutput[] = [];
  return { outputs: new RunningOutputs((ask) => asks.push(ask)), asks };
}

test("what ended within the same message is not read", () => {
  const { outputs, asks } = followed();
  outputs.add([entry(1, "JobStarted"), wrote(1, 0, 10), entry(1, "JobFinished"), entry(2, "JobStarted")]);
  assert.deepEqual(asks, []);
  assert.deepEqual(
    outputs.shown().map(({ attemptId }) => attemptId),
    [attemptNumber(2)],
  );
  outputs.add([{ ...entry(2, "EpisodeFinished") }]);
  assert.deepEqual(outputs.shown(), []);
});

test("one piece is asked for at a time, then the next, up to what the timeline has said", () => {
  const { outputs, asks } = followed();
  outputs.add([entry(1, "JobStarted"), wrote(1, 0, 6)]);
  outputs.add([wrote(1, 6, 6)]);
  assert.equal(asks.length, 1);
  const piece = { kind: "output", attemptId: attemptNumber(1), stream: "stdout", more: false } as const;
  outputs.take({ ...piece, fromByte: byteCount(0), text: "one\ntw", nextByte: byteCount(6) });
  assert.deepEqual(
    asks.map(({ fromByte }) => fromByte),
    [0, 6],
  );
  outputs.take({ ...piece, fromByte: byteCount(6), text: "o\nthre", nextByte: byteCount(12) });
  assert.equal(asks.length, 2);
  assert.equal(outputs.shown()[0]?.lines, "one\ntwo\nthre");
});

test("far behind, the end is read and the middle is not", () => {
  const { outputs, asks } = followed();
  outputs.add([entry(1, "JobStarted"), wrote(1, 0, 1_000_000)]);
  assert.deepEqual(
    asks.map(({ fromByte }) => fromByte),
    [1_000_000 - 4_096],
  );
});

test("a Home that has less than it said is not asked in a circle", () => {
  const { outputs, asks } = followed();
  outputs.add([wrote(1, 0, 10)]);
  const nothing = { fromByte: byteCount(0), text: "", nextByte: byteCount(0), more: false } as const;
  outputs.take({ kind: "output", attemptId: attemptNumber(1), stream: "stdout", ...nothing });
  assert.equal(asks.length, 1);
});

test("of many that run, the newest are shown, each with its last lines", () => {
  const { outputs } = followed();
  for (let number = 1; number <= FOLLOWED_MAX + 2; number++) outputs.add([wrote(number, 0, 100)]);
  assert.deepEqual(
    outputs.shown().map(({ attemptId }) => attemptId),
    [3, 4, 5].map(attemptNumber),
  );
  const text = Array.from({ length: 40 }, (_, line) => `line ${line}\n`).join("");
  const piece = { fromByte: byteCount(0), text, nextByte: byteCount(text.length), more: false } as const;
  outputs.take({ kind: "output", attemptId: attemptNumber(5), stream: "stdout", ...piece });
  assert.equal(outputs.shown()[2]?.lines.split("\n").length, LINES_SHOWN);
  assert.match(outputs.shown()[2]?.lines ?? "", /line 39$/u);
});
