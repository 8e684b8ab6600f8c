// What a policy is approved upon is part of what is approved: another policy in force, or rules of the workspace that would stop
// counting, make it another action, and it is never adopted upon anything but what the owner read.
import assert from "node:assert/strict";
import { test } from "node:test";
import type { Command } from "#protocol/commands.ts";
import type { JournalEvent } from "#protocol/events.ts";
import type { PolicyDocument } from "#protocol/policy.ts";
import { type StagedAction, stagedDigest } from "#protocol/staging.ts";
import { homeAlone } from "../../../../test/simulation/homeCommands.ts";
import { kindsOf, only, type Scenario } from "../../../../test/simulation/homeScenario.ts";
import {
  adoptPolicy,
  judgePolicyFile,
  policyOf,
  policyRule,
  readWorkspacePolicy,
} from "../../../../test/simulation/policyCommands.ts";
import {
  approveStaged,
  beginStaged,
  endStaged,
  stage,
  stagedIdOf,
} from "../../../../test/simulation/stagingCommands.ts";
import { decide } from "../decide.ts";
import { evolve } from "../evolve.ts";
import { type HomeState, initialState } from "../state.ts";
import { stagingOf } from "./state.ts";

const LOOSE = policyOf(policyRule("may", "allow"));
const NEVER_A = policyOf(policyRule("never-a", "deny", { resource: { paths: ["a/**"] } }));
const ACTION: StagedAction = { kind: "adopt-policy", name: LOOSE.name, text: JSON.stringify(LOOSE) };

function waitingUpon(found: PolicyDocument | undefined): Scenario {
  const home = homeAlone();
  home.run(adoptPolicy(policyOf()), readWorkspacePolicy(found), stage(1, { action: ACTION }));
  return home;
}

function heldAction(home: Scenario, number = 1): Extract<StagedAction, { kind: "adopt-policy" }> {
  const action = stagingOf(home.state).byId.get(stagedIdOf(number))?.action;
  assert.ok(action?.kind === "adopt-policy");
  return action;
}

/** Approves what was shown first, and lets it be done as a shell found it. */
function done(home: Scenario, shown: StagedAction): ReturnType<Scenario["run"]> {
  return home.run(
    approveStaged(1, { digest: stagedDigest(shown) }),
    beginStaged(1, { begun: { kind: "shell", found: shown } }),
  );
}

/** What may happen to the policy in force between the reading and the yes. */
const MEANWHILE = {
  "the workspace's file is removed, so that its rules would be dropped": readWorkspacePolicy(undefined),
  "the workspace's file forbids something else": readWorkspacePolicy(policyOf(policyRule("asks", "ask"))),
  "another policy is adopted": adoptPolicy(policyOf(policyRule("other", "ask"))),
  "the Home's file cannot be read any more": judgePolicyFile("policy.jsonc:1:1 is empty."),
} as const;

for (const [what, command] of Object.entries(MEANWHILE)) {
  test(`given a policy that waits, when ${what}, then it is void and waits again`, () => {
    const home = waitingUpon(NEVER_A);
    const shown = heldAction(home);
    home.run(command);
    const events = done(home, shown);
    assert.equal(only(events, "StagedEnded").outcome, "void");
    assert.ok(!kindsOf(events).includes("StagedBegun"));
    assert.notEqual(only(events, "ActionStaged").digest, stagedDigest(shown));
  });
}

test("given a policy that came back to what it was, when the one that waited is approved, then it is void all the same", () => {
  const home = waitingUpon(undefined);
  const shown = heldAction(home);
  home.run(adoptPolicy(policyOf(policyRule("other", "ask"))), adoptPolicy(policyOf()));
  assert.equal(only(done(home, shown), "StagedEnded").outcome, "void");
});

test("given nothing that changed, when it is approved, then it is begun", () => {
  const home = waitingUpon(NEVER_A);
  assert.ok(kindsOf(done(home, heldAction(home))).includes("StagedBegun"));
});

test("what would stop counting is named in the action, rule by rule, with its gate", () => {
  const home = homeAlone();
  home.run(readWorkspacePolicy({ ...NEVER_A, gates: { noEgress: true } }), readWorkspacePolicy(undefined));
  home.run(stage(1, { action: ACTION }));
  const { base } = heldAction(home);
  assert.deepEqual([base?.epoch, base?.drops?.rules, base?.drops?.noEgress], [2, ["never-a"], true]);
});

test("what somebody says it is adopted upon counts for nothing", () => {
  const home = homeAlone();
  home.run(adoptPolicy(policyOf()), stage(1, { action: { ...ACTION, base: { epoch: 7 } } }));
  assert.deepEqual(heldAction(home).base, { epoch: 1 });
});

test("given an item of an older program, which does not say what it is adopted upon, when it is approved, then it is void", () => {
  const home = waitingUpon(undefined);
  const { base: _, ...old } = heldAction(home);
  const digest = stagedDigest(old);
  const events = home.events.map((event) =>
    event.kind === "ActionStaged" ? { ...event, action: old, digest } : event,
  );
  const told = (state: HomeState, command: Command): readonly JournalEvent[] => {
    const decided = decide(state, command);
    assert.ok(!("kind" in decided));
    return decided;
  };
  let state = events.reduce(evolve, initialState(home.state.identity));
  state = told(state, approveStaged(1, { digest })).reduce(evolve, state);
  const ended = only(told(state, beginStaged(1, { begun: { kind: "shell", found: old } })), "StagedEnded");
  assert.equal(ended.outcome, "void");
});

test("given an adoption between beginning and deed, then nothing is adopted, and it ends void and waits again", () => {
  const home = waitingUpon(undefined);
  const shown = heldAction(home);
  done(home, shown);
  home.run(adoptPolicy(policyOf(policyRule("other", "ask"))));
  home.refuses(adoptPolicy(LOOSE, { basedOn: shown.base?.epoch ?? -1 }), "policy-moved");
  const events = home.run(endStaged(1, { outcome: "void", replacedBy: stagedIdOf(2) }));
  assert.equal(only(events, "StagedEnded").replacedBy, stagedIdOf(2));
  assert.equal(heldAction(home, 2).base?.epoch, home.state.policy?.epoch);
  home.run(adoptPolicy(LOOSE, { basedOn: home.state.policy?.epoch ?? -1 }));
});
