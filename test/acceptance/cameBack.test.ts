// *What came back* in real processes, by the commands that a person types: under a rule with the obligation nothing that a worker
// sends back is printed, served or written before the owner has accepted it, also over a killed Home; what was discarded is gone.
import assert from "node:assert/strict";
import { existsSync, readdirSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { test } from "node:test";
import { ArwError } from "#protocol/errors.ts";
import { METHODS } from "#protocol/wire/client.ts";
import type { EpisodeView } from "#protocol/wire/clientViews.ts";
import type { HomeClient } from "../../server/src/cli/homeClient.ts";
import { Bench, filesBelow, nodeInState, outputOf, sandboxProblem } from "./bench.ts";
import { until } from "./processes.ts";

const POLICY = `{
  "version": 1,
  "name": "mine",
  "rules": [
    { "id": "look-first", "effect": "allow", "actions": ["offload"], "obligations": { "reviewResult": true }, "reason": "I look first." }
  ]
}`;
const PRINTED = "a line of the worker";
function runOf(made: string): readonly string[] {
  const script = `echo ${PRINTED}; echo ${made} > made.txt`;
  return ["run", "--on", "box", "--yes", "--output", "made.txt", "--", "sh", "-c", script];
}

async function codeOf(call: Promise<unknown>): Promise<string | undefined> {
  try {
    await call;
    return undefined;
  } catch (error) {
    if (error instanceof ArwError) return error.code;
    throw error;
  }
}

/** The one result that waits. */
async function waiting(client: HomeClient): Promise<EpisodeView> {
  const [only, ...more] = (await client.call(METHODS.listResults, {})).episodes;
  assert.ok(only !== undefined && more.length === 0);
  return only;
}

/** What every client gets that asks for the output and the proposal, without and with the word of a look. */
async function refused(
  client: HomeClient,
  episode: EpisodeView,
  code: string,
  looks: readonly object[],
): Promise<void> {
  const { attemptId, proposalId } = episode;
  for (const look of looks) {
    const output = METHODS.readOutput.params.parse({ attemptId, stream: "stdout", fromByte: 0, ...look });
    assert.equal(await codeOf(client.call(METHODS.readOutput, output)), code);
    const proposal = METHODS.showProposal.params.parse({ proposalId, ...look });
    assert.equal(await codeOf(client.call(METHODS.showProposal, proposal)), code);
  }
}

test("what came back waits for the owner's look, over a killed Home, and is then used or gone", async (t) => {
  const bench = await Bench.open(t);
  const home = await bench.serve();
  const before = await bench.client();
  const problem = await sandboxProblem(before);
  if (problem !== undefined) return t.skip(problem);
  await bench.pair(before, "box");
  await before.call(METHODS.adoptPolicy, { text: POLICY });

  const ran = await bench.cli(runOf("first"));
  assert.deepEqual([ran.exitCode, ran.stdout], [0, ""], ran.stderr);
  assert.match(ran.stderr, /What came back waits for your look first: arw-home result show ep_/u);
  const first = await waiting(before);
  const { episodeId: id, proposalId } = first;
  // A client without the owner session gets nothing by saying that it looks.
  const stranger = await bench.client(async () => assert.fail("nobody asks for the secret"));
  await refused(stranger, first, "result-waits", [{}, { review: true }]);
  assert.equal((await bench.cli(["proposal", "apply", proposalId ?? "", "--yes"])).exitCode, 74);
  assert.ok(!existsSync(join(bench.workspace, "made.txt")));

  await home.kill();
  await bench.serve();
  const client = await bench.client();
  await nodeInState(client, "box", "ready");
  assert.equal((await waiting(client)).episodeId, id);
  await refused(client, first, "result-waits", [{}]);
  const shown = await bench.cli(["result", "show", id]);
  assert.equal(shown.exitCode, 0, shown.stderr);
  assert.match(shown.stdout, new RegExp(`${PRINTED}[^]*made\\.txt[^]*\\+first`, "u"));
  assert.equal((await waiting(client)).episodeId, id, "a look decides nothing");
  assert.equal((await bench.cli(["result", "accept", id, "--yes"])).exitCode, 0);
  assert.equal(await outputOf(client, first), `${PRINTED}\n`);
  const applied = await bench.cli(["proposal", "apply", proposalId ?? "", "--yes"]);
  assert.equal(applied.exitCode, 0, applied.stderr);
  assert.equal(readFileSync(join(bench.workspace, "made.txt"), "utf8"), "first\n");
  const again = client.call(METHODS.reviewResult, { episodeId: id, verdict: "discarded" });
  assert.equal(await codeOf(again), "result-reviewed");

  await bench.cli(runOf("second"));
  const second = await waiting(client);
  assert.equal((await bench.cli(["result", "discard", second.episodeId, "--yes"])).exitCode, 0);
  await refused(client, second, "result-discarded", [{}, { review: true }]);
  const outputs = join(bench.homeFolder, "outputs");
  const left = (): readonly string[] => readdirSync(outputs).filter((name) => name.startsWith(second.attemptId ?? "?"));
  assert.deepEqual(left(), []);

  // As a kill between the fact and the deletion leaves it: the fact is durable, the file is there.
  await bench.home?.kill();
  writeFileSync(join(outputs, `${second.attemptId}.stdout`), `${PRINTED}\n`, { mode: 0o600 });
  await bench.serve();
  await refused(await bench.client(), second, "result-discarded", [{}, { review: true }]);
  await until("the file to be gone", () => (left().length === 0 ? true : undefined));
  assert.equal(filesBelow(outputs).filter(({ bytes }) => bytes.includes(PRINTED)).length, 1, "the accepted one stays");
});
