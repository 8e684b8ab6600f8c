// JSON as people write it: what is read, and the exact place of what is not.
import assert from "node:assert/strict";
import { test } from "node:test";
import fc from "fast-check";
import { COMMENTED_JSON_DEPTH_MAX, parseCommentedJson } from "./commentedJson.ts";

test("comments and trailing commas are no part of the value", () => {
  const parsed = parseCommentedJson('// for the night\n{ "a": [1, /* two */ 2,], "b": "// not a comment", }\n');
  assert.ok(parsed.ok);
  assert.deepEqual(parsed.value, { a: [1, 2], b: "// not a comment" });
  assert.deepEqual(parsed.placeOf(["a", 1]), { line: 2, column: 22 });
  assert.deepEqual(parsed.placeOf(["a", 9, "deeper"]), { line: 2, column: 8 });
});

test("every JSON text is read as JSON.parse reads it", () => {
  fc.assert(
    fc.property(fc.json({ maxDepth: COMMENTED_JSON_DEPTH_MAX - 1 }), (text) => {
      if (text.includes("__proto__")) return;
      const parsed = parseCommentedJson(text);
      assert.ok(parsed.ok);
      assert.deepEqual(parsed.value, JSON.parse(text));
    }),
  );
});

test("any text at all is read or answered with a place in it", () => {
  fc.assert(
    fc.property(fc.string({ unit: fc.constantFrom(...Array.from('{}[]",:/*\n1-.e\\ ')) }), (text) => {
      const parsed = parseCommentedJson(text);
      if (!parsed.ok) assert.ok(parsed.place.line >= 1 && parsed.place.line <= text.split("\n").length);
    }),
  );
});

const BROKEN: readonly (readonly [string, string, RegExp])[] = [
  ["", "1:1", /ends too early/u],
  ['{\n  "a": 1\n  "b": 2\n}', "3:3", /"," or "\}"/u],
  ["{ a: 1 }", "1:3", /double quotes/u],
  ['{ "a" 1 }', "1:7", /":" is expected/u],
  ['{ "a": 1, "a": 2 }', "1:11", /twice/u],
  ['{ "__proto__": 1 }', "1:3", /not allowed/u],
  ["{} x", "1:4", /nothing may follow/u],
  ['"half', "1:1", /cannot begin/u],
  ["01", "1:1", /cannot begin/u],
  ['["a\nb"]', "1:2", /line break/u],
  ['"\\x"', "1:1", /backslash/u],
  ["{ /* for ever", "1:3", /no end/u],
  [`${"[".repeat(COMMENTED_JSON_DEPTH_MAX + 2)}`, `1:${COMMENTED_JSON_DEPTH_MAX + 2}`, /too deep/u],
];

test("what is wrong is named with its line and column", () => {
  for (const [text, where, problem] of BROKEN) {
    const parsed = parseCommentedJson(text);
    assert.ok(!parsed.ok, text);
    assert.equal(`${parsed.place.line}:${parsed.place.column}`, where, text);
    assert.match(parsed.problem, problem);
  }
});

test("the deepest allowed text is read", () => {
  const text = `${"[".repeat(COMMENTED_JSON_DEPTH_MAX + 1)}${"]".repeat(COMMENTED_JSON_DEPTH_MAX + 1)}`;
  assert.ok(parseCommentedJson(text).ok);
});
