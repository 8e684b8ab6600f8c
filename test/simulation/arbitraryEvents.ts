// Every kind of fact in any order, over so few ids that they meet: what a journal would never hold, and evolve must bear.
// It decides nothing; a kind that is missing here does not compile.
import fc from "fast-check";
import type { PolicyDocument, WorkspacePolicy } from "#protocol/policy.ts";
import { digestOf } from "#protocol/digest.ts";
import type { Classification } from "#protocol/egress.ts";
import type { EventKind, JournalEvent } from "#protocol/events.ts";
import { byteCount, costMicros, durationMs, epochMs, fencingToken } from "#protocol/quantities.ts";
import type { LeaseScope } from "#protocol/lease.ts";
import type { JobOutcome, JobResult } from "#protocol/result.ts";
import { workspacePathSchema } from "#protocol/workspacePath.ts";
import { ASK_ALWAYS } from "../../server/src/home/policy/postures.ts";
import { askJob, commandJob, destinationOf, idsOf, later, NOW } from "./homeCommands.ts";
import { RESUME, stagedIdOf } from "./stagingCommands.ts";
import { ATTIC, capabilitiesWith, COMMAND_ENGINE, GPU, IDENTITY, LOCAL, LLAMA_ENGINE } from "./homeScenario.ts";

const ids = fc.constantFrom(idsOf(1), idsOf(2), idsOf(3));
const nodes = fc.constantFrom(LOCAL, GPU, ATTIC);
const corrId = ids.map((of) => of.episodeId);
const jobId = ids.map((of) => of.jobId);
const attemptId = ids.map((of) => of.attemptId);
const leaseId = ids.map((of) => of.leaseId);
const recordId = ids.map((of) => of.recordId);
const previewId = ids.map((of) => of.previewId);
const proposalId = ids.map((of) => of.proposalId);
const stagedId = fc.constantFrom(...[1, 2, 3].map(stagedIdOf));
const inviteId = ids.map((of) => of.inviteId);
const nodeId = nodes.map((node) => node.nodeId);
const target = nodeId;
const bytes = fc.constantFrom(0, 1, 65_536, Number.MAX_SAFE_INTEGER).map(byteCount);
const digest = fc.constantFrom(digestOf("a"), digestOf("b"));
const classification = fc.constantFrom<Classification>("public", "internal", "secret", "regulated");
const classPath = fc.constantFrom(".", "a", "b/c");
const text = fc.constantFrom("", "a reason", "\ud800", "__proto__");
const count = fc.nat({ max: 3 });
const job = fc.constantFrom(commandJob(1), askJob(2));
const cost = fc.constant({ kind: "unknown", reason: "no price card" } as const);
const costBudget = fc.constant({ currency: "EUR", micros: costMicros(Number.MAX_SAFE_INTEGER) });
const stream = fc.constantFrom("stdout", "stderr", "text");

const fact = { version: fc.constant(1 as const), at: fc.constantFrom(NOW, later(1), epochMs(0)) };
const episodeFact = { ...fact, corrId };
const jobFact = { ...episodeFact, jobId };
const attemptFact = { ...jobFact, attemptId };

const outcome: fc.Arbitrary<JobOutcome> = fc.constantFrom<JobOutcome>(
  { kind: "exited", exitCode: 1 },
  { kind: "answered", stopReason: "end" },
  { kind: "cancelled" },
  { kind: "failed", code: "lost", message: "It was lost.", advice: "" },
);
const result: fc.Arbitrary<JobResult> = fc.record({ outcome, streams: fc.constant([]) }, { noNullPrototype: true });
const usage = fc.constant({
  busy: { durationMs: durationMs(1), method: "exclusive-wall" },
  bytesIn: { bytes: byteCount(1), method: "byte-count" },
  bytesOut: { bytes: byteCount(1), method: "byte-count" },
} as const);

/** A record of which some members may be absent. */
function kindOf<Kind extends string, Members extends object>(
  kind: Kind,
  members: { readonly [Member in keyof Members]: fc.Arbitrary<Members[Member]> },
): fc.Arbitrary<Members & { readonly kind: Kind }> {
  return fc.record(members).map((made) => ({ ...made, kind }));
}

/** The same, with these members in some and absent in others. */
function sometimes<Base extends object, More extends object>(
  base: fc.Arbitrary<Base>,
  more: { readonly [Member in keyof More]: fc.Arbitrary<More[Member]> },
): fc.Arbitrary<Base | (Base & More)> {
  return fc.oneof(
    base,
    fc.tuple(base, fc.record(more)).map(([made, added]) => ({ ...made, ...added })),
  );
}

type OneOfEach = { readonly [Kind in EventKind]: fc.Arbitrary<Extract<JournalEvent, { readonly kind: Kind }>> };

const scope = fc.constantFrom<LeaseScope>(
  { kind: "once", preview: digestOf("a"), payload: digestOf("b"), jobId: idsOf(1).jobId },
  { kind: "scoped", job: "command", paths: ["**"], ceiling: "internal" },
  { kind: "action", stagedId: stagedIdOf(1), action: digestOf("a") },
);

const lease = fc
  .record({ leaseId, subject: nodeId, scope, bytes, issuer: fc.constantFrom("owner" as const, "policy" as const) })
  .map((of) => ({
    leaseId: of.leaseId,
    subject: of.subject,
    capability: "offload" as const,
    scope: of.scope,
    grantedAt: NOW,
    expiresAt: later(1),
    budget: { uses: 1, bytes: of.bytes },
    issuer: of.issuer,
    reason: "",
  }));

const EVENTS: OneOfEach = {
  EpisodeStarted: kindOf("EpisodeStarted", {
    ...episodeFact,
    workspaceId: fc.constant(IDENTITY.workspaceId),
    episode: fc.constantFrom("command", "ask"),
    title: text,
    requestedBy: text,
  }),
  EpisodeFinished: kindOf("EpisodeFinished", {
    ...episodeFact,
    outcome,
    snapshot: fc.record({ jobKey: digest, job, produced: fc.constant([]) }, { noNullPrototype: true }),
  }),
  ProposalReceived: kindOf("ProposalReceived", { ...attemptFact, proposalId, digest, changes: count }),
  ProposalApplied: kindOf("ProposalApplied", { ...episodeFact, proposalId, digest, files: count }),
  ProposedFilesApplied: kindOf("ProposedFilesApplied", {
    ...episodeFact,
    proposalId,
    digest,
    paths: fc.subarray(["a.txt", "src/b.ts"].map((path) => workspacePathSchema.parse(path))),
  }),
  ResultReviewed: sometimes(
    kindOf("ResultReviewed", { ...episodeFact, verdict: fc.constantFrom("accepted", "discarded"), by: text }),
    { proposalId },
  ),
  JobQueued: kindOf("JobQueued", { ...jobFact, jobKey: digest, job, title: text }),
  JobPlaced: kindOf("JobPlaced", { ...jobFact, target, local: fc.boolean(), rule: text, why: text }),
  JobOffered: sometimes(
    kindOf("JobOffered", { ...attemptFact, target, local: fc.boolean(), fencingToken: count.map(fencingToken) }),
    { leaseId, recordId },
  ),
  JobAccepted: kindOf("JobAccepted", attemptFact),
  JobStarted: kindOf("JobStarted", attemptFact),
  OutputAppended: kindOf("OutputAppended", {
    ...attemptFact,
    number: fc.integer({ min: 1, max: 3 }),
    stream,
    fromByte: bytes,
    bytes,
    digest,
  }),
  JobFinished: kindOf("JobFinished", { ...attemptFact, result }),
  JobFailed: sometimes(kindOf("JobFailed", { ...jobFact, code: text, message: text, advice: text }), { attemptId }),
  JobCancelled: sometimes(kindOf("JobCancelled", { ...jobFact, by: text }), { attemptId }),
  EgressPreviewed: kindOf("EgressPreviewed", {
    ...jobFact,
    previewId,
    preview: digest,
    payload: digest,
    payloadBytes: bytes,
    items: count,
    highestClassification: classification,
    leftOut: count,
    destination: nodes.map(destinationOf),
    rule: text,
    cost,
    leaseMs: fc.constant(durationMs(1)),
  }),
  EgressRevised: kindOf("EgressRevised", {
    ...jobFact,
    previewId,
    replacedBy: previewId,
    jobKey: digest,
    job,
    takenOut: count,
    shortened: count,
    putBack: count,
    by: text,
  }),
  EgressRecorded: sometimes(
    kindOf("EgressRecorded", {
      ...jobFact,
      recordId,
      workspaceId: fc.constant(IDENTITY.workspaceId),
      previewId,
      decision: fc.constantFrom("allow", "deny"),
      reasonCode: text,
      nodeId,
      destination: text,
      payload: digest,
      payloadBytes: bytes,
      cost,
    }),
    { leaseId, attemptId },
  ),
  OffloadsPaused: kindOf("OffloadsPaused", { ...fact, by: text }),
  OffloadsResumed: kindOf("OffloadsResumed", { ...fact, by: text }),
  NeverLeavesMarked: kindOf("NeverLeavesMarked", { ...fact, glob: fc.constantFrom("a", "b/"), by: text }),
  NeverLeavesUnmarked: kindOf("NeverLeavesUnmarked", { ...fact, glob: fc.constantFrom("a", "b/"), by: text }),
  ClassMarked: kindOf("ClassMarked", { ...fact, path: classPath, classification, by: text }),
  ClassUnmarked: kindOf("ClassUnmarked", { ...fact, path: classPath, by: text }),
  FilesDerived: sometimes(
    kindOf("FilesDerived", {
      ...episodeFact,
      from: corrId.map((id) => ({ kind: "episode", episodeId: id }) as const),
      classification,
      paths: fc.uniqueArray(
        fc.constantFrom("a", "b/c").map((path) => workspacePathSchema.parse(path)),
        { maxLength: 2 },
      ),
    }),
    { untrusted: text },
  ),
  PolicyAdopted: kindOf("PolicyAdopted", {
    ...fact,
    epoch: fc.constantFrom(1, 7),
    digest,
    document: fc.constantFrom<PolicyDocument>(ASK_ALWAYS, { version: 1, name: "none", rules: [] }),
    text,
    by: text,
  }),
  PolicyFileJudged: sometimes(kindOf("PolicyFileJudged", { ...fact, epoch: fc.constantFrom(1, 7) }), { problem: text }),
  WorkspacePolicyRead: sometimes(
    kindOf("WorkspacePolicyRead", {
      ...fact,
      epoch: fc.constantFrom(1, 7),
      found: fc.constantFrom<WorkspacePolicy>(
        { kind: "absent" },
        { kind: "document", digest: digestOf("a"), document: ASK_ALWAYS },
        { kind: "unreadable", problem: "policy.jsonc:1:1 is empty." },
      ),
    }),
    { kept: fc.constant(ASK_ALWAYS) },
  ),
  EgressSettled: sometimes(
    kindOf("EgressSettled", {
      ...jobFact,
      recordId,
      nodeId,
      leaseId,
      state: fc.constantFrom("received", "partial", "none", "unknown"),
      bytesOut: bytes,
      bytesIn: bytes,
      durationMs: fc.constant(durationMs(0)),
    }),
    { received: digest, error: text },
  ),
  ContributionMetered: kindOf("ContributionMetered", { ...attemptFact, nodeId, usage, receipt: digest }),
  LeaseGranted: kindOf("LeaseGranted", { ...episodeFact, lease }),
  LeaseReserved: sometimes(kindOf("LeaseReserved", { ...attemptFact, leaseId, bytes }), { cost: costBudget }),
  LeaseCommitted: sometimes(kindOf("LeaseCommitted", { ...attemptFact, leaseId, bytes }), { cost: costBudget }),
  LeaseReleased: kindOf("LeaseReleased", { ...attemptFact, leaseId }),
  LeaseExpired: sometimes(kindOf("LeaseExpired", { ...fact, leaseId }), { corrId }),
  LeaseRevoked: kindOf("LeaseRevoked", { ...episodeFact, leaseId, reason: text }),
  ActionStaged: sometimes(
    kindOf("ActionStaged", {
      ...fact,
      stagedId,
      action: fc.constant(RESUME),
      digest,
      risk: fc.constant({ level: "high", rule: "unknown", reason: "" } as const),
      title: text,
      evidence: fc.constant([]),
      requestedBy: text,
      revision: fc.integer({ min: 1, max: 3 }),
    }),
    { corrId },
  ),
  StagedEndorsed: kindOf("StagedEndorsed", { ...fact, stagedId, digest, by: text }),
  StagedApproved: kindOf("StagedApproved", { ...fact, stagedId, digest, leaseId, by: text }),
  StagedRejected: kindOf("StagedRejected", { ...fact, stagedId, reason: text, by: text }),
  StagedSuperseded: kindOf("StagedSuperseded", { ...fact, stagedId, replacedBy: stagedId, by: text }),
  StagedWithdrawn: kindOf("StagedWithdrawn", { ...fact, stagedId, reason: text, by: text }),
  StagedBegun: kindOf("StagedBegun", { ...fact, stagedId, digest, leaseId }),
  StagedEnded: sometimes(
    kindOf("StagedEnded", {
      ...fact,
      stagedId,
      leaseId,
      outcome: fc.constantFrom("done", "failed", "void", "unknown"),
      detail: text,
    }),
    { replacedBy: stagedId },
  ),
  ClusteringTurnedOn: kindOf("ClusteringTurnedOn", { ...fact, listenHost: text, listenPort: count }),
  ClusteringTurnedOff: kindOf("ClusteringTurnedOff", { ...fact, reason: text }),
  InviteCreated: kindOf("InviteCreated", {
    ...fact,
    inviteId,
    role: fc.constant("worker" as const),
    expiresAt: fact.at,
    fingerprint: digest,
    certificate: text,
    secretDigest: digest,
  }),
  InviteReused: kindOf("InviteReused", { ...fact, inviteId }),
  EnrolmentRequested: nodes.chain((node) =>
    kindOf("EnrolmentRequested", {
      ...fact,
      nodeId: fc.constant(node.nodeId),
      inviteId,
      publicKey: fc.constant(node.publicKey),
      fingerprint: digest,
      certificate: text,
      name: text,
      words: fc.constant(["babab"]),
    }),
  ),
  NodeEnrolled: kindOf("NodeEnrolled", { ...fact, nodeId }),
  EnrolmentRefused: kindOf("EnrolmentRefused", { ...fact, nodeId, reason: text }),
  NodeConnected: kindOf("NodeConnected", {
    ...fact,
    nodeId,
    instanceId: ids.map((of) => of.instanceId),
    capabilities: fc.constantFrom(capabilitiesWith(), capabilitiesWith(COMMAND_ENGINE, LLAMA_ENGINE)),
  }),
  NodeLost: kindOf("NodeLost", { ...fact, nodeId, code: text, detail: text }),
  NodeCertificateRotated: kindOf("NodeCertificateRotated", {
    ...fact,
    nodeId,
    fingerprint: digest,
    certificate: text,
    replaces: digest,
    overlapEndsAt: fact.at,
  }),
  NodeRevoked: kindOf("NodeRevoked", { ...fact, nodeId, reason: text }),
  ClusteringBlocked: kindOf("ClusteringBlocked", { ...fact, code: text, detail: text }),
  LinkRefused: sometimes(kindOf("LinkRefused", { ...fact, code: text, detail: text }), { nodeId }),
};

export const arbitraryEvent: fc.Arbitrary<JournalEvent> = fc.oneof<fc.Arbitrary<JournalEvent>[]>(
  ...Object.values(EVENTS),
);
