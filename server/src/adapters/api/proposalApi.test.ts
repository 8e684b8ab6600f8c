// Proposals for clients, on the real core and a real workspace folder: what is refused, what is named, and that nothing is
// written without the owner's word, nor more than was named.
import assert from "node:assert/strict";
import { readFile, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { describe, test, type TestContext } from "node:test";
import { canonicalJson } from "#protocol/canonicalJson.ts";
import { type Digest, digestOf } from "#protocol/digest.ts";
import type { Proposal } from "#protocol/proposal.ts";
import { byteCount } from "#protocol/quantities.ts";
import { workspacePathSchema } from "#protocol/workspacePath.ts";
import { ANYONE, answered, codeOf, OWNER, services } from "../../../../test/simulation/apiBench.ts";
import { DeskBench } from "../../../../test/simulation/deskBench.ts";
import {
  approve,
  deny,
  exited,
  finished,
  idsOf,
  NOW,
  preview,
  SHELL,
} from "../../../../test/simulation/homeCommands.ts";
import { GPU, ofKind, only } from "../../../../test/simulation/homeScenario.ts";
import { proposalApi } from "./proposalApi.ts";
import type { HomeServices } from "./services.ts";

describe("proposals", () => {
  const MADE = Buffer.from("made by the worker");

  interface Proposed {
    readonly here: HomeServices;
    readonly bench: DeskBench;
    readonly digest: Digest;
  }

  async function proposed(t: TestContext, paths = [workspacePathSchema.parse("made.txt")]): Promise<Proposed> {
    const bench = new DeskBench();
    const here = await services(t, bench);
    const content = await bench.blobs.put(MADE);
    const proposal: Proposal = {
      kind: "proposal",
      changes: paths.map((path) => ({ kind: "create", path, ...content, executable: false })),
      leftOut: [],
    };
    const document = await bench.blobs.put(Buffer.from(canonicalJson(proposal)));
    await bench.give(preview(1, GPU), approve(1));
    const result = { ...exited(0), proposal: { ...document, changes: paths.length } };
    await bench.give(finished(1, GPU, 0, { result }));
    assert.equal(only(await bench.events(), "ProposalReceived").digest, document.digest);
    return { here, bench, digest: document.digest };
  }

  const { proposalId } = idsOf(1);

  test("one that was changed, or shown by another digest, is not applied", async (t) => {
    const { here } = await proposed(t);
    const { applyProposal } = proposalApi(here);
    assert.equal(codeOf(await applyProposal({ proposalId, digest: digestOf("other") }, OWNER)), "proposal-changed");
    await assert.rejects(readFile(join(here.workspaceFolder, "made.txt")), { code: "ENOENT" });
  });

  test("what anyone else asks to apply waits for the owner, and a Home that can only be read writes nothing", async (t) => {
    const { here, bench, digest } = await proposed(t);
    const { applyProposal } = proposalApi(here);
    assert.equal(codeOf(await applyProposal({ proposalId, digest }, ANYONE)), "waits-for-owner");
    bench.journal.fail();
    await bench.home.execute(deny(99)).catch(() => undefined);
    await bench.home
      .execute({ kind: "refuse-link", at: NOW, by: SHELL, code: "c", detail: "d" })
      .catch(() => undefined);
    assert.equal(codeOf(await applyProposal({ proposalId, digest }, OWNER)), "home-read-only");
    await assert.rejects(readFile(join(here.workspaceFolder, "made.txt")), { code: "ENOENT" });
  });

  test("a conflict is named, and nothing is written over it", async (t) => {
    const { here, digest } = await proposed(t);
    await writeFile(join(here.workspaceFolder, "made.txt"), "mine");
    const { applyProposal, showProposal } = proposalApi(here);
    const refused = await applyProposal({ proposalId, digest }, OWNER);
    assert.equal(codeOf(refused), "proposal-conflicts");
    assert.ok("kind" in refused && refused.message.includes("made.txt"));
    const shown = await showProposal({ proposalId }, ANYONE);
    assert.ok(!("kind" in shown) && shown.conflicts.length === 1);
    assert.equal(await readFile(join(here.workspaceFolder, "made.txt"), "utf8"), "mine");
  });

  test("two at once run one after the other: one applies, the other is told that it was", async (t) => {
    const { here, bench, digest } = await proposed(t);
    const { applyProposal } = proposalApi(here);
    const both = await Promise.all([
      applyProposal({ proposalId, digest }, OWNER),
      applyProposal({ proposalId, digest }, OWNER),
    ]);
    assert.deepEqual(both[0], { files: 1 });
    assert.equal(codeOf(both[1]), "proposal-applied");
    only(await bench.events(), "ProposalApplied");
    assert.equal(await readFile(join(here.workspaceFolder, "made.txt"), "utf8"), MADE.toString());
    const third = proposalApi(here).applyProposal({ proposalId, digest }, OWNER);
    assert.equal(codeOf(await third), "proposal-applied");
  });

  describe("file by file", () => {
    const FILES = ["made.txt", "src/other.txt", "src/third.txt"].map((path) => workspacePathSchema.parse(path));
    const [first, second, third] = FILES;

    async function threeFiles(t: TestContext): Promise<Proposed> {
      return proposed(t, FILES);
    }

    test("only the files that are named are written, the rest stays proposed, and the view says which are", async (t) => {
      const { here, bench, digest } = await threeFiles(t);
      assert.ok(first !== undefined && second !== undefined && third !== undefined);
      const { applyProposal, showProposal } = proposalApi(here);
      assert.deepEqual(await applyProposal({ proposalId, digest, paths: [second] }, OWNER), { files: 1 });
      assert.equal(await readFile(join(here.workspaceFolder, second), "utf8"), MADE.toString());
      await assert.rejects(readFile(join(here.workspaceFolder, first)), { code: "ENOENT" });
      const shown = answered(await showProposal({ proposalId }, ANYONE));
      assert.deepEqual([shown.appliedPaths, shown.appliedAt, shown.conflicts], [[second], undefined, []]);
      // An edit of what was applied is the owner's own, and no conflict for the rest.
      await writeFile(join(here.workspaceFolder, second), "edited since");
      assert.equal(codeOf(await applyProposal({ proposalId, digest, paths: [second] }, OWNER)), "proposal-applied");
      assert.deepEqual(await applyProposal({ proposalId, digest, paths: [second, third] }, OWNER), { files: 1 });
      assert.deepEqual(await applyProposal({ proposalId, digest }, OWNER), { files: 1 });
      assert.equal(await readFile(join(here.workspaceFolder, second), "utf8"), "edited since");
      assert.equal(answered(await showProposal({ proposalId }, ANYONE)).appliedPaths, undefined);
      assert.equal(codeOf(await applyProposal({ proposalId, digest, paths: [first] }, OWNER)), "proposal-applied");
      assert.equal(ofKind(await bench.events(), "ProposedFilesApplied").length, 2);
    });

    test("a conflict is judged by the files that are named, and one of them stops all of them", async (t) => {
      const { here, digest } = await threeFiles(t);
      assert.ok(first !== undefined && second !== undefined && third !== undefined);
      await writeFile(join(here.workspaceFolder, first), "mine");
      const { applyProposal } = proposalApi(here);
      assert.equal(
        codeOf(await applyProposal({ proposalId, digest, paths: [first, second] }, OWNER)),
        "proposal-conflicts",
      );
      await assert.rejects(readFile(join(here.workspaceFolder, second)), { code: "ENOENT" });
      assert.deepEqual(await applyProposal({ proposalId, digest, paths: [second, third] }, OWNER), { files: 2 });
      assert.equal(await readFile(join(here.workspaceFolder, first), "utf8"), "mine");
    });

    test("a path that was never proposed is refused, and anyone but the owner waits, before anything is written", async (t) => {
      const { here, digest } = await threeFiles(t);
      assert.ok(first !== undefined);
      const { applyProposal } = proposalApi(here);
      const paths = [first, workspacePathSchema.parse("elsewhere.txt")];
      assert.equal(codeOf(await applyProposal({ proposalId, digest, paths }, OWNER)), "proposal-file-unknown");
      const alone = { proposalId, digest, paths: [first] };
      assert.equal(codeOf(await applyProposal(alone, ANYONE)), "waits-for-owner");
      await assert.rejects(readFile(join(here.workspaceFolder, first)), { code: "ENOENT" });
    });
  });

  test("its contents can be read by the digests it names, and no other", async (t) => {
    const { here, bench } = await proposed(t);
    const { readProposedFile } = proposalApi(here);
    const other = await bench.blobs.put(Buffer.from("of another episode"));
    const from = { proposalId, fromByte: byteCount(5) };
    assert.deepEqual(await readProposedFile({ ...from, digest: digestOf(MADE) }, ANYONE), {
      base64: MADE.subarray(5).toString("base64"),
    });
    for (const digest of [other.digest, digestOf("nowhere")]) {
      assert.equal(codeOf(await readProposedFile({ ...from, digest }, ANYONE)), "blob-not-in-proposal");
    }
  });
});
