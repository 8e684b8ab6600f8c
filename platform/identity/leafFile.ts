// Keeps a node's TLS leaf in its state folder, and makes a new one before the old one runs out.
// Key and certificate live in one file: two files could come from two leaves after a crash.
import { createPrivateKey, X509Certificate } from "node:crypto";
import type { EpochMs } from "#protocol/quantities.ts";
import type { Identity } from "./identityFile.ts";
import { readSecretFile, replaceSecretFile } from "./secretFile.ts";
import { mintLeaf, type TlsLeaf } from "./tlsLeaf.ts";
import { verifyLeaf } from "./verifyLeaf.ts";

/** A leaf with less life left than this is replaced at the next start. */
export const LEAF_RENEWED_DAYS_BEFORE = 5;

const CERTIFICATE_BEGINS = "-----BEGIN CERTIFICATE-----";

/** The leaf in the file while it serves this identity and has time left, else a fresh one, saved first. */
export async function loadOrMintLeaf(path: string, identity: Identity, now: EpochMs): Promise<TlsLeaf> {
  const saved = parseLeaf((await readSecretFile(path))?.toString("utf8") ?? "", identity);
  if (saved !== undefined && saved.notAfter - now > LEAF_RENEWED_DAYS_BEFORE * 86_400_000) return saved;
  const fresh = await mintLeaf(identity, now);
  await replaceSecretFile(path, Buffer.from(`${fresh.privateKey.trim()}\n${fresh.certificate}`));
  return fresh;
}

/** Undefined for anything but a key, its certificate and this identity's binding: a leaf costs nothing to make again. */
function parseLeaf(text: string, identity: Identity): TlsLeaf | undefined {
  const split = text.indexOf(CERTIFICATE_BEGINS);
  if (split < 0) return undefined;
  const privateKey = text.slice(0, split);
  const verdict = verifyLeaf(text.slice(split));
  if (!verdict.ok || verdict.publicKey !== identity.publicKey || !isKeyOf(privateKey, verdict.certificate)) {
    return undefined;
  }
  return {
    certificate: verdict.certificate,
    privateKey,
    fingerprint: verdict.fingerprint,
    notAfter: verdict.notAfter,
  };
}

function isKeyOf(privateKey: string, certificate: string): boolean {
  try {
    return new X509Certificate(certificate).checkPrivateKey(createPrivateKey(privateKey));
  } catch {
    return false;
  }
}
