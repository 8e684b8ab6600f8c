// What stands in a text where something was removed: `[REDACTED:rule:tag]`.
// The tag is the same for the same secret within a workspace, and tells nothing of it to whoever lacks the salt: neither
// its length nor a character.
import { createHmac } from "node:crypto";

/** Of a longer text, this much makes the tag. */
export const TAG_SOURCE_CHARACTERS_MAX = 4_096;
const TAG_CHARACTERS = 8;
/** Letters only: a tag must not look like a secret to whoever reads the text again. */
const TAG_LETTERS = "abcdefghijklmnop";

export function placeholder(rule: string, tag: string): string {
  return `[REDACTED:${rule}:${tag}]`;
}

export function tagOf(salt: Uint8Array, secret: string): string {
  const source = secret.slice(0, TAG_SOURCE_CHARACTERS_MAX);
  const digest = createHmac("sha256", salt).update(source, "utf8").digest("hex").slice(0, TAG_CHARACTERS);
  return digest.replace(/./g, (digit) => TAG_LETTERS.charAt(Number.parseInt(digit, 16)));
}
