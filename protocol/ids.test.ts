// An id says what it is of, and no id is taken for one of another kind.
import assert from "node:assert/strict";
import { test } from "node:test";
import * as fc from "fast-check";
import * as ids from "./ids.ts";

const KINDS = [
  ids.workspaceId,
  ids.nodeId,
  ids.episodeId,
  ids.jobId,
  ids.attemptId,
  ids.leaseId,
  ids.previewId,
  ids.egressRecordId,
  ids.inviteId,
  ids.proposalId,
  ids.instanceId,
];
const entropy = fc.uint8Array({ minLength: ids.ID_ENTROPY_BYTES, maxLength: 32 });

test("base32 gives the vectors of RFC 4648 in lower case without padding", () => {
  const vectors = {
    "": "",
    f: "my",
    fo: "mzxq",
    foo: "mzxw6",
    foob: "mzxw6yq",
    fooba: "mzxw6ytb",
    foobar: "mzxw6ytboi",
  };
  for (const [text, expected] of Object.entries(vectors)) assert.equal(ids.base32(Buffer.from(text)), expected);
});

test("an id is its prefix and 26 base32 characters, and only its own kind knows it", () => {
  fc.assert(
    fc.property(entropy, (bytes) => {
      for (const kind of KINDS) {
        const id: string = kind.from(bytes);
        assert.match(id, new RegExp(`^${kind.prefix}_[a-z2-7]{26}$`));
        for (const other of KINDS) {
          assert.equal(other.is(id), other === kind);
          assert.equal(other.schema.safeParse(id).success, other === kind);
        }
      }
    }),
    { numRuns: 20 },
  );
});

test("what is not exactly an id is refused", () => {
  const id = ids.jobId.from(new Uint8Array(17));
  for (const text of [
    "",
    "job_",
    `${id}a`,
    id.slice(0, -1),
    `${id}\n`,
    id.toUpperCase(),
    id.replace("_", "-"),
    ` ${id}`,
  ]) {
    assert.ok(!ids.jobId.is(text), JSON.stringify(text));
  }
  for (const value of [null, 7, [id], { id }]) assert.ok(!ids.jobId.schema.safeParse(value).success);
});

test("an id of too few bytes is not made", () => {
  assert.throws(() => ids.jobId.from(new Uint8Array(ids.ID_ENTROPY_BYTES - 1)), RangeError);
});

test("every byte of the entropy's first 130 bits counts, and each character is equally likely", () => {
  const zero = ids.jobId.from(new Uint8Array(17));
  for (let bit = 0; bit < 130; bit++) {
    const bytes = new Uint8Array(17);
    bytes[bit >> 3] = 0x80 >> (bit & 7);
    const id = ids.jobId.from(bytes);
    const differing = id.split("").flatMap((character, index) => (character === zero[index] ? [] : [index]));
    assert.deepEqual(differing, ["job_".length + Math.floor(bit / 5)]);
  }
  // Five bits pick one of 32 characters: the 256 values of a byte give each first character eight times.
  const counts = new Map<string, number>();
  for (let byte = 0; byte < 256; byte++) {
    const first = ids.jobId.from(new Uint8Array(17).fill(byte)).charAt(4);
    counts.set(first, (counts.get(first) ?? 0) + 1);
  }
  assert.equal(counts.size, 32);
  assert.ok([...counts.values()].every((count) => count === 8));
});
