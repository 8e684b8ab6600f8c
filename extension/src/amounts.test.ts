// Amounts in the words of the editor's language, up to the edges where a unit ends.
import assert from "node:assert/strict";
import { test } from "node:test";
import { bytesText, durationText, timeText } from "./amounts.ts";

test("bytes are told in the unit that keeps them short, and 999.95 never becomes 1000", () => {
  assert.deepEqual(
    [0, 999, 1_000, 18_400, 999_949, 999_950].map((bytes) => bytesText(bytes, "en")),
    ["0 B", "999 B", "1 KB", "18.4 KB", "999.9 KB", "1 MB"],
  );
});

test("lengths of time lose no minute and gain none", () => {
  assert.deepEqual(
    [0, 999, 1_000, 59_999, 60_000, 3_599_999, 3_600_000].map((ms) => durationText(ms, "en")),
    ["0 ms", "999 ms", "1 sec", "59.9 sec", "1 min 0 sec", "59 min 59 sec", "1 hr 0 min"],
  );
});

test("amounts are told in the language of the editor", () => {
  assert.equal(bytesText(18_400, "de"), "18,4 KB");
  assert.equal(timeText(52_320_000, "de", "UTC"), "14:32");
});
