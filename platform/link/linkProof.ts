// The identity's own word on a link: its Ed25519 key signs the TLS exporter of the very channel it speaks on.
// TLS proves the short-lived leaf; this proves that the long-lived identity is there too, now, and not a copied leaf.
import type { PublicKey, Signature } from "#protocol/signature.ts";
import { sign, verify } from "#protocol/signature.ts";
import type { Identity } from "../identity/identityFile.ts";

/** For `hello.proof`. */
export function linkProof(identity: Identity, exporter: Uint8Array): Signature {
  return sign("arw-link-v1", exporter, identity.privateKey);
}

export function isLinkProof(proof: Signature, publicKey: PublicKey, exporter: Uint8Array): boolean {
  return verify("arw-link-v1", exporter, proof, publicKey);
}

/** For `welcome.proof`. Another purpose than the worker's: neither side can hand the other's proof back to it. */
export function welcomeProof(home: Identity, exporter: Uint8Array): Signature {
  return sign("arw-welcome-v1", exporter, home.privateKey);
}

export function isWelcomeProof(proof: Signature, homeKey: PublicKey, exporter: Uint8Array): boolean {
  return verify("arw-welcome-v1", exporter, proof, homeKey);
}
