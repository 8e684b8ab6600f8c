// A digest has one form, and everything else is no digest.
import assert from "node:assert/strict";
import { test } from "node:test";
import { digestFromHex, digestHex, digestOf, digestOfJson, digestSchema, isDigest } from "./digest.ts";

const EMPTY = "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855";

test("the digest of no bytes is SHA-256's", () => {
  assert.equal(digestOf(""), `sha256:${EMPTY}`);
  assert.equal(digestHex(digestOf(new Uint8Array(0))), EMPTY);
});

test("text and its UTF-8 bytes have one digest", () => {
  assert.equal(digestOf("Grüße"), digestOf(new TextEncoder().encode("Grüße")));
});

test("a digest of JSON does not depend on the order of keys", () => {
  assert.equal(digestOfJson({ a: 1, b: 2 }), digestOfJson({ b: 2, a: 1 }));
});

test("only sha256: and 64 lower-case hex digits are a digest", () => {
  const good = `sha256:${EMPTY}`;
  assert.ok(isDigest(good));
  const bad = [
    "",
    EMPTY,
    `sha512:${EMPTY}`,
    good.toUpperCase(),
    `${good}0`,
    good.slice(0, -1),
    `${good}\n`,
    ` ${good}`,
  ];
  for (const text of [...bad, `sha256:../../${EMPTY.slice(6)}`]) {
    assert.ok(!isDigest(text), text);
    assert.ok(!digestSchema.safeParse(text).success, text);
  }
  assert.ok(!digestSchema.safeParse([good]).success);
  assert.throws(() => digestFromHex(EMPTY.toUpperCase()), RangeError);
});
