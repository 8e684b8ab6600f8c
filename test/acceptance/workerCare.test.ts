// How an owner looks after a machine, with the real programs: doctor, rules, drain, logs, engines and the service.
import assert from "node:assert/strict";
import { chmodSync, existsSync, mkdirSync, readFileSync, statSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { test } from "node:test";
import * as z from "zod";
import { METHODS } from "#protocol/wire/client.ts";
import { Bench, type BenchWorker, command, finished, offload, sandboxProblem } from "./bench.ts";
import { factsIn, until } from "./processes.ts";

const anyFact = z.looseObject({ kind: z.string() });
const checkSchema = z.looseObject({
  check: z.string(),
  state: z.string(),
  cause: z.string(),
  fix: z.string().optional(),
});
const logSchema = z.looseObject({ fact: z.string(), code: z.string().optional() });
const statusSchema = z.looseObject({
  rules: z.looseObject({ state: z.string(), budget: z.array(z.looseObject({ name: z.string(), left: z.number() })) }),
});

async function pairedBox(bench: Bench): Promise<BenchWorker> {
  await bench.serve();
  return bench.pair(await bench.client(), "box");
}

async function checksOf(bench: Bench, worker: BenchWorker): Promise<ReadonlyMap<string, z.infer<typeof checkSchema>>> {
  const { stdout } = await bench.startWorker(worker.state, ["doctor"]).ended;
  return new Map(factsIn(stdout, "check", checkSchema).map((check) => [check.check, check]));
}

test("the doctor finds a Home that answers, a Home that is away, and files that others can read", async (t) => {
  const bench = await Bench.open(t);
  const worker = await pairedBox(bench);
  const beside = await checksOf(bench, worker);
  assert.match(beside.get("home")?.cause ?? "", /the running worker is connected/u);
  assert.equal(beside.get("clock")?.state, "ok");
  assert.match(beside.get("clock")?.cause ?? "", /agree/u);
  assert.equal(worker.program.facts("disconnected", anyFact).length, 0, "looking must not disturb the worker");

  worker.program.signal("SIGTERM");
  await worker.program.ended;
  const alone = await checksOf(bench, worker);
  assert.match(alone.get("home")?.cause ?? "", /answers, and lets this worker in/u);
  assert.match(alone.get("clock")?.cause ?? "", /agree/u);
  assert.equal(alone.get("membership")?.state, "ok");

  await bench.home?.kill();
  chmodSync(join(worker.state, "worker", "home.json"), 0o644);
  const ended = await bench.startWorker(worker.state, ["doctor"]).ended;
  assert.equal(ended.exitCode, 92, ended.stderr);
  const found = factsIn(ended.stdout, "check", checkSchema);
  const failed = found.filter(({ state }) => state === "fail");
  assert.deepEqual(
    failed.map(({ check }) => check).filter((check) => check !== "sandbox"),
    ["state-folder", "membership"],
  );
  assert.ok(failed.every(({ fix }) => fix !== undefined && fix !== ""));
  chmodSync(join(worker.state, "worker", "home.json"), 0o600);
  const away = (await checksOf(bench, worker)).get("home");
  assert.equal(away?.state, "fail");
  assert.match(away?.cause ?? "", /No Home answers/u);
});

test("the owner's rules refuse by name, count over a restart, and are read again when they change", async (t) => {
  const bench = await Bench.open(t);
  const worker = await pairedBox(bench);
  const client = await bench.client();
  const problem = await sandboxProblem(client);
  if (problem !== undefined) return t.skip(problem);
  const file = join(worker.state, "worker", "rules.jsonc");
  const outcomeOf = async (...argv: readonly string[]): Promise<string> => {
    const { outcome } = await finished(client, await offload(client, "box", command(argv)));
    return outcome?.kind === "failed" ? `${outcome.code} ${outcome.message}` : String(outcome?.kind);
  };
  writeFileSync(
    file,
    '{ "rules": [{ "name": "only echo", "effect": "allow", "commands": ["echo *"] }], // mine\n "daily": { "jobs": 2 } }',
  );
  assert.equal(await outcomeOf("echo", "one"), "exited");
  assert.match(await outcomeOf("true"), /owner-rules.*"only echo"/u);
  await worker.program.kill();
  await bench.restartWorker(worker);
  assert.equal(await outcomeOf("echo", "two"), "exited");
  assert.match(await outcomeOf("echo", "three"), /owner-rules.*"daily\.jobs"/u);
  const status = await bench.startWorker(worker.state, ["status"]).ended;
  assert.deepEqual(factsIn(status.stdout, "status", statusSchema)[0]?.rules.budget[0]?.left, 0);
  writeFileSync(file, '{ "rules": [{ "name": "x" }] }');
  assert.match(await outcomeOf("echo", "four"), /owner-rules.*line 1/u);
  const rules = (await checksOf(bench, worker)).get("rules");
  assert.equal(rules?.state, "fail");
  writeFileSync(file, '{ "rules": [] }');
  assert.equal(await outcomeOf("true"), "exited");
  const { stdout } = await bench.startWorker(worker.state, ["logs"]).ended;
  const facts = stdout.split("\n").flatMap((line) => (line === "" ? [] : [logSchema.parse(JSON.parse(line))]));
  assert.ok(facts.some(({ fact, code }) => fact === "attempt refused" && code === "owner-rules"));
  assert.ok(!stdout.includes("echo"), "facts, never payloads");
});

test("drain lets the running job end, says how far it is, and leaves", async (t) => {
  const bench = await Bench.open(t);
  const worker = await pairedBox(bench);
  const client = await bench.client();
  const problem = await sandboxProblem(client);
  if (problem !== undefined) return t.skip(problem);
  const following = bench.startWorker(worker.state, ["logs", "--follow"]);
  await until("the log", () => (following.stdout.includes("connected") ? true : undefined));
  const episodeId = await offload(client, "box", command(["sh", "-c", "echo begun; sleep 1; echo done"]));
  await until("the run", async () => {
    const { produced } = await client.call(METHODS.showEpisode, { episodeId });
    return produced.length > 0 ? true : undefined;
  });
  const drained = await bench.startWorker(worker.state, ["drain"]).ended;
  assert.equal(drained.exitCode, 0, drained.stderr);
  const runningSchema = z.looseObject({ running: z.number() });
  assert.equal(factsIn(drained.stdout, "draining", runningSchema)[0]?.running, 1);
  assert.equal((await worker.program.ended).exitCode, 0);
  assert.deepEqual((await finished(client, episodeId)).outcome, { kind: "exited", exitCode: 0 });
  await until("the log's last word", () => (following.stdout.includes('"attempt ended"') ? true : undefined));
  following.signal("SIGINT");
  assert.equal((await following.ended).exitCode, 0);
  assert.equal((await bench.startWorker(worker.state, ["drain"]).ended).exitCode, 95);
});

test("a service is planned before it is made, made by systemctl, and needs a Home", async (t) => {
  const bench = await Bench.open(t);
  const worker = await pairedBox(bench);
  const units = bench.folder("config");
  const tools = bench.folder("tools");
  writeFileSync(join(tools, "systemctl"), `#!/bin/sh\necho "$@" >> "${tools}/calls"\n`, { mode: 0o755 });
  const environment = { PATH: `${tools}:${process.env["PATH"]}`, XDG_CONFIG_HOME: units };
  const service = (...words: readonly string[]) =>
    bench.startWorker(worker.state, ["service", ...words, "--user"], environment).ended;
  if (process.platform !== "linux") {
    assert.equal((await service("install")).exitCode, 94);
    return;
  }
  const planned = await service("install", "--dry-run", "--slots", "3");
  const unit = factsIn(planned.stdout, "unit", z.looseObject({ path: z.string(), text: z.string() }))[0];
  assert.match(unit?.text ?? "", /"run" "--slots" "3"/u);
  assert.ok(!existsSync(unit?.path ?? ""));
  assert.equal((await service("install", "--slots", "3")).exitCode, 0);
  assert.equal(readFileSync(unit?.path ?? "", "utf8"), unit?.text);
  assert.equal((await service("uninstall")).exitCode, 0);
  assert.ok(!existsSync(unit?.path ?? ""));
  const stranger = bench.folder("stranger");
  const refused = await bench.startWorker(stranger, ["service", "install", "--user"], environment).ended;
  assert.equal(refused.exitCode, 76);
});

test("an engine for a machine that cannot have it is refused before anything is fetched", async (t) => {
  const bench = await Bench.open(t);
  const state = bench.folder("worker-a");
  const wrong = await bench.startWorker(state, ["engines", "add", "llama", "--gpu", "rocm"]).ended;
  assert.equal(wrong.exitCode, 64);
  const none = await bench.startWorker(state, ["engines", "remove", "llama"]).ended;
  assert.equal(none.exitCode, 0, none.stderr);
  const removed = factsIn(none.stdout, "engine-removed", z.looseObject({ wasThere: z.boolean() }));
  assert.deepEqual(
    removed.map(({ wasThere }) => wasThere),
    [false],
  );
  mkdirSync(join(state, "models"), { recursive: true });
  const listed = await bench.startWorker(state, ["engines", "list"]).ended;
  assert.equal(factsIn(listed.stdout, "engine", anyFact).length, 2);
  assert.equal(statSync(join(state, "worker")).mode & 0o077, 0);
});
