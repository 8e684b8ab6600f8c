// Starting here, previewing, cancelling and applying: which facts come of it, in one frame, and what is refused.
import assert from "node:assert/strict";
import { test } from "node:test";
import { digestOf } from "#protocol/digest.ts";
import { workspacePathSchema } from "#protocol/workspacePath.ts";
import { jobKey } from "#protocol/job.ts";
import {
  applied,
  approve,
  askJob,
  cancel,
  CLIENT,
  commandJob,
  connect,
  destinationOf,
  exited,
  finished,
  homeAlone,
  homeOffloading,
  homeWith,
  idsOf,
  later,
  NOW,
  output,
  preview,
  start,
  transferOf,
  withProposal,
} from "../../../../test/simulation/homeCommands.ts";
import { ATTIC, capabilitiesWith, GPU, kindsOf, LOCAL, only } from "../../../../test/simulation/homeScenario.ts";
import { OPEN_EPISODES_MAX } from "./decide.ts";
import { RECENT_EPISODES_MAX } from "./state.ts";

test("a local episode is one frame, without preview, lease or record", () => {
  const events = homeAlone().run(start(1));
  assert.deepEqual(kindsOf(events), ["EpisodeStarted", "JobQueued", "JobPlaced", "JobOffered"]);
  assert.equal(only(events, "JobQueued").jobKey, jobKey(commandJob(1)));
  assert.deepEqual(only(events, "JobPlaced").rule, "local-first");
  const offered = only(events, "JobOffered");
  assert.equal(offered.local, true);
  assert.equal(offered.leaseId, undefined);
  assert.equal(offered.recordId, undefined);
});

test("a preview offers nothing: it waits", () => {
  const home = homeWith(GPU);
  const events = home.run(preview(1, GPU));
  assert.deepEqual(kindsOf(events), ["EpisodeStarted", "JobQueued", "JobPlaced", "EgressPreviewed"]);
  const previewed = only(events, "EgressPreviewed");
  assert.equal(previewed.payload, jobKey(commandJob(1)));
  assert.equal(previewed.rule, "offload-asks");
  assert.equal(home.state.jobs.byId.get(idsOf(1).jobId)?.progress.kind, "waiting-for-approval");
});

test("an episode that has started is not started again", () => {
  const home = homeWith(GPU);
  home.run(start(1));
  home.refuses(start(1), "episode-exists");
  home.refuses(preview(1, GPU), "episode-exists");
});

test("as many episodes as the limit may be open, and one more is refused until one ends", () => {
  const home = homeWith(GPU);
  for (let number = 1; number <= OPEN_EPISODES_MAX; number++) home.run(preview(number, GPU));
  home.refuses(start(OPEN_EPISODES_MAX + 1), "too-many-episodes");
  home.run(cancel(1), start(OPEN_EPISODES_MAX + 1));
});

test("a node that is full takes no more until one of its jobs ends, and a refused approval costs no lease", () => {
  const home = homeWith(GPU);
  home.run(start(1), start(2));
  home.refuses(start(3), "no-slot");
  home.run(cancel(1), start(3));
  home.run(preview(4, GPU), preview(5, GPU), preview(6, GPU), approve(4), approve(5));
  home.refuses(approve(6), "no-slot");
  assert.equal(home.state.leases.byId.size, 2);
  home.run(cancel(4), approve(6));
});

test("more finished episodes than are kept in memory leave the open ones and the newest", () => {
  const home = homeAlone();
  home.run(start(1));
  for (let number = 2; number <= RECENT_EPISODES_MAX + 20; number++) home.run(start(number), cancel(number));
  assert.equal(home.state.episodes.byId.size, RECENT_EPISODES_MAX);
  assert.ok(home.state.jobs.byId.size <= RECENT_EPISODES_MAX);
  assert.ok(home.state.jobs.ofAttempt.size <= RECENT_EPISODES_MAX * 2 + 1);
  home.refuses(cancel(2), "episode-unknown");
  home.run(output(1, LOCAL, 1), cancel(1));
});

test("a job that would now go elsewhere than the client was told is refused", () => {
  const home = homeWith(GPU, ATTIC);
  home.refuses(start(1, { target: GPU.nodeId }), "placement-changed");
  home.refuses(start(1, { on: GPU.nodeId, target: GPU.nodeId }), "placement-changed");
  home.refuses(preview(1, GPU, { target: ATTIC.nodeId }), "placement-changed");
  home.refuses(preview(1, GPU, { destination: destinationOf(ATTIC) }), "placement-changed");
  home.refuses(preview(1, LOCAL), "placement-changed");
});

test("a job goes to a worker by itself only where this machine lacks the engine or the model", () => {
  const home = homeWith(GPU);
  home.run(connect(LOCAL, { capabilities: capabilitiesWith() }));
  const { on: _asked, ...unasked } = preview(1, GPU);
  assert.equal(only(home.run({ ...unasked, job: askJob(1) }), "JobPlaced").rule, "local-lacks-engine");
});

test("secret and regulated data is not even previewed to a worker", () => {
  const home = homeWith(GPU);
  for (const highestClassification of ["secret", "regulated"] as const) {
    home.refuses(preview(1, GPU, { highestClassification }), "policy-denied");
  }
});

test("cancelling ends what waits, what runs here and what runs elsewhere; twice is once", () => {
  const home = homeWith(GPU);
  home.run(preview(1, GPU), start(2), preview(3, GPU), approve(3));
  assert.deepEqual(kindsOf(home.run(cancel(1))), ["JobCancelled", "EpisodeFinished"]);
  assert.deepEqual(kindsOf(home.run(cancel(2))), ["JobCancelled", "EpisodeFinished"]);
  const events = home.run(cancel(3, { transfers: [transferOf(2), transferOf(3, 400, 20)], at: later(9) }));
  assert.deepEqual(kindsOf(events), ["JobCancelled", "EgressSettled", "LeaseCommitted", "EpisodeFinished"]);
  const settled = only(events, "EgressSettled");
  assert.deepEqual([settled.state, settled.bytesOut, settled.bytesIn, settled.durationMs], ["partial", 400, 20, 9]);
  assert.equal(settled.error, "cancelled by a script");
  for (const number of [1, 2, 3]) assert.deepEqual(home.run(cancel(number)), []);
  home.refuses(cancel(4), "episode-unknown");
});

test("what left for an attempt that nobody counted is recorded as unknown", () => {
  const events = homeOffloading(1, GPU).run(cancel(1));
  assert.equal(only(events, "EgressSettled").state, "unknown");
  assert.equal(only(events, "LeaseCommitted").leaseId, idsOf(1).leaseId);
});

test("an ended episode keeps what was pinned and what was produced", () => {
  const home = homeOffloading(1, GPU);
  home.run(output(1, GPU, 1), output(1, GPU, 2));
  assert.deepEqual(only(home.run(cancel(1)), "EpisodeFinished").snapshot, {
    jobKey: jobKey(commandJob(1)),
    job: commandJob(1),
    target: GPU.nodeId,
    nodeVersion: "0.1.0",
    produced: [{ stream: "stdout", bytes: 20 }],
  });
});

test("a proposal is recorded as applied once, and only the one that was shown", () => {
  const home = homeAlone();
  home.refuses(applied(1), "proposal-unknown");
  home.run(start(1), finished(1, LOCAL, 0, { result: withProposal(1, exited(0)) }));
  home.refuses(applied(1, { digest: digestOf("another") }), "proposal-changed");
  const events = home.run(applied(1));
  assert.deepEqual(kindsOf(events), ["ProposalApplied"]);
  assert.equal(only(events, "ProposalApplied").corrId, idsOf(1).episodeId);
  assert.deepEqual(home.run(applied(1)), []);
});

test("files of a proposal are applied by themselves, each once, and with the last one the proposal is applied", () => {
  const home = homeAlone();
  home.run(start(1), finished(1, LOCAL, 0, { result: withProposal(1, exited(0)) }));
  const [first, second] = ["a.txt", "src/b.ts"].map((path) => workspacePathSchema.parse(path));
  assert.ok(first !== undefined && second !== undefined);
  const held = () => home.state.episodes.proposals.get(idsOf(1).proposalId);
  const events = home.run(applied(1, { paths: [first, first] }));
  assert.deepEqual(only(events, "ProposedFilesApplied").paths, [first]);
  assert.deepEqual([held()?.appliedPaths, held()?.appliedAt], [[first], undefined]);
  assert.deepEqual(home.run(applied(1, { paths: [first] })), [], "it was applied before");
  home.refuses(applied(1, { paths: [second], digest: digestOf("another") }), "proposal-changed");
  home.refuses(applied(1, { paths: [second], by: CLIENT }), "owner-session-required");
  assert.deepEqual(only(home.run(applied(1, { paths: [first, second] })), "ProposedFilesApplied").paths, [second]);
  assert.deepEqual([held()?.appliedPaths, held()?.appliedAt], [undefined, NOW]);
  assert.deepEqual(home.run(applied(1)), []);
});
