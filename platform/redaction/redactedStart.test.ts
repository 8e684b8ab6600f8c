// A text that is cut for a title or a log: no part of a secret shows, wherever the cut falls.
import assert from "node:assert/strict";
import { test } from "node:test";
import { TEST_REDACTOR, TEST_SECRET } from "../../test/simulation/testRedaction.ts";
import { redactedStart, WINDOW_BEYOND_CHARACTERS } from "./redactedStart.ts";

const CUT = 100;

test("no part of a secret shows where the cut, or the end of the window, falls into it", () => {
  for (let before = CUT - TEST_SECRET.length; before <= CUT + WINDOW_BEYOND_CHARACTERS; before++) {
    const shown = redactedStart(`${"-".repeat(before)}${TEST_SECRET} and on`, CUT, TEST_REDACTOR);
    assert.match(shown, /^-+(?:\[[\w:-]*\]?)?(?: and? ?o?n?)?$/u);
    assert.ok(shown.length <= CUT);
  }
});

test("a key without end, and the longest window, are looked at no further than the window", () => {
  const key = `-----BEGIN PRIVATE KEY-----\n${"MIIB".repeat(CUT + WINDOW_BEYOND_CHARACTERS)}`;
  assert.equal(redactedStart(`it is ${key}`, CUT, TEST_REDACTOR), "it is ");
  assert.equal(redactedStart("x".repeat(CUT + WINDOW_BEYOND_CHARACTERS + 1), CUT, TEST_REDACTOR), "x".repeat(CUT));
  assert.equal(redactedStart(`say ${TEST_SECRET}`, 6, TEST_REDACTOR), "say [R");
});
