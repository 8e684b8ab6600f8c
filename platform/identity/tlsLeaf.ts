// A node's TLS certificate: a short-lived, self-signed P-256 leaf that carries a statement signed by the node's Ed25519
// identity. P-256 because Electron's BoringSSL refuses Ed25519 in TLS. The name in it is opaque and proves nothing:
// what counts is the fingerprint, and that the identity signed this very key (after libp2p's TLS specification).
import "reflect-metadata";
import { randomBytes, webcrypto, X509Certificate } from "node:crypto";
import {
  BasicConstraintsExtension,
  cryptoProvider,
  Extension,
  ExtendedKeyUsageExtension,
  KeyUsageFlags,
  KeyUsagesExtension,
  PemConverter,
  SubjectAlternativeNameExtension,
  X509CertificateGenerator,
} from "@peculiar/x509";
import { type Digest, digestOf } from "#protocol/digest.ts";
import type { NodeId } from "#protocol/ids.ts";
import { type EpochMs, epochMs } from "#protocol/quantities.ts";
import { publicKeyBytes, sign } from "#protocol/signature.ts";
import type { Identity } from "./identityFile.ts";
import { bindingMessage, IDENTITY_EXTENSION } from "./verifyLeaf.ts";

/** Validity of a node's leaf. */
export const LEAF_DAYS = 30;
/** notBefore lies this far back, so that a peer whose clock runs behind still accepts a new leaf. */
export const LEAF_BACKDATED_HOURS = 24;
/** The one DNS name in every leaf; TLS clients send it as server name, and it resolves nowhere. */
export const LEAF_DNS_NAME = "arw.internal";

const HOUR_MS = 3_600_000;
const DAY_MS: number = 24 * HOUR_MS;

export interface TlsLeaf {
  /** PEM. */
  readonly certificate: string;
  /** PEM, PKCS#8. */
  readonly privateKey: string;
  /** SHA-256 of the certificate's DER. */
  readonly fingerprint: Digest;
  readonly notAfter: EpochMs;
}

/** A fresh key and its leaf, bound to the identity. */
export async function mintLeaf(identity: Identity, now: EpochMs): Promise<TlsLeaf> {
  return mint({ now, notAfter: now + LEAF_DAYS * DAY_MS, nodeId: identity.nodeId, identity });
}

/** A fresh key and certificate for one invite: bound to no identity, so it counts for nothing but enrolment. */
export async function mintBootstrapLeaf(now: EpochMs, notAfter: EpochMs): Promise<TlsLeaf> {
  return mint({ now, notAfter });
}

interface LeafTerms {
  readonly now: EpochMs;
  readonly notAfter: number;
  readonly nodeId?: NodeId;
  readonly identity?: Identity;
}

async function mint(terms: LeafTerms): Promise<TlsLeaf> {
  cryptoProvider.set(webcrypto);
  const keys = await webcrypto.subtle.generateKey({ name: "ECDSA", namedCurve: "P-256" }, true, ["sign", "verify"]);
  // Certificates count whole seconds; rounding up keeps a short invite valid to its last millisecond.
  const notAfter = epochMs(Math.ceil(terms.notAfter / 1_000) * 1_000);
  const certificate = await X509CertificateGenerator.createSelfSigned({
    // A positive number of 16 bytes: the top bit is clear and the top byte is not zero.
    serialNumber: `4${randomBytes(16).toString("hex").slice(1)}`,
    name: `CN=${randomBytes(16).toString("hex")}`,
    notBefore: new Date(terms.now - LEAF_BACKDATED_HOURS * HOUR_MS),
    notAfter: new Date(notAfter),
    signingAlgorithm: { name: "ECDSA", hash: "SHA-256" },
    keys,
    extensions: [
      new BasicConstraintsExtension(false, undefined, true),
      new KeyUsagesExtension(KeyUsageFlags.digitalSignature, true),
      new ExtendedKeyUsageExtension(["1.3.6.1.5.5.7.3.1", "1.3.6.1.5.5.7.3.2"]),
      new SubjectAlternativeNameExtension([
        { type: "dns", value: LEAF_DNS_NAME },
        ...(terms.nodeId === undefined ? [] : [{ type: "url" as const, value: `arw:${terms.nodeId}` }]),
      ]),
      ...(terms.identity === undefined ? [] : [await identityExtension(terms.identity, keys.publicKey, notAfter)]),
    ],
  });
  const der = Buffer.from(certificate.rawData);
  return {
    certificate: new X509Certificate(der).toString(),
    privateKey: PemConverter.encode(await webcrypto.subtle.exportKey("pkcs8", keys.privateKey), "PRIVATE KEY"),
    fingerprint: digestOf(der),
    notAfter,
  };
}

/** An OCTET STRING of the 32-byte identity key and its 64-byte signature over this TLS key and its end. */
async function identityExtension(
  identity: Identity,
  tlsKey: webcrypto.CryptoKey,
  notAfter: EpochMs,
): Promise<Extension> {
  const spki = Buffer.from(await webcrypto.subtle.exportKey("spki", tlsKey));
  const signature = sign("arw-tls-binding-v1", bindingMessage(spki, notAfter), identity.privateKey);
  const content = Buffer.concat([publicKeyBytes(identity.publicKey), Buffer.from(signature, "base64url")]);
  return new Extension(IDENTITY_EXTENSION, false, Buffer.concat([Buffer.from([0x04, content.length]), content]));
}
