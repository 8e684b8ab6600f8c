// Ed25519 signatures over domain-separated bytes, on node:crypto. `signatureBrowser.ts` is the same where node:crypto is absent.
// The purpose is inside the signed bytes, so that a signature made for one purpose never counts for another.
import { createPrivateKey, createPublicKey, sign as nodeSign, verify as nodeVerify, type KeyObject } from "node:crypto";
import * as z from "zod";
import type { Brand } from "./brand.ts";
import { ENVELOPE, type SignaturePurpose, signedBytes } from "./signedBytes.ts";

/** 32 bytes of an Ed25519 public key, base64url. */
export type PublicKey = Brand<string, "PublicKey">;
/** 64 bytes of an Ed25519 signature, base64url. */
export type Signature = Brand<string, "Signature">;

/** The private half of an identity, as whoever holds one hands it on. */
export type SigningKey = KeyObject;

export const publicKeySchema: z.ZodType<PublicKey> = base64url<PublicKey>(32);
export const signatureSchema: z.ZodType<Signature> = base64url<Signature>(64);

const SPKI_PREFIX = Buffer.from("302a300506032b6570032100", "hex");
const PKCS8_PREFIX = Buffer.from("302e020100300506032b657004220420", "hex");

/** A 32-byte Ed25519 seed as a key. Throws RangeError on another length. */
export function signingKey(seed: Uint8Array): KeyObject {
  if (seed.length !== 32) throw new RangeError(`an Ed25519 seed has 32 bytes: ${seed.length}`);
  return createPrivateKey({ key: Buffer.concat([PKCS8_PREFIX, seed]), format: "der", type: "pkcs8" });
}

export function publicKeyOf(privateKey: KeyObject): PublicKey {
  const der = createPublicKey(privateKey).export({ type: "spki", format: "der" });
  return der.subarray(SPKI_PREFIX.length).toString("base64url") as PublicKey;
}

export function publicKeyBytes(key: PublicKey): Uint8Array {
  return Buffer.from(key, "base64url");
}

export function sign(purpose: SignaturePurpose, message: Uint8Array, privateKey: KeyObject): Signature {
  return nodeSign(null, signedBytes(purpose, message), privateKey).toString("base64url") as Signature;
}

export function verify(
  purpose: SignaturePurpose,
  message: Uint8Array,
  signature: Signature,
  publicKey: PublicKey,
): boolean {
  return nodeVerify(null, signedBytes(purpose, message), keyObjectOf(publicKey), Buffer.from(signature, "base64url"));
}

/**
 * Signs a text of a format of others, which has no place for our envelope. The text must keep itself apart from every
 * other thing that this key signs: throws RangeError where it begins as our envelope does.
 */
export function signForeign(text: string, privateKey: KeyObject): Uint8Array {
  if (text.startsWith(ENVELOPE)) throw new RangeError("a text of others must not begin like what we sign");
  return nodeSign(null, Buffer.from(text), privateKey);
}

export function verifyForeign(text: string, signature: Uint8Array, publicKey: PublicKey): boolean {
  if (text.startsWith(ENVELOPE)) return false;
  return nodeVerify(null, Buffer.from(text), keyObjectOf(publicKey), signature);
}

/** Keys that were used lately: decoding one costs more than verifying with it. */
const keyObjects = new Map<PublicKey, KeyObject>();
/** More than the nodes of one Home. */
const KEY_OBJECTS_MAX = 256;

function keyObjectOf(publicKey: PublicKey): KeyObject {
  const known = keyObjects.get(publicKey);
  if (known !== undefined) return known;
  const der = Buffer.concat([SPKI_PREFIX, publicKeyBytes(publicKey)]);
  const key = createPublicKey({ key: der, format: "der", type: "spki" });
  if (keyObjects.size >= KEY_OBJECTS_MAX) keyObjects.clear();
  keyObjects.set(publicKey, key);
  return key;
}

function base64url<Name extends string>(bytes: number): z.ZodType<Name> {
  return z.custom<Name>(
    (value) =>
      // The last character has spare bits: of the texts that give the same bytes only the canonical one counts.
      typeof value === "string" && isBase64urlOf(value, bytes),
    `must be ${bytes} bytes in base64url`,
  );
}

function isBase64urlOf(text: string, bytes: number): boolean {
  const decoded = Buffer.from(text, "base64url");
  return decoded.length === bytes && decoded.toString("base64url") === text;
}
