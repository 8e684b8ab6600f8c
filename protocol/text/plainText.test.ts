// A text that came from elsewhere cannot fake a line of ours, nor its order.
import assert from "node:assert/strict";
import { test } from "node:test";
import * as fc from "fast-check";
import { oneLine, plainLines, plainText } from "./plainText.ts";

test("line ends, control characters and direction marks are shown as their codes", () => {
  assert.equal(plainText("npm test\nTo: elsewhere"), "npm test<000A>To: elsewhere");
  assert.equal(plainText("\u202Etxt.exe\u2028"), "<202E>txt.exe<2028>");
});

test("a text of several lines keeps its lines and tabs, and nothing else that moves", () => {
  assert.equal(plainLines("a\tb\r\nc\u009B1m\u2028d"), "a\tb\nc<009B>1m<2028>d");
});

test("in a label nothing is left that is not seen", () => {
  assert.equal(oneLine(" npm\n\u2028test\u001B[31m \u202Egnp.exe\u200B "), "npm test[31m gnp.exe");
});

test("a long text keeps both of its ends", () => {
  assert.equal(plainText("src/very/long/path/of/a/file.ts", 12), "src/ver…e.ts");
});

test("whatever the text, it is one line and no longer than asked", () => {
  const property = fc.property(fc.string({ unit: "binary" }), fc.integer({ min: 1, max: 40 }), (text, max) => {
    const plain = plainText(text, max);
    assert.ok(Array.from(plain).length <= max);
    assert.doesNotMatch(plain, /[\p{Cc}\p{Bidi_Control}\u2028\u2029]/u);
  });
  fc.assert(property, { numRuns: 300 });
});
