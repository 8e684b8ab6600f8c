// What a client may send and be sent is bounded before anything is stored or shown.
import assert from "node:assert/strict";
import { test } from "node:test";
import { decode } from "../decode.ts";
import {
  episodeRequestSchema,
  PROMPT_CHARACTERS_MAX,
  TIMELINE_PAGE_ENTRIES_MAX,
  timelinePageSchema,
} from "./clientViews.ts";

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
