// Output is shown in the order of its ranges, each byte once, however much the Home gives at a time.
import assert from "node:assert/strict";
import { test } from "node:test";
import * as fc from "fast-check";
import { attemptId } from "./ids.ts";
import { OrderedOutput, type OutputPart, type ReadOutputPage } from "./orderedOutput.ts";
import { byteCount } from "./quantities.ts";
import type { OutputStream } from "./result.ts";

const ATTEMPT = attemptId.from(new Uint8Array(17).fill(7));

interface Range {
  readonly stream: OutputStream;
  readonly text: string;
}

function rangesOf(printed: readonly Range[]) {
  const reached = new Map<OutputStream, number>();
  return printed.map(({ stream, text }) => {
    const fromByte = reached.get(stream) ?? 0;
    reached.set(stream, fromByte + text.length);
    return { stream, fromByte: byteCount(fromByte), bytes: byteCount(text.length) };
  });
}

function reading(printed: readonly Range[], pageBytes: number): ReadOutputPage {
  return async (_, stream, fromByte) => {
    const all = printed
      .filter((range) => range.stream === stream)
      .map(({ text }) => text)
      .join("");
    return { bytes: Buffer.from(all).subarray(fromByte, fromByte + pageBytes), removed: [], held: false };
  };
}

test("whatever is printed where, and however much is read at once, the order is that of the ranges", async () => {
  const range = fc.record<Range>({
    stream: fc.constantFrom("stdout", "stderr"),
    text: fc.stringMatching(/^[a-z]{1,12}$/),
  });
  const property = fc.asyncProperty(fc.array(range), fc.integer({ min: 1, max: 64 }), async (printed, pageBytes) => {
    const output = new OrderedOutput(reading(printed, pageBytes));
    const shown: string[] = [];
    for (const each of rangesOf(printed)) {
      let text = "";
      for await (const part of output.take(ATTEMPT, each)) {
        assert.ok(part.kind === "bytes");
        text += Buffer.from(part.shown).toString();
      }
      shown.push(text);
    }
    assert.deepEqual(
      shown,
      printed.map(({ text }) => text),
    );
  });
  await fc.assert(property, { numRuns: 200 });
});

test("a range that comes again gives nothing, and one that could not be read goes on where it was", async () => {
  const printed: readonly Range[] = [{ stream: "stdout", text: "abcdef" }];
  const read = reading(printed, 2);
  let gone = false;
  const output = new OrderedOutput((attempt, stream, fromByte) => {
    if (fromByte === 2 && !gone) {
      gone = true;
      return Promise.reject(new Error("gone"));
    }
    return read(attempt, stream, fromByte);
  });
  const [range] = rangesOf(printed);
  assert.ok(range !== undefined);
  let text = "";
  const show = async (): Promise<void> => {
    for await (const part of output.take(ATTEMPT, range)) {
      if (part.kind === "bytes") text += Buffer.from(part.shown).toString();
    }
  };
  await assert.rejects(show(), /gone/);
  await show();
  await show();
  assert.equal(text, "abcdef");
});

test("bytes that are gone are said, and what comes after them is shown", async () => {
  const output = new OrderedOutput(async (_, __, fromByte) => ({
    bytes: Buffer.from(fromByte < 4 ? "" : "ef"),
    removed: [],
    held: false,
  }));
  const parts: unknown[] = [];
  for (const [fromByte, bytes] of [
    [0, 4],
    [4, 2],
  ] as const) {
    const range = { stream: "stdout", fromByte: byteCount(fromByte), bytes: byteCount(bytes) } as const;
    for await (const part of output.take(ATTEMPT, range)) parts.push(part);
  }
  assert.deepEqual(parts, [
    { kind: "missing", stream: "stdout", fromByte: 0, endByte: 4 },
    {
      kind: "bytes",
      attemptId: ATTEMPT,
      stream: "stdout",
      fromByte: 4,
      bytes: 2,
      shown: Buffer.from("ef"),
      removed: 0,
    },
  ]);
});

test("what the Home holds back comes with the next range, or when all has ended, and is not missing", async () => {
  let held = 2;
  const all = Buffer.from("abcdef");
  const output = new OrderedOutput(async (_, __, fromByte) => ({
    bytes: all.subarray(fromByte, Math.max(fromByte, all.length - held)),
    removed: [{ fromByte: byteCount(1), endByte: byteCount(3), placeholder: "[x]" }],
    held: held > 0,
  }));
  const range = { stream: "stdout", fromByte: byteCount(0), bytes: byteCount(6) } as const;
  const texts: string[] = [];
  const read = async (parts: AsyncGenerator<OutputPart>): Promise<void> => {
    for await (const part of parts)
      texts.push(part.kind === "missing" ? "missing" : Buffer.from(part.shown).toString());
  };
  await read(output.take(ATTEMPT, range));
  held = 1;
  await read(output.take(ATTEMPT, range));
  held = 0;
  await read(output.rest());
  await read(output.rest());
  assert.deepEqual(texts, ["a[x]d", "e", "f"]);
});
