// A quantity is a whole number from 0 up; nothing else gets the unit.
import assert from "node:assert/strict";
import { test } from "node:test";
import * as quantities from "./quantities.ts";

const MAKERS = [
  quantities.epochMs,
  quantities.durationMs,
  quantities.byteCount,
  quantities.tokenCount,
  quantities.costMicros,
  quantities.sequence,
  quantities.fencingToken,
];
const SCHEMAS = [
  quantities.epochMsSchema,
  quantities.durationMsSchema,
  quantities.bytesSchema,
  quantities.tokensSchema,
  quantities.costMicrosSchema,
  quantities.sequenceSchema,
  quantities.fencingTokenSchema,
];

test("whole numbers from 0 to 2^53-1 are quantities", () => {
  for (const value of [0, 1, Number.MAX_SAFE_INTEGER]) {
    for (const make of MAKERS) assert.equal(make(value), value);
    for (const schema of SCHEMAS) assert.equal(schema.parse(value), value);
  }
});

test("negatives, fractions and numbers past 2^53-1 are refused", () => {
  for (const value of [-1, 0.5, NaN, Infinity, -Infinity, Number.MAX_SAFE_INTEGER + 1]) {
    for (const make of MAKERS) assert.throws(() => make(value), RangeError);
    for (const schema of SCHEMAS) assert.ok(!schema.safeParse(value).success);
  }
});

test("a number as text is no quantity", () => {
  for (const schema of SCHEMAS) for (const value of ["1", null, [1], true]) assert.ok(!schema.safeParse(value).success);
});
