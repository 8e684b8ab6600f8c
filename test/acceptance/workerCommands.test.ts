// The commands of arw-worker as their users meet them: bad input, a second worker, a drain, a stop, a farewell.
// Every failure is a cause, a fix and an exit code of its own.
import assert from "node:assert/strict";
import { existsSync, mkdtempSync, realpathSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { type TestContext, test } from "node:test";
import * as z from "zod";
import { inviteId, workspaceId } from "#protocol/ids.ts";
import { epochMs } from "#protocol/quantities.ts";
import { publicKeyOf, signingKey } from "#protocol/signature.ts";
import { METHODS } from "#protocol/wire/client.ts";
import type { Invite } from "#protocol/wire/enrol.ts";
import { inviteText } from "#protocol/wire/inviteText.ts";
import { seed } from "../simulation/attemptFixtures.ts";
import { Bench, command, finished, offload, sandboxProblem } from "./bench.ts";
import { type Ended, factsIn, Program, until } from "./processes.ts";

const anyFact = z.looseObject({ kind: z.string() });
const statusSchema = z.looseObject({ state: z.string(), link: z.string().optional(), running: z.number().optional() });
const errorSchema = z.strictObject({
  kind: z.literal("error"),
  code: z.string(),
  message: z.string(),
  advice: z.string(),
});

function stateFolder(t: TestContext): string {
  const folder = realpathSync(mkdtempSync(join(tmpdir(), "arw-worker-")));
  t.after(() => rmSync(folder, { recursive: true, force: true }));
  return folder;
}

function runHere(t: TestContext, state: string, words: readonly string[]): Promise<Ended> {
  const program = new Program("worker", words, { folder: state, environment: { ARW_STATE_HOME: state } });
  t.after(() => program.kill());
  return program.ended;
}

function expired(): string {
  const invite: Invite = {
    v: 1,
    inviteId: inviteId.from(seed(1)),
    workspaceId: workspaceId.from(seed(1)),
    role: "worker",
    homeKey: publicKeyOf(signingKey(new Uint8Array(32))),
    homeCertificate: "none",
    addresses: ["127.0.0.1:9"],
    secret: "A".repeat(43),
    bootstrapKey: "none",
    bootstrapCertificate: "none",
    expiresAt: epochMs(1),
  };
  return inviteText(invite);
}

test("bad words end with a cause, a fix and their own exit code", async (t) => {
  const state = stateFolder(t);
  const cases: readonly (readonly [readonly string[], number, RegExp])[] = [
    [["run", "--bogus"], 64, /Unknown option '--bogus'/u],
    [["frobnicate"], 64, /Unknown command/u],
    [["run", "--slots", "0"], 64, /whole number from 1 to/u],
    [["join", "hello"], 80, /not a complete ARW invite/u],
    [["join", "arw1_bm90IGpzb24"], 80, /not a complete ARW invite/u],
    [["join", expired()], 81, /ran out/u],
    [["run"], 76, /belongs to no Home/u],
    [["leave", "--yes"], 76, /belongs to no Home/u],
    [["leave"], 74, /no terminal to ask on/u],
  ];
  const endings = await Promise.all(cases.map(([words]) => runHere(t, state, words)));
  for (const [index, [words, exitCode, cause]] of cases.entries()) {
    const ended = endings[index];
    assert.equal(ended?.exitCode, exitCode, `${words.join(" ")}: ${ended?.stderr}`);
    assert.match(ended.stderr, cause);
    assert.match(ended.stderr, /^error: .+\nfix: .+\n$/u);
  }
});

test("with --json an error is one object on stderr, and a status one object on stdout", async (t) => {
  const state = stateFolder(t);
  const failed = await runHere(t, state, ["--json", "run"]);
  assert.deepEqual(
    factsIn(failed.stderr, "error", errorSchema).map(({ code }) => code),
    ["not-joined"],
  );
  const status = await runHere(t, state, ["status", "--json"]);
  assert.equal(status.exitCode, 0);
  assert.equal(factsIn(status.stdout, "status", statusSchema)[0]?.state, "stopped");
});

test("the exit codes are listed, and help does not fail", async (t) => {
  const state = stateFolder(t);
  const codes = await runHere(t, state, ["help", "exit-codes"]);
  assert.equal(codes.exitCode, 0);
  assert.match(codes.stdout, /81 {2}the invite has expired/u);
  assert.equal((await runHere(t, state, ["--help"])).exitCode, 0);
  assert.equal((await runHere(t, state, ["help", "join"])).exitCode, 0);
});

test("a damaged state folder and a damaged price card are named with the fix", async (t) => {
  const bench = await Bench.open(t);
  await bench.serve();
  const worker = await bench.pair(await bench.client(), "box");
  worker.program.signal("SIGTERM");
  assert.equal((await worker.program.ended).exitCode, 0);
  writeFileSync(join(worker.state, "worker", "prices.json"), '{"currency":"euro"}');
  const prices = await bench.startWorker(worker.state, ["run"]).ended;
  assert.equal(prices.exitCode, 88);
  assert.match(prices.stderr, /prices-malformed/u);
  rmSync(join(worker.state, "worker", "prices.json"));
  writeFileSync(join(worker.state, "worker", "home.json"), "{", { mode: 0o600 });
  const home = await bench.startWorker(worker.state, ["run"]).ended;
  assert.equal(home.exitCode, 88);
  assert.match(home.stderr, /worker-state-malformed/u);
});

test("one worker runs from a folder; it says what it does, and leaves with everything that the Home sent", async (t) => {
  const bench = await Bench.open(t);
  await bench.serve();
  const client = await bench.client();
  const worker = await bench.pair(client, "box");
  const second = await bench.startWorker(worker.state, ["run"]).ended;
  assert.equal(second.exitCode, 70);
  assert.match(second.stderr, /worker-running/u);
  const { text } = await client.call(METHODS.createInvite, {});
  assert.equal((await bench.startWorker(worker.state, ["join", text]).ended).exitCode, 70);
  const status = await bench.startWorker(worker.state, ["status"]).ended;
  assert.equal(factsIn(status.stdout, "status", statusSchema)[0]?.link, "connected");
  const left = await bench.startWorker(worker.state, ["leave", "--yes"]).ended;
  assert.equal(left.exitCode, 0, left.stderr);
  assert.equal((await worker.program.ended).exitCode, 0);
  assert.ok(!existsSync(join(worker.state, "worker", "blobs")));
  assert.equal((await bench.startWorker(worker.state, ["run"]).ended).exitCode, 76);
});

test("a used invite and a Home that is away each have their own exit code", async (t) => {
  const bench = await Bench.open(t);
  const home = await bench.serve();
  const client = await bench.client();
  const { text } = await client.call(METHODS.createInvite, {});
  const first = bench.startWorker(bench.folder("worker-a"), ["join", text]);
  await first.fact("words", anyFact);
  const used = await bench.startWorker(bench.folder("worker-b"), ["join", text]).ended;
  assert.equal(used.exitCode, 82, used.stderr);
  await first.kill();
  const fresh = await client.call(METHODS.createInvite, {});
  await home.kill();
  const away = await bench.startWorker(bench.folder("worker-c"), ["join", fresh.text]).ended;
  assert.equal(away.exitCode, 86, away.stderr);
});

test("a signal lets the running job end before the worker leaves; a second one ends it now", async (t) => {
  const bench = await Bench.open(t);
  await bench.serve();
  const client = await bench.client();
  const problem = await sandboxProblem(client);
  if (problem !== undefined) return t.skip(problem);
  const worker = await bench.pair(client, "box");
  const waiting = await offload(client, "box", command(["sh", "-c", "echo begun; sleep 1; echo done"]));
  await until("the run", async () => {
    const episode = await client.call(METHODS.showEpisode, { episodeId: waiting });
    return episode.produced.length > 0 ? episode : undefined;
  });
  worker.program.signal("SIGTERM");
  await worker.program.fact("draining", anyFact);
  const episode = await finished(client, waiting);
  assert.deepEqual(episode.outcome, { kind: "exited", exitCode: 0 });
  assert.equal((await worker.program.ended).exitCode, 0);

  await bench.restartWorker(worker);
  const endless = await offload(client, "box", command(["sh", "-c", "echo begun; exec sleep 987654"]));
  await until("the run", async () => {
    const run = await client.call(METHODS.showEpisode, { episodeId: endless });
    return run.produced.length > 0 ? run : undefined;
  });
  worker.program.signal("SIGTERM");
  await worker.program.fact("draining", anyFact);
  worker.program.signal("SIGTERM");
  assert.equal((await worker.program.ended).exitCode, 0);
  assert.notEqual((await finished(client, endless)).outcome?.kind, "exited");
});
