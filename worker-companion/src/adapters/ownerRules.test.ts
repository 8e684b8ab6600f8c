// The owner's rules as files: read anew when they change, loud when they are broken, and counted over restarts.
import assert from "node:assert/strict";
import { mkdtemp, readFile, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { type TestContext, test } from "node:test";
import { nodeId, workspaceId } from "#protocol/ids.ts";
import { byteCount, durationMs } from "#protocol/quantities.ts";
import { ADVERTS, ASK, attemptIdOf, COMMAND, seed } from "../../../test/simulation/attemptFixtures.ts";
import type { Owner } from "../core/owner.ts";
import { openDailyUse } from "./dailyUseFile.ts";
import { localTimeOf } from "./localTime.ts";
import { createMachineOwner, rulesStatusOf } from "./machineOwner.ts";
import { openRulesFile } from "./rulesFile.ts";

const NOON = new Date(2026, 10, 23, 12, 0);
const USED = {
  outcome: { kind: "exited", exitCode: 0 },
  busyMs: durationMs(60_000),
  bytesIn: byteCount(70),
  bytesOut: byteCount(30),
} as const;

class Machine {
  readonly folder: string;
  readonly facts: string[] = [];
  now: Date = NOON;

  constructor(folder: string) {
    this.folder = folder;
  }

  static async open(t: TestContext): Promise<Machine> {
    const folder = await mkdtemp(join(tmpdir(), "arw-rules-"));
    t.after(() => rm(folder, { recursive: true, force: true }));
    return new Machine(folder);
  }

  /** A fresh life of the worker over the same folder. */
  async owner(): Promise<Owner> {
    return createMachineOwner({
      rules: openRulesFile(this.folder),
      use: await openDailyUse(join(this.folder, "daily-use.json")),
      home: nodeId.from(seed(1)),
      workspace: workspaceId.from(seed(1)),
      adverts: () => ADVERTS,
      now: () => this.now,
      blobs: { hold: () => {}, release: () => {} },
      log: (fact) => this.facts.push(fact),
    });
  }

  write(text: string, name = "rules.jsonc"): Promise<void> {
    return writeFile(join(this.folder, name), text);
  }
}

test("without a file everything is allowed and nothing is counted", async (t) => {
  const machine = await Machine.open(t);
  const owner = await machine.owner();
  assert.equal(owner.judge(COMMAND), undefined);
  await owner.taken(attemptIdOf(1), COMMAND);
  await owner.ended(attemptIdOf(1), USED);
  await assert.rejects(readFile(join(machine.folder, "daily-use.json")), { code: "ENOENT" });
  assert.deepEqual(machine.facts, ["attempt taken", "attempt ended"]);
});

test("a change of the file counts for the next job, without a restart", async (t) => {
  const machine = await Machine.open(t);
  const owner = await machine.owner();
  await machine.write('{ "rules": [{ "name": "only questions", "effect": "allow", "kinds": ["ask"] }] }');
  assert.match(owner.judge(COMMAND)?.message ?? "", /"only questions"/u);
  assert.equal(owner.judge(ASK), undefined);
  await machine.write('{ "rules": [{ "name": "only this model", "effect": "allow", "models": ["demo"] }] }');
  assert.equal(owner.judge(ASK), undefined);
  await machine.write('{ "rules": [{ "name": "no model", "effect": "deny", "models": ["d?mo"] }] }');
  assert.match(owner.judge(ASK)?.message ?? "", /"no model"/u);
  await rm(join(machine.folder, "rules.jsonc"));
  assert.equal(owner.judge(ASK), undefined);
});

test("a file that cannot be read refuses all work and says where it is broken", async (t) => {
  const machine = await Machine.open(t);
  const owner = await machine.owner();
  await machine.write('{\n  "rules": [\n    { "name": "x", "effect": "alow" }\n  ]\n}');
  for (const job of [COMMAND, ASK]) {
    const refusal = owner.judge(job);
    assert.equal(refusal?.code, "owner-rules");
    assert.match(refusal?.message ?? "", /line 3, \$\.rules\[0\]\.effect/u);
  }
  await machine.write('{ "rules": [] }');
  assert.equal(owner.judge(COMMAND), undefined);
  await machine.write('{ "rules": [] }', "rules.json");
  assert.match(owner.judge(COMMAND)?.message ?? "", /only one of the two can count/u);
});

test("the budget of a day holds over a restart, and begins again at midnight", async (t) => {
  const machine = await Machine.open(t);
  await machine.write('{ "rules": [], "daily": { "jobs": 2, "bytes": 1000 } }');
  const first = await machine.owner();
  await Promise.all([1, 2].map((number) => first.taken(attemptIdOf(number), COMMAND)));
  await first.ended(attemptIdOf(1), USED);
  const second = await machine.owner();
  assert.match(second.judge(COMMAND)?.message ?? "", /"daily\.jobs" allows 2/u);
  const use = await openDailyUse(join(machine.folder, "daily-use.json"));
  const status = rulesStatusOf(openRulesFile(machine.folder), use, machine.now);
  assert.ok(status.state === "read");
  assert.deepEqual(
    status.budget.map(({ name, left }) => [name, left]),
    [
      ["daily.jobs", 0],
      ["daily.bytes", 900],
    ],
  );
  machine.now = new Date(2026, 10, 24, 0, 0);
  assert.equal(second.judge(COMMAND), undefined);
});

test("a damaged count is no count of nothing", async (t) => {
  const machine = await Machine.open(t);
  await writeFile(join(machine.folder, "daily-use.json"), "{", { mode: 0o600 });
  await assert.rejects(machine.owner(), { code: "daily-use-malformed" });
});

test("local time is the machine's own, to the minute", () => {
  assert.deepEqual(localTimeOf(new Date(2026, 10, 23, 0, 1)), { day: "2026-11-23", weekday: "mon", minute: 1 });
  assert.deepEqual(localTimeOf(new Date(2027, 0, 3, 23, 59)), { day: "2027-01-03", weekday: "sun", minute: 1_439 });
});
