// A proposal stays readable by a person, and names no path outside the workspace.
import assert from "node:assert/strict";
import { test } from "node:test";
import { decode } from "./decode.ts";
import { digestOf } from "./digest.ts";
import { PROPOSED_CHANGES_MAX, proposalSchema } from "./proposal.ts";

const removal = { kind: "delete", path: "a", base: digestOf("a") };
const proposal = (changes: readonly unknown[]): unknown => ({ kind: "proposal", changes, leftOut: [] });

test("a proposal at its limit is read, one change more is refused", () => {
  const changes = Array.from({ length: PROPOSED_CHANGES_MAX + 1 }, () => removal);
  assert.ok(decode(proposalSchema, proposal(changes.slice(1))).ok);
  assert.ok(!decode(proposalSchema, proposal(changes)).ok);
});

test("a change whose path leaves the workspace is refused at that path", () => {
  for (const path of ["../a", "/a", ".git/../../a", "C:/a"]) {
    const decoded = decode(proposalSchema, proposal([removal, { ...removal, path }]));
    assert.ok(!decoded.ok, path);
    assert.equal(decoded.path, "$.changes[1].path");
  }
});
