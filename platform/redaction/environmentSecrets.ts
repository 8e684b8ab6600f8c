// Which values of an environment are secrets: those whose name says so, and those that look drawn by lot.
// A setting such as `production` must never be one: it would be taken out of every text.
import { looksDrawnByLot } from "./drawnByLot.ts";
import { KNOWN_CHARACTERS_MIN } from "./knownSecrets.ts";

const TELLING_NAME =
  /secret|token|passw|passphrase|pwd|api_?-?key|access_?-?key|private|credential|auth|_key$|_pat$|salt|dsn/iu;
/** A value without a telling name is one from this length on. */
const LOT_CHARACTERS_MIN = 20;
/** The password of an address such as `postgres://user:password@host`. */
const ADDRESS_PASSWORD = /^[a-z][a-z0-9+.-]{0,30}:\/\/[^\s:@/]{0,200}:([^\s@/]{1,400})@/iu;
/** What a flag or a setting is, whatever its name is. */
const NO_SECRET =
  /^(?:true|false|yes|no|none|null|undefined|required|optional|\d+|[a-z]+|https?:\/\/[^\s@]*|\.{0,2}\/.*)$/iu;

export function environmentSecrets(variables: Readonly<Record<string, string | undefined>>): readonly string[] {
  return Object.entries(variables).flatMap(([name, value]) => (value === undefined ? [] : secretIn(name, value)));
}

/** The secret in one named value: none, all of it, or the password of an address. */
export function secretIn(name: string, value: string): readonly string[] {
  const password = ADDRESS_PASSWORD.exec(value)?.[1];
  if (password !== undefined) return [password, value];
  if (value.length < KNOWN_CHARACTERS_MIN || NO_SECRET.test(value)) return [];
  const isLot = value.length >= LOT_CHARACTERS_MIN && looksDrawnByLot(value);
  return TELLING_NAME.test(name) || isLot ? [value] : [];
}
