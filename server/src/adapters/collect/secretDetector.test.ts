// What the detector finds, what it must not find, and that it never says the secret itself.
import assert from "node:assert/strict";
import { describe, test } from "node:test";
import { digestOf } from "#protocol/digest.ts";
import { PLANTED_SECRETS } from "../../../../test/simulation/plantedSecrets.ts";
import {
  createSecretDetector,
  detectSecrets,
  FINDINGS_MAX,
  type Finding,
  OVERLAP_CHARACTERS,
  WINDOW_CHARACTERS,
} from "./secretDetector.ts";

const signal = new AbortController().signal;
const GITHUB = PLANTED_SECRETS["github"] ?? "";

describe("secret detector", () => {
  for (const [kind, secret] of Object.entries(PLANTED_SECRETS)) {
    test(`a secret of the kind ${kind} is found in its line and never quoted`, async () => {
      const findings = await detectSecrets(`first line\nsecond line\n${secret}\nlast line`, signal);
      assert.ok(findings.length > 0);
      assert.equal(findings[0]?.line, 3);
      // Twelve characters in a row would be enough to guess the rest from.
      const said = JSON.stringify(findings);
      for (let start = 0; start + 12 <= secret.length; start++) {
        const part = secret.slice(start, start + 12);
        assert.ok(
          !/[A-Z]/u.test(part) || !/[0-9]/u.test(part) || !said.includes(part),
          "a part of the secret was said",
        );
      }
    });
  }

  test("a private key in a quoted message is found", async () => {
    const key = `-----BEGIN PRIVATE KEY-----\r\n> > > ${"MIIBVgIBADANBgkqhkiG9w0BAQEFAASCAUAwggE8".repeat(2)}`;
    assert.ok((await detectSecrets(`> > > ${key}`, signal)).some(({ rule }) => rule.endsWith("private-key")));
  });

  test("code about secrets is no secret", async () => {
    const harmless = [
      'const HEADER = "-----BEGIN PRIVATE KEY-----";',
      "const password = readPassword();",
      'const token = "your-token-goes-here-1234567";',
      'password: "correct horse battery staple"',
      '"integrity": "sha512-Zk3Qv9Xw2Lr7Tn5Bp8Hd4Js6Gf1Yc0MaEuRiZk3Qv9Xw2Lr7Tn5Bp8Hd4Js6Gf1Yc0MaEuRi=="',
      'secretPath: "/etc/application/secrets/v2/database1"',
      "AKIAIOSFODNN7EXAMPLE",
      `digest: ${digestOf("x")}`,
      'import { tokenizeExpression20 } from "./tokenizer.ts";',
      `authorization: "Bearer \${token}"`,
    ];
    assert.deepEqual(await detectSecrets(harmless.join("\n"), signal), []);
  });

  test("a comment in a file cannot switch the detector off", async () => {
    const text = `// secretlint-disable\n// secretlint-disable-next-line\n${GITHUB}\n`;
    assert.ok((await detectSecrets(text, signal)).length > 0);
  });

  test("a secret across the border of two windows is found with its line", async () => {
    const filler = "x = 1;\n";
    for (const border of [WINDOW_CHARACTERS, WINDOW_CHARACTERS - OVERLAP_CHARACTERS]) {
      const lines = Math.floor((border - 20) / filler.length);
      const text = `${filler.repeat(lines)}${" ".repeat(border - 20 - lines * filler.length)}${GITHUB}\n${filler.repeat(9)}`;
      const findings = await detectSecrets(text, signal);
      assert.deepEqual([...new Set(findings.map(({ line }) => line))], [lines + 1]);
    }
  });

  test("more findings than the limit are cut at the limit", async () => {
    const findings = await detectSecrets(`${GITHUB}\n`.repeat(FINDINGS_MAX * 4), signal);
    assert.equal(findings.length, FINDINGS_MAX);
  });

  test("secrets in binary files and in UTF-16 are found", async () => {
    const detector = createSecretDetector(new Map<never, never>());
    const binary = Buffer.concat([Buffer.from([0, 1, 2, 255]), Buffer.from(` ${GITHUB} `), Buffer.alloc(50_000, 0xfe)]);
    const wide = Buffer.from(`\ufeffkey ${GITHUB}\n`, "utf16le");
    for (const bytes of [binary, wide]) assert.ok((await detector.ofFile(bytes, digestOf(bytes), signal)).length > 0);
  });

  test("the same bytes are scanned once", async () => {
    const memory = new Map<string, readonly Finding[]>();
    const detector = createSecretDetector(memory);
    const bytes = Buffer.from("harmless");
    await detector.ofFile(bytes, digestOf(bytes), signal);
    const planted: readonly Finding[] = [{ rule: "arw/planted", line: 1, message: "remembered" }];
    memory.set(digestOf(bytes), planted);
    assert.equal(await detector.ofFile(bytes, digestOf(bytes), signal), planted);
  });

  test("an aborted scan rejects with the signal's reason", async () => {
    const reason = new Error("no longer wanted");
    await assert.rejects(detectSecrets("text", AbortSignal.abort(reason)), reason);
  });

  test("input made to be slow is not slow: ten times the input takes no hundred times as long", async () => {
    const seeds = [
      "-----BEGIN ",
      "eyJ",
      "token='",
      "xoxb-",
      "sk-proj-",
      "a:",
      "A ",
      "-----BEGIN PRIVATE KEY-----\nA: ",
    ];
    for (const seed of seeds) {
      const secondsOf = async (length: number): Promise<number> => {
        const start = process.hrtime.bigint();
        await detectSecrets(seed.repeat(length / seed.length), signal);
        return Number(process.hrtime.bigint() - start) / 1e9;
      };
      await secondsOf(20_000);
      const short = await secondsOf(20_000);
      const long = await secondsOf(200_000);
      assert.ok(long < Math.max(short, 0.005) * 100, `${JSON.stringify(seed)}: ${short} s, then ${long} s`);
    }
  });
});
