// The ledger among real programs: exported and checked as a person would, and a Home that comes back from an old backup is
// left by the worker that has seen more of the ledger than there is.
import assert from "node:assert/strict";
import { cpSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { test } from "node:test";
import * as z from "zod";
import { METHODS } from "#protocol/wire/client.ts";
import { Bench, nodeInState, sandboxProblem } from "./bench.ts";
import { until } from "./processes.ts";

const RUN = ["run", "--on", "box", "--yes", "--", "sh", "-c", "echo done"];
const recordFact = z.looseObject({ record: z.looseObject({ episode_id: z.string() }) });
const anyFact = z.looseObject({ kind: z.string() });

test("a Home that comes back from an old backup is left by its worker, and both say why", async (t) => {
  const bench = await Bench.open(t);
  const home = await bench.serve();
  const client = await bench.client();
  const problem = await sandboxProblem(client);
  if (problem !== undefined) return t.skip(problem);
  const worker = await bench.pair(client, "box");
  const first = await bench.cli(RUN);
  assert.equal(first.exitCode, 0, first.stderr);
  await stopped(home);
  const backup = bench.folder("backup");
  cpSync(bench.homeState, backup, { recursive: true });

  const later = await bench.serve();
  await nodeInState(await bench.client(), "box", "ready");
  const second = await bench.cli(RUN);
  assert.equal(second.exitCode, 0, second.stderr);
  assert.equal((await bench.cli(["egress", "export", "--out", "ledger.jsonl"])).exitCode, 0);
  const { checkpoint } = await (await bench.client()).call(METHODS.showLedger, {});
  const witnesses = await until("the worker's word", async () => {
    const view = await (await bench.client()).call(METHODS.showLedger, {});
    return view.witnesses.length > 0 ? view.witnesses : undefined;
  });
  assert.equal(witnesses[0]?.state, "agrees");
  const [entry] = await bench.facts(["egress"], "egress-record", recordFact);
  assert.equal((await bench.cli(["receipt", "export", entry?.record.episode_id ?? "", "--out", "r.json"])).exitCode, 0);
  await stopped(later);
  const receipt = await bench.cli(["receipt", "verify", "r.json"]);
  assert.equal(receipt.exitCode, 0, receipt.stdout + receipt.stderr);
  // Without a Home: whole, and not whole once a line is missing.
  const verified = await bench.cli(["egress", "verify", "ledger.jsonl"]);
  assert.equal(verified.exitCode, 0, verified.stdout);
  const path = join(bench.workspace, "ledger.jsonl");
  const lines = readFileSync(path, "utf8").trimEnd().split("\n");
  writeFileSync(path, lines.toSpliced(2, 1).join("\n"));
  assert.equal((await bench.cli(["egress", "verify", "ledger.jsonl"])).exitCode, 89);

  rmSync(bench.homeState, { recursive: true });
  cpSync(backup, bench.homeState, { recursive: true });
  await bench.serve();
  const left = await worker.program.ended;
  assert.equal(left.exitCode, 97, left.stdout + left.stderr);
  assert.match(left.stderr, /egress ledger has 2 entries, and had 3/u);
  const doctor = await bench.cli(["doctor"]);
  assert.match(doctor.stdout, /box saw 3 entries, and there are 2: this Home was restored from a backup/u);
  const evidence = await bench.startWorker(worker.state, ["ledger"]).ended;
  assert.ok(evidence.stdout.includes("ledger-rolled-back") && checkpoint.startsWith("arw/ws_"), evidence.stdout);
  // It stays away until the owner of its machine says otherwise.
  assert.equal((await bench.startWorker(worker.state, ["run"]).ended).exitCode, 97);
  assert.equal((await bench.startWorker(worker.state, ["ledger", "--accept"]).ended).exitCode, 0);
  await bench.startWorker(worker.state, ["run"]).fact("connected", anyFact);
});

async function stopped(home: Awaited<ReturnType<Bench["serve"]>>): Promise<void> {
  home.signal("SIGTERM");
  await home.ended;
}
