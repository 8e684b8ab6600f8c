// Another content for a proposed file, from the ask to the disk: what is written is what was edited, byte for byte, and what was
// approved before it was edited is not written at all.
import assert from "node:assert/strict";
import { test } from "node:test";
import { digestOf } from "#protocol/digest.ts";
import { byteCount } from "#protocol/quantities.ts";
import { STAGED_EDITS_MAX } from "#protocol/staging.ts";
import { METHODS } from "#protocol/wire/client.ts";
import { type NewContent, STAGED_EDIT_BYTES_MAX, type StagedChange } from "#protocol/wire/stagingViews.ts";
import { ANYONE, answered, codeOf, OWNER } from "../../../../test/simulation/apiBench.ts";
import { idsOf } from "../../../../test/simulation/homeCommands.ts";
import { path, type Proposed, proposed, waiting, written } from "../../../../test/simulation/proposedFiles.ts";
import { proposalApi } from "../api/proposalApi.ts";
import { stagedApi } from "../api/stagedApi.ts";

const { proposalId } = idsOf(1);
const GUEST = { ...ANYONE, client: "a guest" };

function content(name: string, text: string | Uint8Array): NewContent {
  return { path: path(name), base64: Buffer.from(text).toString("base64") };
}

async function revise(
  here: Proposed["here"],
  change: Omit<Extract<StagedChange, { kind: "apply-proposal" }>, "kind">,
  session: typeof ANYONE = ANYONE,
): ReturnType<ReturnType<typeof stagedApi>["reviseStaged"]> {
  const { digest, stagedId } = await waiting(here);
  return stagedApi(here).reviseStaged({ stagedId, digest, change: { kind: "apply-proposal", ...change } }, session);
}

test("given an edited content, when its revision is approved, then exactly these bytes are written, and nothing else changed", async (t) => {
  const { here, bench, digest } = await proposed(t, "elsewhere.txt", "out/b.txt");
  await proposalApi(here).applyProposal({ proposalId, digest }, OWNER);
  const before = await waiting(here);
  await stagedApi(here).endorseStaged({ stagedId: before.stagedId, digest: before.digest }, GUEST);
  const bytes = Uint8Array.from([0xef, 0xbb, 0xbf, 0x61, 0x0d, 0x0a]);
  answered(await revise(here, { contents: [content("elsewhere.txt", bytes)] }));
  const next = await waiting(here);
  assert.deepEqual([next.revision, next.stale, next.endorsements, next.requestedBy], [2, undefined, [], ANYONE.client]);
  assert.deepEqual(
    next.evidence.map(({ kind }) => kind),
    ["asked", "diff", "dry-run"],
  );
  const edited = [{ path: "elsewhere.txt", digest: digestOf(bytes), bytes: 6 }];
  assert.deepEqual(next.action.kind === "apply-proposal" && next.action.edited, edited);
  // What somebody wrote there can be read like what was proposed.
  const asked = { proposalId, digest: digestOf(bytes), fromByte: byteCount(0) };
  const { base64 } = answered(await proposalApi(here).readProposedFile(asked, ANYONE));
  assert.deepEqual(Uint8Array.from(Buffer.from(base64, "base64")), bytes);
  const { approveStaged } = stagedApi(here);
  assert.equal(answered(await approveStaged({ items: [before] }, OWNER)).results[0]?.code, "staged-revised");
  assert.equal(answered(await approveStaged({ items: [next] }, OWNER)).results[0]?.outcome, "done");
  assert.equal(await written(here, "elsewhere.txt"), Buffer.from(bytes).toString("utf8"));
  assert.equal(await written(here, "out/b.txt"), "made by a job");
  assert.ok((await bench.events()).some(({ kind }) => kind === "ProposalApplied"));
});

test("edits stay over revisions, go with a file that is left out, and one back to what was proposed is none", async (t) => {
  const { here, digest } = await proposed(t, "elsewhere.txt", "notes.txt", "out/b.txt");
  await proposalApi(here).applyProposal({ proposalId, digest }, OWNER);
  const first = await waiting(here);
  const editedPaths = async (): Promise<readonly string[]> => {
    const { action } = await waiting(here);
    return action.kind === "apply-proposal" ? (action.edited ?? []).map((each) => each.path) : [];
  };
  answered(await revise(here, { contents: [content("notes.txt", "mine")] }));
  answered(await revise(here, { contents: [content("elsewhere.txt", "mine as well")] }));
  assert.deepEqual(await editedPaths(), ["elsewhere.txt", "notes.txt"]);
  answered(await revise(here, { paths: [path("elsewhere.txt"), path("out/b.txt")] }));
  assert.deepEqual(await editedPaths(), ["elsewhere.txt"]);
  assert.equal(
    codeOf(await revise(here, { contents: [content("elsewhere.txt", "mine as well")] })),
    "staged-unchanged",
  );
  answered(await revise(here, { contents: [content("elsewhere.txt", "made by a job")] }));
  assert.deepEqual(await editedPaths(), []);
  assert.notEqual((await waiting(here)).digest, first.digest);
});

test("what is edited and then applied by itself makes the rest another action, which is void", async (t) => {
  const { here, digest } = await proposed(t, "elsewhere.txt", "out/b.txt");
  await proposalApi(here).applyProposal({ proposalId, digest }, OWNER);
  answered(await revise(here, { contents: [content("elsewhere.txt", "mine")] }));
  const item = await waiting(here);
  answered(await proposalApi(here).applyProposal({ proposalId, digest, paths: [path("out/b.txt")] }, OWNER));
  assert.equal(answered(await stagedApi(here).approveStaged({ items: [item] }, OWNER)).results[0]?.outcome, "void");
  assert.equal(await written(here, "elsewhere.txt"), undefined);
  const again = await waiting(here);
  assert.equal(answered(await stagedApi(here).approveStaged({ items: [again] }, OWNER)).results[0]?.outcome, "done");
  assert.equal(await written(here, "elsewhere.txt"), "mine");
});

test("only what would be written as a file is given a content, each once, and as many as the limit", async (t) => {
  const names = Array.from({ length: STAGED_EDITS_MAX + 1 }, (_, number) => `new-${number}.txt`);
  const { here, digest } = await proposed(t, ...names);
  await proposalApi(here).applyProposal({ proposalId, digest }, OWNER);
  assert.equal(codeOf(await revise(here, { contents: [content("other.txt", "x")] })), "staged-no-content");
  const twice = [content("new-1.txt", "x"), content("new-1.txt", "y")];
  assert.equal(codeOf(await revise(here, { contents: twice })), "staged-content-twice");
  const all = names.map((name) => content(name, name));
  answered(await revise(here, { contents: all.slice(1) }));
  assert.equal(codeOf(await revise(here, { contents: all.slice(0, 1) })), "staged-too-many-edits");
});

test("the contents of one revision are held to their bytes, and a revision without a difference is no revision", () => {
  const { digest, stagedId } = { digest: digestOf("x"), stagedId: "staged_qt6zxlbthllzcvbuqklcat5h7d" };
  const fits = (change: object): boolean => METHODS.reviseStaged.params.safeParse({ stagedId, digest, change }).success;
  const half = Buffer.alloc(STAGED_EDIT_BYTES_MAX / 2);
  const of = { kind: "apply-proposal" } as const;
  assert.ok(fits({ ...of, contents: [content("a", half), content("b", half)] }));
  assert.ok(!fits({ ...of, contents: [content("a", half), content("b", half), content("c", "x")] }));
  assert.ok(!fits(of));
});
