// Node and browser sign the very same bytes: a signature of one counts at the other, and for its own purpose alone.
import assert from "node:assert/strict";
import { test } from "node:test";
import * as fc from "fast-check";
import nacl from "tweetnacl";
import {
  publicKeyBytes,
  publicKeyOf,
  publicKeySchema,
  sign,
  signatureSchema,
  signingKey,
  verify,
} from "./signature.ts";
import { signInBrowser, verifyInBrowser } from "./signatureBrowser.ts";
import { type SignaturePurpose, signedBytes } from "./signedBytes.ts";

const PURPOSES: readonly SignaturePurpose[] = [
  "arw-tls-binding-v1",
  "arw-enrol-v1",
  "arw-enrol-reply-v1",
  "arw-receipt-v1",
  "arw-link-v1",
  "arw-manifest-v1",
  "arw-checkpoint-v1",
];
const seed = fc.uint8Array({ minLength: 32, maxLength: 32 });
const message = fc.uint8Array({ maxLength: 200 });
const purpose = fc.constantFrom(...PURPOSES);

test("the signed bytes are DSSE's: lengths in bytes before purpose and message", () => {
  const bytes = signedBytes("arw-link-v1", new TextEncoder().encode("é"));
  assert.equal(Buffer.from(bytes).toString("utf8"), "DSSEv1 11 arw-link-v1 2 é");
});

test("keys follow RFC 8032: test 1 gives its public key and signature", () => {
  const secret = Buffer.from("9d61b19deffd5a60ba844af492ec2cc44449c5697b326919703bac031cae7f60", "hex");
  const expected = Buffer.from("d75a980182b10ab7d54bfed3c964073a0ee172f3daa62325af021a68f707511a", "hex");
  assert.deepEqual(Buffer.from(publicKeyBytes(publicKeyOf(signingKey(secret)))), expected);
  const pair = nacl.sign.keyPair.fromSeed(secret);
  assert.equal(
    Buffer.from(nacl.sign.detached(new Uint8Array(0), pair.secretKey)).toString("hex"),
    "e5564300c360ac729086e2cc806e828a84877f1eb8e5d974d873e065224901555fb8821590a33bacc61e39701cf9b46bd25bf5f0595bbe24655141438e7a100b",
  );
});

test("Node, browser and a bare Ed25519 over the signed bytes give one signature", () => {
  fc.assert(
    fc.property(seed, message, purpose, (secret, text, why) => {
      const ours = sign(why, text, signingKey(secret));
      const browser = signInBrowser(why, text, secret);
      const bare = nacl.sign.detached(signedBytes(why, text), nacl.sign.keyPair.fromSeed(secret).secretKey);
      assert.equal(ours, Buffer.from(browser).toString("base64url"));
      assert.deepEqual(browser, bare);
      const key = publicKeyOf(signingKey(secret));
      assert.ok(verify(why, text, ours, key));
      assert.ok(verifyInBrowser(why, text, browser, publicKeyBytes(key)));
    }),
    { numRuns: 10 },
  );
});

test("a signature counts for its purpose, message and key alone", () => {
  const secret = signingKey(new Uint8Array(32).fill(7));
  const key = publicKeyOf(secret);
  const text = new TextEncoder().encode("message");
  const signature = sign("arw-receipt-v1", text, secret);
  const raw = Buffer.from(signature, "base64url");
  assert.ok(verify("arw-receipt-v1", text, signature, key));
  for (const other of PURPOSES.filter((candidate) => candidate !== "arw-receipt-v1")) {
    assert.ok(!verify(other, text, signature, key), other);
    assert.ok(!verifyInBrowser(other, text, raw, publicKeyBytes(key)), other);
  }
  assert.ok(!verify("arw-receipt-v1", new TextEncoder().encode("messagf"), signature, key));
  assert.ok(!verify("arw-receipt-v1", text, signature, publicKeyOf(signingKey(new Uint8Array(32).fill(8)))));
});

test("keys and signatures of a wrong length are refused", () => {
  for (const length of [0, 31, 33, 64]) assert.throws(() => signingKey(new Uint8Array(length)), RangeError);
  const text = new Uint8Array(1);
  assert.ok(!verifyInBrowser("arw-link-v1", text, new Uint8Array(63), new Uint8Array(32)));
  assert.ok(!verifyInBrowser("arw-link-v1", text, new Uint8Array(64), new Uint8Array(33)));
  for (const [schema, bytes] of [[publicKeySchema, 32] as const, [signatureSchema, 64] as const]) {
    for (const length of [0, bytes - 1, bytes, bytes + 1]) {
      const encoded = Buffer.alloc(length, 0xa5).toString("base64url");
      assert.equal(schema.safeParse(encoded).success, length === bytes, `${length} of ${bytes} bytes`);
    }
  }
});

test("of all texts that give a key's bytes only the canonical one is a key", () => {
  const canonical = Buffer.alloc(32).toString("base64url");
  assert.ok(publicKeySchema.safeParse(canonical).success);
  const others = [`${canonical}=`, ` ${canonical}`, `${canonical.slice(0, -1)}B`, `${canonical.slice(0, -1)}+`];
  for (const text of others) assert.ok(!publicKeySchema.safeParse(text).success, text);
});
