// The two switches of the owner over restarts: the pause of all offloads, and the door for workers that opens again by itself.
import assert from "node:assert/strict";
import { test } from "node:test";
import { METHODS } from "#protocol/wire/client.ts";
import { Bench, command, finished, offload, outputOf, sandboxProblem } from "./bench.ts";
import { until } from "./processes.ts";

const SLOW = "echo begun; sleep 1.5; echo done";

test("a pause and the off switch survive a restart, and the workers come back without an invite", async (t) => {
  const bench = await Bench.open(t);
  await bench.serve();
  const client = await bench.client();
  const problem = await sandboxProblem(client);
  if (problem !== undefined) return t.skip(problem);
  const worker = await bench.pair(client, "box");

  // What runs there when offloads are paused has all it needs, and finishes.
  const running = await offload(client, "box", command(["sh", "-c", SLOW]));
  await until("the run's first output", async () => {
    const { produced } = await client.call(METHODS.showEpisode, { episodeId: running });
    return produced.length > 0 ? produced : undefined;
  });
  assert.equal((await bench.cli(["offloads", "pause"], { ARW_OWNER_SECRET: "" })).exitCode, 0);
  assert.equal(await outputOf(client, await finished(client, running)), "begun\ndone\n");

  const refused = await bench.cli(["run", "--on", "box", "--yes", "--", "true"]);
  assert.equal(refused.exitCode, 75, refused.stderr);
  assert.match(refused.stderr, /^error: All offloads are paused[^]*fix: .*arw-home offloads resume/u);
  assert.equal((await bench.cli(["run", "--", "true"])).exitCode, 0);

  assert.equal((await bench.cli(["clustering", "off"])).exitCode, 0);
  await bench.cli(["stop"]);
  await bench.home?.ended;
  await bench.serve();
  const again = await bench.client();
  assert.equal(again.hello.offloadsPaused?.by, "cli");
  assert.equal(again.hello.clustering.on, false);

  assert.equal((await bench.cli(["clustering", "on"])).exitCode, 0);
  await until(
    "the worker to come back",
    async () => {
      const { nodes } = await again.call(METHODS.listNodes, {});
      return nodes.find(({ name, state }) => name === worker.name && state === "ready");
    },
    60_000,
  );
  assert.equal((await bench.cli(["run", "--on", "box", "--yes", "--", "true"])).exitCode, 75);
  assert.equal((await bench.cli(["offloads", "resume"])).exitCode, 0);
  assert.equal((await bench.cli(["run", "--on", "box", "--yes", "--", "true"])).exitCode, 0);
});
