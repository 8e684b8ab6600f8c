// Tells from a certificate alone which identity stands behind it, or why none does.
// The certificate is a stranger's bytes: whatever they are, the answer is a value, never an exception.
// It decides nothing about time or trust: `leafTimeProblem` judges the clock, the allow-list judges trust.
import "reflect-metadata";
import { X509Certificate } from "node:crypto";
import { X509Certificate as ParsedCertificate } from "@peculiar/x509";
import { decode } from "#protocol/decode.ts";
import { type Digest, digestOf } from "#protocol/digest.ts";
import { ArwError } from "#protocol/errors.ts";
import { nodeIdOf } from "#protocol/identity.ts";
import type { NodeId } from "#protocol/ids.ts";
import { type EpochMs, epochMs } from "#protocol/quantities.ts";
import { type PublicKey, publicKeySchema, signatureSchema, verify } from "#protocol/signature.ts";

/** Our private extension: under the arc for UUIDs (2.25), where nobody needs to register. */
export const IDENTITY_EXTENSION = "2.25.176290534871234";
/** A certificate that claims a longer life is none of ours. */
export const LEAF_VALIDITY_DAYS_MAX = 32;

const OCTET_STRING = 0x04;
const KEY_BYTES = 32;
const SIGNATURE_BYTES = 64;

export interface VerifiedLeaf {
  readonly ok: true;
  /** The identity's Ed25519 key. */
  readonly publicKey: PublicKey;
  readonly nodeId: NodeId;
  /** SHA-256 of the certificate's DER. */
  readonly fingerprint: Digest;
  /** This one certificate as PEM, without whatever else the text held. */
  readonly certificate: string;
  readonly notBefore: EpochMs;
  readonly notAfter: EpochMs;
}

export type LeafVerdict = VerifiedLeaf | { readonly ok: false; readonly problem: string };

/** Verifies a PEM or DER leaf: P-256, self-signed, short-lived, no CA, and bound to the identity that it names. */
export function verifyLeaf(certificate: string | Uint8Array): LeafVerdict {
  try {
    return verifyParsed(new X509Certificate(certificate));
  } catch {
    return problem("it is not a certificate");
  }
}

/** What the identity signs about its TLS key: SPKI ‖ notAfter as an unsigned 64-bit big-endian count of milliseconds. */
export function bindingMessage(spki: Uint8Array, notAfter: EpochMs): Uint8Array {
  const end = Buffer.alloc(8);
  end.writeBigUInt64BE(BigInt(notAfter));
  return Buffer.concat([spki, end]);
}

/** An ArwError `clock-skew` when the certificate is not valid at this time, with what this machine's clock says. */
export function leafTimeProblem(
  leaf: Pick<VerifiedLeaf, "notBefore" | "notAfter">,
  whose: string,
  now: EpochMs,
): ArwError | undefined {
  if (now >= leaf.notBefore && now < leaf.notAfter) return undefined;
  return new ArwError(
    "clock-skew",
    `This machine's clock says ${iso(now)}, but ${whose} certificate is valid from ${iso(leaf.notBefore)} to ${iso(leaf.notAfter)}.`,
    "Set the clocks of both machines (for example: timedatectl set-ntp true). If they are right, the certificate ran out: restart that node.",
  );
}

function verifyParsed(certificate: X509Certificate): LeafVerdict {
  const key = certificate.publicKey;
  if (key.asymmetricKeyType !== "ec" || key.asymmetricKeyDetails?.namedCurve !== "prime256v1") {
    return problem("its TLS key is not P-256");
  }
  if (certificate.ca) return problem("it claims to be a certificate authority");
  if (!certificate.verify(key)) return problem("it is not signed by its own key");
  const notBefore = epochMs(Date.parse(certificate.validFrom));
  const notAfter = epochMs(Date.parse(certificate.validTo));
  if (notAfter - notBefore > LEAF_VALIDITY_DAYS_MAX * 86_400_000) return problem("it claims to be valid for too long");
  const binding = identityBinding(certificate.raw);
  if (binding === undefined) return problem("it carries no identity");
  const spki = key.export({ type: "spki", format: "der" });
  if (!verify("arw-tls-binding-v1", bindingMessage(spki, notAfter), binding.signature, binding.publicKey)) {
    return problem("its identity did not sign this TLS key");
  }
  return {
    ok: true,
    publicKey: binding.publicKey,
    nodeId: nodeIdOf(binding.publicKey),
    fingerprint: digestOf(certificate.raw),
    certificate: certificate.toString(),
    notBefore,
    notAfter,
  };
}

function identityBinding(der: Uint8Array) {
  const value = new ParsedCertificate(Buffer.from(der)).getExtension(IDENTITY_EXTENSION)?.value;
  if (value === undefined) return undefined;
  const bytes = Buffer.from(value);
  if (bytes.length !== 2 + KEY_BYTES + SIGNATURE_BYTES) return undefined;
  if (bytes[0] !== OCTET_STRING || bytes[1] !== KEY_BYTES + SIGNATURE_BYTES) return undefined;
  const publicKey = decode(publicKeySchema, bytes.subarray(2, 2 + KEY_BYTES).toString("base64url"));
  const signature = decode(signatureSchema, bytes.subarray(2 + KEY_BYTES).toString("base64url"));
  return publicKey.ok && signature.ok ? { publicKey: publicKey.value, signature: signature.value } : undefined;
}

function problem(text: string): LeafVerdict {
  return { ok: false, problem: text };
}

function iso(time: EpochMs): string {
  return new Date(time).toISOString();
}
