// What a client may send and be sent is bounded before anything is stored or shown.
import assert from "node:assert/strict";
import { test } from "node:test";
import { decode } from "../decode.ts";
import { NEVER_LEAVES_MAX } from "../neverLeaves.ts";
import { APPLIED_PATHS_MAX, METHODS } from "./client.ts";
import {
  episodeRequestSchema,
  LEAVE_OUT_CHARACTERS_MAX,
  LEAVE_OUT_MAX,
  PROMPT_CHARACTERS_MAX,
  TIMELINE_PAGE_ENTRIES_MAX,
  timelinePageSchema,
} from "./clientViews.ts";
import { INSPECTED_PATHS_MAX, REVISED_PATHS_MAX, REVISED_TEXTS_MAX } from "./egressViews.ts";

test("a prompt at its limit is read, one character more or none is refused", () => {
  const ask = (characters: number): boolean =>
    decode(episodeRequestSchema, { kind: "ask", prompt: "a".repeat(characters) }).ok;
  assert.ok(ask(1) && ask(PROMPT_CHARACTERS_MAX));
  assert.ok(!ask(0) && !ask(PROMPT_CHARACTERS_MAX + 1));
});

test("a timeline page at its limit is read, one entry more is refused", () => {
  const entry = { sequence: 1, index: 0, at: 1, kind: "NodeEnrolled", level: "info", text: "gpu-box joined" };
  const page = (count: number): boolean =>
    decode(timelinePageSchema, { entries: Array.from({ length: count }, () => entry), nextSequence: 2, more: true }).ok;
  assert.ok(page(0) && page(TIMELINE_PAGE_ENTRIES_MAX));
  assert.ok(!page(TIMELINE_PAGE_ENTRIES_MAX + 1));
});

test("lists of paths and globs at their limits are read, one more or none is refused", () => {
  const digest = `sha256:${"0".repeat(64)}`;
  const revise = { previewId: `prev_${"a".repeat(26)}`, digest };
  const apply = { proposalId: `prop_${"a".repeat(26)}`, digest };
  const names = (count: number): readonly string[] => Array.from({ length: count }, (_, index) => `file-${index}`);
  const texts = (count: number): readonly object[] =>
    names(count).map((path) => ({ path, lines: [{ from: 1, to: 1 }] }));
  for (const [most, read] of [
    [
      REVISED_TEXTS_MAX,
      (count: number) => decode(METHODS.reviseEgress.params, { ...revise, leaveOut: [], putBack: names(count) }),
    ],
    [
      REVISED_TEXTS_MAX,
      (count: number) => decode(METHODS.reviseEgress.params, { ...revise, leaveOut: [], cut: texts(count) }),
    ],
    [
      REVISED_TEXTS_MAX,
      (count: number) => decode(METHODS.itemChanges.params, { previewId: revise.previewId, paths: names(count) }),
    ],
    [REVISED_PATHS_MAX, (count: number) => decode(METHODS.reviseEgress.params, { ...revise, leaveOut: names(count) })],
    [APPLIED_PATHS_MAX, (count: number) => decode(METHODS.applyProposal.params, { ...apply, paths: names(count) })],
    [INSPECTED_PATHS_MAX, (count: number) => decode(METHODS.inspectPaths.params, { paths: names(count) })],
    [NEVER_LEAVES_MAX, (count: number) => decode(METHODS.markNeverLeaves.params, { globs: names(count) })],
  ] as const) {
    assert.deepEqual(
      [1, most, 0, most + 1].map((count) => read(count).ok),
      [true, true, false, false],
      String(most),
    );
  }
});

test("what is left out of one run is bounded in number and length", () => {
  const command = { kind: "command", argv: ["make"], folder: ".", outputs: [], dependencies: { kind: "nothing" } };
  const read = (leaveOut: readonly string[]): boolean => decode(episodeRequestSchema, { ...command, leaveOut }).ok;
  const globs = (count: number, length: number): readonly string[] =>
    Array.from({ length: count }, () => "a".repeat(length));
  assert.ok(read(globs(LEAVE_OUT_MAX, LEAVE_OUT_CHARACTERS_MAX)));
  assert.ok(!read(globs(LEAVE_OUT_MAX + 1, 1)) && !read(globs(1, LEAVE_OUT_CHARACTERS_MAX + 1)));
});
