// Framing of client messages: any cut of the stream gives the same messages, and no header makes the Home hoard bytes.
import assert from "node:assert/strict";
import { test } from "node:test";
import * as fc from "fast-check";
import { CLIENT_MESSAGE_BYTES_MAX, HEADER_BYTES_MAX, messageTexts } from "./messageFrames.ts";

async function* pieces(bytes: Buffer, cuts: readonly number[]): AsyncGenerator<Uint8Array> {
  let from = 0;
  for (const cut of [...cuts.map((cut) => cut % (bytes.length + 1)), bytes.length].toSorted((a, b) => a - b)) {
    yield bytes.subarray(from, cut);
    from = cut;
  }
}

async function textsOf(bytes: Buffer, cuts: readonly number[] = []): Promise<readonly string[]> {
  const texts: string[] = [];
  for await (const text of messageTexts(pieces(bytes, cuts))) texts.push(text);
  return texts;
}

function framed(text: string, extraHeader = ""): Buffer {
  return Buffer.from(`Content-Length: ${Buffer.byteLength(text)}\r\n${extraHeader}\r\n${text}`);
}

test("however the stream is cut, the same messages come out in order", async () => {
  const messages = fc.array(fc.string({ minLength: 1, unit: "grapheme" }), { maxLength: 5 });
  await fc.assert(
    fc.asyncProperty(messages, fc.array(fc.nat(), { maxLength: 8 }), async (texts, cuts) => {
      assert.deepEqual(await textsOf(Buffer.concat(texts.map((text) => framed(text))), cuts), texts);
    }),
    { numRuns: 200 },
  );
});

test("another header beside the length is allowed", async () => {
  assert.deepEqual(await textsOf(framed("{}", "Content-Type: application/vscode-jsonrpc; charset=utf-8\r\n")), ["{}"]);
});

test("a message at the limit passes, one byte more is refused before its body arrives", async () => {
  const most = "a".repeat(CLIENT_MESSAGE_BYTES_MAX);
  assert.deepEqual(
    (await textsOf(framed(most))).map((text) => text.length),
    [CLIENT_MESSAGE_BYTES_MAX],
  );
  const announced = Buffer.from(`Content-Length: ${CLIENT_MESSAGE_BYTES_MAX + 1}\r\n\r\n`);
  await assert.rejects(textsOf(announced), { code: "message-too-large" });
});

test("a header that does not end, or has no single length, is refused", async () => {
  const endless = Buffer.alloc(HEADER_BYTES_MAX + 1, "x");
  for (const bytes of [
    endless,
    Buffer.from("X: 1\r\n\r\n{}"),
    Buffer.from("Content-Length: -1\r\n\r\n"),
    Buffer.from("Content-Length: 0\r\n\r\n"),
    Buffer.from("Content-Length: 2\r\nContent-Length: 9\r\n\r\n{}"),
    Buffer.from("Content-Length: 99999999999\r\n\r\n"),
  ]) {
    await assert.rejects(textsOf(bytes), { code: "message-malformed" });
  }
});
