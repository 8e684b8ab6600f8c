// Checkpoints as signed notes: their form, and that nothing of one can be changed.
import assert from "node:assert/strict";
import { test } from "node:test";
import { workspaceId } from "../ids.ts";
import { publicKeyOf, signForeign, signingKey } from "../signature.ts";
import { egressOrigin, readCheckpointNote, signCheckpoint, type TreeHead } from "./checkpointNote.ts";
import { EMPTY_ROOT, leafHash } from "./merkleTree.ts";

const KEY = signingKey(Buffer.alloc(32, 7));
const OTHER = signingKey(Buffer.alloc(32, 8));
const origin = egressOrigin(workspaceId.from(Buffer.alloc(32, 1)));
const expected = { origin, key: publicKeyOf(KEY) };
const head: TreeHead = { origin, size: 42, root: leafHash("a") };

test("a checkpoint is a signed note: origin, size, root, an empty line, the signature", () => {
  const note = signCheckpoint(head, KEY);
  const [first, size, root, empty, signature, end] = note.split("\n");
  assert.equal(first, "arw/ws_aeaqcaibaeaqcaibaeaqcaibae/egress");
  assert.equal(size, "42");
  assert.equal(Buffer.from(root ?? "", "base64").toString("hex"), leafHash("a").slice(7));
  assert.equal(empty, "");
  assert.ok(signature?.startsWith(`\u2014 ${origin} `));
  // Four bytes that name the key, and 64 of the signature.
  assert.equal(Buffer.from(signature?.split(" ")[2] ?? "", "base64").length, 68);
  assert.equal(end, "");
  assert.deepEqual(readCheckpointNote(note, expected), { ok: true, head });
});

test("a checkpoint of the empty ledger reads back", () => {
  const empty = { origin, size: 0, root: EMPTY_ROOT };
  assert.deepEqual(readCheckpointNote(signCheckpoint(empty, KEY), expected), { ok: true, head: empty });
});

test("a checkpoint of another ledger, or that another key signed, does not count", () => {
  const note = signCheckpoint(head, KEY);
  const elsewhere = { origin: "arw/elsewhere/egress", key: expected.key };
  assert.equal(readCheckpointNote(note, elsewhere).ok, false);
  assert.equal(readCheckpointNote(note, { origin, key: publicKeyOf(OTHER) }).ok, false);
  assert.equal(readCheckpointNote(signCheckpoint(head, OTHER), expected).ok, false);
});

test("no character of a checkpoint can be changed, taken out or added", () => {
  const note = signCheckpoint(head, KEY);
  for (let at = 0; at < note.length; at++) {
    const other = note[at] === "A" ? "B" : "A";
    for (const mutant of [
      note.slice(0, at) + other + note.slice(at + 1),
      note.slice(0, at) + note.slice(at + 1),
      `${note.slice(0, at)}A${note.slice(at)}`,
      note.slice(0, at),
    ]) {
      if (mutant !== note) assert.equal(readCheckpointNote(mutant, expected).ok, false, JSON.stringify(mutant));
    }
  }
  for (const mutant of [`${note}\n`, `${note}x`, note.repeat(2), "", "x".repeat(2_000)]) {
    assert.equal(readCheckpointNote(mutant, expected).ok, false);
  }
});

test("a text that begins like what our own signatures cover is never signed as a note", () => {
  assert.throws(() => signForeign("DSSEv1 4 test 0 ", KEY), RangeError);
});
