// A digest names bytes: `sha256:` and 64 hex digits. Nothing else is a digest, so nothing else becomes a path.
import { hash } from "node:crypto";
import * as z from "zod";
import type { Brand } from "./brand.ts";
import { canonicalJson } from "./canonicalJson.ts";

export type Digest = Brand<string, "Digest">;

const FORM = /^sha256:[0-9a-f]{64}$/;

export function isDigest(text: string): text is Digest {
  return FORM.test(text);
}

export const digestSchema: z.ZodType<Digest> = z.custom<Digest>(
  (value) => typeof value === "string" && isDigest(value),
  "must be sha256: and 64 lower-case hex digits",
);

export function digestOf(bytes: Uint8Array | string): Digest {
  return digestFromHex(hash("sha256", bytes, "hex"));
}

/** The digest of a value's canonical JSON. */
export function digestOfJson(value: unknown): Digest {
  return digestOf(canonicalJson(value));
}

/** Throws RangeError unless the text is 64 lower-case hex digits. */
export function digestFromHex(hex: string): Digest {
  const text = `sha256:${hex}`;
  if (!isDigest(text)) throw new RangeError("a SHA-256 digest has 64 hex digits");
  return text;
}

/** The 64 hex digits of a digest. */
export function digestHex(digest: Digest): string {
  return digest.slice("sha256:".length);
}
