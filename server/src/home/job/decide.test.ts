// What counts of a node's reports: from the node that holds the live attempt, with its token, once, and with a receipt that stands.
import assert from "node:assert/strict";
import { test } from "node:test";
import { digestOf } from "#protocol/digest.ts";
import { decodeEvent } from "#protocol/decodeEvent.ts";
import { byteCount, fencingToken } from "#protocol/quantities.ts";
import type { Receipt } from "#protocol/receipt.ts";
import type { JobResult } from "#protocol/result.ts";
import {
  accepted,
  cancel,
  commandJob,
  exited,
  finished,
  homeAlone,
  homeOffloading,
  idsOf,
  lost,
  output,
  receiptOf,
  start,
  started,
  transferOf,
  withProposal,
} from "../../../../test/simulation/homeCommands.ts";
import { ATTIC, GPU, kindsOf, LOCAL, ofKind, only, type Scenario } from "../../../../test/simulation/homeScenario.ts";

const REPORTS = [accepted(1, GPU), started(1, GPU), output(1, GPU, 1), finished(1, GPU), lost(1, GPU)] as const;

function earned(home: Scenario): number {
  return ofKind(home.events, "ContributionMetered").length;
}

test("an attempt is accepted, starts, produces and finishes; its work is metered once", () => {
  const home = homeOffloading(1, GPU);
  assert.deepEqual(kindsOf(home.run(accepted(1, GPU))), ["JobAccepted"]);
  assert.deepEqual(kindsOf(home.run(started(1, GPU))), ["JobStarted"]);
  assert.deepEqual(kindsOf(home.run(output(1, GPU, 1))), ["OutputAppended"]);
  const events = home.run(finished(1, GPU, 1, { result: withProposal(1, exited(1)) }));
  assert.deepEqual(kindsOf(events), [
    "JobFinished",
    "ProposalReceived",
    "EgressSettled",
    "LeaseCommitted",
    "ContributionMetered",
    "EpisodeFinished",
  ]);
  const settled = only(events, "EgressSettled");
  assert.deepEqual([settled.state, settled.received], ["received", only(home.events, "EgressRecorded").payload]);
  assert.equal(only(events, "EpisodeFinished").snapshot.proposal, digestOf("proposal 1"));
  home.refuses(finished(1, GPU, 1), "attempt-fenced");
  assert.equal(earned(home), 1);
});

test("a local attempt earns too, and settles no egress", () => {
  const home = homeAlone();
  home.run(start(1));
  const events = home.run(finished(1, LOCAL));
  assert.deepEqual(kindsOf(events), ["JobFinished", "ContributionMetered", "EpisodeFinished"]);
  assert.equal(only(events, "ContributionMetered").nodeId, LOCAL.nodeId);
});

test("a report from another node, with another token or of another attempt changes nothing and earns nothing", () => {
  const home = homeOffloading(1, GPU);
  for (const report of REPORTS) {
    home.refuses({ ...report, nodeId: ATTIC.nodeId }, "attempt-fenced");
    home.refuses({ ...report, nodeId: LOCAL.nodeId }, "attempt-fenced");
    home.refuses({ ...report, fencingToken: fencingToken(0) }, "attempt-fenced");
    home.refuses({ ...report, fencingToken: fencingToken(2) }, "attempt-fenced");
    home.refuses({ ...report, attemptId: idsOf(2).attemptId }, "attempt-fenced");
  }
  assert.equal(earned(home), 0);
});

test("a report after the end, however it ended, changes nothing and earns nothing", () => {
  for (const end of [cancel(1), lost(1, GPU), finished(1, GPU)]) {
    const home = homeOffloading(1, GPU);
    home.run(end);
    const before = earned(home);
    for (const report of REPORTS) home.refuses(report, "attempt-fenced");
    assert.equal(earned(home), before);
  }
});

test("the same report twice counts once, and an acceptance never follows a start", () => {
  const home = homeOffloading(1, GPU);
  home.run(started(1, GPU));
  assert.deepEqual(home.run(started(1, GPU)), []);
  assert.deepEqual(home.run(accepted(1, GPU)), []);
  home.run(output(1, GPU, 1), output(1, GPU, 2));
  assert.deepEqual(home.run(output(1, GPU, 1)), []);
  assert.deepEqual(home.run(output(1, GPU, 2, { bytes: byteCount(99) })), []);
  const live = home.state.jobs.byId.get(idsOf(1).jobId)?.progress;
  assert.ok(live?.kind === "live");
  assert.deepEqual([live.attempt.lastNumber, live.attempt.produced.get("stdout")], [2, 20]);
});

test("output that leaves a gap in its numbers or its bytes is refused", () => {
  const home = homeOffloading(1, GPU);
  home.refuses(output(1, GPU, 2), "output-gap");
  home.refuses(output(1, GPU, 1, { fromByte: byteCount(1) }), "output-gap");
  home.run(output(1, GPU, 1));
  home.refuses(output(1, GPU, 2, { fromByte: byteCount(9) }), "output-gap");
  home.run(output(1, GPU, 2, { stream: "stderr", fromByte: byteCount(0) }));
});

test("output past the job's limit ends the attempt, and is not recorded", () => {
  const home = homeOffloading(1, GPU);
  home.run(output(1, GPU, 1, { bytes: byteCount(1e6) }));
  const events = home.run(output(1, GPU, 2, { fromByte: byteCount(1e6), bytes: byteCount(1) }));
  assert.equal(only(events, "JobFailed").code, "output-limit");
  assert.deepEqual(ofKind(events, "OutputAppended"), []);
  assert.equal(only(events, "EgressSettled").state, "partial");
  assert.equal(earned(home), 0);
});

test("an answer is no result of a command, and earns nothing", () => {
  const home = homeOffloading(1, GPU);
  const result: JobResult = { outcome: { kind: "answered", stopReason: "end" }, streams: [] };
  assert.equal(only(home.run(finished(1, GPU, 0, { result })), "JobFailed").code, "receipt-mismatch");
  assert.equal(earned(home), 0);
});

test("a result whose output has not all arrived is refused, and taken once it has", () => {
  const home = homeOffloading(1, GPU);
  home.run(output(1, GPU, 1));
  home.refuses(finished(1, GPU, 2), "output-missing");
  home.refuses(finished(1, GPU, 0), "output-missing");
  home.refuses(finished(1, GPU, 2, { lastNumber: 1 }), "output-missing");
  home.run(output(1, GPU, 2), finished(1, GPU, 2));
});

test("a result that names a stream twice is refused", () => {
  const home = homeOffloading(1, GPU);
  home.run(output(1, GPU, 1));
  const [stdout] = exited(1).streams;
  assert.ok(stdout !== undefined);
  home.refuses(finished(1, GPU, 1, { result: { ...exited(1), streams: [stdout, stdout] } }), "output-missing");
});

test("a stream that stayed empty may be named or left out", () => {
  const home = homeOffloading(1, GPU);
  home.run(output(1, GPU, 1, { bytes: byteCount(0) }), finished(1, GPU, 1, { result: exited(0) }));
  const named = homeOffloading(1, GPU);
  named.run(finished(1, GPU, 0, { result: { ...exited(1), streams: exited(1).streams.map(empty) } }));
});

function empty(stream: JobResult["streams"][number]): JobResult["streams"][number] {
  return { ...stream, bytes: byteCount(0) };
}

const LIES: readonly (readonly [string, Partial<Receipt>])[] = [
  ["another node", { nodeId: ATTIC.nodeId }],
  ["another job", { jobId: idsOf(2).jobId }],
  ["another attempt", { attemptId: idsOf(2).attemptId }],
  ["another token", { fencingToken: fencingToken(2) }],
  ["another payload", { received: digestOf("another job") }],
  ["another result", { result: digestOf("another result") }],
];

function assertBroken(home: Scenario, report: ReturnType<typeof finished>): void {
  const events = home.run(report);
  assert.deepEqual(kindsOf(events), ["JobFailed", "EgressSettled", "LeaseCommitted", "EpisodeFinished"]);
  assert.equal(only(events, "JobFailed").code, "receipt-mismatch");
  const settled = only(events, "EgressSettled");
  assert.deepEqual([settled.state, settled.received, settled.bytesOut], ["unknown", undefined, 900]);
  home.refuses(finished(1, GPU), "attempt-fenced");
}

test("a signed receipt for something else fails the job, leaves what came of the send unknown and earns nothing", () => {
  for (const [name, lie] of LIES) {
    const home = homeOffloading(1, GPU);
    assertBroken(home, finished(1, GPU, 0, { receipt: receiptOf(1, GPU, exited(0), commandJob(1), lie) }));
    assert.equal(earned(home), 0, name);
  }
});

test("a receipt that another key signed, or whose words were changed since, does not stand", () => {
  const forged = receiptOf(1, GPU, exited(0));
  const signedByAnother = receiptOf(1, { ...ATTIC, nodeId: GPU.nodeId }, exited(0));
  const usage = { ...forged.receipt.usage, bytesIn: { bytes: byteCount(1e9), method: "byte-count" } } as const;
  for (const receipt of [signedByAnother, { ...forged, receipt: { ...forged.receipt, usage } }]) {
    const home = homeOffloading(1, GPU);
    assertBroken(home, finished(1, GPU, 0, { receipt }));
    assert.equal(earned(home), 0);
  }
});

test("a result whose text is no Unicode has no digest, so no receipt stands for it", () => {
  const outcome = { kind: "failed", code: "engine-crashed", message: "half a pair: \ud800", advice: "" } as const;
  const result: JobResult = { outcome, streams: [] };
  assertBroken(homeOffloading(1, GPU), finished(1, GPU, 0, { result, receipt: receiptOf(1, GPU, exited(0)) }));
});

test("work that failed or was cancelled by its node ends the episode and earns nothing", () => {
  const failed = { kind: "failed", code: "wall-limit", message: "It ran too long.", advice: "Give it more." } as const;
  for (const [outcome, code] of [
    [failed, "wall-limit"],
    [{ kind: "cancelled" }, "cancelled-by-node"],
  ] as const) {
    const home = homeOffloading(1, GPU);
    const events = home.run(finished(1, GPU, 0, { result: { outcome, streams: [] } }));
    assert.deepEqual(kindsOf(events), ["JobFailed", "EgressSettled", "LeaseCommitted", "EpisodeFinished"]);
    assert.equal(only(events, "JobFailed").code, code);
    assert.deepEqual(
      [only(events, "EgressSettled").state, only(events, "EgressSettled").received],
      ["received", only(home.events, "EgressRecorded").payload],
    );
    assert.equal(earned(home), 0);
  }
});

test("a lost attempt returns its lease only where nothing left", () => {
  for (const [sent, lease] of [
    ["none", "LeaseReleased"],
    ["partial", "LeaseCommitted"],
    ["unknown", "LeaseCommitted"],
  ] as const) {
    const home = homeOffloading(1, GPU);
    const transfer = sent === "none" ? transferOf(1, 0, 0) : transferOf(1);
    const events = home.run(lost(1, GPU, { sent, transfer }));
    assert.deepEqual(kindsOf(events), ["JobFailed", "EgressSettled", lease, "EpisodeFinished"]);
    assert.equal(only(events, "EgressSettled").state, sent);
    const held = home.state.leases.byId.get(idsOf(1).leaseId);
    assert.deepEqual([held?.reserved.size, held?.usesCommitted], [0, sent === "none" ? 0 : 1]);
    assert.equal(home.state.egress.open.size, 0);
  }
});

test("nobody may say that nothing left and count bytes that did: the lease is spent by what was counted", () => {
  const home = homeOffloading(1, GPU);
  const events = home.run(lost(1, GPU, { sent: "none", transfer: transferOf(1, 1, 0) }));
  assert.equal(only(events, "EgressSettled").state, "partial");
  assert.equal(only(events, "LeaseCommitted").bytes, 1);
});

test("whatever a node says, the facts of the end can be read back from the journal", () => {
  const home = homeOffloading(1, GPU);
  const long = "x".repeat(5_000);
  const events = home.run(lost(1, GPU, { code: long, message: `${"x".repeat(2_047)}\u{1f600}`, advice: long }));
  for (const event of events) {
    const decoded = decodeEvent(JSON.parse(JSON.stringify(event)));
    assert.deepEqual(decoded, { ok: true, value: event });
  }
});
