// What is derived from Ed25519 identity keys: node ids, and the words two people compare at pairing.
// Nothing here is chosen by a peer: an id or a word that does not follow from the keys is a lie.
import { digestHex, digestOf } from "./digest.ts";
import { type NodeId, nodeId } from "./ids.ts";
import { type PublicKey, publicKeyBytes } from "./signature.ts";

/** base32 of SHA-256 of the public key. */
export function nodeIdOf(publicKey: PublicKey): NodeId {
  return nodeId.from(Buffer.from(digestHex(digestOf(publicKeyBytes(publicKey))), "hex"));
}

/** Four pronounceable words (64 bits) of the Home's and the worker's keys together: equal on both screens or somebody is between. */
export function compareWords(home: PublicKey, worker: PublicKey): readonly string[] {
  return words(Buffer.concat([publicKeyBytes(home), publicKeyBytes(worker)]), "arw-compare-words-v1", 4);
}

/** Two words of one key, shown beside a destination. */
export function keyWords(publicKey: PublicKey): readonly string[] {
  return words(publicKeyBytes(publicKey), "arw-key-words-v1", 2);
}

function words(bytes: Uint8Array, purpose: string, count: number): readonly string[] {
  const digest = Buffer.from(digestHex(digestOf(Buffer.concat([Buffer.from(purpose), bytes]))), "hex");
  return Array.from({ length: count }, (_, index) => proquint(digest.readUInt16BE(index * 2)));
}

/** Sixteen bits as a consonant-vowel-consonant-vowel-consonant word. Source: Wilkerson, "A Proposal for Proquints" (arXiv:0901.4016). */
export function proquint(bits: number): string {
  const consonant = (shift: number): string => "bdfghjklmnprstvz".charAt((bits >>> shift) & 15);
  const vowel = (shift: number): string => "aiou".charAt((bits >>> shift) & 3);
  return consonant(12) + vowel(10) + consonant(6) + vowel(4) + consonant(0);
}
