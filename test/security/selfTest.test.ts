// A runtime that fails its self-test opens no port, says why everywhere, and goes on working alone.
import assert from "node:assert/strict";
import { mkdirSync, mkdtempSync, rmdirSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { test } from "node:test";
import type { Command } from "#protocol/commands.ts";
import { ArwError } from "#protocol/errors.ts";
import { sequence } from "#protocol/quantities.ts";
import { identityOf } from "#platform/identity/identityFile.ts";
import { mintLeaf } from "#platform/identity/tlsLeaf.ts";
import { METHODS } from "#protocol/wire/client.ts";
import { Clustering } from "../../server/src/adapters/workers/clustering.ts";
import { WorkerLinks } from "../../server/src/adapters/workers/workerLinks.ts";
import type { Executed } from "../../server/src/home/home.ts";
import { Bench } from "../acceptance/bench.ts";
import { ofKind, Scenario } from "../simulation/homeScenario.ts";
import { realNow } from "./testHome.ts";
import { NO_LEDGER } from "../simulation/noLedger.ts";

test("clustering stays off while the self-test fails, is recorded once, and opens when it passes", async (context) => {
  const folder = mkdtempSync(join(tmpdir(), "arw-blocked-"));
  const core = new Scenario();
  const identity = identityOf(Buffer.alloc(32, 1));
  const execute = async (command: Command): Promise<Executed> => {
    return { kind: "executed", sequence: sequence(0), events: core.run(command) };
  };
  const home = () => ({ state: core.state, execute });
  const onTrouble = (): void => undefined;
  const links = new WorkerLinks({
    home,
    identity,
    nextLeaf: () => undefined,
    now: realNow,
    nowMs: () => performance.now(),
    times: { heartbeatMs: 1_000, ttlMs: 3_000 },
    receive: async () => undefined,
    resume: () => undefined,
    transfers: () => [],
    ledger: NO_LEDGER,
    onFault: () => undefined,
    onTrouble,
  });
  let problem: ArwError | undefined = new ArwError(
    "clustering-self-test-files",
    "The disk is full.",
    "Free some space.",
  );
  let tests = 0;
  const leaf = { current: await mintLeaf(identity, realNow()) };
  const selfTest = async (): Promise<ArwError | undefined> => {
    tests += 1;
    return problem;
  };
  const clustering = new Clustering({
    home,
    identity,
    leaf,
    invitesFolder: folder,
    now: realNow,
    selfTest,
    links,
    onTrouble,
  });
  context.after(async () => {
    links.dispose();
    await clustering.close();
    rmSync(folder, { recursive: true, force: true });
  });
  for (let wish = 0; wish < 3; wish++) {
    await assert.rejects(clustering.open("127.0.0.1", 0), { code: "clustering-self-test-files" });
  }
  assert.equal(clustering.listening, undefined);
  assert.equal(clustering.problem?.message, "The disk is full.");
  assert.deepEqual(
    ofKind(core.events, "ClusteringBlocked").map(({ detail }) => detail),
    ["The disk is full. Free some space."],
  );
  problem = undefined;
  await clustering.open("127.0.0.1", 0);
  assert.ok(clustering.listening !== undefined);
  assert.equal(clustering.problem, undefined);
  await clustering.settle();
  assert.equal(clustering.listening, undefined);
  await clustering.open("127.0.0.1", 0);
  assert.equal(tests, 4, "what passed once is not tried again in this life");
});

test("a Home whose disk fails the self-test says so in hello, nodes and timeline, and works on by itself", async (t) => {
  const bench = await Bench.open(t);
  await bench.serve();
  const scratch = join(bench.homeFolder, "self-test");
  mkdirSync(scratch);
  const client = await bench.client();
  await assert.rejects(client.call(METHODS.createInvite, {}), { code: "clustering-self-test-files" });
  const invited = await bench.cli(["invite"]);
  assert.equal(invited.exitCode, 84);
  const nodes = await bench.cli(["nodes"]);
  assert.match(nodes.stdout, /Clustering stays off, because its self-test failed/);
  const { clustering } = (await bench.client()).hello;
  assert.ok(!clustering.on && clustering.reason?.includes("self-test"));
  const { entries } = await client.call(METHODS.readTimeline, { fromSequence: sequence(0) });
  assert.equal(entries.filter(({ kind }) => kind === "ClusteringBlocked").length, 1);
  await client.call(METHODS.listEpisodes, {});
  rmdirSync(scratch);
  await client.call(METHODS.createInvite, {});
  assert.ok((await bench.client()).hello.clustering.on);
});
