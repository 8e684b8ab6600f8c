// The caps of a proposal, each at its limit and one past it: what is too much is named, never silently gone.
// What hostile trees hold is tried with real commands, in test/contracts.
import assert from "node:assert/strict";
import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { test } from "node:test";
import { openBlobFiles } from "#platform/blobs/blobFiles.ts";
import { decodeJson } from "#protocol/decode.ts";
import { type Proposal, proposalSchema } from "#protocol/proposal.ts";
import { byteCount } from "#protocol/quantities.ts";
import { captureOutputs, OUTPUT_LIMITS, type OutputLimits } from "./captureOutputs.ts";

const never = new AbortController().signal;

/** What is proposed for a folder with these new files. */
async function captured(files: Readonly<Record<string, string>>, changes: Partial<OutputLimits>): Promise<Proposal> {
  const own = await mkdtemp(join(tmpdir(), "arw-capture-"));
  try {
    const blobs = await openBlobFiles(join(own, "blobs"));
    const tree = await mkdtemp(join(own, "tree-"));
    for (const [name, content] of Object.entries(files)) await writeFile(join(tree, name), content);
    const limits = { ...OUTPUT_LIMITS, ...changes };
    const proposal = await captureOutputs(blobs, tree, { kind: "tree", entries: [] }, ["*"], never, limits);
    assert.ok(proposal !== undefined);
    const text = new TextDecoder().decode(await blobs.read(proposal.digest, byteCount(0), 10_000_000));
    const decoded = decodeJson(proposalSchema, text);
    assert.ok(decoded.ok);
    assert.equal(decoded.value.changes.length, proposal.changes);
    return decoded.value;
  } finally {
    await rm(own, { recursive: true, force: true });
  }
}

const paths = (list: readonly { readonly path: string }[]): readonly string[] => list.map(({ path }) => path);

test("a file at the size cap comes back, one byte more is left out by name", async () => {
  const { changes, leftOut } = await captured({ fits: "12345", large: "123456" }, { fileBytesMax: 5 });
  assert.deepEqual([paths(changes), paths(leftOut)], [["fits"], ["large"]]);
  assert.match(leftOut[0]?.reason ?? "", /6 bytes/);
});

test("all contents together stay within the total", async () => {
  const { changes, leftOut } = await captured({ a: "1234", b: "1234", c: "12" }, { totalBytesMax: 6 });
  assert.deepEqual([paths(changes), paths(leftOut)], [["a", "c"], ["b"]]);
});

test("changes past the most that one proposal has are left out by name", async () => {
  const { changes, leftOut } = await captured({ a: "1", b: "2", c: "3" }, { changesMax: 2 });
  assert.deepEqual([paths(changes), paths(leftOut)], [["a", "b"], ["c"]]);
});

test("of more left-out files than are named, the number is said", async () => {
  const files = Object.fromEntries(Array.from({ length: 1_030 }, (_, index) => [`f${1_000 + index}`, "x"]));
  const { changes, leftOut } = await captured(files, { changesMax: 1 });
  assert.equal(changes.length, 1);
  assert.equal(leftOut.length, 1_024);
  assert.deepEqual(leftOut.at(-1), { path: "…", reason: "6 more" });
});

test("a tree with more files than can be compared is refused with advice", async () => {
  await captured({ a: "1", b: "2" }, { entriesMax: 2 });
  await assert.rejects(captured({ a: "1", b: "2", c: "3" }, { entriesMax: 2 }), { code: "outputs-too-many" });
});
