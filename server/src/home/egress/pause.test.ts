// While offloads are paused nothing new leaves, whoever approved or leased it; what runs elsewhere already may report back.
import assert from "node:assert/strict";
import { test } from "node:test";
import {
  accepted,
  approve,
  CLIENT,
  connect,
  deny,
  finished,
  homeWith,
  output,
  preview,
  start,
  started,
  transferOf,
} from "../../../../test/simulation/homeCommands.ts";
import { pauseOffloads, resumeOffloads, reviseEgress } from "../../../../test/simulation/egressCommands.ts";
import { ATTIC, GPU, kindsOf, LOCAL, ofKind, only } from "../../../../test/simulation/homeScenario.ts";
import { grantLease, terms } from "../../../../test/simulation/leaseCommands.ts";

test("while offloads are paused no approval, no lease and no new offload lets anything out", () => {
  const home = homeWith(GPU);
  home.run(preview(1, GPU), grantLease(9, GPU, terms()));
  home.run(pauseOffloads());
  home.refuses(approve(1), "offloads-paused");
  home.refuses(preview(2, GPU), "offloads-paused");
  home.run(grantLease(10, GPU, terms()));
  home.refuses(preview(3, GPU), "offloads-paused");
  home.run(start(4));
});

test("what waits can still be made smaller or denied, and is approved once offloads are resumed", () => {
  const home = homeWith(GPU);
  home.run(preview(1, GPU), preview(2, GPU), pauseOffloads());
  home.run(reviseEgress(1, 3), deny(2));
  home.refuses(approve(1, { previewId: reviseEgress(1, 3).replacedBy }), "preview-changed");
  home.run(resumeOffloads());
  const { replacedBy, preview: digest } = reviseEgress(1, 3);
  home.run(approve(1, { previewId: replacedBy, digest }));
});

test("attempts that still fetch their inputs end with the reason; those that run finish", () => {
  const home = homeWith(GPU, ATTIC);
  home.run(preview(1, GPU), approve(1));
  home.run(preview(2, GPU), approve(2), accepted(2, GPU));
  home.run(preview(3, ATTIC), approve(3), accepted(3, ATTIC), started(3, ATTIC));
  home.run(start(4));
  const events = home.run(pauseOffloads({ transfers: [transferOf(2, 300)] }));
  assert.deepEqual(
    ofKind(events, "JobFailed").map(({ attemptId, code }) => [attemptId, code]),
    [1, 2].map((number) => [approve(number).attemptId, "offloads-paused"]),
  );
  assert.deepEqual(
    ofKind(events, "EgressSettled").map(({ state, bytesOut }) => [state, bytesOut]),
    [
      ["unknown", 0],
      ["partial", 300],
    ],
  );
  home.refuses(started(1, GPU), "attempt-fenced");
  home.run(output(3, ATTIC, 1), finished(3, ATTIC, 1), finished(4, LOCAL));
});

test("a pause holds over a reconnect, is one fact however often it is asked for, and only the owner ends it", () => {
  const home = homeWith(GPU);
  assert.deepEqual(home.run(resumeOffloads()), []);
  assert.equal(only(home.run(pauseOffloads()), "OffloadsPaused").by, CLIENT.client);
  assert.deepEqual(home.run(pauseOffloads()), []);
  home.run(connect(GPU));
  assert.equal(home.state.egress.paused?.by, CLIENT.client);
  home.refuses(resumeOffloads({ by: CLIENT }), "owner-session-required");
  assert.deepEqual(kindsOf(home.run(resumeOffloads())), ["OffloadsResumed"]);
  assert.ok(!("paused" in home.state.egress));
  home.run(preview(1, GPU), approve(1));
});
