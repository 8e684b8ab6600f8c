// A notice goes with what it tells of, and takes no other with it once it has gone by itself.
import assert from "node:assert/strict";
import { test } from "node:test";
import { noticeFate, shownNotice, TOAST_MS } from "./shownNotice.ts";

const KEYS = new Set(["a", "b"]);
const over =
  (...keys: readonly string[]) =>
  (key: string): boolean =>
    keys.includes(key);

test("a notice stays while anything it tells of is neither read nor decided", () => {
  assert.equal(noticeFate(shownNotice(KEYS, true, 0), over("a"), 1), "stays");
  assert.equal(noticeFate(shownNotice(KEYS, true, 0), over("a"), TOAST_MS + 1), "stays");
  assert.equal(noticeFate(shownNotice(KEYS, true, 0), over("a", "b"), 1), "put-away");
});

test("one that has left the screen by itself moves no other, and one that nobody looked at is still there", () => {
  assert.equal(noticeFate(shownNotice(KEYS, true, 0), over("a", "b"), TOAST_MS), "put-away");
  assert.equal(noticeFate(shownNotice(KEYS, true, 0), over("a", "b"), TOAST_MS + 1), "gone");
  assert.equal(noticeFate(shownNotice(KEYS, false, 0), over("a", "b"), 10 * TOAST_MS), "put-away");
});
