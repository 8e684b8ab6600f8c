// Amounts say what was counted, in the words of a language: no unit is skipped, no money is rounded, no time is stretched.
import assert from "node:assert/strict";
import { test } from "node:test";
import { Amounts, amountsIn } from "./amounts.ts";

const english = new Amounts("en", "UTC");
const german = new Amounts("de", "UTC");

test("bytes change their unit before they are rounded into it", () => {
  assert.deepEqual(
    [0, 999, 1_000, 18_400, 999_949, 999_950, 2_100_000_000].map((bytes) => english.bytes(bytes)),
    ["0 B", "999 B", "1 KB", "18.4 KB", "999.9 KB", "1 MB", "2.1 GB"],
  );
  assert.equal(german.bytes(17_823), "17,8 KB");
});

test("a length of time is cut to at most two units, never rounded up", () => {
  assert.deepEqual(
    [0, 412, 1_049, 59_999, 60_000, 61_500, 3_599_999, 3_600_000, 3_725_000].map((ms) => english.duration(ms)),
    ["0 ms", "412 ms", "1 sec", "59.9 sec", "1 min", "1 min 1 sec", "59 min 59 sec", "1 hr", "1 hr 2 min"],
  );
});

test("money keeps every digit of a micro-unit", () => {
  assert.equal(english.money(28_001, "EUR"), "0.028001 EUR");
  assert.equal(german.money(1_120_000, "EUR"), "1,12 EUR");
  assert.equal(english.money(0, "USD"), "0.00 USD");
});

test("moments and counts are said in the language, as exactly as was asked", () => {
  assert.equal(english.time(Date.UTC(2026, 0, 2, 23, 4, 5)), "23:04:05");
  assert.match(english.exactMoment(Date.UTC(2026, 0, 2, 23, 4, 5, 67)), /Jan 2, 2026.*23:04:05\.067/u);
  assert.match(german.exactMoment(Date.UTC(2026, 0, 2, 3, 4, 5)), /2\. Jan.* 2026.*03:04:05,000/u);
  assert.equal(new Amounts("en-GB", "UTC").moment(1_700_000_000_000), "14 Nov 2023, 22:13");
  assert.equal(german.count(3_214), "3.214");
});

test("a language is made ready once", () => {
  assert.equal(amountsIn("fr"), amountsIn("fr"));
  assert.notEqual(amountsIn("fr"), amountsIn("en"));
});
