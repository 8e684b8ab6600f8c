// Tests of foreign text.
import assert from "node:assert/strict";
import { test } from "node:test";
import { plainOutput } from "./plainOutput.ts";

test("colours, titles and links of a terminal leave no trace in output", () => {
  assert.equal(
    plainOutput("\u001B[1;31mred\u001B[0m and \u001B]8;;https://x.example\u0007link\u001B]8;;\u0007"),
    "red and link",
  );
  assert.equal(plainOutput("\u001B]0;title\u001B\\text\u001B(B"), "text");
});

test("of a progress line only the last writing stays", () => {
  assert.equal(plainOutput("10 %\r50 %\r100 %\ndone\r\nnext"), "100 %\ndone\nnext");
});

test("what could hide or reorder text is shown as its code", () => {
  assert.equal(plainOutput("a\u2066b\u0007c\td\n"), "a<2066>b<0007>c\td\n");
});

test("markup is text like any other", () => {
  assert.equal(plainOutput("<img src=x onerror=alert(1)>"), "<img src=x onerror=alert(1)>");
});
