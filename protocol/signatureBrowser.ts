// The browser twin of `signature.ts`: the same Ed25519 over the same bytes, by tweetnacl, where node:crypto is absent.
// Never use it on a hot path of a Node program: it is about a hundred times slower.
import nacl from "tweetnacl";
import { type SignaturePurpose, signedBytes } from "./signedBytes.ts";

/** Signs with a 32-byte seed; returns the 64-byte signature. */
export function signInBrowser(purpose: SignaturePurpose, message: Uint8Array, seed: Uint8Array): Uint8Array {
  return nacl.sign.detached(signedBytes(purpose, message), nacl.sign.keyPair.fromSeed(seed).secretKey);
}

/** Verifies a 64-byte signature with a 32-byte public key; false on any other length. */
export function verifyInBrowser(
  purpose: SignaturePurpose,
  message: Uint8Array,
  signature: Uint8Array,
  publicKey: Uint8Array,
): boolean {
  if (signature.length !== 64 || publicKey.length !== 32) return false;
  return nacl.sign.detached.verify(signedBytes(purpose, message), signature, publicKey);
}
