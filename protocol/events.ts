// Facts of the journal, in the past tense. An event never changes its meaning: a new meaning is a new version, and
// `decodeEvent` upcasts old ones. Every event of an episode carries its `corrId`.
import type { ClassEvent } from "./classEvents.ts";
import type { Digest } from "./digest.ts";
import type { Classification, Cost, Destination, EpisodeTaint } from "./egress.ts";
import type {
  AttemptId,
  EgressRecordId,
  EpisodeId,
  InstanceId,
  InviteId,
  JobId,
  LeaseId,
  NodeId,
  PreviewId,
  ProposalId,
  WorkspaceId,
} from "./ids.ts";
import type { JobKind, JobSpec } from "./job.ts";
import type { CostBudget, Lease, LeaseUnfit } from "./lease.ts";
import type { NodeCapabilities } from "./node.ts";
import type { PolicyDocument, WorkspacePolicy } from "./policy.ts";
import type { Bytes, DurationMs, EpochMs, FencingToken } from "./quantities.ts";
import type { JobOutcome, JobResult, OutputStream } from "./result.ts";
import type { PublicKey } from "./signature.ts";
import type { ResultReviewed } from "./reviewEvents.ts";
import type { StagingEvent } from "./stagingEvents.ts";
import type { Usage } from "./usage.ts";
import type { WorkspacePath } from "./workspacePath.ts";

interface Fact<Kind extends string> {
  readonly kind: Kind;
  readonly version: 1;
  readonly at: EpochMs;
}
/** A fact of an episode. */
interface EpisodeFact<Kind extends string> extends Fact<Kind> {
  readonly corrId: EpisodeId;
}
/** A fact of a job of an episode. */
interface JobFact<Kind extends string> extends EpisodeFact<Kind> {
  readonly jobId: JobId;
}
interface AttemptFact<Kind extends string> extends JobFact<Kind> {
  readonly attemptId: AttemptId;
}
interface NodeFact<Kind extends string> extends Fact<Kind> {
  readonly nodeId: NodeId;
}

// ---- episode ----
export interface EpisodeStarted extends EpisodeFact<"EpisodeStarted"> {
  readonly workspaceId: WorkspaceId;
  readonly episode: JobKind;
  readonly title: string;
  /** The client that asked, e.g. `cli`. */
  readonly requestedBy: string;
}
export interface EpisodeFinished extends EpisodeFact<"EpisodeFinished"> {
  readonly outcome: JobOutcome;
  readonly snapshot: EpisodeSnapshot;
}
/** What was pinned and what was produced: enough to run the job again and to compare. */
export interface EpisodeSnapshot {
  readonly jobKey: Digest;
  readonly job: JobSpec;
  /** Absent where no attempt was made. */
  readonly target?: NodeId;
  readonly nodeVersion?: string;
  readonly produced: readonly { readonly stream: OutputStream; readonly bytes: Bytes }[];
  readonly proposal?: Digest;
}
// ---- job ----
export interface JobQueued extends JobFact<"JobQueued"> {
  readonly jobKey: Digest;
  readonly job: JobSpec;
  readonly title: string;
  /** The highest class of what it was given; absent for internal. Whatever it makes is of this class. */
  readonly inputClass?: Classification;
}
export interface JobPlaced extends JobFact<"JobPlaced"> {
  readonly target: NodeId;
  readonly local: boolean;
  /** The rule that decided, e.g. `local-first`, `asked-for`, `local-lacks-model`. */
  readonly rule: string;
  readonly why: string;
}
export interface JobOffered extends AttemptFact<"JobOffered"> {
  readonly target: NodeId;
  readonly local: boolean;
  readonly fencingToken: FencingToken;
  readonly leaseId?: LeaseId;
  readonly recordId?: EgressRecordId;
}
export interface JobAccepted extends AttemptFact<"JobAccepted"> {}
export interface JobStarted extends AttemptFact<"JobStarted"> {}
/** A range of output is durable in the output records; its bytes are not in the journal. */
export interface OutputAppended extends AttemptFact<"OutputAppended"> {
  /** 1, 2, 3 … within the attempt. */
  readonly number: number;
  readonly stream: OutputStream;
  readonly fromByte: Bytes;
  readonly bytes: Bytes;
  readonly digest: Digest;
}
export interface JobFinished extends AttemptFact<"JobFinished"> {
  readonly result: JobResult;
}
/** The job ended without a result that counts. */
export interface JobFailed extends JobFact<"JobFailed"> {
  readonly attemptId?: AttemptId;
  readonly code: string;
  readonly message: string;
  readonly advice: string;
}
export interface JobCancelled extends JobFact<"JobCancelled"> {
  readonly attemptId?: AttemptId;
  readonly by: string;
}
export interface ProposalReceived extends AttemptFact<"ProposalReceived"> {
  readonly proposalId: ProposalId;
  readonly digest: Digest;
  readonly changes: number;
}
export interface ProposalApplied extends EpisodeFact<"ProposalApplied"> {
  readonly proposalId: ProposalId;
  readonly digest: Digest;
  readonly files: number;
}

/** Some of its files were applied; the rest stays proposed. With the last of them the proposal is applied. */
export interface ProposedFilesApplied extends EpisodeFact<"ProposedFilesApplied"> {
  readonly proposalId: ProposalId;
  readonly digest: Digest;
  readonly paths: readonly WorkspacePath[];
}

// ---- egress ----
export interface EgressPreviewed extends JobFact<"EgressPreviewed"> {
  readonly previewId: PreviewId;
  /** The digest of the preview document, which is a blob. */
  readonly preview: Digest;
  readonly payload: Digest;
  readonly payloadBytes: Bytes;
  readonly items: number;
  readonly highestClassification: Classification;
  readonly leftOut: number;
  readonly destination: Destination;
  readonly rule: string;
  readonly cost: Cost;
  readonly leaseMs: DurationMs;
  /** The scoped lease that covers it: nobody is asked. */
  readonly leaseId?: LeaseId;
  /** Why the owner is asked although there is a scoped lease. */
  readonly leaseUnfit?: LeaseUnfit;
  /** Private and untrusted content met in the episode: whatever a lease or a rule says, the owner is asked. */
  readonly taint?: EpisodeTaint;
  /** What comes back waits for the owner before anything uses it. */
  readonly reviewResult?: true;
}
/** A waiting preview was replaced by one that shows less; what would be sent changed with it. The new one follows in its frame. */
export interface EgressRevised extends JobFact<"EgressRevised"> {
  readonly previewId: PreviewId;
  readonly replacedBy: PreviewId;
  /** The job from now on: the same but for its input tree. */
  readonly jobKey: Digest;
  readonly job: JobSpec;
  /** How many entries of the tree were taken out. */
  readonly takenOut: number;
  /** How many items lost lines; absent where none did. */
  readonly shortened?: number;
  /** How many items got theirs back; absent where none did. */
  readonly putBack?: number;
  readonly by: string;
}
export interface EgressRecorded extends JobFact<"EgressRecorded"> {
  readonly recordId: EgressRecordId;
  readonly workspaceId: WorkspaceId;
  readonly previewId: PreviewId;
  readonly decision: "allow" | "deny";
  readonly reasonCode: string;
  readonly nodeId: NodeId;
  readonly destination: string;
  readonly payload: Digest;
  readonly payloadBytes: Bytes;
  readonly cost: Cost;
  readonly leaseId?: LeaseId;
  readonly attemptId?: AttemptId;
  /** A rule that let it go asks that the owner sees what comes back first. */
  readonly reviewResult?: true;
}
/** Nothing new leaves until it is resumed, whatever was approved or leased. */
export interface OffloadsPaused extends Fact<"OffloadsPaused"> {
  readonly by: string;
}
export interface OffloadsResumed extends Fact<"OffloadsResumed"> {
  readonly by: string;
}
/** Paths that match stay on this machine, whatever would allow them to leave. */
export interface NeverLeavesMarked extends Fact<"NeverLeavesMarked"> {
  readonly glob: string;
  readonly by: string;
}
export interface NeverLeavesUnmarked extends Fact<"NeverLeavesUnmarked"> {
  readonly glob: string;
  readonly by: string;
}
/** What came of a recorded send. `unknown` after a crash: never blindly repeated. */
export interface EgressSettled extends JobFact<"EgressSettled"> {
  readonly recordId: EgressRecordId;
  readonly nodeId: NodeId;
  readonly leaseId: LeaseId;
  readonly state: "received" | "partial" | "none" | "unknown";
  readonly bytesOut: Bytes;
  readonly bytesIn: Bytes;
  readonly durationMs: DurationMs;
  readonly received?: Digest;
  readonly error?: string;
}
export interface ContributionMetered extends AttemptFact<"ContributionMetered"> {
  readonly nodeId: NodeId;
  readonly usage: Usage;
  /** The digest of the signed receipt. */
  readonly receipt: Digest;
}

// ---- policy ----
/** From here on this document decides. The text is what the owner wrote, comments included. */
export interface PolicyAdopted extends Fact<"PolicyAdopted"> {
  /** Grows with every change of what policy says. What was worked out under an older one is out of date. */
  readonly epoch: number;
  /** Of the text. */
  readonly digest: Digest;
  readonly document: PolicyDocument;
  readonly text: string;
  readonly by: string;
}
/** The Home's policy file was looked at: it cannot be read, which denies, or it can again. */
export interface PolicyFileJudged extends Fact<"PolicyFileJudged"> {
  readonly epoch: number;
  readonly problem?: string;
}
/** The workspace's own document, which can only make things stricter, is another than before. */
export interface WorkspacePolicyRead extends Fact<"WorkspacePolicyRead"> {
  readonly epoch: number;
  readonly found: WorkspacePolicy;
  /** What it said before, where its file was removed or forbids less: it counts beside it until the owner adopts a policy. */
  readonly kept?: PolicyDocument;
}

// ---- lease ----
/** A lease that was granted at an approval has that episode; one that was granted by itself has none. */
interface LeaseFact<Kind extends string> extends Fact<Kind> {
  readonly corrId?: EpisodeId;
  readonly leaseId: LeaseId;
}
export interface LeaseGranted extends Fact<"LeaseGranted"> {
  readonly corrId?: EpisodeId;
  readonly lease: Lease;
}
/** What an attempt may use at most is held for it, before anything leaves. */
export interface LeaseReserved extends AttemptFact<"LeaseReserved"> {
  readonly leaseId: LeaseId;
  readonly bytes: Bytes;
  readonly cost?: CostBudget;
}
/** What was used of a reservation is spent, or all of it where nobody can know; the rest returns to the budget. */
export interface LeaseCommitted extends AttemptFact<"LeaseCommitted"> {
  readonly leaseId: LeaseId;
  readonly bytes: Bytes;
  readonly cost?: CostBudget;
}
/** Nothing left: the reservation returns to the budget. */
export interface LeaseReleased extends AttemptFact<"LeaseReleased"> {
  readonly leaseId: LeaseId;
}
export interface LeaseRevoked extends LeaseFact<"LeaseRevoked"> {
  readonly reason: string;
}
/** A scoped lease ran out by the steady clock, and stays so whatever a clock says later. */
export interface LeaseExpired extends LeaseFact<"LeaseExpired"> {}

// ---- node ----
export interface ClusteringTurnedOn extends Fact<"ClusteringTurnedOn"> {
  readonly listenHost: string;
  readonly listenPort: number;
}
export interface ClusteringTurnedOff extends Fact<"ClusteringTurnedOff"> {
  readonly reason: string;
}
/** Clustering stays off, whatever its switch says: the self-test failed, or the address cannot be had. */
export interface ClusteringBlocked extends Fact<"ClusteringBlocked"> {
  readonly code: string;
  readonly detail: string;
}
export interface InviteCreated extends Fact<"InviteCreated"> {
  readonly inviteId: InviteId;
  readonly role: "worker";
  readonly expiresAt: EpochMs;
  /** SHA-256 fingerprint and PEM of the bootstrap certificate; its private key is in the invite alone. */
  readonly fingerprint: Digest;
  readonly certificate: string;
  /** The digest of the invite's secret. The secret itself is kept apart, in a 0600 file. */
  readonly secretDigest: Digest;
}
export interface EnrolmentRequested extends NodeFact<"EnrolmentRequested"> {
  readonly inviteId: InviteId;
  readonly publicKey: PublicKey;
  readonly fingerprint: Digest;
  readonly certificate: string;
  readonly name: string;
  readonly words: readonly string[];
}
/** Somebody used an invite again: an alarm for the owner. */
export interface InviteReused extends Fact<"InviteReused"> {
  readonly inviteId: InviteId;
}
export interface NodeEnrolled extends NodeFact<"NodeEnrolled"> {}
export interface EnrolmentRefused extends NodeFact<"EnrolmentRefused"> {
  readonly reason: string;
}
/** The node proved its next TLS leaf on its live link. The one it replaces stays good until `overlapEndsAt`. */
export interface NodeCertificateRotated extends NodeFact<"NodeCertificateRotated"> {
  readonly fingerprint: Digest;
  readonly certificate: string;
  readonly replaces: Digest;
  readonly overlapEndsAt: EpochMs;
}
export interface NodeConnected extends NodeFact<"NodeConnected"> {
  readonly instanceId: InstanceId;
  /** How often its state folder had been started, where it counts that. */
  readonly life?: number;
  readonly capabilities: NodeCapabilities;
}
export interface NodeLost extends NodeFact<"NodeLost"> {
  /** `heartbeat-missed`, `left`, `home-restarted`, or the code that closed the link. */
  readonly code: string;
  readonly detail: string;
}
export interface NodeRevoked extends NodeFact<"NodeRevoked"> {
  readonly reason: string;
}
/** A link was closed for what its peer did: an oversized, malformed, reordered or foreign frame. */
export interface LinkRefused extends Fact<"LinkRefused"> {
  readonly nodeId?: NodeId;
  readonly code: string;
  readonly detail: string;
}

export type EpisodeEvent =
  | EpisodeStarted
  | EpisodeFinished
  | ProposalReceived
  | ProposalApplied
  | ProposedFilesApplied
  | ResultReviewed;
export type JobEvent =
  | JobQueued
  | JobPlaced
  | JobOffered
  | JobAccepted
  | JobStarted
  | OutputAppended
  | JobFinished
  | JobFailed
  | JobCancelled;
export type EgressEvent =
  | EgressPreviewed
  | EgressRevised
  | EgressRecorded
  | EgressSettled
  | OffloadsPaused
  | OffloadsResumed
  | NeverLeavesMarked
  | NeverLeavesUnmarked
  | ClassEvent
  | ContributionMetered;
export type PolicyEvent = PolicyAdopted | PolicyFileJudged | WorkspacePolicyRead;
export type LeaseEvent = LeaseGranted | LeaseReserved | LeaseCommitted | LeaseReleased | LeaseRevoked | LeaseExpired;
export type NodeEvent =
  | ClusteringTurnedOn
  | ClusteringTurnedOff
  | ClusteringBlocked
  | InviteCreated
  | InviteReused
  | EnrolmentRequested
  | NodeEnrolled
  | EnrolmentRefused
  | NodeCertificateRotated
  | NodeConnected
  | NodeLost
  | NodeRevoked
  | LinkRefused;

export type JournalEvent = EpisodeEvent | JobEvent | EgressEvent | PolicyEvent | LeaseEvent | StagingEvent | NodeEvent;
export type EventKind = JournalEvent["kind"];
