// What the owner approves is what leaves: one frame, the digest that was shown, a lease for just that, a record before any byte.
import assert from "node:assert/strict";
import { test } from "node:test";
import { digestOf } from "#protocol/digest.ts";
import { jobKey } from "#protocol/job.ts";
import { durationMs } from "#protocol/quantities.ts";
import {
  approve,
  cancel,
  CLIENT,
  commandJob,
  connect,
  deny,
  finished,
  homeOffloading,
  homeWith,
  idsOf,
  later,
  lose,
  NOW,
  preview,
  revokeNode,
  transferOf,
  turnOff,
} from "../../../../test/simulation/homeCommands.ts";
import { revokeLease } from "../../../../test/simulation/leaseCommands.ts";
import { GPU, kindsOf, only, type Scenario } from "../../../../test/simulation/homeScenario.ts";
import { ONCE_LEASE_MS_MAX } from "./decide.ts";

function homeWaiting(): Scenario {
  const home = homeWith(GPU);
  home.run(preview(1, GPU));
  return home;
}

test("an approval is one frame: lease, reservation, allow record, offer", () => {
  const home = homeWaiting();
  const events = home.run(approve(1));
  assert.deepEqual(kindsOf(events), ["LeaseGranted", "LeaseReserved", "EgressRecorded", "JobOffered"]);
  const { lease } = only(events, "LeaseGranted");
  const record = only(events, "EgressRecorded");
  const offered = only(events, "JobOffered");
  const payload = jobKey(commandJob(1));
  assert.deepEqual(lease.scope, { kind: "once", preview: digestOf("preview 1"), payload, jobId: idsOf(1).jobId });
  assert.deepEqual(lease.budget, { uses: 1, bytes: 1_000 });
  assert.deepEqual([lease.grantedAt, lease.expiresAt], [NOW, later(600_000)]);
  assert.equal(lease.subject, GPU.nodeId);
  assert.deepEqual([record.decision, record.payload, record.attemptId], ["allow", payload, idsOf(1).attemptId]);
  assert.deepEqual(
    [offered.target, offered.local, offered.leaseId, offered.recordId],
    [GPU.nodeId, false, lease.leaseId, record.recordId],
  );
});

test("an approval of another digest, or of a preview that does not exist, is refused", () => {
  const home = homeWaiting();
  home.refuses(approve(1, { digest: digestOf("preview 2") }), "preview-changed");
  home.refuses(approve(2), "preview-unknown");
  home.refuses(deny(2), "preview-unknown");
});

test("a preview is answered once", () => {
  const home = homeWaiting();
  home.run(approve(1));
  home.refuses(approve(1), "preview-answered");
  home.refuses(deny(1), "preview-answered");
});

test("a denial is recorded and ends the episode; nothing was offered", () => {
  const home = homeWaiting();
  const events = home.run(deny(1));
  assert.deepEqual(kindsOf(events), ["EgressRecorded", "JobFailed", "EpisodeFinished"]);
  const record = only(events, "EgressRecorded");
  assert.deepEqual([record.decision, record.reasonCode], ["deny", "owner-denied"]);
  assert.equal(record.leaseId, undefined);
  assert.equal(record.attemptId, undefined);
  assert.equal(only(events, "JobFailed").code, "egress-denied");
  assert.equal(home.state.egress.open.size, 0);
  home.refuses(approve(1), "preview-answered");
  assert.deepEqual(home.run(cancel(1)), []);
});

test("the record of a denial does not name the owner where the owner session was not there", () => {
  const events = homeWaiting().run(deny(1, { by: CLIENT }));
  assert.equal(only(events, "EgressRecorded").reasonCode, "client-denied");
});

test("a cancelled episode's preview can no longer be approved or denied", () => {
  const home = homeWaiting();
  home.run(cancel(1));
  home.refuses(approve(1), "preview-answered");
  home.refuses(deny(1), "preview-answered");
});

test("an approval waits for a node that is there, and a node that was revoked never gets one", () => {
  const home = homeWaiting();
  home.run(lose(GPU));
  home.refuses(approve(1), "node-unreachable");
  home.run(connect(GPU));
  home.run(turnOff());
  home.refuses(approve(1), "node-unreachable");
  home.run(revokeNode(GPU));
  home.refuses(approve(1), "policy-denied");
  home.run(deny(1));
});

const living = (ms: number) => ({ lease: { kind: "once", leaseMs: durationMs(ms) } }) as const;

test("a once lease lives at most an hour and at least a moment", () => {
  const home = homeWaiting();
  home.refuses(approve(1, living(ONCE_LEASE_MS_MAX + 1)), "lease-too-long");
  home.refuses(approve(1, living(0)), "lease-too-long");
  home.run(approve(1, living(ONCE_LEASE_MS_MAX)));
});

test("revoking a lease ends the attempt that uses it", () => {
  const home = homeOffloading(1, GPU);
  const events = home.run(revokeLease(1, { transfers: [transferOf(1, 300)] }));
  assert.deepEqual(kindsOf(events), [
    "LeaseRevoked",
    "JobFailed",
    "EgressSettled",
    "LeaseCommitted",
    "EpisodeFinished",
  ]);
  assert.equal(only(events, "JobFailed").code, "lease-revoked");
  assert.equal(only(events, "EgressSettled").bytesOut, 300);
  assert.deepEqual(home.run(revokeLease(1)), []);
  home.refuses(finished(1, GPU), "attempt-fenced");
  home.refuses(revokeLease(2), "lease-unknown");
});

test("revoking a spent lease says so and ends nothing", () => {
  const home = homeOffloading(1, GPU);
  home.run(finished(1, GPU));
  assert.deepEqual(kindsOf(home.run(revokeLease(1))), ["LeaseRevoked"]);
});
