// A worker that dies mid-run, and a run that is cancelled: the episode ends cleanly, nothing is left running anywhere.
import assert from "node:assert/strict";
import { readdirSync, readFileSync } from "node:fs";
import { after, before, test } from "node:test";
import type { EpisodeId } from "#protocol/ids.ts";
import { METHODS } from "#protocol/wire/client.ts";
import type { HomeClient } from "../../server/src/cli/homeClient.ts";
import { Bench, type BenchWorker, command, finished, nodeInState, offload, outputOf, sandboxProblem } from "./bench.ts";
import { until } from "./processes.ts";

let bench: Bench;
let client: HomeClient;
let worker: BenchWorker;
let noSandbox: string | undefined;

before(async () => {
  bench = await Bench.open(undefined, { environment: { ARW_HEARTBEAT_MS: "400" } });
  await bench.serve();
  client = await bench.client();
  noSandbox = await sandboxProblem(client);
  if (noSandbox === undefined) worker = await bench.pair(client, "box");
});
after(() => bench.close());

/** Prints a line, then stays, with a child that fled its session; `marker` is in command lines of no other process here. */
function staying(marker: string): readonly string[] {
  return [
    "sh",
    "-c",
    `(trap '' TERM HUP; setsid setsid sleep 1000 ${marker}) & echo begun; sleep 1000 ${marker}; true`,
  ];
}

function processesWith(marker: string): readonly number[] {
  return readdirSync("/proc").flatMap((name) => {
    if (!/^\d+$/u.test(name)) return [];
    try {
      return readFileSync(`/proc/${name}/cmdline`, "latin1").includes(marker) ? [Number(name)] : [];
    } catch {
      return [];
    }
  });
}

async function begun(id: EpisodeId): Promise<void> {
  await until("the first output", async () => {
    const { produced } = await client.call(METHODS.showEpisode, { episodeId: id });
    return produced.some(({ bytes }) => bytes === "begun\n".length) ? true : undefined;
  });
}

test("kill -9 of the worker mid-run fails the episode with a snapshot; Home and worker go on", async (t) => {
  if (noSandbox !== undefined) return t.skip(`bubblewrap: ${noSandbox}`);
  const marker = `90.${process.pid}1`;
  const id = await offload(client, "box", command(staying(marker)));
  await begun(id);
  assert.ok(processesWith(marker).length > 0);
  worker.program.signal("SIGKILL");
  const episode = await finished(client, id);
  assert.equal(episode.outcome?.kind, "failed");
  assert.equal(episode.snapshot?.job.kind, "command");
  assert.deepEqual(episode.snapshot?.produced, [{ stream: "stdout", bytes: "begun\n".length }]);
  assert.equal(await outputOf(client, episode), "begun\n");
  const { rows } = await client.call(METHODS.listEgress, {});
  assert.equal(rows.find((row) => row.corr_id === id)?.state, "partial");
  await until("the end of the command", () => (processesWith(marker).length === 0 ? true : undefined));
  await nodeInState(client, "box", "unreachable");

  const local = await client.call(METHODS.startEpisode, { request: command(["echo", "on"]), on: "local" });
  assert.deepEqual((await finished(client, local.episodeId)).outcome, { kind: "exited", exitCode: 0 });
  await bench.restartWorker(worker);
  await nodeInState(client, "box", "ready");
  const again = await offload(client, "box", command(["echo", "again"]));
  const second = await finished(client, again);
  assert.equal(await outputOf(client, second), "again\n");
});

test("cancelling mid-run ends the whole process group on the worker", async (t) => {
  if (noSandbox !== undefined) return t.skip(`bubblewrap: ${noSandbox}`);
  const marker = `91.${process.pid}1`;
  const id = await offload(client, "box", command(staying(marker)));
  await begun(id);
  assert.ok(processesWith(marker).length > 0);
  await client.call(METHODS.cancelEpisode, { episodeId: id });
  assert.equal((await finished(client, id)).outcome?.kind, "cancelled");
  await until("the end of the command", () => (processesWith(marker).length === 0 ? true : undefined));
  await nodeInState(client, "box", "ready");
  const next = await finished(client, await offload(client, "box", command(["true"])));
  assert.deepEqual(next.outcome, { kind: "exited", exitCode: 0 });
});

test("a revoked worker gets nothing more, and its running job ends", async (t) => {
  if (noSandbox !== undefined) return t.skip(`bubblewrap: ${noSandbox}`);
  const marker = `92.${process.pid}1`;
  const id = await offload(client, "box", command(staying(marker)));
  await begun(id);
  const { nodeId } = await nodeInState(client, "box", "ready");
  await client.call(METHODS.revokeNode, { nodeId, reason: "no more" });
  assert.equal((await finished(client, id)).outcome?.kind, "failed");
  await until("the end of the command", () => (processesWith(marker).length === 0 ? true : undefined));
  assert.equal((await worker.program.ended).exitCode, 89);
  const refused = client.call(METHODS.startEpisode, { request: command(["true"]), on: nodeId });
  await assert.rejects(refused, /it was revoked/u);
});
