// Ids and words follow from the keys alone, so that two people who see the same words talk about the same keys.
import assert from "node:assert/strict";
import { test } from "node:test";
import * as fc from "fast-check";
import { digestHex, digestOf } from "./digest.ts";
import { compareWords, keyWords, nodeIdOf, proquint } from "./identity.ts";
import { base32, nodeId } from "./ids.ts";
import { type PublicKey, publicKeyBytes, publicKeyOf, signingKey } from "./signature.ts";

const keyOf = (seed: number): PublicKey => publicKeyOf(signingKey(new Uint8Array(32).fill(seed)));
const home = keyOf(1);
const worker = keyOf(2);
const attacker = keyOf(3);

test("a node's id is base32 of SHA-256 of its public key", () => {
  const digest = Buffer.from(digestHex(digestOf(publicKeyBytes(worker))), "hex");
  assert.equal(nodeIdOf(worker), `node_${base32(digest).slice(0, 26)}`);
  assert.ok(nodeId.is(nodeIdOf(home)));
  assert.notEqual(nodeIdOf(home), nodeIdOf(worker));
});

test("both sides show the same four words", () => {
  assert.equal(compareWords(home, worker).length, 4);
  assert.deepEqual(compareWords(home, worker), compareWords(keyOf(1), keyOf(2)));
});

test("the words differ when a key is swapped for another's, on either side", () => {
  const words = compareWords(home, worker).join(" ");
  for (const other of [compareWords(home, attacker), compareWords(attacker, worker), compareWords(worker, home)]) {
    assert.notEqual(other.join(" "), words);
  }
});

test("a destination has two words of its key, which are not the pairing's", () => {
  assert.equal(keyWords(worker).length, 2);
  assert.notDeepEqual(keyWords(worker), compareWords(home, worker).slice(0, 2));
});

test("words are the proquints of their published examples", () => {
  const examples = { 0x7f00: "lusab", 0x0001: "babad", 0x3f54: "gutih", 0xdcc1: "tugad", 0: "babab", 0xffff: "zuzuz" };
  for (const [bits, word] of Object.entries(examples)) assert.equal(proquint(Number(bits)), word);
});

test("sixteen bits have one word each", () => {
  fc.assert(
    fc.property(fc.integer({ min: 0, max: 0xffff }), fc.integer({ min: 0, max: 0xffff }), (left, right) => {
      assert.match(proquint(left), /^[bdfghjklmnprstvz][aiou][bdfghjklmnprstvz][aiou][bdfghjklmnprstvz]$/);
      assert.equal(proquint(left) === proquint(right), left === right);
    }),
  );
});
