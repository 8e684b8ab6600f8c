// Tests of amounts.
import assert from "node:assert/strict";
import { test } from "node:test";
import { Amounts } from "./amounts.ts";

const amounts = new Amounts("en", "UTC");

test("bytes change their unit before they are rounded into it", () => {
  assert.deepEqual(
    [0, 999, 1_000, 18_400, 999_949, 999_950, 2_100_000_000].map((bytes) => amounts.bytes(bytes)),
    ["0 B", "999 B", "1 KB", "18.4 KB", "999.9 KB", "1 MB", "2.1 GB"],
  );
});

test("a length of time is said in at most two units", () => {
  assert.deepEqual(
    [0, 412, 1_049, 59_999, 60_000, 61_500, 3_600_000, 3_725_000].map((ms) => amounts.duration(ms)),
    ["0 ms", "412 ms", "1 sec", "59.9 sec", "1 min", "1 min 1 sec", "1 hr", "1 hr 2 min"],
  );
});

test("moments are said in the page's language", () => {
  assert.equal(amounts.time(Date.UTC(2026, 0, 2, 23, 4, 5)), "23:04:05");
  assert.match(amounts.moment(Date.UTC(2026, 0, 2, 23, 4, 5, 67)), /Jan 2, 2026.*23:04:05\.067/u);
  assert.match(new Amounts("de", "UTC").moment(Date.UTC(2026, 0, 2, 3, 4, 5)), /2\. Jan.* 2026.*03:04:05,000/u);
  assert.equal(new Amounts("de", "UTC").count(3_214), "3.214");
});
