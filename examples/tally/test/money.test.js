import assert from "node:assert/strict";
import { test } from "node:test";
import { formatCents, parseCents, shareOf } from "../src/money.js";

test("money reads whole amounts", () => assert.equal(parseCents("12"), 1_200));
test("money reads one and two decimals", () => {
  assert.equal(parseCents("0.5"), 50);
  assert.equal(parseCents("12.34"), 1_234);
});
test("money reads negative amounts", () => assert.equal(parseCents("-0.05"), -5));
test("money rejects what is no amount", () => {
  for (const text of ["", "1.234", "1,5", "12 EUR", "1e3", "."]) assert.throws(() => parseCents(text), RangeError);
});
test("money prints thousands", () => assert.equal(formatCents(123_456_789), "1,234,567.89"));
test("money prints less than one", () => assert.equal(formatCents(-7), "-0.07"));
test("money survives a round trip", () => {
  for (const cents of [0, 1, 99, 100, -250, 99_999]) assert.equal(parseCents(formatCents(cents)), cents);
});
test("money rounds half a cent up", () => assert.equal(shareOf(50, 1_900), 10));
test("money rounds a refund of half a cent away from zero", () => assert.equal(shareOf(-50, 1_900), -10));
