// The proofs of the redactor: chunks never matter, no piece of a secret is shown in any of its encodings, little is held
// back, and no input makes it slow.
import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { test } from "node:test";
import fc from "fast-check";
import { createRedactor } from "#platform/redaction/redactor.ts";
import { REDACTION_RULES } from "#platform/redaction/rules.ts";
import { runsOf } from "../simulation/soak.ts";
import { cut, KNOWN, secretTexts } from "./redactionTexts.ts";

/** This much of a secret in a row would be a leak. */
const WINDOW_CHARACTERS = 12;
const RUNS = runsOf(20_000, 100_000);
const HELD_CHARACTERS_MAX = 64;
/** A rule's name may resemble the keyword of what it finds. */
const PLACEHOLDER = /\[REDACTED:[a-z0-9-]+:[a-p]{8}\]/g;

const redactor = createRedactor(REDACTION_RULES, KNOWN, new Uint8Array(32).fill(7));
const cuts = fc.array(fc.nat({ max: 5_000 }), { maxLength: 20 });

function streamed(chunks: readonly (string | Uint8Array)[]): string {
  const stream = redactor.open();
  return chunks.map((chunk) => stream.write(chunk)).join("") + stream.end();
}

/** The first window of a secret that is shown, but was not also written where no secret stood. */
function leak(shown: string, text: string, secrets: readonly string[]): string | undefined {
  const readable = shown.replace(PLACEHOLDER, "\0");
  const harmless = secrets.reduce((rest, secret) => rest.replaceAll(secret, "\0"), text);
  for (const secret of secrets) {
    for (let from = 0; from + WINDOW_CHARACTERS <= secret.length; from++) {
      const window = secret.slice(from, from + WINDOW_CHARACTERS);
      if (readable.includes(window) && !harmless.includes(window)) return window;
    }
  }
  return undefined;
}

test("any chunking gives what the whole gives, and shows no 12 characters of a secret in any encoding", () => {
  fc.assert(
    fc.property(secretTexts, cuts, ({ text, secrets }, places) => {
      const { text: whole } = redactor.redact(text);
      assert.equal(streamed(cut(text, places)), whole);
      assert.equal(leak(whole, text, secrets), undefined);
    }),
    { numRuns: RUNS },
  );
});

test("bytes that are cut inside a character give what the whole gives", () => {
  fc.assert(
    fc.property(secretTexts, cuts, ({ text }, places) => {
      const bytes = Buffer.from(text);
      assert.equal(streamed(cut<Buffer>(bytes, places)), redactor.redact(bytes.toString()).text);
    }),
    { numRuns: RUNS / 20 },
  );
});

test("pieces that are encoded one by one are the whole: no character is cut in two", () => {
  fc.assert(
    fc.property(fc.string({ unit: "grapheme", maxLength: 60 }), cuts, (text, places) => {
      const stream = redactor.open();
      const pieces = [...cut(text, places).map((chunk) => stream.write(chunk)), stream.end()];
      assert.equal(Buffer.concat(pieces.map((piece) => Buffer.from(piece))).toString(), redactor.redact(text).text);
    }),
    { numRuns: RUNS / 20 },
  );
});

test("what was redacted stays as it is when it is redacted again", () => {
  const again = (text: string): string => redactor.redact(text).text;
  fc.assert(
    fc.property(secretTexts, ({ text }) => assert.equal(again(again(text)), again(text))),
    { numRuns: RUNS / 20 },
  );
});

const LOT = "Zk3Qv9Xw2Lr7Tn5Bp8Hd4Js6Gf1Yc0MaEuRi";
const SHORT_TEXTS: readonly string[] = [
  `one ghp_${LOT} two`,
  `{"api_key": "${LOT}"}`,
  `x DB_PASSWORD=${LOT.slice(0, 12)}\n`,
  `at postgres://me:${LOT.slice(0, 18)}@db/x`,
  `-----BEGIN EC PRIVATE KEY-----\n${LOT}${LOT}\n-----END EC PRIVATE KEY-----\nend`,
  `the known ${KNOWN[1]} and ${KNOWN[1]?.slice(0, 9)}`,
  `hex ${Buffer.from(KNOWN[1] ?? "").toString("hex")} end`,
  `b64 ${Buffer.from(`x${KNOWN[1]}y`).toString("base64")}`,
  `no secret at all: token = auth.key, 日本 😀 https://host:80/x eyJ sk-`,
  `bearer ${LOT.slice(0, 24)} sk_live_${LOT.slice(0, 14)},`,
  `abc${KNOWN[3]} end`,
];

test("two cuts anywhere in a text give what the whole gives", () => {
  for (const text of SHORT_TEXTS) {
    const whole = redactor.redact(text).text;
    for (let first = 0; first <= text.length; first++) {
      for (let second = first; second <= text.length; second++) {
        const chunks = [text.slice(0, first), text.slice(first, second), text.slice(second)];
        if (streamed(chunks) !== whole) assert.equal(streamed(chunks), whole, `cut at ${first} and ${second}`);
      }
    }
  }
});

test("of ordinary text no more than 64 characters wait for the next", () => {
  for (const file of ["README.md", "ARCHITECTURE.md", "docs/protocol.md", "server/src/adapters/collect/inputTree.ts"]) {
    const stream = redactor.open();
    let held = 0;
    for (const character of readFileSync(file, "utf8")) {
      stream.write(character);
      held = Math.max(held, stream.heldCharacters);
    }
    assert.ok(held <= HELD_CHARACTERS_MAX, `${file}: ${held}`);
  }
});

const LONG_CHARACTERS = 300_000;
const filled = (unit: string, characters = LONG_CHARACTERS): string => unit.repeat(Math.ceil(characters / unit.length));
const ADVERSARIAL: Readonly<Record<string, string>> = {
  "keywords that begin inside each other's runs": filled("eyJ"),
  "one run for every rule at once": REDACTION_RULES.runs.map(({ keyword }) => keyword).join("") + filled("a0Z9"),
  "names without an end": filled("key_token_"),
  "assignments without an end": filled("token=a1="),
  "values as long as they may be": filled(`secret: ${"a1b2c3d4".repeat(24)} `),
  "headers without a key": filled("-----BEGIN PRIVATE KEY-----"),
  "a key without an end": `-----BEGIN PRIVATE KEY-----\n${filled("MIIB")}`,
  "addresses without a password": filled("://a:b"),
  "the beginning of a known secret, over and over": filled("abc"),
  "matches that overlap": filled("sk-ant-api03-"),
};

test("no input makes it slow: the worst takes a bounded multiple of ordinary text", () => {
  const timed = (text: string): number => {
    const startedMs = performance.now();
    redactor.redact(text);
    return performance.now() - startedMs;
  };
  const ordinary = filled("const value = compute(first, second); // some code with words and numbers 12345\n");
  timed(ordinary);
  const ordinaryMs = Math.max(timed(ordinary), 2);
  // A square would be thousands of times as slow.
  for (const [name, text] of Object.entries(ADVERSARIAL)) {
    const multiple = timed(text) / ordinaryMs;
    assert.ok(multiple < 200, `${name}: ${multiple.toFixed(0)} times`);
  }
});
