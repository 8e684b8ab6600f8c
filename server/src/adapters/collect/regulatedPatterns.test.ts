// Regulated numbers are found with their checksums and their words, and what only looks like them is not.
import assert from "node:assert/strict";
import { test } from "node:test";
import { classOfRule } from "./regulatedPatterns.ts";
import { detectSecrets } from "./secretDetector.ts";

const signal = new AbortController().signal;
const rulesIn = async (text: string): Promise<readonly string[]> =>
  (await detectSecrets(text, signal)).map(({ rule }) => rule);

/** Put together at run time, so that no scanner finds one in this repository; no number is anybody's. */
const CARD = ["4929", "1234", "5678", "9013"];

function withLuhn(groups: readonly string[]): string {
  const digits = groups.join("").slice(0, -1);
  const sum = Array.from(digits)
    .reverse()
    .map((digit, place) => Number(digit) * (place % 2 === 0 ? 2 : 1))
    .reduce((total, value) => total + (value > 9 ? value - 9 : value), 0);
  return digits + String((10 - (sum % 10)) % 10);
}

function withRemainder(country: string, account: string): string {
  const digits = Array.from(`${account}${country}00`, (character) => String(Number.parseInt(character, 36))).join("");
  const remainder = Number(BigInt(digits) % 97n);
  return `${country}${String(98 - remainder).padStart(2, "0")}${account}`;
}

test("a card, an account and a social security number are found, and are regulated", async () => {
  const card = withLuhn(CARD);
  const grouped = card.replace(/(\d{4})(?=\d)/g, "$1 ");
  const account = withRemainder("DE", "500105175407324931");
  for (const [text, rule] of [
    [`paid with ${grouped}.`, "arw/payment-card"],
    [`card_number: ${card}`, "arw/payment-card"],
    [`IBAN ${account}`, "arw/bank-account"],
    [account.replace(/(.{4})(?=.)/g, "$1 "), "arw/bank-account"],
    [`his SSN: ${["219", "09", "9998"].join("-")}`, "arw/social-security"],
  ] as const) {
    assert.deepEqual(await rulesIn(text), [rule], text);
    assert.equal(classOfRule(rule), "regulated");
  }
});

test("numbers without a checksum or a word, and those published for tests, are not", async () => {
  const card = withLuhn(CARD);
  for (const text of [
    `id ${card}`,
    `card ${card.slice(0, -1)}${(Number(card.at(-1)) + 1) % 10}`,
    "card 4242 4242 4242 4242 and 4111111111111111",
    "DE89 3704 0044 0532 0130 00",
    `XX${withRemainder("DE", "500105175407324931").slice(2)}`,
    "219-09-9998 is a part number",
    "2024-11-23 10:00:00 1732356000000 0000-0000-0000-0000",
  ]) {
    assert.deepEqual(await rulesIn(text), [], text);
  }
});
