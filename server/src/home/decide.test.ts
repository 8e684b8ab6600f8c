// Who may give which command, over the complete table of commands: buttons only reflect what is refused here.
import assert from "node:assert/strict";
import { test } from "node:test";
import type { Command, CommandKind, Requester } from "#protocol/commands.ts";
import {
  markNeverLeaves,
  pauseOffloads,
  resumeOffloads,
  reviseEgress,
  unmarkNeverLeaves,
} from "../../../test/simulation/egressCommands.ts";
import {
  accepted,
  applied,
  approve,
  cancel,
  CLIENT,
  connect,
  deny,
  enrol,
  finished,
  homeOffloading,
  invite,
  lose,
  lost,
  NOW,
  output,
  OWNER,
  preview,
  revokeNode,
  SHELL,
  start,
  started,
  turnOff,
  turnOn,
} from "../../../test/simulation/homeCommands.ts";
import { expireLeases, grantLease, revokeLease, terms } from "../../../test/simulation/leaseCommands.ts";
import {
  approveStaged,
  beginStaged,
  endorseStaged,
  endStaged,
  rejectStaged,
  reviseStaged,
  stage,
  withdrawStaged,
} from "../../../test/simulation/stagingCommands.ts";
import {
  adoptPolicy,
  judgePolicyFile,
  policyOf,
  readWorkspacePolicy,
} from "../../../test/simulation/policyCommands.ts";
import { clearClass, deriveFiles, markClass } from "../../../test/simulation/classCommands.ts";
import { GPU } from "../../../test/simulation/homeScenario.ts";
import { rotate } from "../../../test/simulation/nodeLeaves.ts";
import { review } from "../../../test/simulation/reviewCommands.ts";

const NODE = { at: NOW, by: OWNER, nodeId: GPU.nodeId } as const;

/** One of each kind; a kind that is missing does not compile. */
const ONE_OF_EACH: { readonly [Kind in CommandKind]: Extract<Command, { readonly kind: Kind }> } = {
  "start-episode": start(2),
  "preview-offload": preview(2, GPU),
  "cancel-episode": cancel(1),
  "deny-egress": deny(1),
  "revise-egress": reviseEgress(1, 2),
  "pause-offloads": pauseOffloads(),
  "resume-offloads": resumeOffloads(),
  "mark-never-leaves": markNeverLeaves("secrets/"),
  "unmark-never-leaves": unmarkNeverLeaves("secrets/"),
  "mark-class": markClass("vault", "secret"),
  "clear-class": clearClass("vault"),
  "derive-files": deriveFiles(1, "secret", ["a.txt"]),
  "approve-egress": approve(1),
  "adopt-policy": adoptPolicy(policyOf()),
  "judge-policy-file": judgePolicyFile("it is broken"),
  "read-workspace-policy": readWorkspacePolicy(policyOf()),
  "grant-lease": grantLease(9, GPU, terms()),
  "expire-leases": expireLeases(1),
  "revoke-lease": revokeLease(1),
  "record-applied": applied(1),
  "review-result": review(1),
  "stage-action": stage(1),
  "endorse-staged": endorseStaged(1),
  "approve-staged": approveStaged(1),
  "reject-staged": rejectStaged(1),
  "withdraw-staged": withdrawStaged(1),
  "revise-staged": reviseStaged(1, 2),
  "begin-staged": beginStaged(1),
  "end-staged": endStaged(1),
  "turn-clustering-on": turnOn(),
  "turn-clustering-off": turnOff(),
  "create-invite": invite(2),
  "approve-node": { kind: "approve-node", ...NODE },
  "refuse-node": { kind: "refuse-node", ...NODE, reason: "" },
  "revoke-node": revokeNode(GPU),
  "record-accepted": accepted(1, GPU),
  "record-started": started(1, GPU),
  "record-output": output(1, GPU, 1),
  "record-finished": finished(1, GPU),
  "record-lost": lost(1, GPU),
  "request-enrolment": enrol(2, GPU),
  "rotate-certificate": rotate(GPU, 2),
  "connect-node": connect(GPU),
  "lose-node": lose(GPU),
  "block-clustering": { kind: "block-clustering", at: NOW, by: SHELL, code: "clustering-self-test-files", detail: "" },
  "refuse-link": { kind: "refuse-link", at: NOW, by: SHELL, code: "message-too-large", detail: "" },
};

const ANY_CLIENT: readonly CommandKind[] = [
  "start-episode",
  "preview-offload",
  "cancel-episode",
  "deny-egress",
  "revise-egress",
  "pause-offloads",
  "mark-never-leaves",
  "mark-class",
  "stage-action",
  "endorse-staged",
  "withdraw-staged",
  "revise-staged",
];
const SHELL_ONLY: readonly CommandKind[] = [
  "record-accepted",
  "record-started",
  "record-output",
  "record-finished",
  "record-lost",
  "request-enrolment",
  "rotate-certificate",
  "connect-node",
  "expire-leases",
  "derive-files",
  "end-staged",
  "judge-policy-file",
  "read-workspace-policy",
  "lose-node",
  "block-clustering",
  "refuse-link",
];

/** The same command, asked by somebody else. */
function askedBy(kind: CommandKind, by: Requester): Command {
  return { ...ONE_OF_EACH[kind], by };
}

/** Whether the requester is turned away, whatever the state says of the rest. */
function code(kind: CommandKind, by: Requester): string {
  const decided = homeOffloading(1, GPU).give(askedBy(kind, by));
  return "kind" in decided ? decided.code : "decided";
}

const ALL = Object.values(ONE_OF_EACH).map((command) => command.kind);

test("a client of the same user without the owner session can give none of the owner's commands", () => {
  const owners = ALL.filter((kind) => !ANY_CLIENT.includes(kind) && !SHELL_ONLY.includes(kind));
  assert.equal(owners.length, 18);
  for (const kind of owners) {
    assert.equal(code(kind, CLIENT), "owner-session-required", kind);
    assert.equal(code(kind, SHELL), "owner-session-required", kind);
    assert.notEqual(code(kind, OWNER), "owner-session-required", kind);
  }
});

test("any client may start, preview, cancel, deny, take something out, pause, mark and put an action before the owner", () => {
  for (const kind of ANY_CLIENT) {
    for (const by of [CLIENT, OWNER]) {
      assert.ok(!["owner-session-required", "home-only"].includes(code(kind, by)), kind);
    }
  }
});

test("no client, the owner neither, can speak for a node or for the Home's own shell", () => {
  for (const kind of SHELL_ONLY) {
    assert.equal(code(kind, CLIENT), "home-only", kind);
    assert.equal(code(kind, OWNER), "home-only", kind);
    assert.ok(!["owner-session-required", "home-only"].includes(code(kind, SHELL)), kind);
  }
});
