// Tests of output in pieces.
import assert from "node:assert/strict";
import { test } from "node:test";
import { byteCount } from "#protocol/quantities.ts";
import type { OutputPiece } from "#protocol/webview/feed.ts";
import { attemptNumber } from "../../../test/editor/webviews/sampleEntries.ts";
import { OutputText } from "./outputText.ts";

function piece(fromByte: number, text: string, rest: Partial<OutputPiece> = {}): OutputPiece {
  return {
    kind: "output",
    attemptId: attemptNumber(1),
    stream: "stdout",
    fromByte: byteCount(fromByte),
    text,
    nextByte: byteCount(fromByte + text.length),
    more: false,
    ...rest,
  };
}

test("pieces that follow on are joined, and one that comes twice is left out", () => {
  const output = new OutputText(100);
  output.add(piece(0, "one\n", { more: true }));
  output.add(piece(0, "one\n"));
  output.add(piece(9, "far\n"));
  assert.equal(output.more, true);
  output.add(piece(4, "two\n"));
  assert.equal(output.plain, "one\ntwo\n");
  assert.equal(output.nextByte, 8);
  assert.equal(output.cut, false);
});

test("past its limit the newest whole lines stay, and that is said", () => {
  const output = new OutputText(10);
  output.add(piece(0, "12345\n"));
  assert.equal(output.cut, false);
  output.add(piece(6, "6789\n"));
  assert.equal(output.plain, "6789\n");
  assert.equal(output.cut, true);
});

test("a terminal code that two pieces share is taken out whole", () => {
  const output = new OutputText(100);
  output.add(piece(0, "a\u001B[3"));
  output.add(piece(4, "1mred"));
  assert.equal(output.plain, "ared");
});

test("a problem is shown until a piece comes", () => {
  const output = new OutputText(100);
  output.add(piece(0, "", { problem: "The Home is gone." }));
  assert.equal(output.problem, "The Home is gone.");
  output.add(piece(0, "x"));
  assert.equal(output.problem, undefined);
});
