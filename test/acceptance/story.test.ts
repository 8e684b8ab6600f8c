// The main job, end to end, by the programs a person types: pair, preview, approve, run there, take the files, ask.
// Each test goes on where the one before ended, as a person would.
import assert from "node:assert/strict";
import { existsSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { after, before, test } from "node:test";
import * as z from "zod";
import { episodeId, previewId, proposalId } from "#protocol/ids.ts";
import { METHODS } from "#protocol/wire/client.ts";
import { Bench, type BenchWorker, filesBelow, finished, sandboxProblem, timeline } from "./bench.ts";
import type { HomeClient } from "../../server/src/cli/homeClient.ts";
import { holdsSecret, pathsWithSecrets } from "./secretSearch.ts";

const LOG = "26 passed, 2 failed: cart rejects empty input";
const answerSchema = z.looseObject({ passed: z.number(), failed: z.number() });
const textSchema = z.looseObject({ text: z.string() });
const startedSchema = z.looseObject({
  started: z.looseObject({ episodeId: episodeId.schema, previewId: previewId.schema.exactOptional() }),
});
const finishedSchema = z.looseObject({
  episode: z.looseObject({ episodeId: episodeId.schema, proposalId: proposalId.schema.exactOptional() }),
});

let bench: Bench;
let client: HomeClient;
let worker: BenchWorker;
let noSandbox: string | undefined;
const printed: string[] = [];

before(async () => {
  bench = await Bench.open(undefined);
  await bench.serve();
  client = await bench.client();
  worker = await bench.pair(client, "box");
  noSandbox = await sandboxProblem(client);
});

after(() => bench.close());

/** A command of arw-home by the owner; what it printed is searched for secrets at the end. */
async function typed(
  words: readonly string[],
): Promise<{ readonly exitCode: number | undefined; readonly stdout: string }> {
  const { exitCode, stdout, stderr } = await bench.cli(words);
  printed.push(stdout, stderr);
  return { exitCode, stdout };
}

test("the same tests print the same bytes here and on the worker", async (t) => {
  if (noSandbox !== undefined) return t.skip(`bubblewrap: ${noSandbox}`);
  const here = await typed(["run", "--", "npm", "test"]);
  const there = await typed(["run", "--on", "box", "--yes", "--", "npm", "test"]);
  assert.equal(here.exitCode, 1);
  assert.deepEqual(there, here);
  assert.ok(there.stdout.trimEnd().endsWith(LOG));
});

test("what a command made on the worker comes back as a proposal, and is written only when it is applied", async (t) => {
  if (noSandbox !== undefined) return t.skip(`bubblewrap: ${noSandbox}`);
  const report = join(bench.workspace, "reports/summary.json");
  const words = ["run", "--on", "box", "--yes", "--output", "reports/**", "--", "npm", "run", "report"];
  const [episode] = await bench.facts(words, "episode-finished", finishedSchema);
  const id = episode?.episode.proposalId;
  assert.ok(id !== undefined);
  assert.equal(existsSync(report), false);
  const shown = await typed(["proposal", "show", id]);
  assert.match(shown.stdout, /create\s+reports\/summary\.json/u);
  assert.equal((await typed(["proposal", "apply", id, "--yes"])).exitCode, 0);
  assert.deepEqual(JSON.parse(readFileSync(report, "utf8")), {
    lines: 4,
    subtotal: 6290,
    discount: 240,
    tax: 1150,
    total: 7200,
  });
  const twice = await bench.cli(["proposal", "apply", id, "--yes"]);
  assert.notEqual(twice.exitCode, 0);
});

test("a proposal that conflicts with an edit since is refused by name and writes nothing", async (t) => {
  if (noSandbox !== undefined) return t.skip(`bubblewrap: ${noSandbox}`);
  const words = ["run", "--on", "box", "--yes", "--output", "README.md", "--", "sh", "-c", "echo there >> README.md"];
  const [episode] = await bench.facts(words, "episode-finished", finishedSchema);
  const id = episode?.episode.proposalId ?? "";
  const readme = join(bench.workspace, "README.md");
  writeFileSync(readme, "edited here meanwhile\n");
  const refused = await bench.cli(["proposal", "apply", id, "--yes"]);
  assert.equal(refused.exitCode, 79);
  assert.match(refused.stderr, /README\.md/u);
  assert.equal(readFileSync(readme, "utf8"), "edited here meanwhile\n");
});

test("the demo model reads the counts of a test log, here and on the worker alike", async () => {
  for (const on of ["local", "box"]) {
    const { exitCode, stdout } = await typed(["ask", "--on", on, "--yes", `Read this test log as JSON: ${LOG}`]);
    assert.equal(exitCode, 0);
    const { passed, failed } = answerSchema.parse(JSON.parse(stdout));
    assert.deepEqual({ passed, failed }, { passed: 26, failed: 2 });
  }
});

test("with --json every line is an object, and the output in it is the output", async (t) => {
  if (noSandbox !== undefined) return t.skip(`bubblewrap: ${noSandbox}`);
  const { stdout, stderr } = await bench.cli(["run", "--json", "--", "sh", "-c", "echo one; echo two"]);
  for (const line of stdout.trimEnd().split("\n")) assert.equal(typeof JSON.parse(line), "object", line);
  const texts = await bench.facts(["run", "--", "sh", "-c", "echo one; echo two"], "output", textSchema);
  assert.equal(texts.map(({ text }) => text).join(""), "one\ntwo\n");
  const [started] = await bench.facts(["run", "--", "true"], "episode-started", startedSchema);
  assert.equal(started?.started.previewId, undefined);
  assert.equal(stderr, "");
});

test("every crossing has one record, every receipt names its digest, every use names its method", async () => {
  const { rows } = await client.call(METHODS.listEgress, {});
  const crossings = (await timeline(client)).filter(({ crossing }) => crossing !== undefined);
  assert.ok(rows.length > 0);
  for (const row of rows) {
    const own = crossings.filter(({ crossing }) => crossing?.leaseId === row.lease_id);
    assert.deepEqual(
      own.map(({ crossing }) => crossing?.direction),
      ["out", "back"],
    );
    const [out, back] = own.map(({ crossing }) => crossing?.bytes ?? 0);
    // What the worker has already from an earlier lease is approved again and does not travel again.
    assert.ok(row.bytes_out > 0 && row.bytes_out <= (out ?? 0));
    assert.equal(back, row.bytes_in);
    assert.equal(row.received_digest, row.digest);
    assert.equal(row.state, "received");
    const episode = await finished(client, row.corr_id);
    assert.equal(episode.usage?.bytesIn.method, "byte-count");
    assert.equal(episode.usage?.busy.method, "exclusive-wall");
  }
  assert.equal(crossings.length, rows.length * 2);
});

test("the planted secrets are in no byte of the worker, in no log, no event and no output", async () => {
  await worker.program.kill();
  assert.equal(pathsWithSecrets(bench.workspace, bench.secrets).length, 2);
  assert.ok(filesBelow(worker.state).length > 0);
  assert.deepEqual(pathsWithSecrets(worker.state, bench.secrets), []);
  for (const sink of ["journal", "outputs"]) {
    assert.deepEqual(pathsWithSecrets(join(bench.homeFolder, sink), bench.secrets), []);
  }
  const entries = JSON.stringify(await timeline(client));
  const told = [
    ...printed,
    entries,
    worker.program.stdout,
    worker.program.stderr,
    bench.home?.stdout ?? "",
    readFileSync(join(bench.homeFolder, "home.log"), "utf8"),
  ];
  for (const text of told) assert.equal(holdsSecret(Buffer.from(text), bench.secrets), false);
});

test("the journal verifies, and still after the Home has stopped and started", async () => {
  assert.equal((await bench.cli(["journal", "verify"])).exitCode, 0);
  const entries = await timeline(client);
  assert.equal((await bench.cli(["stop"])).exitCode, 0);
  assert.equal((await bench.home?.ended)?.exitCode, 0);
  await bench.serve();
  const again = await timeline(await bench.client());
  assert.deepEqual(again.slice(0, entries.length), entries);
});
