// A worker whose Home dies mid-run: it goes on, dials until the Home is back, and hands over what the Home missed.
import assert from "node:assert/strict";
import { test } from "node:test";
import * as z from "zod";
import { METHODS } from "#protocol/wire/client.ts";
import { Bench, command, finished, offload, outputOf, sandboxProblem } from "./bench.ts";
import { until } from "./processes.ts";

const anyFact = z.looseObject({ kind: z.string() });
const COUNTING = "for i in 1 2 3 4 5 6 7 8; do echo line $i; sleep 0.3; done";

test("a run goes on while its Home is killed and started again, and every byte of its output arrives", async (t) => {
  const bench = await Bench.open(t);
  const home = await bench.serve();
  const before = await bench.client();
  const problem = await sandboxProblem(before);
  if (problem !== undefined) return t.skip(problem);
  const worker = await bench.pair(before, "box");
  const episodeId = await offload(before, "box", command(["sh", "-c", COUNTING]));
  await until("the run's first output", async () => {
    const { produced } = await before.call(METHODS.showEpisode, { episodeId });
    return produced.length > 0 ? produced : undefined;
  });
  await home.kill();
  await worker.program.fact("disconnected", anyFact);
  await bench.serve();
  const client = await bench.client();
  await until("the worker to be back", () => worker.program.facts("connected", anyFact)[1]);
  const episode = await finished(client, episodeId);
  assert.deepEqual(episode.outcome, { kind: "exited", exitCode: 0 });
  const lines = Array.from({ length: 8 }, (_, index) => `line ${index + 1}\n`);
  assert.equal(await outputOf(client, episode), lines.join(""));
});
