// Every kind of fact, and what the world must do because of it: nothing that is not here, and no two occasions under one key.
import assert from "node:assert/strict";
import { test } from "node:test";
import type { EventKind, JournalEvent } from "#protocol/events.ts";
import { eventSchemas } from "#protocol/decodeEvent.ts";
import { epochMs } from "#protocol/quantities.ts";
import { workspacePathSchema } from "#protocol/workspacePath.ts";
import { clearClass, deriveFiles, markClass } from "../../../test/simulation/classCommands.ts";
import {
  markNeverLeaves,
  pauseOffloads,
  resumeOffloads,
  reviseEgress,
  unmarkNeverLeaves,
} from "../../../test/simulation/egressCommands.ts";
import {
  applied,
  approve,
  askJob,
  accepted,
  cancel,
  deny,
  enrol,
  exited,
  finished,
  homeWith,
  idsOf,
  invite,
  later,
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
  withProposal,
  transferOf,
} from "../../../test/simulation/homeCommands.ts";
import { expireLeases, grantLease, revokeLease, terms } from "../../../test/simulation/leaseCommands.ts";
import {
  approveStaged,
  beginStaged,
  endorseStaged,
  rejectStaged,
  reviseStaged,
  stage,
  withdrawStaged,
} from "../../../test/simulation/stagingCommands.ts";
import { ATTIC, GPU, LOCAL, type Scenario, testNode } from "../../../test/simulation/homeScenario.ts";
import {
  adoptPolicy,
  judgePolicyFile,
  policyOf,
  policyRule,
  readWorkspacePolicy,
} from "../../../test/simulation/policyCommands.ts";
import { rotate } from "../../../test/simulation/nodeLeaves.ts";
import type { Effect } from "./effects.ts";
import { evolve } from "./evolve.ts";
import { ASK_ALWAYS } from "./policy/postures.ts";
import { react } from "./react.ts";
import { resume } from "./resume.ts";
import { type HomeState, initialState } from "./state.ts";
import { review } from "../../../test/simulation/reviewCommands.ts";

/** What each kind of fact asks for; a kind that is missing does not compile. */
const EFFECTS_OF: { readonly [Kind in EventKind]: readonly Effect["kind"][] } = {
  EpisodeStarted: [],
  EpisodeFinished: [],
  ProposalReceived: [],
  ProposalApplied: [],
  ProposedFilesApplied: [],
  ResultReviewed: [],
  JobQueued: [],
  JobPlaced: [],
  JobOffered: ["SendOffer"],
  JobAccepted: [],
  JobStarted: [],
  OutputAppended: [],
  JobFinished: ["SettleAttempt"],
  JobFailed: ["CancelAttempt"],
  JobCancelled: ["CancelAttempt"],
  EgressPreviewed: [],
  EgressRevised: [],
  OffloadsPaused: [],
  OffloadsResumed: [],
  NeverLeavesMarked: [],
  NeverLeavesUnmarked: [],
  ClassMarked: [],
  ClassUnmarked: [],
  FilesDerived: [],
  EgressRecorded: [],
  EgressSettled: [],
  PolicyAdopted: [],
  PolicyFileJudged: [],
  WorkspacePolicyRead: [],
  ContributionMetered: [],
  LeaseGranted: [],
  LeaseReserved: [],
  LeaseCommitted: [],
  LeaseReleased: [],
  LeaseRevoked: [],
  LeaseExpired: [],
  ActionStaged: [],
  StagedEndorsed: [],
  StagedApproved: [],
  StagedRejected: [],
  StagedSuperseded: [],
  StagedWithdrawn: [],
  StagedBegun: [],
  StagedEnded: [],
  ClusteringTurnedOn: ["OpenListener"],
  ClusteringBlocked: [],
  ClusteringTurnedOff: ["CloseListener"],
  InviteCreated: ["RefreshTrust"],
  InviteReused: [],
  EnrolmentRequested: ["RefreshTrust"],
  NodeEnrolled: ["RefreshTrust", "AnswerEnrolment"],
  EnrolmentRefused: ["RefreshTrust", "AnswerEnrolment"],
  NodeConnected: [],
  NodeLost: [],
  NodeCertificateRotated: ["RefreshTrust"],
  NodeRevoked: ["RefreshTrust", "CutNode"],
  LinkRefused: [],
};

/** A life with every kind of fact in it. */
function wholeLife(): Scenario {
  const home = homeWith(GPU, ATTIC);
  const admit = { kind: "approve-node", at: later(40), by: OWNER } as const;
  const turnAway = { ...admit, kind: "refuse-node", reason: "a stranger" } as const;
  const stranger = testNode("stranger", 77);
  home.run(
    adoptPolicy(policyOf(policyRule("looks", "ask", { obligations: { reviewResult: true } }))),
    preview(1, GPU),
    approve(1),
    accepted(1, GPU),
    started(1, GPU),
    output(1, GPU, 1),
    finished(1, GPU, 1, { result: withProposal(1, exited(1)) }),
    review(1),
    applied(1, { paths: [workspacePathSchema.parse("src/a.ts")] }),
    applied(1),
    start(2, { job: askJob(2) }),
    cancel(2),
    preview(3, GPU),
    reviseEgress(3, 13),
    pauseOffloads(),
    resumeOffloads(),
    deny(13),
    markNeverLeaves("secrets/"),
    unmarkNeverLeaves("secrets/"),
    markClass("vault", "secret"),
    clearClass("vault"),
    deriveFiles(1, "secret", ["a.txt"]),
    stage(1),
    endorseStaged(1),
    reviseStaged(1, 2),
    rejectStaged(2),
    stage(3),
    withdrawStaged(3),
    markNeverLeaves("secrets-4/"),
    stage(4),
    approveStaged(4, { leaseId: idsOf(44).leaseId }),
    { ...beginStaged(4), leaseId: idsOf(44).leaseId },
    adoptPolicy(ASK_ALWAYS),
    judgePolicyFile("it is broken"),
    judgePolicyFile(undefined),
    readWorkspacePolicy(policyOf()),
    preview(4, ATTIC),
    approve(4),
    lost(4, ATTIC, { sent: "none", transfer: transferOf(4, 0) }),
    rotate(ATTIC, 2),
    preview(5, ATTIC),
    approve(5),
    revokeLease(5),
    grantLease(11, GPU, terms()),
    expireLeases(600_000),
    invite(6),
    enrol(6, stranger),
    enrol(6, stranger),
    { ...turnAway, nodeId: stranger.nodeId },
    { kind: "block-clustering", at: NOW, by: SHELL, code: "clustering-self-test-files", detail: "The disk is full." },
    { kind: "refuse-link", at: NOW, by: SHELL, code: "too-deep", detail: "40 levels" },
    invite(7),
    enrol(7, stranger),
    { ...admit, nodeId: stranger.nodeId },
    preview(8, GPU),
    approve(8),
    preview(9, ATTIC),
    approve(9),
    start(10),
    lose(GPU),
    revokeNode(ATTIC),
    turnOff({ at: later(50) }),
    turnOn({ at: later(60) }),
  );
  return home;
}

/** The facts of a life again, each with the state after its whole frame. */
function replayed(home: Scenario): readonly { readonly event: JournalEvent; readonly after: HomeState }[] {
  let state = initialState(home.state.identity);
  return home.frames.flatMap((frame) => {
    state = frame.reduce(evolve, state);
    const after = state;
    return frame.map((event) => ({ event, after }));
  });
}

test("every kind of fact asks for just its own effects", () => {
  const steps = replayed(wholeLife());
  assert.deepEqual(new Set(steps.map(({ event }) => event.kind)), new Set(Object.keys(eventSchemas)));
  for (const { event, after } of steps) {
    const kinds = react(event, after).map((effect) => effect.kind);
    const ofNoAttempt = (event.kind === "JobFailed" || event.kind === "JobCancelled") && event.attemptId === undefined;
    assert.deepEqual(kinds, ofNoAttempt ? [] : EFFECTS_OF[event.kind], event.kind);
  }
});

test("only the offer of a local attempt may run before its fact is durable", () => {
  for (const { event, after } of replayed(wholeLife())) {
    for (const effect of react(event, after)) {
      assert.equal(effect.repeatable, event.kind === "JobOffered" && event.local, event.kind);
    }
  }
});

test("an offer carries what was recorded, its token and the lease that covers it", () => {
  const home = homeWith(GPU);
  home.run(preview(1, GPU), approve(1));
  const offers = replayed(home)
    .flatMap(({ event, after }) => react(event, after))
    .filter((effect) => effect.kind === "SendOffer");
  const [offer] = offers;
  assert.ok(offers.length === 1 && offer !== undefined);
  const held = home.state.jobs.byId.get(idsOf(1).jobId);
  assert.deepEqual(offer.offer.job, held?.job);
  assert.equal(offer.offer.payload, held?.jobKey);
  assert.deepEqual(
    [offer.target, offer.leaseId, offer.offer.attemptId, offer.offer.fencingToken, offer.offer.corrId],
    [GPU.nodeId, idsOf(1).leaseId, idsOf(1).attemptId, 1, idsOf(1).episodeId],
  );
});

test("two occasions never share a key: whoever remembers keys drops repetitions only", () => {
  const home = wholeLife();
  const stranger = testNode("stranger", 77);
  const again = epochMs(NOW + 10 * 60_000);
  home.run(invite(30), enrol(30, stranger, { at: again }), {
    kind: "refuse-node",
    at: again,
    by: OWNER,
    nodeId: stranger.nodeId,
    reason: "still a stranger",
  });
  const keys = replayed(home).flatMap(({ event, after }) => react(event, after).map((effect) => effect.key));
  assert.deepEqual(
    keys.filter((key, index) => keys.indexOf(key) !== index),
    [],
  );
});

test("after any frame a restart waits for just the nodes that are up or hold an attempt, and sends nothing", () => {
  const home = wholeLife();
  for (const { after } of replayed(home)) {
    const effects = resume(after);
    const awaited = effects.flatMap((effect) => (effect.kind === "AwaitNode" ? [effect.nodeId] : []));
    const expected = [GPU, ATTIC, testNode("stranger", 77)].filter(({ nodeId }) => {
      const holds = [...after.jobs.byId.values()].some(
        ({ progress }) => progress.kind === "live" && progress.attempt.target === nodeId,
      );
      return holds || after.nodes.byId.get(nodeId)?.status.kind === "ready";
    });
    assert.deepEqual(new Set(awaited), new Set(expected.map(({ nodeId }) => nodeId)));
    assert.equal(awaited.length, expected.length);
    assert.ok(!awaited.includes(LOCAL.nodeId));
    const rest = effects.filter((effect) => effect.kind !== "AwaitNode").map((effect) => effect.kind);
    assert.deepEqual(rest, after.nodes.clustering.on ? ["OpenListener"] : []);
  }
});
