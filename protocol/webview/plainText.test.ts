// A text that came from elsewhere cannot fake a line of ours, nor its order.
import assert from "node:assert/strict";
import { test } from "node:test";
import * as fc from "fast-check";
import { plainText } from "./plainText.ts";

test("line ends, control characters and direction marks are shown as their codes", () => {
  assert.equal(plainText("npm test\nTo: elsewhere"), "npm test<000A>To: elsewhere");
  assert.equal(plainText("\u202Etxt.exe\u2028"), "<202E>txt.exe<2028>");
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
