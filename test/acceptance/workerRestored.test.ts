// A worker's state folder that comes from an old backup, or runs twice: noticed by the Home, and explained to its owner.
import assert from "node:assert/strict";
import { cpSync, rmSync } from "node:fs";
import { test } from "node:test";
import { METHODS } from "#protocol/wire/client.ts";
import { Bench, nodeInState, nodeNamed, timeline } from "./bench.ts";
import * as z from "zod";
import { until } from "./processes.ts";

const anyFact = z.looseObject({ kind: z.string() });

test("an old backup of a worker is refused with the reason, and joins again as the same node", async (t) => {
  const bench = await Bench.open(t);
  await bench.serve();
  const client = await bench.client();
  const worker = await bench.pair(client, "box");
  worker.program.signal("SIGTERM");
  await worker.program.ended;
  const backup = `${worker.state}-backup`;
  cpSync(worker.state, backup, { recursive: true });
  t.after(() => rmSync(backup, { recursive: true, force: true }));
  for (let start = 0; start < 2; start++) {
    await bench.restartWorker(worker);
    worker.program.signal("SIGTERM");
    await worker.program.ended;
  }
  rmSync(worker.state, { recursive: true });
  cpSync(backup, worker.state, { recursive: true });
  const restored = await bench.startWorker(worker.state, ["run"]).ended;
  assert.equal(restored.exitCode, 93, restored.stderr);
  assert.match(restored.stderr, /life 2, and life 3 was here before.*restored from a backup/u);
  await until("the Home's own word", async () =>
    (await timeline(client)).some(({ text }) => text.includes("state folder")) ? true : undefined,
  );

  assert.equal((await bench.startWorker(worker.state, ["leave", "--yes"]).ended).exitCode, 0);
  const { nodeId } = await nodeNamed(client, "box");
  const { text } = await client.call(METHODS.createInvite, {});
  const again = bench.startWorker(worker.state, ["join", text, "--name", "box"]);
  await again.fact("words", anyFact);
  await client.call(METHODS.approveNode, { nodeId });
  await again.fact("connected", anyFact);
  await nodeInState(client, "box", "ready");
});

test("of two copies that run, the older one is told that it is one, and the other works on", async (t) => {
  const bench = await Bench.open(t);
  await bench.serve();
  const client = await bench.client();
  const worker = await bench.pair(client, "box");
  worker.program.signal("SIGTERM");
  await worker.program.ended;
  const copy = bench.folder("copy");
  cpSync(worker.state, copy, { recursive: true });
  await bench.restartWorker(worker);
  const second = await bench.startWorker(copy, ["run"]).ended;
  assert.equal(second.exitCode, 93, second.stderr);
  await until("the worker to be back", () => worker.program.facts("connected", anyFact)[1]);
  await nodeInState(client, "box", "ready");
});
