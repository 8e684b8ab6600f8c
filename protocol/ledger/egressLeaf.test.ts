// Leaves of the egress ledger: one text a fact, for ever.
import assert from "node:assert/strict";
import { test } from "node:test";
import { readFixtures } from "../../test/protocolFixtures.ts";
import { decode } from "../decode.ts";
import { egressLeafSchema, isEgressLeaf, leafText, readLeaf } from "./egressLeaf.ts";

const RECORD = decode(egressLeafSchema, fixture("EgressRecorded"));
const SETTLEMENT = decode(egressLeafSchema, fixture("EgressSettled"));

function fixture(kind: string): unknown {
  return readFixtures("protocol/fixtures").find(({ name }) => name.endsWith(kind))?.value;
}

test("a record and a settlement are leaves, and read back from their text", () => {
  for (const decoded of [RECORD, SETTLEMENT]) {
    assert.ok(decoded.ok);
    assert.ok(isEgressLeaf(decoded.value));
    const text = leafText(decoded.value);
    assert.deepEqual(readLeaf(text), { ok: true, value: decoded.value });
    assert.equal(readLeaf(` ${text}`).ok, false);
    assert.equal(readLeaf(text.replace("version", "Version")).ok, false);
  }
});

test("a fact whose text was cut in the middle of a character has a leaf all the same", () => {
  assert.ok(SETTLEMENT.ok && SETTLEMENT.value.kind === "EgressSettled");
  const text = leafText({ ...SETTLEMENT.value, error: "it said \ud83d" });
  assert.match(text, /it said \ufffd/);
  assert.ok(readLeaf(text).ok);
});
