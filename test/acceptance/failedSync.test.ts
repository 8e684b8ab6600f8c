// A disk that refuses to make things durable: nobody was shown what was not, the Home reads on and writes no more.
// The refusal is made inside the real process, by a module loaded before it; the disk itself is well.
import assert from "node:assert/strict";
import { writeFileSync } from "node:fs";
import { join } from "node:path";
import { test } from "node:test";
import { ArwError } from "#protocol/errors.ts";
import { sequence } from "#protocol/quantities.ts";
import type { TimelineEntry } from "#protocol/timeline.ts";
import { METHODS } from "#protocol/wire/client.ts";
import { Bench, finished, timeline } from "./bench.ts";
import { until } from "./processes.ts";

/** Once the file `trigger` exists, every sync of a file fails as on a broken disk. */
function breakingDisk(trigger: string): string {
  return `
const { existsSync, promises } = require("node:fs");
const ready = promises.open(__filename).then(async (handle) => {
  const kind = Object.getPrototypeOf(handle);
  for (const name of ["sync", "datasync"]) {
    const real = kind[name];
    kind[name] = function () {
      if (!existsSync(${JSON.stringify(trigger)})) return real.call(this);
      return Promise.reject(Object.assign(new Error("EIO: i/o error, fsync"), { code: "EIO", syscall: "fsync" }));
    };
  }
  await handle.close();
});
void ready;
`;
}

test("after a failed fsync nobody has seen an undurable event, and the Home says that it only reads", async (t) => {
  const bench = await Bench.open(t);
  const folder = bench.folder("hook");
  const trigger = join(folder, "broken");
  const hook = join(folder, "disk.cjs");
  writeFileSync(hook, breakingDisk(trigger));
  await bench.serve({ NODE_OPTIONS: `--require ${hook}` });
  const client = await bench.client();
  const shown: TimelineEntry[] = [];
  client.onTimelinePage((page) => void shown.push(...page.entries));
  await client.call(METHODS.followTimeline, { fromSequence: sequence(1) });
  const ask = (text: string) =>
    client.call(METHODS.startEpisode, { request: { kind: "ask", prompt: text }, on: "local" });
  const before = await ask("Read this test log as JSON: 1 passed, 0 failed");
  await finished(client, before.episodeId);
  const durable = await timeline(client);
  await until("all of it to be shown", () => (shown.length >= durable.length ? true : undefined));

  writeFileSync(trigger, "");
  await assert.rejects(ask("Read this test log as JSON: 2 passed, 0 failed"), ArwError);
  await assert.rejects(client.call(METHODS.createInvite, {}), ArwError);
  assert.deepEqual(await timeline(client), durable);
  assert.deepEqual(shown, durable);
  const said = await bench.cli(["ask", "Tell me a story."]);
  assert.equal(said.exitCode, 72, said.stderr);
  assert.match(said.stderr, /^error: [^\n]+\nfix: [^\n]+\n$/u);
  assert.equal((await bench.cli(["timeline"])).exitCode, 0);

  await bench.home?.kill();
  await bench.serve();
  const again = await bench.client();
  assert.deepEqual((await timeline(again)).slice(0, durable.length), durable);
  const after = await again.call(METHODS.startEpisode, { request: { kind: "ask", prompt: "Tell me a story." } });
  assert.equal((await finished(again, after.episodeId)).outcome?.kind, "answered");
  assert.equal((await bench.cli(["journal", "verify"])).exitCode, 0);
});
