// What the redactor finds, what it lets stand, and where its limits are. test/security/redaction.test.ts has the proofs.
import assert from "node:assert/strict";
import { spawnSync } from "node:child_process";
import { test } from "node:test";
import { VALUE_CHARACTERS_MAX } from "./assignedFollower.ts";
import { ANCHOR_CHARACTERS, KNOWN_CHARACTERS_MIN, KNOWN_SECRETS_MAX, spellingsOf } from "./knownSecrets.ts";
import { TAG_SOURCE_CHARACTERS_MAX } from "./placeholder.ts";
import { BLOCK_CHARACTERS_MAX } from "./privateKeyFollower.ts";
import { createRedactor, REMOVED_NAMED_MAX } from "./redactor.ts";
import { REDACTION_RULES } from "./rules.ts";

const LOT = "Zk3Qv9Xw2Lr7Tn5Bp8Hd4Js6Gf1Yc0MaEuRi";
const SALT = new Uint8Array(32).fill(3);
const redactor = createRedactor(REDACTION_RULES, [], SALT);
const text = (of: string): string => redactor.redact(of).text;

test("a placeholder names the rule and a tag: the same for one secret, another for another and under another salt", () => {
  const token = `gh${"p_"}${LOT}`;
  const once = text(`a ${token} b`);
  assert.match(once, /^a \[REDACTED:github-pat:[a-p]{8}\] b$/);
  assert.equal(text(`a ${token} b`), once);
  assert.equal(text(`"${token}",`).slice(1, -2), once.slice(2, -2));
  assert.notEqual(text(`a gh${"p_"}${Array.from(LOT).reverse().join("")} b`), once);
  assert.notEqual(createRedactor(REDACTION_RULES, [], new Uint8Array(32)).redact(`a ${token} b`).text, once);
});

test("a placeholder tells neither the length nor the end of what it stands for", () => {
  const long = text(`gh${"p_"}${LOT}${"Q".repeat(500)}`);
  assert.equal(long.length, text(`gh${"p_"}${LOT}`).length);
  assert.doesNotMatch(long, /Q/);
});

test("ordinary text and code stay as they are", () => {
  for (const ordinary of [
    "const token = await readToken(path); // the token's name",
    'password: "", secret = null, apiKey: process.env.API_KEY',
    "https://example.com:8080/a?key=value&token=short#top",
    "postgres://user:${PASSWORD}@host/db",
    "-----BEGIN CERTIFICATE-----\nMIIBkTCB+wIJAKHHIG\n-----END CERTIFICATE-----",
    'if (line.startsWith("-----BEGIN PRIVATE KEY-----")) throw new Error("a key");',
    "sha512-Zk3Qv9Xw2Lr7Tn5Bp8Hd4Js6Gf1Yc0MaEuRiZk3Qv9Xw2Lr7Tn5Bp8Hd4Js6Gf1Yc0MaEuRi==",
    `digest sha256:${"0f1e2d3c".repeat(8)} of token: sha256:${"0f1e2d3c".repeat(8)}`,
    "xoxo, monkey=banana, tokens: 1234, author = somebody",
    "日本語 😀 \ud83d é",
  ]) {
    assert.equal(text(ordinary), ordinary);
  }
});

test("passwords of addresses, assigned values and headers are found where they stand", () => {
  for (const [given, kept] of [
    [`postgres://app:${LOT}@db/x`, /^postgres:\/\/app:\[REDACTED:address-password:[a-p]{8}\]@db\/x$/],
    [`DB_PASSWORD=hunter2-9x\n`, /^DB_PASSWORD=\[REDACTED:assigned-secret:[a-p]{8}\]\n$/],
    [`{"api_key":"${LOT}"}`, /^\{"api_key":"\[REDACTED:assigned-secret:[a-p]{8}\]"\}$/],
    [`Authorization: Bearer ${LOT}`, /^Authorization: Bearer \[REDACTED:authorization:[a-p]{8}\]$/],
    [`SENTRY_AUTH = '${"0f1e2d3c".repeat(8)}'`, /^SENTRY_AUTH = '\[REDACTED:sentry-access-token:[a-p]{8}\]'$/],
  ] as const) {
    assert.match(text(given), kept);
  }
});

test("a value past the limit is judged by its beginning and eaten to its end", () => {
  const value = (LOT.repeat(10) + LOT).slice(0, VALUE_CHARACTERS_MAX + 50);
  assert.match(text(`token = "${value}" end`), /^token = "\[REDACTED:assigned-secret:[a-p]{8}\]" end$/);
});

test("a key past the limit is eaten on to the first character that is not of base64", () => {
  const key = `-----BEGIN PRIVATE KEY-----\n${"MIIB".repeat(BLOCK_CHARACTERS_MAX / 2)}`;
  assert.match(text(`${key} and words`), /^\[REDACTED:private-key:[a-p]{8}\] and words$/);
});

test("a key in a quoted message is taken out whole", () => {
  const lines = [
    "-----BEGIN PRIVATE KEY-----",
    "MIIBVgIBADANBgkqhkiG9w0BAQEFAASCAUAwggE8".repeat(2),
    "-----END PRIVATE KEY-----",
  ];
  for (const quote of ["> ", ">> ", "> > "]) {
    const quoted = lines.map((line) => `${quote}${line}`).join("\n");
    assert.match(text(`${quoted}\n${quote}and on`), /^[> ]+\[REDACTED:private-key:[a-p]{8}\]\n[> ]+and on$/);
  }
});

test("of a long secret the first part makes the tag, and more different ones than the limit are counted together", () => {
  const run = "a1B2".repeat(TAG_SOURCE_CHARACTERS_MAX / 4);
  assert.equal(text(`gh${"p_"}${run}c`), text(`gh${"p_"}${run}d`));
  const many = Array.from({ length: REMOVED_NAMED_MAX + 10 }, (_, number) => `gh${"p_"}${LOT}${number}`).join(" ");
  const { removed } = redactor.redact(many);
  assert.equal(removed.length, REMOVED_NAMED_MAX + 1);
  assert.deepEqual(removed.at(-1), { rule: "more", tag: "", times: 10 });
});

test("known secrets below the least length and beyond the limit are not looked for", () => {
  assert.equal(spellingsOf(["x".repeat(KNOWN_CHARACTERS_MIN - 1)]).length, 0);
  const many = Array.from(
    { length: KNOWN_SECRETS_MAX + 1 },
    (_, number) => `${String(number).padStart(4, "0")}-known-secret`,
  );
  const known = createRedactor(REDACTION_RULES, many, SALT);
  assert.equal(known.redact(many[KNOWN_SECRETS_MAX - 1] ?? "").removed.length, 1);
  assert.equal(known.redact(many[KNOWN_SECRETS_MAX] ?? "").removed.length, 0);
});

test("the beginning of a known secret is taken out as well, as far as the text goes on like it", () => {
  const secret = `${LOT}-${LOT}`;
  const known = createRedactor(REDACTION_RULES, [secret], SALT);
  const part = secret.slice(0, ANCHOR_CHARACTERS + 5);
  assert.match(known.redact(`<${part}#rest>`).text, /^<\[REDACTED:known-secret:[a-p]{8}\]#rest>$/);
});

test("the public rules are what their source gives", () => {
  const { status, stderr } = spawnSync(process.execPath, ["scripts/redaction-rules.mjs", "--check"], {
    encoding: "utf8",
  });
  assert.equal(status, 0, stderr);
});
