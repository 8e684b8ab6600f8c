// The owner's rules against jobs: what is allowed, to whom, when and how much, and which rule says no.
import assert from "node:assert/strict";
import { test } from "node:test";
import fc from "fast-check";
import type { JobSpec } from "#protocol/job.ts";
import { ASK, COMMAND } from "../../../../test/simulation/attemptFixtures.ts";
import { addUse, type DailyUse, useOn } from "./dailyUse.ts";
import { fitsGlob } from "./glob.ts";
import { judgeJob, type LocalTime, type RuleQuestion } from "./judgeJob.ts";
import { type OwnerRules, readRules, RULES_MAX } from "./ownerRules.ts";

const NOTHING_USED: DailyUse = useOn("2026-11-23", undefined);
const MONDAY_NOON: LocalTime = { day: "2026-11-23", weekday: "mon", minute: 12 * 60 };

function rulesOf(text: string): OwnerRules {
  const reading = readRules(text);
  if (!reading.ok) throw new Error(`${reading.where}: ${reading.problem}`);
  return reading.rules;
}

function verdict(text: string, job: JobSpec, changes: Partial<RuleQuestion> = {}): string {
  const question = {
    job,
    home: "node_home",
    workspace: "ws_one",
    modelNames: ["demo model"],
    time: MONDAY_NOON,
    use: NOTHING_USED,
    ...changes,
  };
  const refusal = judgeJob(rulesOf(text), question);
  if (refusal === undefined) return "allowed";
  assert.equal(refusal.code, "owner-rules");
  return /rule (".+?")/u.exec(refusal.message)?.[1] ?? refusal.message;
}

const commandOf = (...argv: readonly string[]): JobSpec => ({ ...COMMAND, argv });

test("without rules everything is allowed", () => {
  assert.equal(verdict('{ "rules": [] }', commandOf("rm", "-rf", "/")), "allowed");
  assert.equal(verdict('{ "rules": [] }', ASK), "allowed");
});

const TESTS = `{ "rules": [
  { "name": "tests", "effect": "allow", "commands": ["npm test*", "cargo *"] },
  { "name": "small models", "effect": "allow", "models": ["demo*", "sha256:00*"] },
  { "name": "no deploys", "effect": "deny", "commands": ["*deploy*"] },
] }`;

test("where something is allowed, nothing else is, and a deny beats it", () => {
  assert.equal(verdict(TESTS, commandOf("npm", "test", "--", "a b")), "allowed");
  assert.equal(verdict(TESTS, commandOf("sh", "-c", "npm test")), '"tests"');
  assert.equal(verdict(TESTS, commandOf("cargo", "deploy")), '"no deploys"');
  assert.equal(verdict(TESTS, ASK), "allowed");
  assert.equal(verdict(TESTS, ASK, { modelNames: ["qwen3-32b"] }), '"tests"');
});

test("an install step is a command too: it must be allowed, and is enough to be denied", () => {
  const withStep = (...argv: readonly string[]): JobSpec => ({
    ...COMMAND,
    argv: ["npm", "test"],
    dependencies: { kind: "install-step", argv },
  });
  assert.equal(verdict(TESTS, withStep("cargo", "fetch")), "allowed");
  assert.equal(verdict(TESTS, withStep("curl", "x")), '"tests"');
  assert.equal(verdict(TESTS, withStep("cargo", "deploy")), '"no deploys"');
});

test("a rule can be for one Home, one workspace and one kind", () => {
  const text = `{ "rules": [{ "name": "mine", "effect": "allow", "kinds": ["ask"], "homes": ["node_h*"], "workspaces": ["ws_one"] }] }`;
  assert.equal(verdict(text, ASK), "allowed");
  assert.equal(verdict(text, COMMAND), '"mine"');
  assert.equal(verdict(text, ASK, { home: "node_other" }), '"mine"');
  assert.equal(verdict(text, ASK, { workspace: "ws_two" }), '"mine"');
});

test("hours begin at their first minute, end before their last, and pass midnight with the day on which they began", () => {
  const text = `{ "rules": [{ "name": "nights", "effect": "allow", "hours": [
    { "days": ["mon", "tue"], "from": "22:00", "to": "06:30" }, { "days": ["sat"], "from": "00:00", "to": "24:00" } ] }] }`;
  const at = (weekday: LocalTime["weekday"], hour: number, minute: number): string =>
    verdict(text, ASK, { time: { day: "2026-11-23", weekday, minute: hour * 60 + minute } });
  assert.equal(at("mon", 21, 59), '"nights"');
  assert.equal(at("mon", 22, 0), "allowed");
  assert.equal(at("wed", 6, 29), "allowed");
  assert.equal(at("wed", 6, 30), '"nights"');
  assert.equal(at("mon", 3, 0), '"nights"');
  assert.equal(at("sat", 23, 59), "allowed");
  assert.equal(at("sun", 0, 0), '"nights"');
});

test("a daily budget is open until it is reached, and fresh the next day", () => {
  const text = `{ "rules": [], "daily": { "jobs": 2, "busyMinutes": 1, "bytes": 10 } }`;
  const after = (use: Partial<DailyUse>): string => verdict(text, ASK, { use: addUse(NOTHING_USED, use) });
  assert.equal(after({ jobs: 1, busyMs: 59_999, bytes: 9 }), "allowed");
  assert.equal(after({ jobs: 2 }), '"daily.jobs"');
  assert.equal(after({ busyMs: 60_000 }), '"daily.busyMinutes"');
  assert.equal(after({ bytes: 11 }), '"daily.bytes"');
  assert.equal(verdict('{ "rules": [], "daily": { "jobs": 0 } }', ASK), '"daily.jobs"');
  assert.deepEqual(useOn("2026-11-24", addUse(NOTHING_USED, { jobs: 2 })), { ...NOTHING_USED, day: "2026-11-24" });
});

test("a mistake in the rules is named with its line and path, and two rules never share a name", () => {
  const problem = (text: string): string => {
    const reading = readRules(text);
    return reading.ok ? "read" : `${reading.where}: ${reading.problem}`;
  };
  assert.match(
    problem('{ "rules": [\n  { "name": "x", "effect": "permit" }\n] }'),
    /^line 2, \$\.rules\[0\]\.effect: /u,
  );
  assert.match(problem('{ "rules": [],\n "dayly": {} }'), /^line 1, \$: .*dayly/u);
  assert.match(
    problem('{ "rules": [\n { "name": "x", "effect": "allow",\n "hours": [{ "from": "9:00", "to": "10:00" }] }] }'),
    /^line 3/u,
  );
  assert.match(
    problem('{ "rules": [{ "name": "x", "effect": "allow", "hours": [{ "from": "09:00", "to": "09:00" }] }] }'),
    /same time/u,
  );
  assert.match(problem("rules:"), /^line 1, column 1: /u);
  const twice = '{ "name": "x", "effect": "deny" }';
  assert.match(problem(`{ "rules": [${twice}, ${twice}] }`), /same name/u);
  const many = (count: number): string =>
    JSON.stringify({ rules: Array.from({ length: count }, (_, index) => ({ name: `r${index}`, effect: "deny" })) });
  assert.equal(problem(many(RULES_MAX)), "read");
  assert.match(problem(many(RULES_MAX + 1)), /rules/u);
});

test("a glob fits what the same regular expression fits", () => {
  const letters = fc.string({ unit: fc.constantFrom("a", "b", " ", "."), maxLength: 12 });
  const glob = fc.string({ unit: fc.constantFrom("a", "b", " ", ".", "*", "?"), maxLength: 8 });
  fc.assert(
    fc.property(glob, letters, (pattern, text) => {
      const source = pattern.replaceAll(".", "\\.").replaceAll("*", ".*").replaceAll("?", ".");
      assert.equal(fitsGlob(pattern, text), new RegExp(`^${source}$`, "su").test(text));
    }),
  );
});
