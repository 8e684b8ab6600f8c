// A peer of another version is told who must update.
import assert from "node:assert/strict";
import { test } from "node:test";
import { CLOSE_CODES, PROTOCOL_VERSION, versionAdvice, versionedSchema } from "./version.ts";

test("an older peer is told to update itself", () => {
  assert.match(versionAdvice(PROTOCOL_VERSION - 1), /the peer 0\. Update the peer/);
});

test("a newer peer makes this side say that it must be updated", () => {
  assert.match(versionAdvice(PROTOCOL_VERSION + 1), /the peer 2\. Update this program/);
});

test("the version of a message of any future form can be read", () => {
  assert.equal(versionedSchema.parse({ v: 9, kind: { entirely: "new" } }).v, 9);
  for (const value of [null, {}, { v: "1" }, { v: 1.5 }, []]) assert.ok(!versionedSchema.safeParse(value).success);
});

test("every close code is its own, in the range that is ours", () => {
  const codes = Object.values(CLOSE_CODES);
  assert.equal(new Set(codes).size, codes.length);
  assert.ok(codes.every((code) => code >= 4_000 && code <= 4_999));
});
