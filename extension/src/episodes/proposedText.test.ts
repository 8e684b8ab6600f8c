// What a diff may show as text.
import assert from "node:assert/strict";
import { test } from "node:test";
import { textOf } from "./proposedText.ts";

test("text is shown as it is, other bytes are never altered into text", () => {
  assert.equal(textOf(Buffer.from("naïve 🚀\r\n")), "naïve 🚀\r\n");
  assert.equal(textOf(Buffer.from("\uFEFFa")), "a");
  assert.equal(textOf(Buffer.alloc(0)), "");
  assert.equal(textOf(Uint8Array.of(0x61, 0xff)), undefined);
  assert.equal(textOf(Uint8Array.of(0x61, 0x00, 0x62)), undefined);
});
