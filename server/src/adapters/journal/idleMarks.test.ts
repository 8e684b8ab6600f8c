// The mark comes once, a moment after the last append, and not before: time is the test's own.
import assert from "node:assert/strict";
import { test } from "node:test";
import { MARK_IDLE_MS, openIdleMarks } from "./idleMarks.ts";

test("a mark is set once the journal was idle, once for each pause, and none after the end", (t) => {
  t.mock.timers.enable({ apis: ["setTimeout"] });
  let marks = 0;
  const idle = openIdleMarks(async () => {
    marks++;
  });
  t.mock.timers.tick(MARK_IDLE_MS * 3);
  assert.equal(marks, 0, "nothing was appended");
  for (let append = 0; append < 50; append++) {
    idle.touch();
    t.mock.timers.tick(MARK_IDLE_MS - 1);
  }
  assert.equal(marks, 0, "it was never idle for so long");
  t.mock.timers.tick(1);
  assert.equal(marks, 1);
  t.mock.timers.tick(MARK_IDLE_MS * 3);
  assert.equal(marks, 1, "one pause, one mark");
  idle.touch();
  t.mock.timers.tick(MARK_IDLE_MS);
  assert.equal(marks, 2);
  idle.touch();
  idle.dispose();
  t.mock.timers.tick(MARK_IDLE_MS * 3);
  assert.equal(marks, 2);
});
