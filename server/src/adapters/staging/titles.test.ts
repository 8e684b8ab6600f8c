// The title of a staged command says what it does, and nothing that is secret.
import assert from "node:assert/strict";
import { test } from "node:test";
import { TEST_REDACTOR, TEST_SECRET } from "../../../../test/simulation/testRedaction.ts";
import { commandTitle } from "./titles.ts";

test("a secret where a long command line is cut does not show in part", () => {
  const before = 1_024 - "do ".length - 10;
  const title = commandTitle(["do", "x".repeat(before - 1), TEST_SECRET, "y".repeat(200)], TEST_REDACTOR);
  assert.doesNotMatch(title, /correct|horse/);
});
