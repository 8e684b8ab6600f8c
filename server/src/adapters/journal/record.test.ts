// The bytes of one record: what is written is read, and nothing else is taken for a record.
// The golden line here is the format: to change it is to change the format version.
import assert from "node:assert/strict";
import { test } from "node:test";
import * as fc from "fast-check";
import {
  encodeFrame,
  encodeHeader,
  encodeMark,
  JOURNAL_FRAME_BYTES_MAX,
  NO_RECORD_DIGEST,
  parseRecordAt,
} from "./record.ts";

const position = { sequence: 7, durableBefore: 5, previousDigest: NO_RECORD_DIGEST };

test("a frame is a line that grep finds, in the documented form", () => {
  const { bytes, digest } = encodeFrame(position, '[{"kind":"NodeSeen"}]');
  assert.equal(
    Buffer.from(bytes).toString(),
    `0000006e c4430b5e {"n":7,"d":5,"p":"${NO_RECORD_DIGEST}","e":[{"kind":"NodeSeen"}]}\n`,
  );
  assert.equal(digest, "b6196bf7f24a369749ced37c96b993cf8c7b5821eda1270f02ec27727dfcaaa3");
});

test("every record is read back as it was written, wherever it begins", () => {
  fc.assert(
    fc.property(fc.array(fc.jsonValue()), fc.nat(40), fc.nat(), fc.nat(), (events, atByte, sequence, durableBefore) => {
      const at = { sequence, durableBefore, previousDigest: NO_RECORD_DIGEST };
      const before = Buffer.alloc(atByte, "x");
      const frame = parseRecordAt(Buffer.concat([before, encodeFrame(at, JSON.stringify(events)).bytes]), atByte);
      assert.deepEqual(frame?.record, { kind: "frame", ...at, events: JSON.parse(JSON.stringify(events)) });
      const mark = parseRecordAt(Buffer.concat([before, encodeMark(at).bytes]), atByte);
      assert.deepEqual(mark?.record, { kind: "mark", ...at });
      const owner = { workspaceId: "ws_a", homeId: 'node_"b"' };
      const header = parseRecordAt(Buffer.concat([before, encodeHeader(at, owner).bytes]), atByte);
      assert.deepEqual(header?.record, { kind: "header", ...at, ...owner, version: 1 });
    }),
  );
});

test("a record with any one bit flipped is no record", () => {
  const sound = Buffer.from(encodeFrame(position, '["some event"]').bytes);
  for (let bit = 0; bit < sound.length * 8; bit++) {
    const damaged = Buffer.from(sound);
    damaged[bit >> 3] = (damaged[bit >> 3] ?? 0) ^ (1 << (bit & 7));
    assert.equal(parseRecordAt(damaged, 0), undefined, `bit ${bit}`);
  }
});

test("a record cut anywhere is no record", () => {
  const sound = Buffer.from(encodeFrame(position, '["some event"]').bytes);
  for (let length = 0; length < sound.length; length++) {
    assert.equal(parseRecordAt(sound.subarray(0, length), 0), undefined, `${length} bytes`);
  }
});

test("no content of an event can pass for a record", () => {
  const inner = Buffer.from(encodeFrame({ ...position, sequence: 99, durableBefore: 98 }, "[]").bytes).toString();
  const outer = Buffer.from(
    encodeFrame(position, JSON.stringify([inner, { n: 9, d: 9, p: NO_RECORD_DIGEST, e: [] }])).bytes,
  );
  for (let at = 1; at < outer.length; at++) assert.equal(parseRecordAt(outer, at), undefined, `byte ${at}`);
});

test("arbitrary bytes are never a record and never an exception", () => {
  fc.assert(
    fc.property(fc.uint8Array({ maxLength: 200 }), (bytes) => {
      assert.equal(parseRecordAt(Buffer.from(bytes), 0), undefined);
    }),
  );
});

test("a length beyond the limit is refused before anything is read", () => {
  const length = (JOURNAL_FRAME_BYTES_MAX + 1).toString(16).padStart(8, "0");
  assert.equal(parseRecordAt(Buffer.from(`${length} 00000000 {}\n`), 0), undefined);
});
