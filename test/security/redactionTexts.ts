// Texts with secrets in them, made up by fast-check, for the proofs of the redactor. Nothing here is a real secret.
import fc from "fast-check";
import { REDACTION_RULES } from "#platform/redaction/rules.ts";
import { membersTable } from "#platform/redaction/runFollower.ts";

/** A text, and what of it must not be shown. */
export interface SecretText {
  readonly text: string;
  readonly secrets: readonly string[];
}

export const KNOWN: readonly string[] = [
  'hunter2-Zq9!correct "horse" é',
  "postgres-pass-93481",
  `long/${"Zk3Qv9Xw2L+r7Tn5Bp8Hd4Js6Gf1Yc0MaEuRi".repeat(9)}`,
  "abcabcabcabcabcabcabcabcabcabcabcabcabcabcabcabd-the-end-of-it",
];

const HEADERS = ["PRIVATE KEY", "RSA PRIVATE KEY", "OPENSSH PRIVATE KEY", "PGP PRIVATE KEY BLOCK"];
const BASE64 = Array.from("ABCDEFGHQRSTabcdefghqrst0123456789+/");
const STATE_MACHINES = ["form", "password", "lot"] as const;

function membersOf(members: string): readonly string[] {
  const table = membersTable(members);
  return Array.from({ length: 128 }, (_, code) => String.fromCharCode(code)).filter((_, code) => table[code] === 1);
}

const runs: fc.Arbitrary<SecretText> = fc
  .constantFrom(...REDACTION_RULES.runs.filter(({ rule }) => rule !== "authorization"))
  .chain(({ keyword, members, min }) =>
    fc
      .array(fc.constantFrom(...membersOf(members)), { minLength: min, maxLength: min + 40, size: "max" })
      .map((run) => secret(keyword + run.join(""))),
  );

const keys: fc.Arbitrary<SecretText> = fc
  .tuple(
    fc.constantFrom(...HEADERS),
    fc.constantFrom("\n", "\r\n", "\\n", '",\n  "'),
    fc.array(fc.array(fc.constantFrom(...BASE64), { minLength: 64, maxLength: 64 }), { minLength: 1, maxLength: 4 }),
    fc.boolean(),
  )
  .map(([label, lineEnd, rows, hasEnd]) => {
    const lines = rows.map((row) => row.join(""));
    const end = hasEnd ? `${lineEnd}-----END ${label}-----` : "";
    return { text: `-----BEGIN ${label}-----${lineEnd}${lines.join(lineEnd)}${end}`, secrets: lines };
  });

/** How programs write a value; made here without the redactor's own spellings, which are what is proven. */
const ENCODINGS: readonly ((value: string) => SecretText)[] = [
  secret,
  (value) => secret(JSON.stringify(value).slice(1, -1)),
  (value) => secret(encodeURIComponent(value)),
  (value) => secret(new URLSearchParams([["", value]]).toString().slice(1)),
  (value) => secret(Buffer.from(value).toString("hex")),
  (value) => secret(Buffer.from(value).toString("hex").toUpperCase()),
  ...[0, 1, 2].flatMap((phase) => (["base64", "base64url"] as const).map((form) => inBase64(phase, form))),
];

/** The secret behind so many other bytes. What stays the same whatever stands around it is the secret's. */
function inBase64(phase: number, form: "base64" | "base64url"): (value: string) => SecretText {
  return (value) => {
    const encoded = (around: string): string =>
      Buffer.from(around.repeat(phase) + value + around.repeat(2)).toString(form);
    const [text, other] = [encoded("\0"), encoded("\x7f")];
    const own = Array.from(text)
      .map((character, at) => (other[at] === character ? character : " "))
      .join("");
    return { text, secrets: own.split(" ").filter((part) => part.length >= 8) };
  };
}

const known: fc.Arbitrary<SecretText> = fc
  .tuple(fc.constantFrom(...KNOWN), fc.constantFrom(...ENCODINGS), fc.string({ maxLength: 3 }))
  .map(([value, encode, before]) => {
    const { text, secrets } = encode(value);
    return { text: before + text, secrets };
  });

const assigned: fc.Arbitrary<SecretText> = fc
  .tuple(
    fc.constantFrom(...STATE_MACHINES),
    fc.constantFrom("=", ": ", " = ", '": "', "' => '", ":="),
    fc.shuffledSubarray([...BASE64], { minLength: 20 }).map((characters) => characters.join("")),
    fc.nat({ max: 5 }),
  )
  .map(([kind, operator, lot, which]) => {
    const value = `Zk3Qv9Xw2L${lot}`;
    if (kind === "password")
      return { text: `https://deploy:${value.replaceAll("/", "_")}@host/x`, secrets: [value.replaceAll("/", "_")] };
    if (kind === "lot") return { text: `my_api_key${operator}${value}`, secrets: [value] };
    const hex = "0f1e2d3c4b5a69788796a5b4c3d2e1f0".repeat(2);
    const [name, length] = [
      ["facebook", 32],
      ["sentry", 64],
      ["LINEAR", 32],
      ["Meraki", 40],
      ["discord", 64],
      ["kucoin", 24],
    ][which] ?? ["sentry", 64];
    return { text: `${name}${operator}${hex.slice(0, Number(length))}`, secrets: [hex.slice(0, Number(length))] };
  });

const noise: fc.Arbitrary<SecretText> = fc
  .oneof(
    fc.string({ maxLength: 30 }),
    fc.string({ unit: "grapheme", maxLength: 12 }),
    fc.constantFrom(
      " gh",
      "ghp_short ",
      "AK",
      "AKIA",
      "sk-",
      "-----BEGIN CERTIFICATE-----\nAAAA\n-----END CERTIFICATE-----",
    ),
    fc.constantFrom(
      "-----BEGIN ",
      "-----END ",
      "eyJ",
      "npm_",
      "\n",
      "日本",
      "😀",
      "github_pa",
      "hunter2",
      "token = ",
      "://a:",
      "bearer ",
    ),
    fc.constantFrom(
      "-----BEGIN PRIVATE KEY-----\n",
      "password: ",
      "abcabcabcabcabcabcabcabcabcabc",
      "key=key=",
      "secret_token:=",
      "\ud83d",
    ),
  )
  .map((text) => ({ text, secrets: [] }));

function secret(text: string): SecretText {
  return { text, secrets: [text] };
}

/** Noise and secrets in any order; a secret stands between spaces or line ends, as the rules expect of a word. */
export const secretTexts: fc.Arbitrary<SecretText> = fc
  .array(
    fc.oneof(
      { weight: 3, arbitrary: noise },
      {
        weight: 2,
        arbitrary: fc
          .tuple(fc.oneof(runs, keys, known, assigned), fc.constantFrom(" ", "\n", "\t"))
          .map(([one, space]) => ({ text: space + one.text + space, secrets: one.secrets })),
      },
    ),
    { minLength: 1, maxLength: 7 },
  )
  .map((pieces) => ({
    text: pieces.map(({ text }) => text).join(""),
    secrets: pieces.flatMap(({ secrets }) => secrets),
  }));

/** The text in chunks, cut wherever the numbers say. */
export function cut<T extends { readonly length: number; slice(from: number, to: number): T }>(
  whole: T,
  cuts: readonly number[],
): readonly T[] {
  const places = [...new Set(cuts.map((place) => place % (whole.length + 1))), whole.length].sort((a, b) => a - b);
  return places.map((place, index) => whole.slice(places[index - 1] ?? 0, place));
}
