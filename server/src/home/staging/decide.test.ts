// The gate: which facts come of every command in every state of an item, who is told what, and what nothing may do.
import assert from "node:assert/strict";
import { test } from "node:test";
import type { Command, CommandKind, StageAction } from "#protocol/commands.ts";
import type { EventKind, JournalEvent } from "#protocol/events.ts";
import { digestOf } from "#protocol/digest.ts";
import { durationMs } from "#protocol/quantities.ts";
import { stagedDigest } from "#protocol/staging.ts";
import { unmarkNeverLeaves } from "../../../../test/simulation/egressCommands.ts";
import {
  CLIENT,
  connect,
  exited,
  finished,
  homeAlone,
  idsOf,
  OWNER,
  start,
  withProposal,
} from "../../../../test/simulation/homeCommands.ts";
import { revokeLease } from "../../../../test/simulation/leaseCommands.ts";
import {
  capabilitiesWith,
  COMMAND_ENGINE,
  kindsOf,
  LOCAL,
  only,
  type Scenario,
  steadyAt,
} from "../../../../test/simulation/homeScenario.ts";
import {
  applying,
  approveStaged,
  beginStaged,
  endorseStaged,
  endStaged,
  READER,
  rejectStaged,
  reviseStaged,
  RESUME,
  running,
  stage,
  stagedIdOf,
  unmarking,
  withdrawStaged,
} from "../../../../test/simulation/stagingCommands.ts";
import { STAGING_NEEDED } from "./action.ts";
import { ACTION_LEASE_MS_MAX } from "./decide.ts";
import {
  ENDORSEMENTS_MAX,
  PENDING_STAGED_BYTES_MAX,
  PENDING_STAGED_MAX,
  RECENT_STAGED_MAX,
  STAGED_BYTES_MAX,
  stagingOf,
} from "./state.ts";

/** Every state that item 1 may be in, and how it gets there. */
const STATES = {
  none: () => homeAlone(),
  pending: () => given(stage(1)),
  approved: () => given(stage(1), approveStaged(1)),
  begun: () => withBegun(),
  done: () => given(stage(1), approveStaged(1), beginStaged(1)),
  void: () => given(stage(1), approveStaged(1), beginStaged(1, { begun: orderOf(7) })),
  unknown: () => given(stage(1), approveStaged(1), endStaged(1, { outcome: "unknown" })),
  rejected: () => given(stage(1), rejectStaged(1)),
  superseded: () => given(stage(1), reviseStaged(1, 2)),
  withdrawn: () => given(stage(1), withdrawStaged(1)),
} satisfies Record<string, () => Scenario>;

type StagingKind = Extract<CommandKind, `${string}staged` | "stage-action">;
const COMMANDS: { readonly [Kind in StagingKind]: () => Command } = {
  "stage-action": () => stage(1),
  "endorse-staged": () => endorseStaged(1),
  "approve-staged": () => approveStaged(1, { leaseId: idsOf(50).leaseId }),
  "reject-staged": () => rejectStaged(1),
  "withdraw-staged": () => withdrawStaged(1),
  "revise-staged": () => reviseStaged(1, 3),
  "begin-staged": () => beginStaged(1),
  "end-staged": () => endStaged(1),
};

type Answer = readonly EventKind[] | string;
const NONE = "staged-unknown";
const DECIDED = "staged-decided";
const WAITS: Readonly<Record<StagingKind, Answer>> = {
  "stage-action": "staged-exists",
  "endorse-staged": ["StagedEndorsed"],
  "approve-staged": ["LeaseGranted", "StagedApproved"],
  "reject-staged": ["StagedRejected"],
  "withdraw-staged": ["StagedWithdrawn"],
  "revise-staged": ["StagedSuperseded", "ActionStaged"],
  "begin-staged": "staged-not-approved",
  "end-staged": "staged-not-approved",
};
const OVER: Readonly<Record<StagingKind, Answer>> = {
  "stage-action": "staged-exists",
  "endorse-staged": DECIDED,
  "approve-staged": DECIDED,
  "reject-staged": DECIDED,
  "withdraw-staged": DECIDED,
  "revise-staged": DECIDED,
  "begin-staged": "staged-not-approved",
  "end-staged": "staged-not-approved",
};
const ENDED: Readonly<Record<StagingKind, Answer>> = { ...OVER, "begin-staged": "staged-begun", "end-staged": [] };

/** Complete: a state or a command without an answer does not compile. */
const TABLE: { readonly [State in keyof typeof STATES]: Readonly<Record<StagingKind, Answer>> } = {
  none: {
    "stage-action": ["ActionStaged"],
    "endorse-staged": NONE,
    "approve-staged": NONE,
    "reject-staged": NONE,
    "withdraw-staged": NONE,
    "revise-staged": NONE,
    "begin-staged": "staged-not-approved",
    "end-staged": NONE,
  },
  pending: WAITS,
  approved: {
    ...OVER,
    "begin-staged": ["StagedBegun", "NeverLeavesUnmarked", "StagedEnded"],
    "end-staged": "staged-not-begun",
  },
  begun: { ...OVER, "begin-staged": "staged-begun", "end-staged": ["StagedEnded"] },
  done: ENDED,
  void: ENDED,
  unknown: ENDED,
  rejected: OVER,
  superseded: {
    ...OVER,
    "endorse-staged": "staged-revised",
    "approve-staged": "staged-revised",
    "reject-staged": "staged-revised",
    "withdraw-staged": "staged-revised",
    "revise-staged": "staged-revised",
  },
  withdrawn: OVER,
};

function given(...commands: readonly Command[]): Scenario {
  const home = homeAlone();
  home.run(
    { kind: "mark-never-leaves", at: stage(1).at, by: OWNER, globs: ["secrets-1/"], collected: [], transfers: [] },
    ...commands,
  );
  return home;
}

function orderOf(number: number): ReturnType<typeof beginStaged>["begun"] {
  return { kind: "order", order: unmarkNeverLeaves(`secrets-${number}/`) };
}

/** Item 1 is an application, whose bytes a shell writes. */
function withBegun(): Scenario {
  const home = homeAlone();
  const action = applying(1);
  home.run(start(1), finished(1, LOCAL, 0, { result: withProposal(1, exited(0)) }), stage(1, { action }));
  home.run(approveStaged(1, { digest: stagedDigest(action) }));
  home.run(beginStaged(1, { begun: { kind: "shell", found: action } }));
  return home;
}

for (const [name, commands] of Object.entries(TABLE)) {
  for (const [kind, answer] of Object.entries(commands)) {
    const told = typeof answer === "string" ? answer : answer.length === 0 ? "nothing more" : answer.join(", ");
    test(`an item that is ${name} answers ${kind} with ${told}`, () => {
      const home = stateOf(name);
      const command = commandOf(kind);
      if (typeof answer === "string") home.refuses(command, answer);
      else assert.deepEqual(kindsOf(home.run(command)), answer);
    });
  }
}

function stateOf(name: string): Scenario {
  const made = Object.entries(STATES).find(([key]) => key === name)?.[1]();
  assert.ok(made !== undefined);
  return made;
}

function commandOf(kind: string): Command {
  const made = Object.entries(COMMANDS).find(([key]) => key === kind)?.[1]();
  assert.ok(made !== undefined);
  return made;
}

test("two approvals at once are one decision, and the other is told who decided", () => {
  const home = given(stage(1), approveStaged(1));
  const other = home.refuses(approveStaged(1, { leaseId: idsOf(2).leaseId }), "staged-decided");
  assert.match(other.message, /approved by cli/);
  home.refuses(rejectStaged(1), "staged-decided");
});

test("an approval names the digest that was shown, and a reworded title does not change it", () => {
  const home = given(stage(1, { title: "something harmless" }));
  home.refuses(approveStaged(1, { digest: digestOf("another") }), "staged-changed");
  const { lease } = only(home.run(approveStaged(1)), "LeaseGranted");
  assert.deepEqual([lease.capability, lease.budget.uses, lease.budget.bytes], ["act", 1, 0]);
  assert.deepEqual(lease.scope, { kind: "action", stagedId: stagedIdOf(1), action: stagedDigest(unmarking(1)) });
});

test("the same question twice is one item", () => {
  const home = given(stage(1));
  assert.deepEqual(home.run(stage(2, { action: unmarking(1), title: "in other words" })), []);
  assert.equal(stagingOf(home.state).byId.size, 1);
});

test("what is done is what was approved: another order is void, waits again, and its lease is gone", () => {
  const home = given(stage(1), approveStaged(1));
  const events = home.run(beginStaged(1, { begun: orderOf(2) }));
  assert.deepEqual(kindsOf(events), ["LeaseRevoked", "StagedEnded", "ActionStaged"]);
  const again = only(events, "ActionStaged");
  assert.deepEqual([again.digest, again.revision], [stagedDigest(unmarking(2)), 2]);
  assert.deepEqual(only(events, "StagedEnded").replacedBy, again.stagedId);
  home.refuses(beginStaged(1), "staged-begun");
  home.refuses(approveStaged(1, { leaseId: idsOf(3).leaseId }), "staged-decided");
});

test("files that changed after the review make it void, whoever says they are the same", () => {
  const home = homeAlone();
  const shown = applying(1);
  home.run(start(1), finished(1, LOCAL, 0, { result: withProposal(1, exited(0)) }), stage(1, { action: shown }));
  home.run(approveStaged(1, { digest: stagedDigest(shown) }));
  const found = applying(1, "changed since");
  const events = home.run(beginStaged(1, { begun: { kind: "shell", found } }));
  assert.deepEqual(kindsOf(events), ["LeaseRevoked", "StagedEnded", "ActionStaged"]);
  assert.equal(only(events, "StagedEnded").outcome, "void");
});

test("a revoked, spent or run out lease lets nothing be done", () => {
  const revoked = given(stage(1), approveStaged(1), revokeLease(1));
  assert.equal(only(revoked.run(beginStaged(1)), "StagedEnded").outcome, "failed");
  const late = given(stage(1), approveStaged(1, { leaseMs: durationMs(1_000) }));
  const events = late.run(beginStaged(1, { steady: steadyAt(1_000) }));
  assert.deepEqual(kindsOf(events), ["LeaseRevoked", "StagedEnded"]);
  const reboot = given(stage(1), approveStaged(1));
  assert.equal(only(reboot.run(beginStaged(1, { steady: steadyAt(1, "next boot") })), "StagedEnded").outcome, "failed");
  const foreign = given(stage(1), approveStaged(1), stage(2), approveStaged(2));
  foreign.refuses(beginStaged(1, { leaseId: idsOf(2).leaseId }), "staged-not-approved");
});

test("time alone decides nothing: what waits still waits after years", () => {
  const home = given(stage(1));
  home.run(approveStaged(1, { steady: steadyAt(1e12) }));
});

test("a command that fails to start is not done, and its approval is spent", () => {
  const home = homeAlone();
  home.run(stage(1, { action: running(1, true) }), start(1));
  home.run(approveStaged(1, { digest: stagedDigest(running(1, true)) }));
  const events = home.run(beginStaged(1, { begun: { kind: "order", order: start(1) } }));
  assert.deepEqual(kindsOf(events), ["LeaseRevoked", "StagedEnded"]);
  assert.match(only(events, "StagedEnded").detail, /has already started/);
});

test("a command that no sandbox holds starts for an owner, and for another client only when it was approved", () => {
  const home = homeAlone();
  const capabilities = { ...capabilitiesWith(COMMAND_ENGINE), sandbox: { kind: "none", reason: "no tool" } } as const;
  home.run(connect(LOCAL, { capabilities }));
  home.refuses(start(1), STAGING_NEEDED);
  home.run(start(2, { by: OWNER }));
  const staged = only(home.run(stage(1, { action: running(1, true) })), "ActionStaged");
  assert.equal(staged.risk.level, "high", "whether it is contained is what the Home knows, not what was said");
  home.run(approveStaged(1, { digest: staged.digest }));
  const events: readonly JournalEvent[] = home.run(beginStaged(1, { begun: { kind: "order", order: start(1) } }));
  const began = ["StagedBegun", "EpisodeStarted", "JobQueued", "JobPlaced", "JobOffered", "StagedEnded"];
  assert.deepEqual(kindsOf(events), began);
  assert.equal(only(events, "EpisodeStarted").requestedBy, CLIENT.client);
});

test("a revision has no endorsements of the old one, and the old one cannot be answered any more", () => {
  const home = given(stage(1), endorseStaged(1));
  assert.deepEqual(home.run(endorseStaged(1)), [], "one reader is one endorsement");
  home.refuses(endorseStaged(1, { by: CLIENT }), "staged-own");
  home.run(reviseStaged(1, 2));
  const items = [...stagingOf(home.state).byId.values()];
  assert.deepEqual(
    items.map(({ endorsements }) => endorsements),
    [[], []],
  );
  assert.deepEqual(
    items.map(({ revision }) => revision),
    [1, 2],
  );
  home.refuses(endorseStaged(1), "staged-revised");
  home.refuses(reviseStaged(2, 3, { digest: stagedDigest(unmarking(2)), action: unmarking(2) }), "staged-unchanged");
  home.refuses(
    reviseStaged(2, 3, {
      digest: stagedDigest(unmarking(2)),
      action: RESUME.kind === "change-setting" ? running(1, true) : RESUME,
    }),
    "staged-other-kind",
  );
});

test("as many endorsements as the limit count, and one more is refused", () => {
  const home = given(stage(1));
  for (let number = 1; number <= ENDORSEMENTS_MAX; number++) {
    home.run(endorseStaged(1, { by: { ...READER, client: `reader ${number}` } }));
  }
  home.refuses(endorseStaged(1, { by: { ...READER, client: "one more" } }), "staged-endorsed");
});

test("as many items as the limit may wait, and one more is refused and not done until one is answered", () => {
  const home = homeAlone();
  for (let number = 1; number <= PENDING_STAGED_MAX; number++) home.run(stage(number));
  home.refuses(stage(PENDING_STAGED_MAX + 1), "too-many-staged");
  home.run(rejectStaged(1), stage(PENDING_STAGED_MAX + 1));
});

test("an item is held to its bytes, and all that wait to theirs; what has no room is not done", () => {
  const home = homeAlone();
  const near = STAGED_BYTES_MAX - 1_024;
  const sized = (number: number, bytes: number): StageAction => stage(number, { title: "x".repeat(bytes) });
  home.refuses(sized(1, STAGED_BYTES_MAX), "staged-too-large");
  const fit = Math.floor(PENDING_STAGED_BYTES_MAX / STAGED_BYTES_MAX);
  for (let number = 1; number <= fit; number++) home.run(sized(number, near));
  home.refuses(sized(fit + 1, near), "too-many-staged");
  home.refuses(reviseStaged(1, fit + 1, { title: "x".repeat(STAGED_BYTES_MAX) }), "staged-too-large");
  home.run(reviseStaged(1, fit + 1, { title: "x".repeat(near) }));
  home.run(rejectStaged(2), sized(fit + 2, near));
});

test("what is void beside a full list ends all the same, and says that it has to be asked for again", () => {
  const home = given(stage(1), approveStaged(1));
  for (let number = 2; number <= PENDING_STAGED_MAX + 1; number++) home.run(stage(number));
  const ended = only(home.run(beginStaged(1, { begun: orderOf(900) })), "StagedEnded");
  assert.deepEqual([ended.outcome, ended.replacedBy], ["void", undefined]);
});

test("more decided items than are kept leave what waits and the newest", () => {
  const home = homeAlone();
  home.run(stage(1));
  for (let number = 2; number <= RECENT_STAGED_MAX + 20; number++) home.run(stage(number), rejectStaged(number));
  const { byId } = stagingOf(home.state);
  assert.equal(byId.size, RECENT_STAGED_MAX);
  assert.ok(byId.has(stagedIdOf(1)));
});

test("an approval lives up to its limit and not longer", () => {
  const home = given(stage(1));
  home.refuses(approveStaged(1, { leaseMs: durationMs(ACTION_LEASE_MS_MAX + 1) }), "lease-too-long");
  home.refuses(approveStaged(1, { leaseMs: durationMs(0) }), "lease-too-long");
  home.run(approveStaged(1, { leaseMs: durationMs(ACTION_LEASE_MS_MAX) }));
});

test("an application of a proposal that is not here is not staged", () => {
  homeAlone().refuses(stage(1, { action: applying(1) }), "proposal-unknown");
});
