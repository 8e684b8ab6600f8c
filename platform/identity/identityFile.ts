// A node's identity: one Ed25519 key, kept as its seed in a file of its owner's alone.
// Whoever has the file is the node, so it is made once, never replaced and never shown.
import { type KeyObject, randomBytes } from "node:crypto";
import { ArwError } from "#protocol/errors.ts";
import { nodeIdOf } from "#protocol/identity.ts";
import type { NodeId } from "#protocol/ids.ts";
import { type PublicKey, publicKeyOf, signingKey } from "#protocol/signature.ts";
import { createSecretFile, readSecretFile } from "./secretFile.ts";

export interface Identity {
  /** Ed25519. */
  readonly privateKey: KeyObject;
  readonly publicKey: PublicKey;
  readonly nodeId: NodeId;
}

const HEADER = "arw-identity-v1 ";
const FORM = /^arw-identity-v1 ([A-Za-z0-9_-]{43})\n$/;

/**
 * The identity in the file; a new one where there is none. Two processes that start at once get the same.
 * Throws ArwError `identity-permissions` or `identity-malformed`.
 */
export async function loadOrCreateIdentity(path: string): Promise<Identity> {
  const present = await readSecretFile(path);
  if (present !== undefined) return parse(path, present);
  const text = `${HEADER}${randomBytes(32).toString("base64url")}\n`;
  if (await createSecretFile(path, Buffer.from(text))) return parse(path, Buffer.from(text));
  const winners = await readSecretFile(path);
  if (winners === undefined) throw malformed(path);
  return parse(path, winners);
}

/** The identity of a 32-byte seed. */
export function identityOf(seed: Uint8Array): Identity {
  const privateKey = signingKey(seed);
  const publicKey = publicKeyOf(privateKey);
  return { privateKey, publicKey, nodeId: nodeIdOf(publicKey) };
}

function parse(path: string, bytes: Buffer): Identity {
  const seed = FORM.exec(bytes.toString("latin1"))?.[1];
  if (seed === undefined) throw malformed(path);
  return identityOf(Buffer.from(seed, "base64url"));
}

function malformed(path: string): ArwError {
  return new ArwError(
    "identity-malformed",
    `${path} does not hold an identity.`,
    "Restore it from a backup, or move it away: a new identity is made, and every node must be paired again.",
  );
}
