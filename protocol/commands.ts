// What the Home may be told to do, in the imperative. A command carries the time and every id it needs, so that deciding
// reads no clock and draws no chance; it carries descriptions of bytes, never bytes.
import type { ClassCommand } from "./classCommands.ts";
import type { Digest } from "./digest.ts";
import type { Classification, Cost, Destination } from "./egress.ts";
import type { ReviewVerdict } from "./reviewEvents.ts";
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
  StagedId,
} from "./ids.ts";
import type { JobKind, JobSpec } from "./job.ts";
import type { ScopedTerms, SteadyReading } from "./lease.ts";
import type { NodeCapabilities } from "./node.ts";
import type { PolicyCommand } from "./policyCommands.ts";
import type { Bytes, DurationMs, EpochMs, FencingToken } from "./quantities.ts";
import type { SignedReceipt } from "./receipt.ts";
import type { JobResult, OutputStream } from "./result.ts";
import type { PublicKey } from "./signature.ts";
import type { Evidence, StagedAction } from "./staging.ts";
import type { WorkspacePath } from "./workspacePath.ts";

/** Who asks. `owner` is true only for a session that proved the owner secret; `home` is the Home's own shell. */
export interface Requester {
  readonly client: string;
  readonly session: "owner" | "client" | "home";
}

interface Order<Kind extends string> {
  readonly kind: Kind;
  readonly at: EpochMs;
  readonly by: Requester;
}

/** Bytes that crossed for an attempt which is about to end without a receipt. */
export interface Transfer {
  readonly attemptId: AttemptId;
  readonly bytesOut: Bytes;
  readonly bytesIn: Bytes;
  /** Whether everything since the offer was counted: for an attempt from before a restart it was not. */
  readonly whole: boolean;
}

interface NewEpisode {
  readonly episodeId: EpisodeId;
  readonly jobId: JobId;
  readonly title: string;
  readonly job: JobSpec;
  /** The node the owner asked for, if any. */
  readonly on?: NodeId;
  /** Where the shell found that the job goes; the core places it again and refuses a difference. */
  readonly target: NodeId;
  /** The highest class of what it is given; absent for internal. */
  readonly inputClass?: Classification;
}

export interface StartEpisode extends Order<"start-episode">, NewEpisode {
  readonly attemptId: AttemptId;
}
export interface PreviewOffload extends Order<"preview-offload">, NewEpisode {
  readonly previewId: PreviewId;
  readonly preview: Digest;
  readonly payloadBytes: Bytes;
  readonly items: number;
  readonly highestClassification: Classification;
  readonly leftOut: number;
  readonly destination: Destination;
  readonly cost: Cost;
  readonly leaseMs: DurationMs;
  /** Every path that would be sent or named; a scoped lease must cover each. Not journaled: the preview's digest has them. */
  readonly paths: readonly string[];
  readonly steady: SteadyReading;
  /** The ids of the send, for the case that a scoped lease covers it, or that a rule allows it and grants a lease. */
  readonly leaseId: LeaseId;
  readonly recordId: EgressRecordId;
  readonly attemptId: AttemptId;
}
export interface ApproveEgress extends Order<"approve-egress"> {
  readonly previewId: PreviewId;
  /** The digest of the preview the owner saw. */
  readonly digest: Digest;
  readonly lease: LeaseChoice;
  /** Every path of the preview with this digest; left out where the policy looks at none. */
  readonly paths?: readonly string[];
  readonly steady: SteadyReading;
  readonly leaseId: LeaseId;
  readonly recordId: EgressRecordId;
  readonly attemptId: AttemptId;
}
/** What the owner grants with an approval: this job only, or jobs like it, of which this is the first. */
export type LeaseChoice =
  | { readonly kind: "once"; readonly leaseMs: DurationMs }
  | {
      readonly kind: "scoped";
      readonly terms: ScopedTerms;
      /** Every path of the preview with this digest. */
      readonly paths: readonly string[];
    };
/** Takes something out of a waiting preview: the same job over a smaller input tree, shown and asked about anew. */
export interface ReviseEgress extends Order<"revise-egress"> {
  readonly previewId: PreviewId;
  /** The digest of the preview that was shown. */
  readonly digest: Digest;
  readonly replacedBy: PreviewId;
  readonly preview: Digest;
  readonly job: JobSpec;
  readonly payloadBytes: Bytes;
  readonly items: number;
  readonly highestClassification: Classification;
  readonly leftOut: number;
  readonly takenOut: number;
  readonly shortened?: number;
  readonly putBack?: number;
  readonly cost: Cost;
  /** Every path that is left. */
  readonly paths: readonly string[];
  readonly steady: SteadyReading;
}
export interface PauseOffloads extends Order<"pause-offloads"> {
  readonly transfers: readonly Transfer[];
}
export interface ResumeOffloads extends Order<"resume-offloads"> {}
/** Every path of what was collected for a job that waits, or is still being fetched. */
export interface CollectedPaths {
  readonly jobId: JobId;
  /** Of the job as it was when its paths were read. */
  readonly jobKey: Digest;
  readonly paths: readonly string[];
}
export interface MarkNeverLeaves extends Order<"mark-never-leaves"> {
  readonly globs: readonly string[];
  readonly collected: readonly CollectedPaths[];
  readonly transfers: readonly Transfer[];
}
export interface UnmarkNeverLeaves extends Order<"unmark-never-leaves"> {
  readonly globs: readonly string[];
}
export interface DenyEgress extends Order<"deny-egress"> {
  readonly previewId: PreviewId;
  readonly recordId: EgressRecordId;
  readonly reason: string;
}
export interface CancelEpisode extends Order<"cancel-episode"> {
  readonly episodeId: EpisodeId;
  readonly transfers: readonly Transfer[];
}
export interface RevokeLease extends Order<"revoke-lease"> {
  readonly leaseId: LeaseId;
  readonly reason: string;
  readonly transfers: readonly Transfer[];
}

/** Grants a scoped lease by itself; nothing is sent. */
export interface GrantLease extends Order<"grant-lease"> {
  readonly leaseId: LeaseId;
  readonly nodeId: NodeId;
  readonly job: JobKind;
  readonly terms: ScopedTerms;
  readonly reason: string;
  readonly steady: SteadyReading;
}
/** The steady clock has moved on: leases whose time is over run out. */
export interface ExpireLeases extends Order<"expire-leases"> {
  readonly steady: SteadyReading;
}

/** A report names its attempt by id and fencing token, and comes from the node that its channel proved. */
interface Report<Kind extends string> extends Order<Kind> {
  readonly nodeId: NodeId;
  readonly attemptId: AttemptId;
  readonly fencingToken: FencingToken;
}
export interface RecordAccepted extends Report<"record-accepted"> {}
export interface RecordStarted extends Report<"record-started"> {}
export interface RecordOutput extends Report<"record-output"> {
  readonly number: number;
  readonly stream: OutputStream;
  readonly fromByte: Bytes;
  readonly bytes: Bytes;
  readonly digest: Digest;
  /** What crossed so far, for the case that this output ends the attempt. */
  readonly transfer: Transfer;
}
export interface RecordFinished extends Report<"record-finished"> {
  readonly lastNumber: number;
  readonly result: JobResult;
  readonly receipt: SignedReceipt;
  readonly proposalId: ProposalId;
  readonly transfer: Transfer;
}
/** The attempt ended without a result: refused by its node, lost with it, or ended by the Home. */
export interface RecordLost extends Report<"record-lost"> {
  readonly code: string;
  readonly message: string;
  readonly advice: string;
  readonly transfer: Transfer;
  /** Whether the shell knows what left: after a crash it does not. */
  readonly sent: "none" | "partial" | "unknown";
}
/** What was written into the workspace: these files of the proposal, or where none are named all that was left of it. */
export interface RecordApplied extends Order<"record-applied"> {
  readonly proposalId: ProposalId;
  readonly digest: Digest;
  readonly files: number;
  readonly paths?: readonly WorkspacePath[];
}
/** The owner has looked at what came back. */
export interface ReviewResult extends Order<"review-result"> {
  readonly episodeId: EpisodeId;
  readonly verdict: ReviewVerdict;
}

/** Puts an action before the owner. What it would do is judged here again; the words are only words. */
export interface StageAction extends Order<"stage-action"> {
  readonly stagedId: StagedId;
  readonly episodeId?: EpisodeId;
  readonly action: StagedAction;
  readonly title: string;
  readonly evidence: readonly Evidence[];
}
export interface EndorseStaged extends Order<"endorse-staged"> {
  readonly stagedId: StagedId;
  readonly digest: Digest;
}
export interface ApproveStaged extends Order<"approve-staged"> {
  readonly stagedId: StagedId;
  /** The digest of the action that was shown. */
  readonly digest: Digest;
  readonly leaseId: LeaseId;
  readonly leaseMs: DurationMs;
  readonly steady: SteadyReading;
}
export interface RejectStaged extends Order<"reject-staged"> {
  readonly stagedId: StagedId;
  readonly digest: Digest;
  readonly reason: string;
}
export interface WithdrawStaged extends Order<"withdraw-staged"> {
  readonly stagedId: StagedId;
  readonly reason: string;
}
/** Another action of the same kind in its place. What was said for the old one does not count for the new one. */
export interface ReviseStaged extends Order<"revise-staged"> {
  readonly stagedId: StagedId;
  readonly digest: Digest;
  readonly replacedBy: StagedId;
  readonly action: StagedAction;
  readonly title: string;
  readonly evidence: readonly Evidence[];
}
/** What is about to be done: the very command, or what the shell found of an action that it does itself. */
export type BegunAction =
  | { readonly kind: "order"; readonly order: StartEpisode | GrantLease | ResumeOffloads | UnmarkNeverLeaves }
  | { readonly kind: "shell"; readonly found: StagedAction };
export interface BeginStaged extends Order<"begin-staged"> {
  readonly stagedId: StagedId;
  readonly leaseId: LeaseId;
  readonly begun: BegunAction;
  readonly steady: SteadyReading;
  /** The item that waits in its place where what would be done is not any more what was approved. */
  readonly replacedBy: StagedId;
  readonly evidence: readonly Evidence[];
}
export interface EndStaged extends Order<"end-staged"> {
  readonly stagedId: StagedId;
  readonly outcome: "done" | "failed" | "unknown" | "void";
  readonly detail: string;
  /** The item that waits in its place where it is void. */
  readonly replacedBy?: StagedId;
}

export interface TurnClusteringOn extends Order<"turn-clustering-on"> {
  readonly listenHost: string;
  readonly listenPort: number;
}
export interface TurnClusteringOff extends Order<"turn-clustering-off"> {
  readonly reason: string;
  readonly transfers: readonly Transfer[];
}
export interface CreateInvite extends Order<"create-invite"> {
  readonly inviteId: InviteId;
  readonly expiresAt: EpochMs;
  readonly fingerprint: Digest;
  readonly certificate: string;
  readonly secretDigest: Digest;
}
export interface RequestEnrolment extends Order<"request-enrolment"> {
  readonly inviteId: InviteId;
  readonly publicKey: PublicKey;
  readonly fingerprint: Digest;
  readonly certificate: string;
  readonly name: string;
  readonly words: readonly string[];
}
export interface ApproveNode extends Order<"approve-node"> {
  readonly nodeId: NodeId;
}
export interface RefuseNode extends Order<"refuse-node"> {
  readonly nodeId: NodeId;
  readonly reason: string;
}
/** A node's next leaf, proven on its live link; the shell has checked every proof. */
export interface RotateCertificate extends Order<"rotate-certificate"> {
  readonly nodeId: NodeId;
  /** The leaf that the link was opened with. */
  readonly from: Digest;
  readonly fingerprint: Digest;
  readonly certificate: string;
}
export interface ConnectNode extends Order<"connect-node"> {
  readonly nodeId: NodeId;
  readonly instanceId: InstanceId;
  readonly life?: number;
  readonly capabilities: NodeCapabilities;
  /** The attempts it still holds; live ones that are missing here are lost. */
  readonly held: readonly AttemptId[];
  readonly transfers: readonly Transfer[];
}
export interface LoseNode extends Order<"lose-node"> {
  readonly nodeId: NodeId;
  readonly code: string;
  readonly detail: string;
  readonly transfers: readonly Transfer[];
}
export interface RevokeNode extends Order<"revoke-node"> {
  readonly nodeId: NodeId;
  readonly reason: string;
  readonly transfers: readonly Transfer[];
}
/** The owner wants clustering on, and this machine cannot have it on. */
export interface BlockClustering extends Order<"block-clustering"> {
  readonly code: string;
  readonly detail: string;
}
export interface RefuseLink extends Order<"refuse-link"> {
  readonly nodeId?: NodeId;
  readonly code: string;
  readonly detail: string;
}

export type EpisodeCommand = StartEpisode | PreviewOffload | CancelEpisode | RecordApplied | ReviewResult;
export type EgressCommand =
  | ApproveEgress
  | DenyEgress
  | ReviseEgress
  | PauseOffloads
  | ResumeOffloads
  | MarkNeverLeaves
  | UnmarkNeverLeaves
  | ClassCommand;
export type LeaseCommand = GrantLease | RevokeLease | ExpireLeases;
export type StagingCommand =
  | StageAction
  | EndorseStaged
  | ApproveStaged
  | RejectStaged
  | WithdrawStaged
  | ReviseStaged
  | BeginStaged
  | EndStaged;
export type ReportCommand = RecordAccepted | RecordStarted | RecordOutput | RecordFinished | RecordLost;
export type NodeCommand =
  | TurnClusteringOn
  | TurnClusteringOff
  | CreateInvite
  | RequestEnrolment
  | ApproveNode
  | RefuseNode
  | RotateCertificate
  | ConnectNode
  | LoseNode
  | RevokeNode
  | BlockClustering
  | RefuseLink;

export type Command =
  | EpisodeCommand
  | EgressCommand
  | PolicyCommand
  | LeaseCommand
  | StagingCommand
  | ReportCommand
  | NodeCommand;
export type CommandKind = Command["kind"];
