// Output that is shown: however it was printed in pieces and wherever pages begin, what is read is the whole text redacted once.
import assert from "node:assert/strict";
import { test } from "node:test";
import * as fc from "fast-check";
import { attemptId } from "#protocol/ids.ts";
import { byteCount } from "#protocol/quantities.ts";
import { OUTPUT_REMOVED_MAX, shownOutput } from "#protocol/shownOutput.ts";
import { createRedactor, type Redactor } from "#platform/redaction/redactor.ts";
import { REDACTION_RULES } from "#platform/redaction/rules.ts";
import { cut, KNOWN, secretTexts } from "../../../../test/security/redactionTexts.ts";
import { RANGES_KNOWN_MAX } from "./scannedOutput.ts";
import { SCAN_BYTES, type ShownPage, ShownOutputs, STREAMS_KNOWN_MAX } from "./shownOutputs.ts";

const ATTEMPT = attemptId.from(new Uint8Array(17).fill(7));
const redactor = createRedactor(REDACTION_RULES, KNOWN, new Uint8Array(32).fill(7));
const TOKEN = `gh${"p_"}Zk3Qv9Xw2Lr7Tn5Bp8Hd4Js6Gf1Yc0MaEuRi`;

/** An attempt whose output a test lets grow. */
class Printed {
  bytes: Buffer = Buffer.alloc(0);
  hasEnded = false;
  redactor: Redactor = redactor;
  reads = 0;
  readonly shown = new ShownOutputs({
    outputs: {
      read: async (_, __, fromByte, bytesMax) => {
        this.reads += 1;
        return this.bytes.subarray(fromByte, fromByte + bytesMax);
      },
    },
    redactor: () => this.redactor,
    hasEnded: () => this.hasEnded,
  });

  print(bytes: string | Uint8Array): void {
    this.bytes = Buffer.concat([this.bytes, Buffer.from(bytes)]);
  }

  read(fromByte: number, bytesMax?: number): Promise<ShownPage> {
    return this.shown.read(ATTEMPT, "stdout", fromByte, bytesMax);
  }

  /** From the byte on, page after page, as far as there is any. */
  async readFrom(fromByte: number, bytesMax?: number): Promise<{ readonly text: Buffer; readonly nextByte: number }> {
    const parts: Uint8Array[] = [];
    let nextByte = fromByte;
    for (;;) {
      const { bytes, removed } = await this.read(nextByte, bytesMax);
      if (bytes.length === 0) return { text: Buffer.concat(parts), nextByte };
      parts.push(shownOutput(bytes, nextByte, removed).bytes);
      nextByte += bytes.length;
    }
  }
}

function whole(text: string): string {
  // Lone surrogates are no output of a program.
  return redactor.redact(Buffer.from(text).toString()).text;
}

const places = fc.array(fc.nat({ max: 5_000 }), { maxLength: 12 });
const pageBytes = fc.integer({ min: 1, max: 400 });

test("any pieces and any page borders show what the whole text shows, and end at its last byte", async () => {
  await fc.assert(
    fc.asyncProperty(secretTexts, places, pageBytes, async ({ text }, cuts, bytesMax) => {
      const printed = new Printed();
      const parts: Uint8Array[] = [];
      let nextByte = 0;
      const readOn = async (): Promise<void> => {
        const read = await printed.readFrom(nextByte, bytesMax);
        parts.push(read.text);
        nextByte = read.nextByte;
      };
      for (const piece of cut<Buffer>(Buffer.from(text), cuts)) {
        printed.print(piece);
        await readOn();
      }
      printed.hasEnded = true;
      await readOn();
      assert.equal(Buffer.concat(parts).toString(), whole(text));
      assert.equal(nextByte, printed.bytes.length);
      // Somebody who comes later, and only for the end.
      const from = (cuts[0] ?? 0) % (printed.bytes.length + 1);
      const [before, after] = [await printed.read(0, from || 1), await printed.readFrom(from)];
      const start = from === 0 ? Buffer.alloc(0) : Buffer.from(shownOutput(before.bytes, 0, before.removed).bytes);
      assert.equal(Buffer.concat([start, after.text]).toString(), whole(text));
    }),
    { numRuns: 600 },
  );
});

test("bytes that are no text keep their places and values", async () => {
  await fc.assert(
    fc.asyncProperty(fc.uint8Array({ maxLength: 300 }), places, pageBytes, async (noise, cuts, bytesMax) => {
      const printed = new Printed();
      for (const piece of cut<Buffer>(Buffer.concat([noise, Buffer.from(` ${TOKEN} `), noise]), cuts)) {
        printed.print(piece);
        await printed.read(0, bytesMax);
      }
      printed.hasEnded = true;
      const { text } = await printed.readFrom(0, bytesMax);
      const [placeholder] = /\[REDACTED:github-pat:[a-p]{8}\]/u.exec(text.toString("latin1")) ?? [""];
      const expected = Buffer.concat([noise, Buffer.from(` ${placeholder} `), noise]);
      // Noise may look like a secret itself; then it is not the noise that is compared.
      if (redactor.redact(Buffer.from(noise).toString("latin1")).removed.length === 0) assert.deepEqual(text, expected);
    }),
    { numRuns: 200 },
  );
});

test("what may be the beginning of a secret is held until more comes, or the attempt has ended", async () => {
  const printed = new Printed();
  printed.print(`token ${TOKEN.slice(0, 20)}`);
  const { bytes, held } = await printed.read(0);
  assert.deepEqual([Buffer.from(bytes).toString(), held], ["token ", true]);
  assert.deepEqual(await printed.read(6), { bytes: new Uint8Array(), removed: [], held: true });
  printed.print(`${TOKEN.slice(20)}\n`);
  const rest = await printed.readFrom(6);
  assert.match(rest.text.toString(), /^\[REDACTED:github-pat:[a-p]{8}\]\n$/u);
  printed.print("gh");
  assert.equal((await printed.read(rest.nextByte)).held, true);
  printed.hasEnded = true;
  assert.equal((await printed.readFrom(rest.nextByte)).text.toString(), "gh");
  assert.deepEqual(await printed.read(printed.bytes.length), {
    bytes: Buffer.alloc(0),
    removed: [],
    held: false,
  });
});

test("a secret that becomes known later is taken out of what is read from then on", async () => {
  const printed = new Printed();
  printed.print("the-word-of-the-house\n");
  printed.hasEnded = true;
  assert.equal((await printed.readFrom(0)).text.toString(), "the-word-of-the-house\n");
  printed.redactor = createRedactor(REDACTION_RULES, ["the-word-of-the-house"], new Uint8Array(32));
  assert.match((await printed.readFrom(0)).text.toString(), /^\[REDACTED:known-secret:[a-p]{8}\]\n$/u);
});

test("covered bytes tell nothing, and an answer with as many ranges as it may have ends before the next", async () => {
  const printed = new Printed();
  const one = `${TOKEN} `;
  for (let count = 0; count <= OUTPUT_REMOVED_MAX; count++) printed.print(one);
  printed.hasEnded = true;
  const first = await printed.read(0);
  assert.equal(first.removed.length, OUTPUT_REMOVED_MAX);
  assert.deepEqual([first.bytes.length, first.held], [OUTPUT_REMOVED_MAX * one.length, false]);
  assert.doesNotMatch(Buffer.from(first.bytes).toString(), /[A-Za-z0-9]/u);
  assert.equal((await printed.read(first.bytes.length)).removed.length, 1);
});

test("past the ranges that are remembered an older page is read again and shows the same", async () => {
  const printed = new Printed();
  const one = "://a:b1@";
  printed.print(one.repeat(2 * RANGES_KNOWN_MAX + SCAN_BYTES / one.length));
  printed.hasEnded = true;
  const beginning = await printed.read(0, 80);
  assert.equal(beginning.removed.length, 10);
  const end = await printed.read(printed.bytes.length - 80, 80);
  assert.equal(end.removed.length, 10);
  const before = printed.reads;
  assert.deepEqual(await printed.read(0, 80), beginning);
  // The page itself, and the stream from its first byte.
  assert.equal(printed.reads - before, 2);
  assert.deepEqual(await printed.read(printed.bytes.length - 80, 80), end);
});

test("more streams than are remembered are read from their first byte again, and show the same", async () => {
  const printed = new Printed();
  printed.print(`${"x".repeat(SCAN_BYTES)}\n${TOKEN}\n`);
  printed.hasEnded = true;
  const read = (number: number): Promise<ShownPage> =>
    printed.shown.read(attemptId.from(new Uint8Array(17).fill(number)), "stdout", SCAN_BYTES + 1);
  const first = await read(0);
  assert.deepEqual(
    first.removed.map(({ endByte, fromByte }) => [fromByte, endByte]),
    [[byteCount(SCAN_BYTES + 1), byteCount(SCAN_BYTES + 1 + TOKEN.length)]],
  );
  for (let number = 1; number <= STREAMS_KNOWN_MAX; number++) await read(number);
  const before = printed.reads;
  await read(STREAMS_KNOWN_MAX);
  assert.equal(printed.reads - before, 1);
  assert.deepEqual(await read(0), first);
  assert.ok(printed.reads - before > 2);
});
