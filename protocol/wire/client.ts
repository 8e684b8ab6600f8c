// The wire between a Home and its clients (terminal, editor) on one page: JSON-RPC 2.0 over a local socket that only this
// user can open. Each method says whether it needs an owner session. The Home decodes every parameter, clients every result.
import * as z from "zod";
import { type Digest, digestSchema } from "../digest.ts";
import { type EgressLedgerRow, egressLedgerRowSchema } from "../egress.ts";
import {
  type EgressRecordId,
  egressRecordId,
  type EpisodeId,
  episodeId,
  inviteId,
  type LeaseId,
  leaseId,
  type NodeId,
  nodeId,
  type PreviewId,
  previewId,
  proposalId,
  type StagedId,
} from "../ids.ts";
import { scopedTermsSchema } from "../lease.ts";
import { bytesSchema, durationMsSchema, epochMsSchema, sequenceSchema } from "../quantities.ts";
import { workspacePathSchema } from "../workspacePath.ts";
import { type PostureName, postureNameSchema } from "../policy.ts";
import {
  type EpisodeView,
  episodeViewSchema,
  type HelloParams,
  type HelloResult,
  helloResultSchema,
  type LeaseView,
  leaseViewSchema,
  type NodeView,
  nodeViewSchema,
  type ProposalView,
  proposalViewSchema,
  type StartEpisodeParams,
  startEpisodeParamsSchema,
  type StartEpisodeResult,
  startEpisodeResultSchema,
  type StorageView,
  storageViewSchema,
  type TimelinePage,
  timelinePageSchema,
} from "./clientViews.ts";
import type {
  ApplyParams,
  GrantParams,
  InviteParams,
  InviteResult,
  ProposedFileParams,
  ShowProposalParams,
  TimelineParams,
} from "./clientParams.ts";
import { type DiagnosisCheck, diagnosisCheckSchema } from "./diagnosis.ts";
import {
  type ApproveParams,
  approveParamsSchema,
  type ChangesParams,
  changesParamsSchema,
  type ChangesResult,
  changesResultSchema,
  type InspectParams,
  inspectParamsSchema,
  type InspectResult,
  inspectResultSchema,
  type PreviewItemParams,
  previewItemParamsSchema,
  type PreviewResult,
  previewResultSchema,
  type ReviseParams,
  reviseParamsSchema,
} from "./egressViews.ts";
import {
  type AdoptPolicyResult,
  adoptPolicyResultSchema,
  type CheckPolicyParams,
  checkPolicyParamsSchema,
  type CheckPolicyResult,
  checkPolicyResultSchema,
  type ExplainPolicyParams,
  explainPolicyParamsSchema,
  type ExplainPolicyResult,
  explainPolicyResultSchema,
  type PolicyHistoryEntry,
  policyHistorySchema,
  policyTextParamsSchema,
  type PolicyView,
  policyViewSchema,
} from "./policyViews.ts";
import * as records from "./ledgerRecords.ts";
import * as ledger from "./ledgerViews.ts";
import { cursorSchema, LIST_ROWS_MAX, type ListEnd, type ListParams, listParamsSchema } from "./listPage.ts";
import { type MarkMethods, markMethods } from "./markViews.ts";
import { type OutputPage, type OutputParams, outputPageSchema, outputParamsSchema } from "./outputPage.ts";
import { type ResultMethods, resultMethods } from "./resultMethods.ts";
import { type RequestView, requestViewSchema } from "./requestView.ts";
import {
  approveStagedParamsSchema,
  rejectStagedParamsSchema,
  type ReviseStagedParams,
  reviseStagedParamsSchema,
  type ShownItem,
  shownItemSchema,
  stagedIdsSchema,
  type StagedResult,
  stagedResultsSchema,
  type StagedView,
  stagedItemsSchema,
  stagedListParamsSchema,
  type WaitingListParams,
  type WaitingPage,
  waitingItemsSchema,
  withdrawStagedParamsSchema,
} from "./stagingViews.ts";

/** So many files of a proposal may be named to be applied at once; without names all of them are. */
export const APPLIED_PATHS_MAX = 1_000;

/** A method of the Home: its name, what it takes and gives, and whether it needs an owner session. */
export interface Method<Params, Result> {
  readonly name: string;
  readonly owner: boolean;
  /** Called without an owner session, it puts what it would do before the owner instead, and is refused with `waits-for-owner`. */
  readonly stages: boolean;
  readonly params: z.ZodType<Params>;
  readonly result: z.ZodType<Result>;
}

type Nothing = Record<string, never>;
interface EpisodesPage extends ListEnd {
  readonly episodes: readonly EpisodeView[];
}
interface EgressPage extends ListEnd {
  readonly rows: readonly EgressLedgerRow[];
}
interface LeasesResult {
  /** Grows with every grant, revocation and expiry: what was read under an older one is out of date. */
  readonly epoch: number;
  readonly leases: readonly LeaseView[];
}
/** Where workers reach this Home. */
interface ClusteringResult {
  readonly host: string;
  readonly port: number;
}

/** Every method, in the order of the documentation. */
export interface ClientMethods extends MarkMethods, ResultMethods {
  readonly hello: Method<HelloParams, HelloResult>;
  readonly openOwnerSession: Method<{ readonly secret: string }, Nothing>;
  readonly stopHome: Method<Nothing, Nothing>;
  /** Looks at the Home and its machine; takes seconds, and changes nothing. */
  readonly diagnose: Method<Nothing, { readonly checks: readonly DiagnosisCheck[] }>;
  readonly readTimeline: Method<TimelineParams, TimelinePage>;
  /** From then on the Home sends `timeline/entries` notifications (TimelinePage), durable entries only. */
  readonly followTimeline: Method<TimelineParams, Nothing>;
  readonly readOutput: Method<OutputParams, OutputPage>;
  readonly startEpisode: Method<StartEpisodeParams, StartEpisodeResult>;
  readonly cancelEpisode: Method<{ readonly episodeId: EpisodeId }, Nothing>;
  readonly showEpisode: Method<{ readonly episodeId: EpisodeId }, EpisodeView>;
  /** What it was asked to do: for its details, and to run it again. */
  readonly showRequest: Method<{ readonly episodeId: EpisodeId }, RequestView>;
  /** The newest first. */
  readonly listEpisodes: Method<ListParams, EpisodesPage>;
  readonly readPreview: Method<{ readonly previewId: PreviewId }, PreviewResult>;
  /** The bytes of one item exactly as they are sent; empty at the end. */
  readonly readPreviewItem: Method<PreviewItemParams, { readonly base64: string }>;
  /** Takes items out of a waiting preview. It is withdrawn, and the preview that is answered with waits in its place. */
  readonly reviseEgress: Method<ReviseParams, { readonly previewId: PreviewId; readonly digest: Digest }>;
  /** What items have that the last commit has not, as lines of what the preview shows. */
  readonly itemChanges: Method<ChangesParams, ChangesResult>;
  readonly approveEgress: Method<ApproveParams, { readonly leaseId: LeaseId; readonly recordId: EgressRecordId }>;
  readonly denyEgress: Method<{ readonly previewId: PreviewId; readonly reason: string }, Nothing>;
  /** What would leave of these files, and why; nothing is started, collected or sent. */
  readonly inspectPaths: Method<InspectParams, InspectResult>;
  /** Holds everything back that would leave; attempts that are still fetching their inputs are cancelled. */
  readonly pauseOffloads: Method<Nothing, Nothing>;
  readonly resumeOffloads: Method<Nothing, Nothing>;
  readonly showPolicy: Method<Nothing, PolicyView>;
  /** What is wrong with a text, and what it would have decided otherwise; nothing is adopted. */
  readonly checkPolicy: Method<CheckPolicyParams, CheckPolicyResult>;
  readonly explainPolicy: Method<ExplainPolicyParams, ExplainPolicyResult>;
  readonly adoptPolicy: Method<{ readonly text: string }, AdoptPolicyResult>;
  /** Adopts one of the postures that come with the Home. */
  readonly usePosture: Method<{ readonly posture: PostureName }, AdoptPolicyResult>;
  /** The newest first. */
  readonly policyHistory: Method<Nothing, { readonly entries: readonly PolicyHistoryEntry[] }>;
  /** In the order of the records. */
  readonly listEgress: Method<ListParams, EgressPage>;
  /** The ledger's checkpoint, signed by the Home. */
  readonly showLedger: Method<Nothing, ledger.LedgerView>;
  /** A page of its leaves, each with the proof that the checkpoint of this size covers it. */
  readonly readLeaves: Method<ledger.LeavesParams, ledger.LeavesPage>;
  /** The newest records first, with what each carried; the Home looks them through. */
  readonly listRecords: Method<records.LedgerRecordsParams, records.LedgerRecordsPage>;
  /** One record with a page of what it carried. */
  readonly showRecord: Method<records.ShowRecordParams, records.ShownRecord>;
  /** The receipt of an episode that ran elsewhere, as a file that anybody can check. */
  readonly showReceipt: Method<ledger.ReceiptParams, ledger.ReceiptResult>;
  readonly grantLease: Method<GrantParams, { readonly leaseId: LeaseId }>;
  readonly listLeases: Method<Nothing, LeasesResult>;
  readonly revokeLease: Method<{ readonly leaseId: LeaseId; readonly reason: string }, Nothing>;
  readonly listNodes: Method<Nothing, { readonly nodes: readonly NodeView[] }>;
  readonly createInvite: Method<InviteParams, InviteResult>;
  readonly approveNode: Method<{ readonly nodeId: NodeId }, Nothing>;
  readonly refuseNode: Method<{ readonly nodeId: NodeId; readonly reason: string }, Nothing>;
  readonly revokeNode: Method<{ readonly nodeId: NodeId; readonly reason: string }, Nothing>;
  readonly showProposal: Method<ShowProposalParams, ProposalView>;
  /** The proposed content of one file, by its digest in the proposal. */
  readonly readProposedFile: Method<ProposedFileParams, { readonly base64: string }>;
  readonly applyProposal: Method<ApplyParams, { readonly files: number }>;
  /** Everything that waits for the owner, oldest first; with `decided` the items of late that wait no more as well. */
  readonly listStaged: Method<WaitingListParams, WaitingPage>;
  /** Items with a look at whether they could still be done as they were shown: what to read before a decision. */
  readonly showStaged: Method<{ readonly stagedIds: readonly StagedId[] }, { readonly items: readonly StagedView[] }>;
  /** Approves items of one kind with exactly these digests, and does one after the other. */
  readonly approveStaged: Method<
    { readonly items: readonly ShownItem[] },
    { readonly results: readonly StagedResult[] }
  >;
  readonly rejectStaged: Method<ShownItem & { readonly reason: string }, Nothing>;
  readonly withdrawStaged: Method<{ readonly stagedId: StagedId; readonly reason: string }, Nothing>;
  readonly endorseStaged: Method<ShownItem, Nothing>;
  /** *Propose a Change*: another action of the same kind in its place. */
  readonly reviseStaged: Method<ReviseStagedParams, ShownItem>;
  /** Opens the door where it was last, for the workers that are enrolled; no new invite is needed. */
  readonly turnClusteringOn: Method<Nothing, ClusteringResult>;
  readonly turnClusteringOff: Method<Nothing, Nothing>;
  /** Tries at once what a read-only Home tries by itself; refused with the reason where the disk still fails. */
  readonly reopenJournal: Method<Nothing, Nothing>;
  readonly collectStorage: Method<{ readonly dryRun: boolean }, StorageView>;
}

export type MethodName = keyof ClientMethods;
export type ParamsOf<Name extends MethodName> =
  ClientMethods[Name] extends Method<infer Params, infer _> ? Params : never;
export type ResultOf<Name extends MethodName> =
  ClientMethods[Name] extends Method<infer _, infer Result> ? Result : never;

/** Notification of the Home to a client that follows: a TimelinePage. */
export const TIMELINE_ENTRIES_NOTIFICATION = "timeline/entries";
/** The JSON-RPC error code of every refusal and ArwError; the stable code is in the error's data. */
export const REFUSED_RPC_CODE: number = -32_050;

/** What the `data` of such an error carries. */
export interface ClientErrorData {
  readonly code: string;
  readonly advice: string;
}
export const clientErrorDataSchema: z.ZodType<ClientErrorData> = z.looseObject({
  code: z.string(),
  advice: z.string(),
});

const nothing: z.ZodType<Nothing> = z.strictObject({});
const reason = z.string().max(1_024);
const review = z.literal(true).exactOptional();
const base64 = z.strictObject({ base64: z.base64() });
const timelineParams: z.ZodType<TimelineParams> = z.strictObject({
  fromSequence: sequenceSchema,
  episodeId: episodeId.schema.exactOptional(),
});

function anyone<P, R>(name: string, params: z.ZodType<P>, result: z.ZodType<R>): Method<P, R> {
  return { name, owner: false, stages: false, params, result };
}
function owner<P, R>(name: string, params: z.ZodType<P>, result: z.ZodType<R>): Method<P, R> {
  return { name, owner: true, stages: false, params, result };
}
/** The owner's, and what anyone else asks for waits for the owner. */
function ownerOrStaged<P, R>(name: string, params: z.ZodType<P>, result: z.ZodType<R>): Method<P, R> {
  return { name, owner: true, stages: true, params, result };
}

export const METHODS: ClientMethods = {
  hello: anyone(
    "home/hello",
    z.strictObject({ v: z.number().int(), client: z.string().min(1).max(64) }),
    helloResultSchema,
  ),
  openOwnerSession: anyone("home/openOwnerSession", z.strictObject({ secret: z.string().max(256) }), nothing),
  stopHome: owner("home/stop", nothing, nothing),
  diagnose: anyone("home/diagnose", nothing, z.strictObject({ checks: z.array(diagnosisCheckSchema) })),
  readTimeline: anyone("timeline/read", timelineParams, timelinePageSchema),
  followTimeline: anyone("timeline/follow", timelineParams, nothing),
  readOutput: anyone("output/read", outputParamsSchema, outputPageSchema),
  startEpisode: anyone("episode/start", startEpisodeParamsSchema, startEpisodeResultSchema),
  cancelEpisode: anyone("episode/cancel", z.strictObject({ episodeId: episodeId.schema }), nothing),
  showEpisode: anyone("episode/show", z.strictObject({ episodeId: episodeId.schema }), episodeViewSchema),
  showRequest: anyone("episode/request", z.strictObject({ episodeId: episodeId.schema }), requestViewSchema),
  listEpisodes: anyone(
    "episode/list",
    listParamsSchema,
    z.strictObject({ episodes: z.array(episodeViewSchema).max(LIST_ROWS_MAX), next: cursorSchema.exactOptional() }),
  ),
  readPreview: anyone("egress/preview", z.strictObject({ previewId: previewId.schema }), previewResultSchema),
  readPreviewItem: anyone("egress/previewItem", previewItemParamsSchema, base64),
  reviseEgress: anyone(
    "egress/revise",
    reviseParamsSchema,
    z.strictObject({ previewId: previewId.schema, digest: digestSchema }),
  ),
  itemChanges: anyone("egress/changes", changesParamsSchema, changesResultSchema),
  approveEgress: owner(
    "egress/approve",
    approveParamsSchema,
    z.strictObject({ leaseId: leaseId.schema, recordId: egressRecordId.schema }),
  ),
  denyEgress: anyone("egress/deny", z.strictObject({ previewId: previewId.schema, reason }), nothing),
  inspectPaths: anyone("egress/inspect", inspectParamsSchema, inspectResultSchema),
  pauseOffloads: anyone("offloads/pause", nothing, nothing),
  resumeOffloads: ownerOrStaged("offloads/resume", nothing, nothing),
  ...markMethods,
  showPolicy: anyone("policy/show", nothing, policyViewSchema),
  checkPolicy: anyone("policy/check", checkPolicyParamsSchema, checkPolicyResultSchema),
  explainPolicy: anyone("policy/explain", explainPolicyParamsSchema, explainPolicyResultSchema),
  adoptPolicy: ownerOrStaged("policy/adopt", policyTextParamsSchema, adoptPolicyResultSchema),
  usePosture: ownerOrStaged("policy/use", z.strictObject({ posture: postureNameSchema }), adoptPolicyResultSchema),
  policyHistory: anyone("policy/history", nothing, policyHistorySchema),
  listEgress: anyone(
    "egress/ledger",
    listParamsSchema,
    z.strictObject({ rows: z.array(egressLedgerRowSchema).max(LIST_ROWS_MAX), next: cursorSchema.exactOptional() }),
  ),
  showLedger: anyone("ledger/show", nothing, ledger.ledgerViewSchema),
  readLeaves: anyone("ledger/leaves", ledger.leavesParamsSchema, ledger.leavesPageSchema),
  listRecords: anyone("ledger/records", records.ledgerRecordsParamsSchema, records.ledgerRecordsPageSchema),
  showRecord: anyone("ledger/record", records.showRecordParamsSchema, records.shownRecordSchema),
  showReceipt: anyone("receipt/show", ledger.receiptParamsSchema, ledger.receiptResultSchema),
  grantLease: ownerOrStaged(
    "lease/grant",
    z.strictObject({ nodeId: nodeId.schema, job: z.enum(["command", "ask"]), terms: scopedTermsSchema, reason }),
    z.strictObject({ leaseId: leaseId.schema }),
  ),
  listLeases: anyone(
    "lease/list",
    nothing,
    z.strictObject({ epoch: z.number().int().min(0), leases: z.array(leaseViewSchema) }),
  ),
  revokeLease: owner("lease/revoke", z.strictObject({ leaseId: leaseId.schema, reason }), nothing),
  listNodes: anyone("node/list", nothing, z.strictObject({ nodes: z.array(nodeViewSchema) })),
  createInvite: owner(
    "invite/create",
    z.strictObject({
      listenHost: z.string().min(1).max(255).exactOptional(),
      listenPort: z.number().int().min(0).max(65_535).exactOptional(),
      addresses: z.array(z.string().min(3).max(300)).min(1).max(16).exactOptional(),
      lifetimeMs: durationMsSchema.exactOptional(),
    }),
    z.strictObject({
      inviteId: inviteId.schema,
      text: z.string(),
      addresses: z.array(z.string()),
      expiresAt: epochMsSchema,
    }),
  ),
  approveNode: owner("node/approve", z.strictObject({ nodeId: nodeId.schema }), nothing),
  refuseNode: owner("node/refuse", z.strictObject({ nodeId: nodeId.schema, reason }), nothing),
  revokeNode: owner("node/revoke", z.strictObject({ nodeId: nodeId.schema, reason }), nothing),
  showProposal: anyone("proposal/show", z.strictObject({ proposalId: proposalId.schema, review }), proposalViewSchema),
  readProposedFile: anyone(
    "proposal/readFile",
    z.strictObject({ proposalId: proposalId.schema, digest: digestSchema, fromByte: bytesSchema, review }),
    base64,
  ),
  applyProposal: ownerOrStaged(
    "proposal/apply",
    z.strictObject({
      proposalId: proposalId.schema,
      digest: digestSchema,
      paths: z.array(workspacePathSchema).min(1).max(APPLIED_PATHS_MAX).exactOptional(),
    }),
    z.strictObject({ files: z.number().int().min(0) }),
  ),
  ...resultMethods,
  listStaged: anyone("staged/list", stagedListParamsSchema, waitingItemsSchema),
  showStaged: anyone("staged/show", stagedIdsSchema, stagedItemsSchema),
  approveStaged: owner("staged/approve", approveStagedParamsSchema, stagedResultsSchema),
  rejectStaged: owner("staged/reject", rejectStagedParamsSchema, nothing),
  withdrawStaged: anyone("staged/withdraw", withdrawStagedParamsSchema, nothing),
  endorseStaged: anyone("staged/endorse", shownItemSchema, nothing),
  reviseStaged: anyone("staged/revise", reviseStagedParamsSchema, shownItemSchema),
  turnClusteringOn: ownerOrStaged(
    "clustering/turnOn",
    nothing,
    z.strictObject({ host: z.string(), port: z.number().int().min(0).max(65_535) }),
  ),
  turnClusteringOff: owner("clustering/turnOff", nothing, nothing),
  reopenJournal: anyone("journal/reopen", nothing, nothing),
  collectStorage: owner("storage/collect", z.strictObject({ dryRun: z.boolean() }), storageViewSchema),
};
