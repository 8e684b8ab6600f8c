// What is marked stays here from that moment: what waits with it is withdrawn, what is being fetched ends, and no lease sends it.
import assert from "node:assert/strict";
import { test } from "node:test";
import { NEVER_LEAVES_MAX } from "#protocol/neverLeaves.ts";
import {
  collected,
  markNeverLeaves,
  reviseEgress,
  unmarkNeverLeaves,
} from "../../../../test/simulation/egressCommands.ts";
import {
  accepted,
  approve,
  CLIENT,
  finished,
  homeWith,
  idsOf,
  preview,
  start,
  started,
  transferOf,
} from "../../../../test/simulation/homeCommands.ts";
import { GPU, ofKind, only } from "../../../../test/simulation/homeScenario.ts";
import { grantLease, terms } from "../../../../test/simulation/leaseCommands.ts";

test("a waiting preview with a marked path is withdrawn in the same moment, and others go on waiting", () => {
  const home = homeWith(GPU);
  home.run(preview(1, GPU), preview(2, GPU), start(3));
  const events = home.run(
    markNeverLeaves("secrets/", { collected: [collected(1, "a.txt", "src/secrets/key"), collected(2, "a.txt")] }),
  );
  assert.equal(only(events, "NeverLeavesMarked").by, CLIENT.client);
  const failed = only(events, "JobFailed");
  assert.deepEqual([failed.jobId, failed.code], [idsOf(1).jobId, "never-leaves"]);
  assert.match(failed.message, /src\/secrets\/key/);
  const { previews } = home.state.egress;
  assert.equal(previews.get(idsOf(1).previewId)?.state, "withdrawn");
  assert.equal(previews.get(idsOf(2).previewId)?.state, "waiting");
  home.refuses(approve(1), "preview-answered");
  home.run(approve(2));
});

test("what is being fetched ends with the mark, and what runs has its inputs and finishes", () => {
  const home = homeWith(GPU);
  home.run(preview(1, GPU), approve(1), accepted(1, GPU));
  home.run(preview(2, GPU), approve(2), accepted(2, GPU), started(2, GPU));
  const paths = { collected: [collected(1, "secrets/a"), collected(2, "secrets/a")], transfers: [transferOf(1, 40)] };
  const events = home.run(markNeverLeaves("secrets", paths));
  assert.deepEqual([only(events, "JobFailed").jobId, only(events, "EgressSettled").bytesOut], [idsOf(1).jobId, 40]);
  home.run(finished(2, GPU));
});

test("nothing is marked on what was not looked at: a job that came or changed meanwhile makes it start over", () => {
  const home = homeWith(GPU);
  home.run(preview(1, GPU));
  home.refuses(markNeverLeaves("secrets/"), "collected-stale");
  home.run(reviseEgress(1, 2));
  home.refuses(markNeverLeaves("secrets/", { collected: [collected(1, "a.txt")] }), "collected-stale");
  assert.equal(home.state.egress.neverLeaves, undefined);
});

test("no lease overrides a mark, and neither does a collection from before it", () => {
  const home = homeWith(GPU);
  home.run(grantLease(9, GPU, terms()), markNeverLeaves("lib"));
  home.refuses(preview(1, GPU), "never-leaves");
  home.run(preview(1, GPU, { paths: ["elsewhere/a"] }));
});

test("a mark is made once; only the owner takes it away, and then nothing of it is left in the state", () => {
  const home = homeWith(GPU);
  home.run(markNeverLeaves("secrets/", { globs: ["secrets/", "*.pem", "secrets/"] }));
  assert.deepEqual(
    home.state.egress.neverLeaves?.map(({ glob }) => glob),
    ["secrets/", "*.pem"],
  );
  assert.deepEqual(home.run(markNeverLeaves("*.pem")), []);
  home.refuses(unmarkNeverLeaves("*.pem", { by: CLIENT }), "owner-session-required");
  home.refuses(unmarkNeverLeaves("*.key"), "mark-unknown");
  const events = home.run(unmarkNeverLeaves("*.pem", { globs: ["*.pem", "secrets/"] }));
  assert.equal(ofKind(events, "NeverLeavesUnmarked").length, 2);
  assert.ok(!("neverLeaves" in home.state.egress));
});

test("a text that is no glob is not marked, and as many marks as the limit are held", () => {
  const home = homeWith(GPU);
  home.refuses(markNeverLeaves("../up"), "never-leaves-invalid");
  const globs = Array.from({ length: NEVER_LEAVES_MAX }, (_, index) => `folder-${index}`);
  home.run(markNeverLeaves("", { globs }));
  home.refuses(markNeverLeaves("one-more"), "never-leaves-limit");
  assert.deepEqual(home.run(markNeverLeaves("folder-0")), []);
});
