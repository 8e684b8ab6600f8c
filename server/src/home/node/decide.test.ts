// Letting workers in, once each, and out, with everything they still did: whatever a worker or a stranger sends.
import assert from "node:assert/strict";
import { test } from "node:test";
import {
  accepted,
  approve,
  cancel,
  connect,
  enrol,
  finished,
  homeAlone,
  homeOffloading,
  homeWith,
  idsOf,
  invite,
  later,
  lose,
  lost,
  NOW,
  OWNER,
  preview,
  revokeNode,
  start,
  started,
  transferOf,
  turnOff,
  turnOn,
} from "../../../../test/simulation/homeCommands.ts";
import {
  ATTIC,
  GPU,
  kindsOf,
  LOCAL,
  ofKind,
  only,
  type Scenario,
  type TestNode,
  testNode,
} from "../../../../test/simulation/homeScenario.ts";
import { LIVE_INVITES_MAX, NODES_MAX } from "./state.ts";

const END_OF_ONE = ["JobFailed", "EgressSettled", "LeaseCommitted", "EpisodeFinished"];

const admit = (node: TestNode) => ({ kind: "approve-node", at: NOW, by: OWNER, nodeId: node.nodeId }) as const;
const turnAway = (node: TestNode) => ({ ...admit(node), kind: "refuse-node", reason: "I know no such box" }) as const;

/** A Home with clustering on and the open invites 1 to `count`. */
function homeInviting(count = 1): Scenario {
  const home = homeAlone();
  home.run(turnOn());
  for (let number = 1; number <= count; number++) home.run(invite(number));
  return home;
}

function statusOf(home: Scenario, node: TestNode): string | undefined {
  return home.state.nodes.byId.get(node.nodeId)?.status.kind;
}

test("a worker is let in by an invite and the owner's word, and only then connects", () => {
  const home = homeInviting();
  home.refuses(connect(GPU), "not-enrolled");
  home.run(enrol(1, GPU));
  assert.equal(statusOf(home, GPU), "pending");
  home.refuses(connect(GPU), "not-enrolled");
  assert.deepEqual(kindsOf(home.run(admit(GPU))), ["NodeEnrolled"]);
  home.refuses(admit(GPU), "node-not-pending");
  home.refuses(turnAway(GPU), "node-not-pending");
  home.run(connect(GPU));
  assert.equal(statusOf(home, GPU), "ready");
});

test("who was turned away is not known afterwards, and may ask again with another invite", () => {
  const home = homeInviting(2);
  home.run(enrol(1, GPU), turnAway(GPU));
  assert.equal(statusOf(home, GPU), undefined);
  home.refuses(connect(GPU), "not-enrolled");
  home.run(enrol(2, GPU), admit(GPU));
});

test("fifty uses of an invite, one after the other, let one node in and raise 49 alarms", () => {
  const home = homeInviting();
  for (let use = 0; use < 50; use++) home.run(enrol(1, testNode(`worker-${use}`, 50 + use)));
  assert.equal(ofKind(home.events, "EnrolmentRequested").length, 1);
  assert.equal(ofKind(home.events, "InviteReused").length, 49);
  assert.equal(home.state.nodes.byId.size, 2);
});

test("an invite that ran out or was never made lets nobody in", () => {
  const home = homeInviting();
  const { expiresAt } = invite(1);
  home.refuses(enrol(1, GPU, { at: expiresAt }), "invite-expired");
  home.refuses(enrol(2, GPU), "invite-unknown");
  home.run(enrol(1, GPU, { at: later(expiresAt - NOW - 1) }));
});

test("five invites may be open; a used or expired one makes room", () => {
  const home = homeInviting(LIVE_INVITES_MAX);
  home.refuses(invite(6), "too-many-invites");
  home.run(enrol(1, GPU), invite(6));
  home.refuses(invite(7), "too-many-invites");
  home.run(invite(7, { at: invite(1).expiresAt, expiresAt: later(30 * 60_000) }));
});

test("nobody is invited, enrolled or connected while clustering is off", () => {
  const home = homeInviting(2);
  home.run(enrol(1, GPU), admit(GPU), turnOff());
  home.refuses(invite(3), "clustering-off");
  home.refuses(enrol(2, ATTIC), "clustering-off");
  home.refuses(connect(GPU), "clustering-off");
  home.run(connect(LOCAL), turnOn(), connect(GPU), enrol(2, ATTIC));
});

test("names are unique, printable, and never those that the Home or an id has", () => {
  const home = homeInviting(5);
  const nameOf = (number: number, wanted: string): string =>
    only(home.run(enrol(number, testNode(wanted, 60 + number), { name: wanted })), "EnrolmentRequested").name;
  assert.equal(nameOf(1, "box"), "box");
  assert.equal(nameOf(2, "box"), "box-2");
  assert.equal(nameOf(3, "Local"), "Local-2");
  assert.equal(nameOf(4, "\u001b[2Jbo\u202ex\n "), "[2Jbox");
  assert.equal(nameOf(5, LOCAL.nodeId), "worker");
});

test("a name that is left when nothing printable was sent is still a name", () => {
  const home = homeInviting();
  assert.equal(only(home.run(enrol(1, GPU, { name: "\n \t" })), "EnrolmentRequested").name, "worker");
});

test("the Home is not its own worker, and a revoked identity is not let in again", () => {
  const home = homeInviting(3);
  home.refuses(enrol(1, LOCAL), "node-is-home");
  home.refuses(revokeNode(LOCAL), "node-is-home");
  home.run(enrol(1, GPU), admit(GPU), connect(GPU), revokeNode(GPU));
  home.refuses(connect(GPU), "not-enrolled");
  home.refuses(enrol(2, GPU), "node-revoked");
  assert.deepEqual(home.run(revokeNode(GPU)), []);
  home.refuses(revokeNode(ATTIC), "node-unknown");
  home.run(enrol(2, ATTIC));
});

test("a connected worker is not enrolled over itself: what it does goes on", () => {
  const home = homeOffloading(1, GPU);
  home.run(invite(1));
  home.refuses(enrol(1, GPU), "node-enrolled");
  home.run(finished(1, GPU), lose(GPU), enrol(1, GPU), admit(GPU), connect(GPU));
});

/** One of more workers than a seed of one byte can tell apart. */
function box(number: number): TestNode {
  const seed = Buffer.alloc(32);
  seed.writeUInt32BE(number);
  return testNode(`box-${number}`, seed);
}

test("as many nodes as the limit are known; revoked ones do not count, and the advice to revoke one helps", () => {
  const home = homeInviting();
  // The node `local` is not counted.
  for (let number = 2; number <= NODES_MAX + 1; number++) home.run(invite(number), enrol(number, box(number)));
  home.refuses(enrol(1, GPU), "too-many-nodes");
  home.run(revokeNode(box(9)), enrol(1, GPU));
});

test("a worker that comes back without an attempt has lost it; what left is unknown where nobody answered or counted", () => {
  const counted = [transferOf(1, 300)];
  const sinceRestart = [{ ...transferOf(1, 300), whole: false }];
  for (const [reports, transfers, state, spentBytes] of [
    [[], counted, "unknown", 300],
    [[accepted(1, GPU)], counted, "partial", 300],
    [[started(1, GPU)], counted, "partial", 300],
    [[], [], "unknown", 1_000],
    [[accepted(1, GPU)], [], "unknown", 1_000],
    [[started(1, GPU)], sinceRestart, "unknown", 1_000],
  ] as const) {
    const home = homeOffloading(1, GPU);
    home.run(...reports);
    assert.deepEqual(kindsOf(home.run(connect(GPU, { held: [idsOf(1).attemptId] }))), ["NodeConnected"]);
    const events = home.run(connect(GPU, { held: [idsOf(2).attemptId], transfers }));
    assert.deepEqual(kindsOf(events), ["NodeConnected", ...END_OF_ONE]);
    assert.equal(only(events, "EgressSettled").state, state);
    assert.equal(only(events, "LeaseCommitted").bytes, spentBytes);
    assert.equal(only(events, "JobFailed").code, "attempt-lost");
  }
});

test("a Home that restarted says so of what it ran itself", () => {
  const home = homeAlone();
  home.run(start(1));
  const events = home.run(connect(LOCAL));
  assert.deepEqual(kindsOf(events), ["NodeConnected", "JobFailed", "EpisodeFinished"]);
  assert.match(only(events, "JobFailed").message, /the Home restarted/);
});

/** Episode 1 on GPU, 2 on ATTIC, 3 here, 4 waiting for an approval. */
function homeBusy(): Scenario {
  const home = homeWith(GPU, ATTIC);
  home.run(preview(1, GPU), approve(1), preview(2, ATTIC), approve(2), start(3), preview(4, GPU));
  return home;
}

function liveOf(home: Scenario): readonly number[] {
  return [1, 2, 3].filter((number) => home.state.jobs.byId.get(idsOf(number).jobId)?.progress.kind === "live");
}

test("a lost node ends its own attempts only", () => {
  const home = homeBusy();
  const events = home.run(lose(GPU, { transfers: [transferOf(2, 7), transferOf(1, 5)] }));
  assert.deepEqual(kindsOf(events), ["NodeLost", ...END_OF_ONE]);
  assert.equal(only(events, "EgressSettled").bytesOut, 5);
  assert.equal(only(events, "EgressSettled").state, "partial");
  assert.deepEqual(liveOf(home), [2, 3]);
  assert.deepEqual(home.run(lose(GPU)), []);
});

test("a revoked node ends its own attempts only, and what waits for it can still be denied", () => {
  const home = homeBusy();
  const events = home.run(revokeNode(GPU));
  assert.deepEqual(kindsOf(events), ["NodeRevoked", ...END_OF_ONE]);
  assert.equal(only(events, "EgressSettled").state, "unknown");
  assert.deepEqual(liveOf(home), [2, 3]);
  home.refuses(lost(1, GPU), "attempt-fenced");
  home.refuses(approve(4), "policy-denied");
  home.run(cancel(4));
});

test("turning clustering off ends every remote attempt, and the local one goes on", () => {
  const home = homeBusy();
  const events = home.run(turnOff());
  assert.deepEqual(kindsOf(events), ["ClusteringTurnedOff", "NodeLost", "NodeLost", ...END_OF_ONE, ...END_OF_ONE]);
  assert.deepEqual(liveOf(home), [3]);
  assert.deepEqual(home.run(turnOff()), []);
  home.run(finished(3, LOCAL), start(5));
});

test("clustering that is on at the same address is not turned on again", () => {
  const home = homeInviting();
  assert.deepEqual(home.run(turnOn()), []);
  assert.deepEqual(kindsOf(home.run(turnOn({ listenPort: 5_000 }))), ["ClusteringTurnedOn"]);
});

test("a refused link is a fact, whoever was at its other end", () => {
  const home = homeWith(GPU);
  const refused = { kind: "refuse-link", at: NOW, by: connect(GPU).by, code: "too-deep", detail: "40 levels" } as const;
  assert.equal(only(home.run(refused), "LinkRefused").nodeId, undefined);
  assert.equal(only(home.run({ ...refused, nodeId: GPU.nodeId }), "LinkRefused").nodeId, GPU.nodeId);
});
