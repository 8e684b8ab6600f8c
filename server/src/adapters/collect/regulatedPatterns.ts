// Data that a law or a contract regulates: payment cards, bank accounts, social security numbers.
// A number is one only with its checksum, and where digits alone could be anything, with a word beside it that says so:
// whatever is found stays on this machine, and a build that lacks a file fails.
import type { SecretPattern } from "./secretPatterns.ts";

const TELLING_CHARACTERS = 48;
const CARD_WORD = /\b(?:card|visa|mastercard|amex|maestro|pan|credit|debit|kreditkarte)/iu;
const SOCIAL_SECURITY_WORD = /\b(?:ssn|social.security)/iu;

/** Numbers that payment services publish for tests, and the examples of the standard. */
const PUBLISHED = new Set([
  ..."4242424242424242 4111111111111111 4012888888881881 4000056655665556 5555555555554444 5105105105105100".split(" "),
  ..."378282246310005 371449635398431 6011111111111117 3530111333300000 30569309025904 4000000000000002".split(" "),
  ..."DE89370400440532013000 GB82WEST12345698765432 GB29NWBK60161331926819 FR1420041010050500013M02606".split(" "),
]);

/** How long an IBAN of a country is. */
const IBAN_CHARACTERS: ReadonlyMap<string, number> = new Map(
  [
    "AE23 AT20 BE16 BG22 CH21 CY28 CZ24 DE22 DK18 EE20 ES24 FI18 FR27 GB22 GR27 HR21 HU28 IE22 IL23 IS26",
    "IT27 LI21 LT20 LU20 LV21 MC27 MT31 NL18 NO15 PL28 PT25 RO24 SA24 SE24 SI19 SK24 SM27 TR26 UA29",
  ].flatMap((row) => row.split(" ").map((one) => [one.slice(0, 2), Number(one.slice(2))] as const)),
);

export const REGULATED_PATTERNS: readonly SecretPattern[] = [
  {
    rule: "payment-card",
    what: "a payment card number",
    pattern: /(?<![\w.-])(?:\d{4}[ -]\d{4}[ -]\d{4}[ -]\d{4}|3\d{3}[ -]\d{6}[ -]\d{5}|\d{13,19})(?![\w.-]\d|\w)/gu,
    confirms: (match) => {
      const digits = match[0].replaceAll(/\D/g, "");
      const isGrouped = digits.length < match[0].length;
      return isCard(digits) && !PUBLISHED.has(digits) && (isGrouped || CARD_WORD.test(wordsBefore(match)));
    },
  },
  {
    rule: "bank-account",
    what: "an international bank account number",
    pattern: /(?<![\w-])[A-Z]{2}\d{2}(?: ?[A-Z0-9]{4}){2,7}(?: ?[A-Z0-9]{1,3})?(?![\w-])/gu,
    confirms: (match) => {
      const number = match[0].replaceAll(" ", "");
      return isBankAccount(number) && !PUBLISHED.has(number);
    },
  },
  {
    rule: "social-security",
    what: "a social security number",
    pattern: /(?<![\w-])(?!000|666|9)\d{3}-(?!00)\d{2}-(?!0000)\d{4}(?![\w-])/gu,
    confirms: (match) => SOCIAL_SECURITY_WORD.test(wordsBefore(match)),
  },
];

const RULES: ReadonlySet<string> = new Set(REGULATED_PATTERNS.map(({ rule }) => `arw/${rule}`));

/** The class of what a rule of the detector found. */
export function classOfRule(rule: string): "secret" | "regulated" {
  return RULES.has(rule) ? "regulated" : "secret";
}

function wordsBefore({ index, input }: RegExpMatchArray): string {
  return (input ?? "").slice(Math.max(0, (index ?? 0) - TELLING_CHARACTERS), index);
}

/** The beginning of a card network, its length, and the checksum of Luhn. */
function isCard(digits: string): boolean {
  if (!/^(?:4|5[1-5]|2[2-7]|3[0-8]|6[05])/.test(digits) || digits.length < 13 || new Set(digits).size < 3) return false;
  let sum = 0;
  for (let place = 0; place < digits.length; place++) {
    const digit = Number(digits.charAt(digits.length - 1 - place)) * (place % 2 === 1 ? 2 : 1);
    sum += digit > 9 ? digit - 9 : digit;
  }
  return sum % 10 === 0;
}

/** A known country, its length, and the remainder of ISO 7064. */
function isBankAccount(number: string): boolean {
  if (IBAN_CHARACTERS.get(number.slice(0, 2)) !== number.length) return false;
  let remainder = 0;
  for (const character of number.slice(4) + number.slice(0, 4)) {
    const value = Number.parseInt(character, 36);
    remainder = (remainder * (value > 9 ? 100 : 10) + value) % 97;
  }
  return remainder === 1;
}
