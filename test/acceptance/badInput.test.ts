// Bad input, as people give it to the real programs: each time one sentence with the cause, one with the fix, a distinct
// exit code, and nothing lost.
import assert from "node:assert/strict";
import { chmodSync, readdirSync, readFileSync, statSync, symlinkSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { after, before, test } from "node:test";
import * as z from "zod";
import { durationMs } from "#protocol/quantities.ts";
import { METHODS } from "#protocol/wire/client.ts";
import type { HomeClient } from "../../server/src/cli/homeClient.ts";
import { Bench, type BenchWorker, nodeInState, nodeNamed, sandboxProblem, timeline } from "./bench.ts";
import { type Ended, until } from "./processes.ts";

const ONE_CAUSE_ONE_FIX = /^error: [^\n]+\nfix: [^\n]+\n$/u;
const wordsSchema = z.looseObject({ words: z.array(z.string()) });
const errorSchema = z.looseObject({ code: z.string(), message: z.string(), advice: z.string().min(5) });
const anyFact = z.looseObject({ kind: z.string() });

let bench: Bench;
let client: HomeClient;
let worker: BenchWorker;

before(async () => {
  bench = await Bench.open(undefined, { environment: { ARW_HEARTBEAT_MS: "500" } });
  await bench.serve();
  client = await bench.client();
  worker = await bench.pair(client, "box");
});
after(() => bench.close());

function assertRefused(ended: Ended, exitCode: number, cause: RegExp): void {
  assert.equal(ended.exitCode, exitCode, `${ended.stdout}${ended.stderr}`);
  assert.match(ended.stderr, ONE_CAUSE_ONE_FIX);
  assert.match(ended.stderr, cause);
}

/** Joins in a fresh state folder, for its complaint. */
async function complaintOf(
  invite: string,
  name: string,
): Promise<{ readonly exitCode: number | undefined; readonly code: string }> {
  const program = bench.startWorker(bench.folder(`joining-${name}`), ["join", invite, "--name", name]);
  const { exitCode, stderr } = await program.ended;
  const { code } = errorSchema.parse(JSON.parse(stderr));
  return { exitCode, code };
}

test("words that arw-home does not know, and paths that are not there or not inside", async () => {
  symlinkSync("/etc", join(bench.workspace, "elsewhere"));
  const cases: readonly (readonly [readonly string[], number, RegExp])[] = [
    [["run", "--bogus", "--", "true"], 64, /unknown option '--bogus'/u],
    [["frobnicate"], 64, /unknown command/u],
    [["timeline", "ep_1"], 64, /ep_1 is no episode/u],
    [["--workspace", "/nowhere/at/all", "nodes"], 64, /no folder \/nowhere/u],
    [["run", "--on", "nowhere", "--", "true"], 76, /nowhere/u],
    [["run", "--with", "../up", "--", "true"], 87, /inside the workspace/u],
    [["run", "--with", "/etc", "--", "true"], 87, /inside the workspace/u],
    [["run", "--with", "elsewhere", "--", "true"], 87, /elsewhere/u],
    [["run", "--with", "missing", "--", "true"], 87, /missing/u],
    [["run", "--output", "../x", "--", "true"], 87, /outside the workspace/u],
    [["run", "--output", "/etc/passwd", "--", "true"], 87, /outside the workspace/u],
    [["ask", "--model", "nobody-has-this", "hello"], 78, /nobody-has-this/u],
    [["proposal", "show", `prop_${"a".repeat(26)}`], 76, /no such proposal/u],
    [["revoke", "nobody"], 76, /no node nobody/u],
    [["invite", "--listen", "here"], 64, /host:port/u],
  ];
  const sandboxed = (await sandboxProblem(client)) === undefined;
  for (const [words, exitCode, cause] of cases) {
    // Where no command can run, that is said before its folders are looked at.
    if (words[0] === "run" && exitCode === 87 && !sandboxed) continue;
    const before = (await timeline(client)).length;
    assertRefused(await bench.cli(words), exitCode, cause);
    assert.equal((await timeline(client)).length, before, `${words.join(" ")} left something behind`);
  }
});

test("an error with --json is one object with its stable code", async () => {
  const { exitCode, stdout, stderr } = await bench.cli(["--json", "run", "--on", "nowhere", "--", "true"]);
  assert.equal(exitCode, 76);
  const fact = z.looseObject({ kind: z.literal("error"), code: z.string(), advice: z.string() });
  assert.equal(fact.parse(JSON.parse(`${stdout}${stderr}`)).code, "node-unknown");
});

test("an invite that was used, that ran out, that was cut, or whose Home is another", async () => {
  const used = await client.call(METHODS.createInvite, {});
  const first = bench.startWorker(bench.folder("first"), ["join", used.text, "--name", "first"]);
  await first.fact("words", wordsSchema);
  const second = await complaintOf(used.text, "second");
  assert.deepEqual(second, { exitCode: 82, code: "invite-used" });
  const { nodeId } = await nodeNamed(client, "first");
  await client.call(METHODS.refuseNode, { nodeId, reason: "I know nobody of that name" });
  assert.equal((await first.ended).exitCode, 83);
  await until("the alarm for the second use", async () =>
    (await timeline(client)).find(({ kind }) => kind === "InviteReused" || kind === "LinkRefused"),
  );

  const short = await client.call(METHODS.createInvite, { lifetimeMs: durationMs(1) });
  assert.deepEqual(await complaintOf(short.text, "late"), { exitCode: 81, code: "invite-expired" });
  assert.deepEqual(await complaintOf(used.text.slice(0, -9), "cut"), { exitCode: 80, code: "invite-malformed" });

  const other = await Bench.open(undefined);
  try {
    await other.serve();
    const stranger = await (await other.client()).call(METHODS.createInvite, {});
    const mine = await client.call(METHODS.createInvite, {});
    // The stranger's invite, sent to this Home's address: neither may take the other for the right one.
    const crossed = readdressed(stranger.text, mine.addresses);
    const { exitCode, code } = await complaintOf(crossed, "crossed");
    assert.ok([82, 87].includes(exitCode ?? 0), code);
    assert.equal(
      (await client.call(METHODS.listNodes, {})).nodes.some(({ name }) => name === "crossed"),
      false,
    );
  } finally {
    await other.close();
  }
});

function readdressed(invite: string, addresses: readonly string[]): string {
  const [prefix, body = ""] = invite.split("_", 2);
  const rest = invite.slice((prefix ?? "").length + 1);
  const fields: unknown = JSON.parse(Buffer.from(rest === "" ? body : rest, "base64url").toString("utf8"));
  const changed = { ...z.looseObject({}).parse(fields), addresses };
  return `${prefix}_${Buffer.from(JSON.stringify(changed)).toString("base64url")}`;
}

/** Loaded before a program: its clock goes wrong by so much. */
function clockWrongBy(shiftMs: number): { readonly NODE_OPTIONS: string } {
  const path = join(bench.folder("clocks"), `clock${shiftMs}.cjs`);
  writeFileSync(path, `const now = Date.now; Date.now = () => now() + (${shiftMs});\n`);
  return { NODE_OPTIONS: `--require ${path}` };
}

test("a worker whose clock is wrong is told of the clock, not of a mystery", async () => {
  const { text } = await client.call(METHODS.createInvite, {});
  for (const [name, shiftMs, codes] of [
    ["tomorrow", 24 * 60 * 60_000, ["invite-expired", "clock-skew"]],
    ["last-year", -365 * 24 * 60 * 60_000, ["clock-skew"]],
  ] as const) {
    const state = bench.folder(`clock-${name}`);
    const program = bench.startWorker(state, ["join", text, "--name", name], clockWrongBy(shiftMs));
    const { exitCode, stderr } = await program.ended;
    const { code, message, advice } = errorSchema.parse(JSON.parse(stderr));
    assert.ok(codes.some((each) => each === code) && [81, 91].includes(exitCode ?? 0), stderr);
    assert.match(`${message} ${advice}`, /clock/u);
  }
  assert.ok((await client.call(METHODS.listNodes, {})).nodes.every(({ name }) => name === "local" || name === "box"));
});

test("a Home that is not there is named by its address, and a worker that is not joined says so", async () => {
  const gone = await client.call(METHODS.createInvite, { addresses: ["127.0.0.1:9"] });
  assert.deepEqual(await complaintOf(gone.text, "lost"), { exitCode: 86, code: "home-unreachable" });
});

test("a worker that lacks the engine is told before anything is previewed", async (t) => {
  const sandbox = await sandboxProblem(client);
  if (sandbox !== undefined) return t.skip(`bubblewrap: ${sandbox}`);
  const before = (await timeline(client)).length;
  const ended = await bench.cli(["ask", "--on", "box", "--model", "nobody-has-this", "--yes", "hello"]);
  assertRefused(ended, 78, /nobody-has-this/u);
  assert.equal((await timeline(client)).length, before);
});

test("a worker that is away is named with what to do, and comes back", async () => {
  await worker.program.kill();
  await until("the worker to be given up", async () =>
    (await timeline(client)).find(({ kind, where }) => kind === "NodeLost" && where?.name === "box"),
  );
  assertRefused(await bench.cli(["ask", "--on", "box", "--yes", "hello"]), 77, /arw-worker run/u);
  worker.program = bench.startWorker(worker.state, ["run"]);
  await worker.program.fact("connected", anyFact);
  await nodeInState(client, "box", "ready");
});

test("a journal with one flipped byte is named by segment and byte, and no Home serves it", async (t) => {
  const damaged = await Bench.open(t);
  await damaged.serve();
  const owner = await damaged.client();
  await owner.call(METHODS.createInvite, {});
  for (let number = 0; number < 3; number++) {
    // A refused command writes nothing: these write.
    await owner.call(METHODS.createInvite, {});
  }
  assert.equal((await damaged.cli(["stop"])).exitCode, 0);
  await damaged.home?.ended;
  const folder = join(damaged.homeFolder, "journal");
  const segment = readdirSync(folder).find((name) => readFileSync(join(folder, name)).length > 1_000);
  assert.ok(segment !== undefined);
  const path = join(folder, segment);
  const whole = readFileSync(path);
  const broken = Buffer.from(whole);
  const at = Math.floor(broken.length / 3);
  broken[at] = (broken[at] ?? 0) ^ 0x01;
  writeFileSync(path, broken);

  const verified = await damaged.cli(["journal", "verify"]);
  assert.equal(verified.exitCode, 71);
  const named = /corrupt at byte (\d+) of (\S+):/u.exec(verified.stderr);
  assert.equal(named?.[2], segment);
  assert.ok(Number(named?.[1]) <= at);
  assert.match(verified.stderr, ONE_CAUSE_ONE_FIX);
  const served = await damaged.startHome(["serve"]).ended;
  assertRefused(served, 71, /byte/u);
  assert.deepEqual(readFileSync(path), broken, "nobody repairs what is damage");

  writeFileSync(path, whole);
  await damaged.serve();
  assert.ok((await timeline(await damaged.client())).length > 0);
});

test("a Home's folder that others may enter is refused, and is not quietly made private", async (t) => {
  const lax = await Bench.open(t);
  await lax.serve();
  assert.equal((await lax.cli(["stop"])).exitCode, 0);
  await lax.home?.ended;
  chmodSync(lax.homeFolder, 0o755);
  assertRefused(await lax.startHome(["serve"]).ended, 88, /can be entered by others/u);
  assert.equal(statSync(lax.homeFolder).mode & 0o777, 0o755);
});
