// The bytes that prove a worker's next TLS leaf on its live link: the identity vouches for the new key, and the new key is
// here. Both cover the channel's exporter, so that a captured rotation is worth nothing on another connection.
import { createPrivateKey, sign as nodeSign, verify as nodeVerify, X509Certificate } from "node:crypto";
import { type PublicKey, sign, verify } from "#protocol/signature.ts";
import type { NextCertificate } from "#protocol/wire/worker.ts";
import type { Identity } from "../identity/identityFile.ts";
import type { TlsLeaf } from "../identity/tlsLeaf.ts";

/** The message that hands the next leaf over on this channel. */
export function nextCertificate(identity: Identity, next: TlsLeaf, exporter: Uint8Array): NextCertificate {
  const tlsProof = nodeSign("sha256", possessionMessage(exporter), createPrivateKey(next.privateKey));
  return {
    kind: "next-certificate",
    certificate: next.certificate,
    identityProof: sign("arw-rotate-v1", vouchedMessage(exporter, next.certificate), identity.privateKey),
    tlsProof: tlsProof.toString("base64url"),
  };
}

/** Whether both proofs hold. The certificate must have passed `verifyLeaf` before. */
export function provesNextCertificate(message: NextCertificate, publicKey: PublicKey, exporter: Uint8Array): boolean {
  const { certificate, identityProof, tlsProof } = message;
  const key = new X509Certificate(certificate).publicKey;
  return (
    verify("arw-rotate-v1", vouchedMessage(exporter, certificate), identityProof, publicKey) &&
    nodeVerify("sha256", possessionMessage(exporter), key, Buffer.from(tlsProof, "base64url"))
  );
}

function vouchedMessage(exporter: Uint8Array, certificate: string): Uint8Array {
  const spki = new X509Certificate(certificate).publicKey.export({ type: "spki", format: "der" });
  return Buffer.concat([exporter, spki]);
}

function possessionMessage(exporter: Uint8Array): Uint8Array {
  return Buffer.concat([Buffer.from("arw-rotate-tls-v1\0"), exporter]);
}
