// The files on the page are those that an approval writes: as they were edited since, without what was applied, or none at all.
import assert from "node:assert/strict";
import { test } from "node:test";
import { decode } from "#protocol/decode.ts";
import { digestOf, digestOfJson } from "#protocol/digest.ts";
import { ArwError } from "#protocol/errors.ts";
import { episodeId, proposalId, stagedId } from "#protocol/ids.ts";
import type { ProposedChange } from "#protocol/proposal.ts";
import { byteCount, epochMs } from "#protocol/quantities.ts";
import { type EditedContent, editedChanges, type StagedAction, stagedDigest } from "#protocol/staging.ts";
import type { Method } from "#protocol/wire/client.ts";
import type { StagedView } from "#protocol/wire/stagingViews.ts";
import { workspacePathSchema } from "#protocol/workspacePath.ts";
import { stagedFiles } from "./stagedFiles.ts";

const ENTROPY = Buffer.alloc(32, 3);
const path = workspacePathSchema.parse("src/a.ts");
const CHANGES: readonly ProposedChange[] = [
  { kind: "create", path, digest: digestOf("first"), bytes: byteCount(5), executable: false },
  { kind: "delete", path: workspacePathSchema.parse("old.ts"), base: digestOf("old") },
];
const EDITED: readonly EditedContent[] = [{ path, digest: digestOf("edited since"), bytes: byteCount(12) }];

/** An application whose digest names exactly these changes. */
function viewOf(changes: readonly ProposedChange[], edited?: readonly EditedContent[]): StagedView {
  const action: StagedAction = {
    kind: "apply-proposal",
    proposalId: proposalId.from(ENTROPY),
    proposal: digestOf("the proposal"),
    changes: digestOfJson(changes),
    touched: { files: changes.length, deletes: 1, protected: 0, outside: 0 },
    ...(edited === undefined ? {} : { edited }),
  };
  return {
    stagedId: stagedId.from(ENTROPY),
    digest: stagedDigest(action),
    action,
    risk: { level: "high", rule: "writes-outside", reason: "It writes files that nobody asked for." },
    title: "Write 2 files",
    evidence: [],
    requestedBy: "a script",
    stagedAt: epochMs(1),
    revision: 1,
    endorsements: [],
    state: "pending",
  };
}

/** A Home that holds the proposal as the job made it. */
function homeWith(appliedPaths: readonly string[] = []) {
  return {
    call: async <Params, Result>(method: Method<Params, Result>): Promise<Result> => {
      const proposal = { kind: "proposal", changes: CHANGES, leftOut: [] };
      const ids = { proposalId: proposalId.from(ENTROPY), episodeId: episodeId.from(ENTROPY) };
      const decoded = decode(method.result, {
        ...ids,
        digest: digestOf("the proposal"),
        proposal,
        conflicts: [],
        ...(appliedPaths.length === 0 ? {} : { appliedPaths }),
      });
      assert.ok(decoded.ok, JSON.stringify(decoded));
      return decoded.value;
    },
  };
}

test("a revision with other contents lists its files with the size of what was edited", async () => {
  const files = await stagedFiles(homeWith(), viewOf(editedChanges(CHANGES, EDITED), EDITED));
  assert.deepEqual(files, [
    { path: "old.ts", change: "delete" },
    { path: "src/a.ts", change: "create", bytes: 12 },
  ]);
});

test("as it was proposed, its files are those of the proposal", async () => {
  const files = await stagedFiles(homeWith(), viewOf(CHANGES));
  assert.deepEqual(
    files?.map(({ bytes }) => bytes),
    [undefined, 5],
  );
});

test("where a file of it was applied since, or the digest names other changes, no files are shown", async () => {
  assert.equal(await stagedFiles(homeWith(["old.ts"]), viewOf(CHANGES)), undefined);
  assert.equal(await stagedFiles(homeWith(), viewOf(CHANGES, EDITED)), undefined);
});

test("a Home that refuses to show the proposal leaves the files unknown; a bug is not hidden", async () => {
  const refusing = (error: Error) => ({ call: () => Promise.reject(error) });
  assert.equal(
    await stagedFiles(refusing(new ArwError("proposal-unknown", "gone", "look")), viewOf(CHANGES)),
    undefined,
  );
  await assert.rejects(stagedFiles(refusing(new TypeError("a bug")), viewOf(CHANGES)), TypeError);
});
