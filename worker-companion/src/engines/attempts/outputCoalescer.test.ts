// How chunks become ranges: no byte is lost or moved between streams, and no range is over the limit.
import assert from "node:assert/strict";
import { test } from "node:test";
import fc from "fast-check";
import type { OutputStream } from "#protocol/result.ts";
import { OUTPUT_RANGE_BYTES_MAX } from "#protocol/wire/worker.ts";
import { OutputCoalescer } from "./outputCoalescer.ts";

test("chunks of one stream become one range, and a change of stream ends it", () => {
  const ranges: string[] = [];
  const coalescer = new OutputCoalescer((stream, bytes) => ranges.push(`${stream}:${Buffer.from(bytes).toString()}`));
  for (const [stream, words] of [
    ["stdout", "a"],
    ["stdout", "b"],
    ["stderr", "c"],
    ["stdout", "d"],
  ] as const) {
    coalescer.push(stream, Buffer.from(words));
  }
  coalescer.flush();
  assert.deepEqual(ranges, ["stdout:ab", "stderr:c", "stdout:d"]);
});

test("a range that is full goes out at once; one byte less waits", () => {
  let emitted = 0;
  const coalescer = new OutputCoalescer(() => emitted++);
  coalescer.push("text", new Uint8Array(OUTPUT_RANGE_BYTES_MAX - 1));
  assert.equal(emitted, 0);
  coalescer.push("text", new Uint8Array(1));
  assert.equal(emitted, 1);
  coalescer.flush();
  assert.equal(emitted, 1);
});

test("a range that nobody fills goes out by itself", async () => {
  const stream = await new Promise<OutputStream>((resolve) => {
    new OutputCoalescer(resolve).push("stderr", new Uint8Array(1));
  });
  assert.equal(stream, "stderr");
});

test("every byte comes out once, in order and in its stream, in ranges within the limit", () => {
  const chunk = fc.tuple(fc.constantFrom<OutputStream>("stdout", "stderr"), fc.nat(3 * OUTPUT_RANGE_BYTES_MAX));
  fc.assert(
    fc.property(fc.array(chunk, { maxLength: 8 }), (chunks) => {
      const lengths: [OutputStream, number][] = [];
      let next = 0;
      let expected = 0;
      const coalescer = new OutputCoalescer((stream, bytes) => {
        assert.ok(bytes.length >= 1 && bytes.length <= OUTPUT_RANGE_BYTES_MAX);
        for (const byte of bytes) assert.equal(byte, expected++ % 251);
        lengths.push([stream, bytes.length]);
      });
      for (const [stream, length] of chunks) {
        coalescer.push(
          stream,
          Uint8Array.from({ length }, () => next++ % 251),
        );
      }
      coalescer.flush();
      for (const stream of ["stdout", "stderr"] as const) {
        const sum = (list: readonly (readonly [OutputStream, number])[]): number =>
          list.reduce((total, [of, length]) => (of === stream ? total + length : total), 0);
        assert.equal(sum(lengths), sum(chunks));
      }
    }),
    { numRuns: 30 },
  );
});
