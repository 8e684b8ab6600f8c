// Taking something out of a waiting preview: the shown one can no longer be answered, the new one shows less and is asked about.
import assert from "node:assert/strict";
import { test } from "node:test";
import { digestOf } from "#protocol/digest.ts";
import { jobKey } from "#protocol/job.ts";
import { byteCount } from "#protocol/quantities.ts";
import { reviseEgress } from "../../../../test/simulation/egressCommands.ts";
import {
  approve,
  askJob,
  cancel,
  CLIENT,
  commandJob,
  connect,
  deny,
  finished,
  exited,
  homeWith,
  idsOf,
  lose,
  preview,
  receiptOf,
  revokeNode,
} from "../../../../test/simulation/homeCommands.ts";
import { GPU, kindsOf, only, type Scenario } from "../../../../test/simulation/homeScenario.ts";
import { grantLease, terms } from "../../../../test/simulation/leaseCommands.ts";

const REVISED = { ...commandJob(1), tree: digestOf("tree 2") };

function homeWaiting(): Scenario {
  const home = homeWith(GPU);
  home.run(preview(1, GPU));
  return home;
}

test("a revision is one frame: the shown preview is withdrawn, and another waits in its place", () => {
  const home = homeWaiting();
  const events = home.run(reviseEgress(1, 2));
  assert.deepEqual(kindsOf(events), ["EgressRevised", "EgressPreviewed"]);
  const revised = only(events, "EgressRevised");
  assert.deepEqual(
    [revised.previewId, revised.replacedBy, revised.takenOut, revised.by, revised.jobKey],
    [idsOf(1).previewId, idsOf(2).previewId, 1, CLIENT.client, jobKey(REVISED)],
  );
  const shown = only(events, "EgressPreviewed");
  assert.deepEqual([shown.payload, shown.payloadBytes, shown.items], [jobKey(REVISED), 600, 2]);
  assert.deepEqual(shown.destination.nodeId, GPU.nodeId);
  const { previews } = home.state.egress;
  const old = previews.get(idsOf(1).previewId);
  assert.deepEqual([old?.state, old?.replacedBy], ["withdrawn", idsOf(2).previewId]);
  assert.equal(previews.get(idsOf(2).previewId)?.state, "waiting");
  const job = home.state.jobs.byId.get(idsOf(1).jobId);
  assert.deepEqual(job?.progress, { kind: "waiting-for-approval", previewId: idsOf(2).previewId });
  assert.deepEqual(job?.job, REVISED);
});

test("whoever answers the preview that was revised is told which one took its place, and nothing is sent", () => {
  const home = homeWaiting();
  home.run(reviseEgress(1, 2));
  for (const command of [approve(1), deny(1), reviseEgress(1, 3)]) {
    assert.match(home.refuses(command, "preview-revised").message, new RegExp(idsOf(2).previewId));
  }
  home.run(reviseEgress(1, 3, { previewId: idsOf(2).previewId, digest: digestOf("preview 2") }));
  assert.match(home.refuses(approve(1), "preview-revised").message, new RegExp(idsOf(2).previewId));
  assert.match(
    home.refuses(approve(1, { previewId: idsOf(2).previewId }), "preview-revised").message,
    new RegExp(idsOf(3).previewId),
  );
});

test("what was revised is what is sent, recorded and paid for", () => {
  const home = homeWaiting();
  home.run(reviseEgress(1, 2));
  const sent = home.run(approve(1, { previewId: idsOf(2).previewId, digest: digestOf("preview 2") }));
  assert.equal(only(sent, "EgressRecorded").payload, jobKey(REVISED));
  assert.deepEqual(only(sent, "LeaseGranted").lease.budget, { uses: 1, bytes: 600 });
  const lying = finished(1, GPU, 0, { receipt: receiptOf(1, GPU, exited(0), commandJob(1)) });
  assert.equal(only(home.run(lying), "JobFailed").code, "receipt-mismatch");
});

test("a revision may change nothing but the input tree, and never adds a byte", () => {
  const home = homeWaiting();
  for (const change of [
    { job: { ...REVISED, argv: ["curl", "example.org"] } },
    { job: { ...REVISED, outputs: ["out/**"] } },
    { job: askJob(1) },
    { payloadBytes: byteCount(1_001) },
  ]) {
    home.refuses(reviseEgress(1, 2, change), "revision-differs");
  }
  home.refuses(reviseEgress(1, 2, { digest: digestOf("another preview") }), "preview-changed");
  home.refuses(reviseEgress(1, 1), "preview-exists");
  home.refuses(reviseEgress(2, 3), "preview-unknown");
  home.run(reviseEgress(1, 2, { payloadBytes: byteCount(1_000) }));
});

test("the text of an ask may get shorter, and nothing else of it changes", () => {
  const home = homeWith(GPU);
  home.run(preview(1, GPU, { job: askJob(1) }));
  const ask = askJob(1);
  for (const job of [commandJob(1), { ...ask, outputTokensMax: ask.outputTokensMax + 1 }]) {
    home.refuses(reviseEgress(1, 2, { job }), "revision-differs");
  }
  const shorter = { ...ask, prompt: digestOf("less of it") };
  home.refuses(reviseEgress(1, 2, { job: shorter, payloadBytes: byteCount(1_001) }), "revision-differs");
  home.run(reviseEgress(1, 2, { job: shorter }));
  assert.deepEqual(home.state.jobs.byId.get(idsOf(1).jobId)?.job, shorter);
});

test("what was taken out may be put back, and never more than was shown of the job", () => {
  const home = homeWaiting();
  home.run(reviseEgress(1, 2));
  const waits = { previewId: idsOf(2).previewId, digest: digestOf("preview 2") };
  home.refuses(reviseEgress(1, 3, { ...waits, payloadBytes: byteCount(1_000) }), "revision-differs");
  home.refuses(reviseEgress(1, 3, { ...waits, putBack: 1, payloadBytes: byteCount(1_001) }), "revision-differs");
  home.run(reviseEgress(1, 3, { ...waits, putBack: 1, payloadBytes: byteCount(1_000), job: commandJob(1) }));
  assert.equal(home.state.egress.previews.get(idsOf(3).previewId)?.payload, jobKey(commandJob(1)));
});

test("what was answered or cancelled is not revised any more", () => {
  const answers = [approve(1), deny(1), cancel(1)];
  for (const answer of answers) {
    const home = homeWaiting();
    home.run(answer);
    home.refuses(reviseEgress(1, 2), "preview-answered");
  }
});

test("a lease that covers what is left does not send it: whoever took something out is still looking", () => {
  const home = homeWith(GPU);
  home.run(grantLease(9, GPU, terms({}, { bytes: byteCount(700) })));
  assert.equal(only(home.run(preview(1, GPU)), "EgressPreviewed").leaseUnfit?.bounds[0], "bytes");
  const shown = only(home.run(reviseEgress(1, 2)), "EgressPreviewed");
  assert.deepEqual([shown.leaseId, shown.leaseUnfit], [undefined, undefined]);
  assert.equal(home.state.egress.previews.get(idsOf(2).previewId)?.state, "waiting");
});

test("a node that cannot be reached now is no reason to keep something in; one that was revoked is the end", () => {
  const home = homeWaiting();
  home.run(lose(GPU), reviseEgress(1, 2), connect(GPU), revokeNode(GPU));
  const again = { previewId: idsOf(2).previewId, digest: digestOf("preview 2") };
  home.refuses(reviseEgress(1, 3, again), "policy-denied");
});
