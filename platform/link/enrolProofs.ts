// The bytes that both sides of an enrolment prove knowledge or possession over. Each covers the channel's TLS exporter,
// so that nothing captured on one channel is worth anything on another.
import {
  createHmac,
  createPrivateKey,
  sign as nodeSign,
  verify as nodeVerify,
  timingSafeEqual,
  X509Certificate,
} from "node:crypto";
import { canonicalJson } from "#protocol/canonicalJson.ts";
import { type PublicKey, type Signature, sign, verify } from "#protocol/signature.ts";
import type { Enrolled, EnrolRequest } from "#protocol/wire/enrol.ts";
import type { Identity } from "../identity/identityFile.ts";
import type { TlsLeaf } from "../identity/tlsLeaf.ts";

type EnrolBody = EnrolRequest["body"];

/** The invite's secret is known: HMAC-SHA-256 over exporter ‖ canonical JSON of the body. */
export function enrolAuthenticator(secret: Uint8Array, exporter: Uint8Array, body: EnrolBody): string {
  return createHmac("sha256", secret).update(exporter).update(canonicalJson(body)).digest("base64url");
}

export function isEnrolAuthenticator(
  authenticator: string,
  secret: Uint8Array,
  exporter: Uint8Array,
  body: EnrolBody,
): boolean {
  const expected = Buffer.from(enrolAuthenticator(secret, exporter, body));
  const given = Buffer.from(authenticator);
  return given.length === expected.length && timingSafeEqual(given, expected);
}

/** The identity key is here and vouches for the TLS key. */
export function identityProof(identity: Identity, exporter: Uint8Array, certificate: string): Signature {
  return sign("arw-enrol-v1", Buffer.concat([exporter, spkiOf(certificate)]), identity.privateKey);
}

export function isIdentityProof(body: EnrolBody, exporter: Uint8Array, certificate: string): boolean {
  return verify("arw-enrol-v1", Buffer.concat([exporter, spkiOf(certificate)]), body.identityProof, body.publicKey);
}

/** The key of the certificate is here. */
export function tlsKeyProof(leaf: TlsLeaf, exporter: Uint8Array): string {
  return nodeSign("sha256", possessionMessage(exporter), createPrivateKey(leaf.privateKey)).toString("base64url");
}

export function isTlsKeyProof(proof: string, exporter: Uint8Array, certificate: string): boolean {
  const key = new X509Certificate(certificate).publicKey;
  return nodeVerify("sha256", possessionMessage(exporter), key, Buffer.from(proof, "base64url"));
}

/** The Home's word that this node is in, to this worker on this channel. */
export function signEnrolled(reply: Omit<Enrolled, "signature">, exporter: Uint8Array, home: Identity): Enrolled {
  return { ...reply, signature: sign("arw-enrol-reply-v1", enrolledMessage(reply, exporter), home.privateKey) };
}

export function isEnrolledBy(home: PublicKey, reply: Enrolled, exporter: Uint8Array): boolean {
  const { signature, ...rest } = reply;
  return verify("arw-enrol-reply-v1", enrolledMessage(rest, exporter), signature, home);
}

function enrolledMessage(reply: Omit<Enrolled, "signature">, exporter: Uint8Array): Uint8Array {
  return Buffer.concat([exporter, Buffer.from(canonicalJson(reply))]);
}

function possessionMessage(exporter: Uint8Array): Uint8Array {
  return Buffer.concat([Buffer.from("arw-enrol-tls-v1\0"), exporter]);
}

function spkiOf(certificate: string): Uint8Array {
  return new X509Certificate(certificate).publicKey.export({ type: "spki", format: "der" });
}
