// The salt of a workspace's placeholders, derived from the identity of its Home or worker: stable, and known to nobody else.
// It must never be sent, logged or stored.
import { hkdfSync } from "node:crypto";
import type { Identity } from "../identity/identityFile.ts";

const PURPOSE = "arw redaction salt v1";
const SALT_BYTES = 32;

export function redactionSalt({ privateKey }: Identity): Uint8Array {
  const seed = privateKey.export({ format: "der", type: "pkcs8" });
  return new Uint8Array(hkdfSync("sha256", seed, new Uint8Array(0), PURPOSE, SALT_BYTES));
}

/** The secret by which a node is itself, as a text might hold it. */
export function identitySecret({ privateKey }: Identity): string {
  const { d } = privateKey.export({ format: "jwk" });
  if (d === undefined) throw new Error("an identity without a seed");
  return d;
}
