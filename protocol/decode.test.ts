// Nothing enters undecoded: the error says where, and what could harm the decoder is refused before it.
import assert from "node:assert/strict";
import { test } from "node:test";
import * as z from "zod";
import { decode, decodeJson, JSON_DEPTH_MAX } from "./decode.ts";

const anything = z.unknown();

test("the path leads to the member that is wrong", () => {
  const schema = z.strictObject({ body: z.strictObject({ items: z.array(z.strictObject({ path: z.string() })) }) });
  const decoded = decode(schema, { body: { items: [{ path: "a" }, { path: 7 }] } });
  assert.ok(!decoded.ok);
  assert.equal(decoded.path, "$.body.items[1].path");
});

test("the root's path is $", () => {
  const decoded = decode(z.string(), 7);
  assert.ok(!decoded.ok);
  assert.equal(decoded.path, "$");
});

test("JSON exactly at the depth limit is read, one level more is refused", () => {
  const nested = (depth: number): string => "[".repeat(depth) + "]".repeat(depth);
  assert.ok(decodeJson(anything, nested(JSON_DEPTH_MAX)).ok);
  for (const depth of [JSON_DEPTH_MAX + 1, 1_000_000]) {
    const decoded = decodeJson(anything, nested(depth));
    assert.ok(!decoded.ok);
    assert.match(decoded.problem, /deeper than 32/);
  }
  const objects = '{"a":'.repeat(JSON_DEPTH_MAX + 1) + "1" + "}".repeat(JSON_DEPTH_MAX + 1);
  assert.ok(!decodeJson(anything, objects).ok);
});

test("brackets inside strings do not count as depth", () => {
  const text = JSON.stringify({ text: `${"[{".repeat(1_000)}"\\` });
  assert.ok(decodeJson(anything, text).ok);
  assert.ok(!decodeJson(anything, `{"a\\"":${"[".repeat(40)}${"]".repeat(40)}}`).ok, "an escaped quote ends no string");
});

test("siblings are not depth", () => {
  assert.ok(decodeJson(anything, `[${"[],".repeat(1_000)}[]]`).ok);
});

test("a __proto__ key is refused at any depth and however it is written", () => {
  for (const key of ["__proto__", "\\u005f_proto__", "__prot\\u006f__"]) {
    for (const text of [`{"${key}":{}}`, `{"a":{"b":[{"${key}":1}]}}`, `[[{"${key}":null}]]`]) {
      const decoded = decodeJson(anything, text);
      assert.ok(!decoded.ok, text);
      assert.match(decoded.problem, /__proto__/);
    }
  }
  assert.ok(decodeJson(anything, '{"a":"__proto__"}').ok, "as a value it is text like any other");
});

test("half of a character is refused, in a key and in a value", () => {
  for (const text of ['"\\ud800"', '{"a":["\\udc00"]}', '{"\\ud800":1}']) {
    const decoded = decodeJson(anything, text);
    assert.ok(!decoded.ok, text);
    assert.match(decoded.problem, /half of a character/);
  }
  assert.ok(decodeJson(anything, '"\\ud83d\\ude00"').ok);
});

test("text that is not JSON is refused as that", () => {
  for (const text of ["", "{", "nul", "{'a':1}", "[1,]", "NaN", "\ufeff1"]) {
    assert.deepEqual(decodeJson(anything, text), { ok: false, path: "$", problem: "is not JSON" });
  }
});
