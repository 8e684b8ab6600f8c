// Changing the policy: the owner alone adopts, everything that waits or is being fetched is judged again in the same frame, and
// a rule that allows sends under a lease and a record of its own.
import assert from "node:assert/strict";
import { test } from "node:test";
import { byteCount } from "#protocol/quantities.ts";
import { collected } from "../../../../test/simulation/egressCommands.ts";
import {
  accepted,
  approve,
  CLIENT,
  connect,
  finished,
  homeOffloading,
  homeWith,
  idsOf,
  preview,
  start,
  started,
  transferOf,
} from "../../../../test/simulation/homeCommands.ts";
import { GPU, kindsOf, ofKind, only } from "../../../../test/simulation/homeScenario.ts";
import { grantLease, terms } from "../../../../test/simulation/leaseCommands.ts";
import {
  adoptPolicy,
  judgePolicyFile,
  policyOf,
  policyRule,
  readWorkspacePolicy,
} from "../../../../test/simulation/policyCommands.ts";

const ALLOWING = policyOf(policyRule("may", "allow"));
const ASKING = policyOf(policyRule("asks", "ask"));
const NO_SECRETS_FOLDER = policyOf(
  policyRule("asks", "ask"),
  policyRule("no-notes", "deny", { resource: { paths: ["notes"] } }),
);

test("only the owner adopts, each adoption is a new epoch, and the same text again is none", () => {
  const home = homeWith(GPU);
  home.refuses(adoptPolicy(ALLOWING, { by: CLIENT }), "owner-session-required");
  home.refuses(judgePolicyFile("broken", { by: CLIENT }), "home-only");
  assert.equal(only(home.run(adoptPolicy(ALLOWING)), "PolicyAdopted").epoch, 1);
  assert.deepEqual(home.run(adoptPolicy(ALLOWING)), []);
  assert.equal(only(home.run(adoptPolicy(ASKING)), "PolicyAdopted").epoch, 2);
  const { policy } = home.state;
  assert.deepEqual([policy?.epoch, policy?.adopted?.document], [2, ASKING]);
});

test("what a rule allows leaves without a question, under a lease for just that and with a record before the offer", () => {
  const home = homeWith(GPU);
  home.run(adoptPolicy(ALLOWING));
  const events = home.run(preview(1, GPU));
  assert.deepEqual(kindsOf(events).slice(3), [
    "EgressPreviewed",
    "LeaseGranted",
    "LeaseReserved",
    "EgressRecorded",
    "JobOffered",
  ]);
  const { lease } = only(events, "LeaseGranted");
  const record = only(events, "EgressRecorded");
  assert.deepEqual([lease.issuer, lease.scope.kind, lease.subject], ["policy", "once", GPU.nodeId]);
  assert.match(lease.reason, /rule may/);
  assert.deepEqual(lease.budget, { uses: 1, bytes: 1_000 });
  assert.deepEqual([record.decision, record.reasonCode, record.leaseId], ["allow", "policy", lease.leaseId]);
  assert.equal(only(events, "JobOffered").leaseId, lease.leaseId);
  home.run(finished(1, GPU));
});

test("a lease that the owner granted is used before a rule grants one", () => {
  const home = homeWith(GPU);
  home.run(adoptPolicy(ALLOWING), grantLease(9, GPU, terms()));
  const events = home.run(preview(1, GPU));
  assert.deepEqual(ofKind(events, "LeaseGranted"), []);
  assert.equal(only(events, "EgressRecorded").reasonCode, "lease");
});

test("a deny beats every lease and every approval", () => {
  const home = homeWith(GPU);
  home.run(grantLease(9, GPU, terms({}, { bytes: byteCount(500) })), preview(1, GPU));
  home.run(adoptPolicy(NO_SECRETS_FOLDER, { collected: [collected(1, "a.txt")] }));
  home.refuses(preview(2, GPU, { paths: ["notes/a.txt"], payloadBytes: byteCount(1) }), "policy-denied");
  home.refuses(approve(1), "policy-changed");
  home.refuses(approve(1, { paths: ["notes/a.txt"] }), "policy-denied");
  home.run(approve(1, { paths: ["a.txt"] }));
});

test("adopting judges again what waits and what is being fetched, and nothing that was not looked at", () => {
  const home = homeWith(GPU);
  home.run(preview(1, GPU), preview(2, GPU), start(3));
  home.refuses(adoptPolicy(NO_SECRETS_FOLDER), "collected-stale");
  const looked = [collected(1, "notes/a.txt"), collected(2, "a.txt")];
  const events = home.run(adoptPolicy(NO_SECRETS_FOLDER, { collected: looked }));
  assert.deepEqual(kindsOf(events), ["PolicyAdopted", "JobFailed", "EpisodeFinished"]);
  const failed = only(events, "JobFailed");
  assert.deepEqual([failed.jobId, failed.code], [idsOf(1).jobId, "policy-denied"]);
  assert.match(failed.message, /because of no-notes/);
  assert.equal(home.state.egress.previews.get(idsOf(2).previewId)?.state, "waiting");
});

test("what is being fetched ends with the policy that forbids it; what runs has its inputs and finishes", () => {
  const home = homeOffloading(1, GPU);
  home.run(accepted(1, GPU));
  home.run(preview(2, GPU), approve(2), accepted(2, GPU), started(2, GPU));
  const looked = { collected: [collected(1, "a"), collected(2, "a")], transfers: [transferOf(1, 40)] };
  const events = home.run(adoptPolicy({ ...ASKING, gates: { noEgress: true } }, looked));
  assert.deepEqual([only(events, "JobFailed").jobId, only(events, "EgressSettled").bytesOut], [idsOf(1).jobId, 40]);
  home.run(finished(2, GPU));
});

test("what a rule let out unasked ends when the policy asks first; what the owner approved goes on", () => {
  const home = homeWith(GPU);
  home.run(preview(1, GPU), approve(1));
  home.run(adoptPolicy(ALLOWING, { collected: [collected(1, "a")] }), preview(2, GPU));
  const looked = { collected: [collected(1, "a"), collected(2, "a")] };
  const failed = only(home.run(adoptPolicy(ASKING, looked)), "JobFailed");
  assert.equal(failed.jobId, idsOf(2).jobId);
  assert.match(failed.message, /asks first/);
  home.run(finished(1, GPU));
});

test("a file that cannot be read denies until it can be, and a new document mends it", () => {
  const home = homeWith(GPU);
  home.run(adoptPolicy(ALLOWING), judgePolicyFile("policy.jsonc:2:5 expects a comma."));
  assert.deepEqual(home.run(judgePolicyFile("policy.jsonc:2:5 expects a comma.")), []);
  assert.match(home.refuses(preview(1, GPU), "policy-denied").message, /2:5/);
  home.run(start(2), judgePolicyFile(undefined), preview(3, GPU));
  const broken = { collected: [collected(3, "a")] };
  home.run(judgePolicyFile("policy.jsonc:1:1 is empty.", broken));
  home.run(adoptPolicy(ALLOWING));
  assert.equal(home.state.policy?.fileProblem, undefined);
});

test("the workspace's document narrows at once, and denies where it cannot be read", () => {
  const home = homeWith(GPU);
  home.run(adoptPolicy(ALLOWING), readWorkspacePolicy(ASKING));
  assert.deepEqual(home.run(readWorkspacePolicy(ASKING)), []);
  assert.deepEqual(ofKind(home.run(preview(1, GPU)), "JobOffered"), []);
  const looked = { collected: [collected(1, "a")] };
  const events = home.run(readWorkspacePolicy("policy.jsonc:9:1 ends too early.", looked));
  assert.match(only(events, "JobFailed").message, /9:1/);
  home.run(readWorkspacePolicy(undefined), adoptPolicy(ALLOWING));
  assert.equal(home.state.policy?.workspace, undefined);
  assert.equal(ofKind(home.run(preview(2, GPU)), "JobOffered").length, 1);
});

test("a revoked worker gets nothing by a rule that allows, and secrets leave by none", () => {
  const home = homeWith(GPU);
  home.run(adoptPolicy(ALLOWING));
  home.refuses(preview(1, GPU, { highestClassification: "secret" }), "policy-denied");
  home.run(connect(GPU), preview(2, GPU));
});
