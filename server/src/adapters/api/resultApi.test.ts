// *What came back* for clients, on the real core: what waits is served to nobody but the owner who looks, an answer is the
// owner's and counts once, and what was discarded is readable for nobody, also where its files are still there.
import assert from "node:assert/strict";
import { readFile } from "node:fs/promises";
import { join } from "node:path";
import { test, type TestContext } from "node:test";
import { canonicalJson } from "#protocol/canonicalJson.ts";
import type { Digest } from "#protocol/digest.ts";
import type { Proposal } from "#protocol/proposal.ts";
import { byteCount } from "#protocol/quantities.ts";
import { workspacePathSchema } from "#protocol/workspacePath.ts";
import { ANYONE, answered, codeOf, OWNER, services } from "../../../../test/simulation/apiBench.ts";
import { DeskBench } from "../../../../test/simulation/deskBench.ts";
import { cancel, exited, finished, idsOf, output, preview, start } from "../../../../test/simulation/homeCommands.ts";
import { GPU, ofKind } from "../../../../test/simulation/homeScenario.ts";
import { adoptPolicy, policyOf, policyRule } from "../../../../test/simulation/policyCommands.ts";
import { RECENT_EPISODES_MAX } from "../../home/episode/state.ts";
import { stagingOf } from "../../home/staging/state.ts";
import { proposalApi } from "./proposalApi.ts";
import { removeDiscarded, resultApi } from "./resultApi.ts";
import type { HomeServices } from "./services.ts";
import { timelineApi } from "./timelineApi.ts";

const { attemptId, episodeId, proposalId } = idsOf(1);
const MADE = "made by the worker";
const PRINTED = "printed by the worker";
const RANGE = { attemptId, stream: "stdout", fromByte: byteCount(0) } as const;

interface CameBack {
  readonly here: HomeServices;
  readonly bench: DeskBench;
  readonly content: Digest;
  readonly digest: Digest;
}

/** Episode 1 printed something and proposes a file, under a rule that holds both. */
async function cameBack(t: TestContext): Promise<CameBack> {
  const bench = new DeskBench();
  const here = await services(t, bench);
  const content = await bench.blobs.put(Buffer.from(MADE));
  const path = workspacePathSchema.parse("made.txt");
  const proposal: Proposal = {
    kind: "proposal",
    changes: [{ kind: "create", path, ...content, executable: false }],
    leftOut: [],
  };
  const document = await bench.blobs.put(Buffer.from(canonicalJson(proposal)));
  const rule = policyRule("looks", "allow", { obligations: { reviewResult: true } });
  await bench.give(adoptPolicy(policyOf(rule)), preview(1, GPU), output(1, GPU, 1));
  await bench.outputs.append(attemptId, "stdout", 0, Buffer.from(PRINTED));
  await bench.give(finished(1, GPU, 1, { result: { ...exited(1), proposal: { ...document, changes: 1 } } }));
  return { here, bench, content: content.digest, digest: document.digest };
}

/** What each way to what came back answers: a code, or `served`. */
async function ways({ here, content, digest }: CameBack, session = OWNER, review = false): Promise<readonly string[]> {
  const looking = review ? ({ review: true } as const) : {};
  const { showProposal, readProposedFile } = proposalApi(here);
  const file = { proposalId, digest: content, fromByte: byteCount(0) };
  const answers: object[] = [
    await timelineApi(here).readOutput({ ...RANGE, ...looking }, session),
    await showProposal({ proposalId, ...looking }, session),
    await readProposedFile({ ...file, ...looking }, session),
  ];
  if (!review) answers.push(await proposalApi(here).applyProposal({ proposalId, digest }, session));
  return answers.map((answer) => codeOf(answer) ?? "served");
}

test("what came back is served to nobody, is not written and not even staged, before the owner has looked", async (t) => {
  const back = await cameBack(t);
  for (const session of [ANYONE, OWNER]) {
    assert.deepEqual(await ways(back, session), ["result-waits", "result-waits", "result-waits", "result-waits"]);
  }
  assert.equal(stagingOf(back.bench.home.state).byId.size, 0);
  // A word in the parameters makes nobody the owner.
  assert.deepEqual(await ways(back, ANYONE, true), ["result-waits", "result-waits", "result-waits"]);
  assert.deepEqual(await ways(back, OWNER, true), ["served", "served", "served"]);
  const { listResults, reviewResult, showResult } = resultApi(back.here);
  const { episodes } = answered(await listResults({}, ANYONE));
  assert.deepEqual(
    episodes.map((episode) => [episode.episodeId, episode.review, episode.proposalId]),
    [[episodeId, "waiting", proposalId]],
  );
  assert.equal(answered(await showResult({ episodeId }, OWNER)).episode.episodeId, episodeId);
  assert.equal(codeOf(await reviewResult({ episodeId, verdict: "accepted" }, ANYONE)), "owner-session-required");
});

test("accepted it is used as any other result, and there is nothing left to answer", async (t) => {
  const back = await cameBack(t);
  const { listResults, reviewResult, showResult } = resultApi(back.here);
  const both = await Promise.all([
    reviewResult({ episodeId, verdict: "accepted" }, OWNER),
    reviewResult({ episodeId, verdict: "discarded" }, OWNER),
  ]);
  assert.deepEqual(both.map(codeOf), [undefined, "result-reviewed"], "two answers at once are one decision");
  assert.deepEqual(await ways(back), ["served", "served", "served", "served"]);
  assert.equal(await readFile(join(back.here.workspaceFolder, "made.txt"), "utf8"), MADE);
  assert.deepEqual(answered(await listResults({}, ANYONE)).episodes, []);
  assert.equal(codeOf(await showResult({ episodeId }, OWNER)), "result-reviewed");
});

test("discarded its output is gone at once and its proposal is served to nobody, not even to a look", async (t) => {
  const back = await cameBack(t);
  answered(await resultApi(back.here).reviewResult({ episodeId, verdict: "discarded" }, OWNER));
  assert.equal(back.bench.outputs.files.size, 0);
  const gone = "result-discarded";
  assert.deepEqual(await ways(back), [gone, gone, gone, gone]);
  assert.deepEqual(await ways(back, OWNER, true), [gone, gone, gone]);
  await assert.rejects(readFile(join(back.here.workspaceFolder, "made.txt")), { code: "ENOENT" });
});

test("where the files of what was discarded could not be removed, nobody reads them, and the next start removes them", async (t) => {
  const back = await cameBack(t);
  const { bench, here } = back;
  const outputs = { ...here.outputs, remove: async () => assert.fail("the process is killed here") };
  await assert.rejects(resultApi({ ...here, outputs }).reviewResult({ episodeId, verdict: "discarded" }, OWNER));
  assert.equal(ofKind(await bench.events(), "ResultReviewed").length, 1);
  assert.equal(bench.outputs.files.size, 1);
  assert.deepEqual(await ways(back, OWNER, true), ["result-discarded", "result-discarded", "result-discarded"]);
  await removeDiscarded(bench.home.state, bench.outputs);
  assert.equal(bench.outputs.files.size, 0);
});

test("a start removes nothing of what waits or was accepted", async (t) => {
  const { bench, here } = await cameBack(t);
  await removeDiscarded(bench.home.state, bench.outputs);
  answered(await resultApi(here).reviewResult({ episodeId, verdict: "accepted" }, OWNER));
  await removeDiscarded(bench.home.state, bench.outputs);
  assert.equal(bench.outputs.files.size, 1);
});

test("an answer that comes when its job is long forgotten counts, and every list says so", async (t) => {
  const { bench, here } = await cameBack(t);
  for (let number = 2; number <= RECENT_EPISODES_MAX + 20; number++) await bench.give(start(number), cancel(number));
  const { listResults, reviewResult } = resultApi(here);
  assert.equal(answered(await listResults({}, ANYONE)).episodes[0]?.title, "episode 1");
  answered(await reviewResult({ episodeId, verdict: "discarded" }, OWNER));
  const current = await here.view.current();
  assert.equal(current.episode(episodeId)?.review, "discarded");
  assert.equal(current.proposal(proposalId)?.discarded, true);
  assert.equal(codeOf(await proposalApi(here).showProposal({ proposalId, review: true }, OWNER)), "result-discarded");
});
