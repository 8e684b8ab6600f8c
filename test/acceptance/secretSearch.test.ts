// A search that misses a form would call a leak clean: every form is planted here and found.
import assert from "node:assert/strict";
import { test } from "node:test";
import { holdsSecret } from "./secretSearch.ts";

test("a secret is found in a URL and in JSON, where its signs are written otherwise", () => {
  const secret = 'q8"w/é +Zt';
  const found = (text: string): boolean => holdsSecret(Buffer.from(text), [secret]);
  assert.ok(found(`?value=${encodeURIComponent(secret)}`));
  assert.ok(found(`value=${new URLSearchParams({ secret }).toString()}`));
  assert.ok(found(JSON.stringify({ secret })));
  assert.ok(found(JSON.stringify({ secret }).replace("é", "\\u00e9")));
  assert.equal(found(JSON.stringify({ secret: secret.slice(1) })), false);
});

test("a secret is found as it is, in hexadecimal and in base64 behind any number of bytes", () => {
  const secret = "Zk3Qv9Xw2Lr7Tn5Bp8Hd";
  const found = (text: string): boolean => holdsSecret(Buffer.from(text), [secret]);
  assert.ok(found(`x${secret}y`));
  assert.ok(found(Buffer.from(secret).toString("hex")));
  for (const before of ["", "a", "ab", "abc", "abcd"]) {
    for (const behind of ["", "z", "yz"]) {
      assert.ok(found(Buffer.from(`${before}${secret}${behind}`).toString("base64")), `${before}…${behind}`);
      assert.ok(found(Buffer.from(`${before}${secret}${behind}`).toString("base64url")));
    }
  }
  assert.equal(found(secret.slice(1)), false);
});
