// The spellings in which an exact secret may stand in a text: as it is, and in the encodings that programs give it.
// It must never shorten a secret so far that an ordinary word is one.

export interface Spelling {
  readonly text: string;
  /** The secret as it is: all its spellings share one tag. */
  readonly secret: string;
}

/** A shorter value is a word. */
export const KNOWN_CHARACTERS_MIN = 8;
/** More are not looked for: the first ones count, and `unknownOf` says how many do not. */
export const KNOWN_SECRETS_MAX = 256;
/** A spelling is found by this much of its beginning, and then followed as far as it goes. */
export const ANCHOR_CHARACTERS = 24;
/** Of a longer secret, this much is followed. */
export const KNOWN_CHARACTERS_MAX = 16_384;

/** How many of them are not looked for, because there are too many. */
export function unknownOf(secrets: readonly string[]): number {
  return Math.max(0, valuesOf(secrets).length - KNOWN_SECRETS_MAX);
}

function valuesOf(secrets: readonly string[]): readonly string[] {
  return [...new Set(secrets)].filter((value) => value.length >= KNOWN_CHARACTERS_MIN);
}

export function spellingsOf(secrets: readonly string[]): readonly Spelling[] {
  const values = valuesOf(secrets).slice(0, KNOWN_SECRETS_MAX);
  const spellings = new Map<string, Spelling>();
  for (const secret of values) {
    for (const text of encodingsOf(secret.slice(0, KNOWN_CHARACTERS_MAX))) {
      if (text.length >= KNOWN_CHARACTERS_MIN && !spellings.has(text)) spellings.set(text, { text, secret });
    }
  }
  return [...spellings.values()];
}

function encodingsOf(value: string): ReadonlySet<string> {
  const wellFormed = value.toWellFormed();
  const bytes = new TextEncoder().encode(wellFormed);
  const json = JSON.stringify(value).slice(1, -1);
  const url = encodeURIComponent(wellFormed);
  const hex = [...bytes].map((byte) => byte.toString(16).padStart(2, "0")).join("");
  return new Set([
    value,
    json,
    json.replace(/[^ -~]/g, (unit) => `\\u${unit.charCodeAt(0).toString(16).padStart(4, "0")}`),
    url,
    url.replaceAll("%20", "+"),
    url.replace(/%[0-9A-F]{2}/g, (escape) => escape.toLowerCase()),
    // As a form sends it: what encodeURIComponent lets stand is escaped too.
    url.replace(/[!'()*~]/g, (sign) => `%${sign.charCodeAt(0).toString(16).toUpperCase()}`).replaceAll("%20", "+"),
    hex,
    hex.toUpperCase(),
    ...[0, 1, 2].flatMap((phase) => base64Core(bytes, phase)),
  ]);
}

/** What every base64 text has in common that holds the bytes behind `phase` others, whatever stands around them. */
function base64Core(bytes: Uint8Array, phase: number): readonly string[] {
  const padded = new Uint8Array(phase + bytes.length);
  padded.set(bytes, phase);
  const firstWhole = Math.ceil((phase * 8) / 6);
  const wholes = Math.floor((padded.length * 8) / 6);
  const core = btoa(String.fromCharCode(...padded)).slice(firstWhole, wholes);
  return [core, core.replaceAll("+", "-").replaceAll("/", "_")];
}
