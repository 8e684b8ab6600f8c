// A frame gives back exactly what was put in, and a cut or oversized one is refused before its JSON is read.
import assert from "node:assert/strict";
import { test } from "node:test";
import * as fc from "fast-check";
import * as z from "zod";
import { decodeFrame, encodeFrame, FRAME_BYTES_MAX, FRAME_JSON_BYTES_MAX } from "./frame.ts";

const anything = z.unknown();

// fast-check likes to name a key __proto__; that one is refused, as decode.test.ts shows.
const message = fc.jsonValue({ stringUnit: "binary" }).filter((value) => !JSON.stringify(value).includes("__proto__"));

test("a message and its bytes come back as they went in", () => {
  fc.assert(
    fc.property(message, fc.uint8Array(), (value, bytes) => {
      const decoded = decodeFrame(anything, encodeFrame(value, bytes));
      assert.ok(decoded.ok);
      assert.deepEqual(decoded.value.message, JSON.parse(JSON.stringify(value)));
      assert.deepEqual(Uint8Array.from(decoded.value.bytes), bytes);
    }),
  );
});

test("a frame that is cut inside its length or its JSON is refused wherever the cut is", () => {
  const whole = encodeFrame({ kind: "started", text: "ü" });
  for (let cut = 0; cut < whole.length; cut++) {
    const decoded = decodeFrame(anything, whole.subarray(0, cut));
    assert.ok(!decoded.ok, `cut at ${cut}`);
  }
});

test("a frame inside a larger buffer is read from its own first byte", () => {
  const frame = encodeFrame({ a: 1 }, Uint8Array.of(9));
  const buffer = new Uint8Array(frame.length + 10);
  buffer.set(frame, 5);
  const decoded = decodeFrame(anything, buffer.subarray(5, 5 + frame.length));
  assert.ok(decoded.ok);
  assert.deepEqual(decoded.value.message, { a: 1 });
  assert.deepEqual([...decoded.value.bytes], [9]);
});

test("a message at the JSON limit travels, one byte more is refused by both sides", () => {
  const atLimit = "a".repeat(FRAME_JSON_BYTES_MAX - 2);
  const frame = encodeFrame(atLimit);
  assert.ok(decodeFrame(anything, frame).ok);
  assert.throws(() => encodeFrame(`${atLimit}a`), RangeError);
  const announced = new Uint8Array(FRAME_JSON_BYTES_MAX + 5);
  new DataView(announced.buffer).setUint32(0, FRAME_JSON_BYTES_MAX + 1);
  const decoded = decodeFrame(anything, announced);
  assert.ok(!decoded.ok);
  assert.match(decoded.problem, /too large/);
});

test("a frame at the whole limit travels, one byte more is refused by both sides", () => {
  const room = FRAME_BYTES_MAX - 4 - "1".length;
  assert.ok(decodeFrame(anything, encodeFrame(1, new Uint8Array(room))).ok);
  assert.throws(() => encodeFrame(1, new Uint8Array(room + 1)), RangeError);
  const over = new Uint8Array(FRAME_BYTES_MAX + 1);
  over.set(encodeFrame(1, new Uint8Array(room)));
  assert.ok(!decodeFrame(anything, over).ok);
});

test("JSON that is not UTF-8 is refused instead of repaired", () => {
  const frame = encodeFrame("aa");
  frame[5] = 0xff;
  assert.deepEqual(decodeFrame(anything, frame), { ok: false, path: "$", problem: "is not UTF-8" });
});

test("the error of a message in a frame keeps its path", () => {
  const decoded = decodeFrame(z.strictObject({ a: z.array(z.number()) }), encodeFrame({ a: [1, "2"] }));
  assert.ok(!decoded.ok);
  assert.equal(decoded.path, "$.a[1]");
});
