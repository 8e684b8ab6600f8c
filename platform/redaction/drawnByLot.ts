// Whether a value looks drawn by lot, as keys and tokens are, or like something that a person would write.
// It decides by the value alone, and looks at no more of it than it is given.

/** What a person writes where a secret will stand. */
const PLACEHOLDER = /example|placeholder|change_?me|dummy|sample|your[_-]|x{4}|\*{3}|0{6}|1234567|abcdef|redacted/iu;

/** Shannon entropy, in bits a character, from which a value of 16 and more characters looks drawn by lot. */
const ENTROPY_BITS_MIN = 3.7;
const ENTROPY_BITS_MIN_SHORT = 3.3;
const SHORT_CHARACTERS_MAX = 19;
/** A chosen password has so many different characters. */
const DIFFERENT_CHARACTERS_MIN = 5;

/** Letters and digits mixed, no word of a placeholder, no template, and hardly a repeated character. */
export function looksDrawnByLot(value: string): boolean {
  if (!looksChosen(value)) return false;
  return entropyBits(value) >= (value.length > SHORT_CHARACTERS_MAX ? ENTROPY_BITS_MIN : ENTROPY_BITS_MIN_SHORT);
}

/** What a password of a person looks like: letters and digits mixed, and no code or placeholder. */
export function looksChosen(value: string): boolean {
  if (!/[0-9]/u.test(value) || !/[A-Za-z]/u.test(value)) return false;
  // Paths, templates, digests with their algorithm and code are no secrets.
  if (PLACEHOLDER.test(value) || /[${}()<>[\]]|\/\/|^(?:sha\d+[-:]|\.{0,2}\/)/u.test(value)) return false;
  return new Set(value).size >= DIFFERENT_CHARACTERS_MIN;
}

function entropyBits(text: string): number {
  const counts = new Map<string, number>();
  for (const character of text) counts.set(character, (counts.get(character) ?? 0) + 1);
  let bits = 0;
  for (const count of counts.values()) bits -= (count / text.length) * Math.log2(count / text.length);
  return bits;
}
