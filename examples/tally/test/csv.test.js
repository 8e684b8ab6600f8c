import assert from "node:assert/strict";
import { test } from "node:test";
import { parseCsv } from "../src/csv.js";

test("csv splits rows and fields", () =>
  assert.deepEqual(parseCsv("a,b\nc,d\n"), [
    ["a", "b"],
    ["c", "d"],
  ]));
test("csv keeps empty fields", () => assert.deepEqual(parseCsv("a,,c"), [["a", "", "c"]]));
test("csv reads Windows line ends", () => assert.deepEqual(parseCsv("a\r\nb\r\n"), [["a"], ["b"]]));
test("csv reads quoted commas and line breaks", () => assert.deepEqual(parseCsv('"a,b","c\nd"'), [["a,b", "c\nd"]]));
test("csv reads doubled quotes", () => assert.deepEqual(parseCsv('"say ""hi"""'), [['say "hi"']]));
test("csv rejects an open quote", () => assert.throws(() => parseCsv('a,"b'), SyntaxError));
