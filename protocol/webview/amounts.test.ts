// Amounts say what was counted: no unit is skipped, no money is rounded, a countdown never promises more than is left.
import assert from "node:assert/strict";
import { test } from "node:test";
import { bytesText, durationText, moneyText, momentText } from "./amounts.ts";

test("bytes take the unit in which they stay below a thousand, in the language's own decimals", () => {
  const cases: readonly (readonly [number, string])[] = [
    [0, "0 B"],
    [999, "999 B"],
    [1_000, "1 KB"],
    [999_949, "999.9 KB"],
    [999_950, "1 MB"],
    [17_823, "17.8 KB"],
  ];
  for (const [bytes, text] of cases) assert.equal(bytesText(bytes, "en"), text);
  assert.equal(bytesText(17_823, "de"), "17,8 KB");
});

test("a length of time is cut to its two largest units, never rounded up", () => {
  assert.equal(durationText(0, "en"), "0 sec");
  assert.equal(durationText(59_999, "en"), "59 sec");
  assert.equal(durationText(600_000, "en"), "10 min");
  assert.equal(durationText(3_661_000, "en"), "1 hr 1 min");
});

test("money keeps every digit of a micro-unit", () => {
  assert.equal(moneyText(28_001, "EUR", "en"), "0.028001 EUR");
  assert.equal(moneyText(1_120_000, "EUR", "de"), "1,12 EUR");
  assert.equal(moneyText(0, "USD", "en"), "0.00 USD");
});

test("a moment names the day", () => {
  assert.equal(momentText(1_700_000_000_000, "en-GB", "UTC"), "14 Nov 2023, 22:13");
});
