// Tests of reading output in pieces.
import assert from "node:assert/strict";
import { test } from "node:test";
import * as fc from "fast-check";
import { ArwError } from "#protocol/errors.ts";
import { byteCount } from "#protocol/quantities.ts";
import { OUTPUT_CHARACTERS_MAX } from "#protocol/webview/feed.ts";
import type { Method } from "#protocol/wire/client.ts";
import { METHODS } from "#protocol/wire/client.ts";
import { OUTPUT_PAGE_BYTES_MAX } from "#protocol/wire/clientViews.ts";
import { attemptNumber } from "../../../test/editor/webviews/sampleEntries.ts";
import type { Home } from "../home/home.ts";
import { readOutputPiece, wholeCharacterBytes } from "./outputPieces.ts";

function homeWith(bytes: Buffer): Pick<Home, "call"> {
  return {
    call: async <Params, Result>(method: Method<Params, Result>, params: Params): Promise<Result> => {
      const { fromByte } = METHODS.readOutput.params.parse(params);
      const page = bytes.subarray(fromByte, fromByte + OUTPUT_PAGE_BYTES_MAX);
      return method.result.parse({ base64: page.toString("base64") });
    },
  };
}

const ask = { kind: "read-output", attemptId: attemptNumber(1), stream: "stdout" } as const;

test("pieces put together are the output, whatever its characters and length", async () => {
  const part = fc.constantFrom("a", "ä", "…", "😀", "\n", "x".repeat(1_000));
  await fc.assert(
    fc.asyncProperty(fc.array(part, { minLength: 1, maxLength: 200 }), async (parts) => {
      const text = parts.join("");
      const home = homeWith(Buffer.from(text, "utf8"));
      let read = "";
      for (let fromByte = byteCount(0), more = true; more; ) {
        const piece = await readOutputPiece(home, { ...ask, fromByte });
        assert.ok(piece.text.length <= OUTPUT_CHARACTERS_MAX);
        assert.ok(piece.nextByte > fromByte);
        read += piece.text;
        fromByte = piece.nextByte;
        more = piece.more;
      }
      assert.equal(read, text);
    }),
    { numRuns: 40 },
  );
});

test("what the Home took out is a placeholder where it began, and many of them make a piece no longer than it may be", async () => {
  const bytes = Buffer.from("*".repeat(OUTPUT_CHARACTERS_MAX));
  const placeholder = "[REDACTED:known-secret:abcdefgh]";
  const removed = Array.from({ length: 1_024 }, (_, index) => ({
    fromByte: byteCount(100 + index * 8),
    endByte: byteCount(108 + index * 8),
    placeholder: placeholder.repeat(4),
  }));
  const home: Pick<Home, "call"> = {
    call: async (method) => method.result.parse({ base64: bytes.toString("base64"), removed }),
  };
  const { more, nextByte, text } = await readOutputPiece(home, { ...ask, fromByte: byteCount(0) });
  assert.ok(text.startsWith(`${"*".repeat(100)}${placeholder}`));
  assert.ok(text.length <= OUTPUT_CHARACTERS_MAX && more && nextByte < bytes.length);
});

test("bytes that are no text come through as such and are not asked for again", async () => {
  const home = homeWith(Buffer.from([0xf0, 0x9f]));
  const piece = await readOutputPiece(home, { ...ask, fromByte: byteCount(0) });
  assert.equal(piece.nextByte, 2);
  assert.equal(wholeCharacterBytes(Buffer.from([0x80, 0x80, 0x80, 0x80, 0x80])), 5);
  assert.equal(wholeCharacterBytes(Buffer.from("a\u00e4").subarray(0, 2)), 1);
  assert.equal(wholeCharacterBytes(Buffer.alloc(0)), 0);
});

test("output that cannot be read is said with cause and fix", async () => {
  const home: Pick<Home, "call"> = {
    call: () => Promise.reject(new ArwError("home-gone", "The Home is gone.", "Start it again.")),
  };
  const piece = await readOutputPiece(home, { ...ask, fromByte: byteCount(7) });
  assert.equal(piece.problem, "The Home is gone. Start it again.");
  assert.equal(piece.nextByte, 7);
});
