// The editor's practice cluster against a real Home: a second worker process on this machine, admitted by the words it
// says, that outlives whoever started it and is gone, with everything it was sent, when it is stopped.
import assert from "node:assert/strict";
import { existsSync } from "node:fs";
import { join, resolve } from "node:path";
import { test } from "node:test";
import { isRunning } from "#platform/state/processIdentity.ts";
import { workspaceIdOf } from "#platform/state/stateFolders.ts";
import { ArwError } from "#protocol/errors.ts";
import { METHODS } from "#protocol/wire/client.ts";
import {
  endPractice,
  type StartedPractice,
  startPractice,
  type WorkerProgram,
} from "../../extension/src/cluster/practice/practiceProcess.ts";
import {
  openPracticeFolder,
  type PracticeFolder,
  stateOfPractice,
} from "../../extension/src/cluster/practice/practiceRecord.ts";
import { Bench, nodeInState, nodeNamed } from "./bench.ts";
import { until } from "./processes.ts";

const PROGRAM: WorkerProgram = {
  command: process.execPath,
  words: [resolve("dist/worker-companion/arw-worker.js")],
  env: { PATH: process.env["PATH"], HOME: process.env["HOME"], ELECTRON_RUN_AS_NODE: "1" },
};

test("a practice worker joins by its own words, outlives its starter and is stopped whole", async (t) => {
  const bench = await Bench.open(t);
  await bench.serve();
  const client = await bench.client();
  const folder = await openPracticeFolder(bench.homeState, workspaceIdOf(bench.workspace));
  t.after(() => endPractice(PROGRAM, folder));
  assert.equal(await stateOfPractice(folder), "none");

  const { text } = await client.call(METHODS.createInvite, {});
  const worker = await startPractice(PROGRAM, folder, { invite: text, name: "practice" });
  assert.equal(await stateOfPractice(folder), "running");
  const node = await nodeNamedSoon(worker, "practice", client);
  assert.deepEqual(await worker.words(), node.compareWords);
  await client.call(METHODS.approveNode, { nodeId: node.nodeId });
  assert.equal(await worker.joined(), node.nodeId);
  await worker.connected();
  await nodeInState(client, "practice", "ready");

  // What a reload of the window does: nobody reads from it any more, and the folder alone says where it is.
  worker.release();
  const again = await openPracticeFolder(bench.homeState, workspaceIdOf(bench.workspace));
  assert.equal(await stateOfPractice(again), "running");
  assert.equal(await endPractice(PROGRAM, again), node.nodeId);
  assert.equal(await isRunning(worker.process), false);
  assert.equal(existsSync(join(again.stateHome, "worker")), false);
  await again.removeRecord();
  assert.equal(await stateOfPractice(again), "none");
});

test("a practice worker that was killed is found as stale, and ending it names its node", async (t) => {
  const bench = await Bench.open(t);
  await bench.serve();
  const client = await bench.client();
  const folder = await openPracticeFolder(bench.homeState, workspaceIdOf(bench.workspace));
  t.after(() => endPractice(PROGRAM, folder));
  const { text } = await client.call(METHODS.createInvite, {});
  const worker = await startPractice(PROGRAM, folder, { invite: text, name: "practice" });
  const node = await nodeNamedSoon(worker, "practice", client);
  await client.call(METHODS.approveNode, { nodeId: node.nodeId });
  await worker.connected();
  process.kill(-worker.process.pid, "SIGKILL");
  await until("the killed worker to be stale", async () =>
    (await stateOfPractice(folder)) === "stale" ? true : undefined,
  );
  assert.equal(await endPractice(PROGRAM, folder), node.nodeId);
});

test("a practice worker that cannot join says why, and leaves no process", async (t) => {
  const bench = await Bench.open(t);
  const folder: PracticeFolder = await openPracticeFolder(bench.homeState, workspaceIdOf(bench.workspace));
  t.after(() => endPractice(PROGRAM, folder));
  const worker = await startPractice(PROGRAM, folder, { invite: "arw1_nonsense", name: "practice" });
  await assert.rejects(worker.words(), (error) => error instanceof ArwError && error.code === "invite-malformed");
  await until("the end of the worker", async () => ((await isRunning(worker.process)) ? undefined : true));
  assert.equal(await endPractice(PROGRAM, folder), undefined);
});

/** The node that waits once the worker has said its words. */
async function nodeNamedSoon(
  worker: StartedPractice,
  name: string,
  client: Parameters<typeof nodeNamed>[0],
): ReturnType<typeof nodeNamed> {
  await worker.words();
  return nodeNamed(client, name);
}
