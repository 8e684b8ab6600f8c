// Commands as a shell would give them. Episode 3 has job 3, attempt 3, preview 3, lease 3 and record 3, so that a test names
// one number; everything may be overridden. Receipts are signed with the nodes' real keys.
import type {
  ApproveEgress,
  CancelEpisode,
  ConnectNode,
  CreateInvite,
  DenyEgress,
  LoseNode,
  PreviewOffload,
  RecordAccepted,
  RecordApplied,
  RecordFinished,
  RecordLost,
  RecordOutput,
  RecordStarted,
  RequestEnrolment,
  Requester,
  RevokeNode,
  StartEpisode,
  Transfer,
  TurnClusteringOff,
  TurnClusteringOn,
} from "#protocol/commands.ts";
import { digestOf, digestOfJson } from "#protocol/digest.ts";
import type { Destination } from "#protocol/egress.ts";
import { keyWords } from "#protocol/identity.ts";
import {
  type AttemptId,
  attemptId,
  type EgressRecordId,
  egressRecordId,
  type EpisodeId,
  episodeId,
  type InstanceId,
  instanceId,
  type InviteId,
  inviteId,
  type JobId,
  jobId,
  type LeaseId,
  leaseId,
  type PreviewId,
  previewId,
  type ProposalId,
  proposalId,
} from "#protocol/ids.ts";
import { type AskJob, type CommandJob, type JobSpec, jobKey } from "#protocol/job.ts";
import { byteCount, durationMs, type EpochMs, epochMs, fencingToken } from "#protocol/quantities.ts";
import { type Receipt, receiptBytes, type SignedReceipt } from "#protocol/receipt.ts";
import type { JobResult } from "#protocol/result.ts";
import { sign } from "#protocol/signature.ts";
import {
  capabilitiesWith,
  COMMAND_ENGINE,
  LLAMA_ENGINE,
  LOCAL,
  MODEL,
  Scenario,
  steadyAt,
  type TestNode,
} from "./homeScenario.ts";

export const NOW: EpochMs = epochMs(1_700_000_000_000);
export const OWNER: Requester = { client: "cli", session: "owner" };
export const CLIENT: Requester = { client: "a script", session: "client" };
export const SHELL: Requester = { client: "home", session: "home" };

export function later(ms: number): EpochMs {
  return epochMs(NOW + ms);
}

/** The ids of one number. */
export function idsOf(number: number): {
  readonly episodeId: EpisodeId;
  readonly jobId: JobId;
  readonly attemptId: AttemptId;
  readonly previewId: PreviewId;
  readonly leaseId: LeaseId;
  readonly recordId: EgressRecordId;
  readonly proposalId: ProposalId;
  readonly inviteId: InviteId;
  readonly instanceId: InstanceId;
} {
  const bytes = Buffer.alloc(17);
  bytes.writeUInt32BE(number);
  return {
    episodeId: episodeId.from(bytes),
    jobId: jobId.from(bytes),
    attemptId: attemptId.from(bytes),
    previewId: previewId.from(bytes),
    leaseId: leaseId.from(bytes),
    recordId: egressRecordId.from(bytes),
    proposalId: proposalId.from(bytes),
    inviteId: inviteId.from(bytes),
    instanceId: instanceId.from(bytes),
  };
}

const limits = { wallMs: durationMs(60_000), memoryBytes: byteCount(1e9), outputBytes: byteCount(1e6) };

export function commandJob(number: number): CommandJob {
  return {
    kind: "command",
    argv: ["make", `test-${number}`],
    folder: ".",
    tree: digestOf(`tree ${number}`),
    dependencies: { kind: "nothing" },
    outputs: ["**"],
    limits,
  };
}

export function askJob(number: number, model: AskJob["model"] = MODEL.digest): AskJob {
  return {
    kind: "ask",
    model,
    prompt: digestOf(`prompt ${number}`),
    outputTokensMax: 100,
    temperatureMilli: 0,
    seed: number,
    limits,
  };
}

// ---- episodes and egress ----

export function start(number: number, change: Partial<StartEpisode> = {}): StartEpisode {
  const { episodeId: episode, jobId: job, attemptId: attempt } = idsOf(number);
  return {
    kind: "start-episode",
    at: NOW,
    by: CLIENT,
    episodeId: episode,
    jobId: job,
    attemptId: attempt,
    title: `episode ${number}`,
    job: commandJob(number),
    target: LOCAL.nodeId,
    ...change,
  };
}

export function destinationOf(node: TestNode): Destination {
  return { nodeId: node.nodeId, name: node.name, keyWords: keyWords(node.publicKey), carrier: "direct" };
}

export function preview(number: number, node: TestNode, change: Partial<PreviewOffload> = {}): PreviewOffload {
  const ids = idsOf(number);
  return {
    kind: "preview-offload",
    at: NOW,
    by: CLIENT,
    episodeId: ids.episodeId,
    jobId: ids.jobId,
    title: `episode ${number}`,
    job: commandJob(number),
    on: node.nodeId,
    target: node.nodeId,
    previewId: ids.previewId,
    preview: digestOf(`preview ${number}`),
    payloadBytes: byteCount(1_000),
    items: 3,
    highestClassification: "internal",
    leftOut: 1,
    destination: destinationOf(node),
    cost: { kind: "unknown", reason: "it has no price card" },
    leaseMs: durationMs(600_000),
    paths: ["src/main.ts", "src/lib/a.ts", "package.json"],
    steady: steadyAt(0),
    leaseId: ids.leaseId,
    recordId: ids.recordId,
    attemptId: ids.attemptId,
    ...change,
  };
}

export function approve(number: number, change: Partial<ApproveEgress> = {}): ApproveEgress {
  const { previewId: id, leaseId, recordId, attemptId: attempt } = idsOf(number);
  const digest = digestOf(`preview ${number}`);
  const once = { kind: "once", leaseMs: durationMs(600_000) } as const;
  const of = { kind: "approve-egress", at: NOW, by: OWNER, lease: once, steady: steadyAt(0) } as const;
  return { ...of, previewId: id, digest, leaseId, recordId, attemptId: attempt, ...change };
}

export function deny(number: number, change: Partial<DenyEgress> = {}): DenyEgress {
  const { previewId: id, recordId } = idsOf(number);
  return { kind: "deny-egress", at: NOW, by: OWNER, previewId: id, recordId, reason: "not today", ...change };
}

export function cancel(number: number, change: Partial<CancelEpisode> = {}): CancelEpisode {
  const { episodeId: episode } = idsOf(number);
  return { kind: "cancel-episode", at: NOW, by: CLIENT, episodeId: episode, transfers: [], ...change };
}

export function applied(number: number, change: Partial<RecordApplied> = {}): RecordApplied {
  const { proposalId: proposal } = idsOf(number);
  const digest = digestOf(`proposal ${number}`);
  return { kind: "record-applied", at: NOW, by: OWNER, proposalId: proposal, digest, files: 2, ...change };
}

// ---- reports ----

export function transferOf(number: number, bytesOut = 900, bytesIn = 50): Transfer {
  const { attemptId: attempt } = idsOf(number);
  return { attemptId: attempt, bytesOut: byteCount(bytesOut), bytesIn: byteCount(bytesIn), whole: true };
}

function report(number: number, node: TestNode): Omit<RecordAccepted, "kind"> {
  const { attemptId: attempt } = idsOf(number);
  return { at: later(5), by: SHELL, nodeId: node.nodeId, attemptId: attempt, fencingToken: fencingToken(1) };
}

export function accepted(number: number, node: TestNode, change: Partial<RecordAccepted> = {}): RecordAccepted {
  return { ...report(number, node), kind: "record-accepted", ...change };
}

export function started(number: number, node: TestNode, change: Partial<RecordStarted> = {}): RecordStarted {
  return { ...report(number, node), kind: "record-started", ...change };
}

/** The `index`-th output, from 1 on: ten bytes of stdout each. */
export function output(
  number: number,
  node: TestNode,
  index: number,
  change: Partial<RecordOutput> = {},
): RecordOutput {
  return {
    ...report(number, node),
    kind: "record-output",
    number: index,
    stream: "stdout",
    fromByte: byteCount((index - 1) * 10),
    bytes: byteCount(10),
    digest: digestOf(`output ${index}`),
    transfer: transferOf(number),
    ...change,
  };
}

/** A command that exited with 0 after so many outputs. */
export function exited(outputs: number): JobResult {
  const stdout = { stream: "stdout", bytes: byteCount(outputs * 10), digest: digestOf("all output") } as const;
  return { outcome: { kind: "exited", exitCode: 0 }, streams: outputs === 0 ? [] : [stdout] };
}

export function withProposal(number: number, result: JobResult): JobResult {
  return { ...result, proposal: { digest: digestOf(`proposal ${number}`), bytes: byteCount(70), changes: 2 } };
}

/** A receipt that stands for this attempt and result, signed by the node; `change` makes one that does not. */
export function receiptOf(
  number: number,
  node: TestNode,
  result: JobResult,
  job: JobSpec = commandJob(number),
  change: Partial<Receipt> = {},
): SignedReceipt {
  const { jobId: ofJob, attemptId: attempt } = idsOf(number);
  const receipt: Receipt = {
    nodeId: node.nodeId,
    jobId: ofJob,
    attemptId: attempt,
    fencingToken: fencingToken(1),
    received: jobKey(job),
    receivedBytes: byteCount(900),
    result: digestOfJson(result),
    usage: {
      busy: { durationMs: durationMs(1_200), method: "exclusive-wall" },
      bytesIn: { bytes: byteCount(900), method: "byte-count" },
      bytesOut: { bytes: byteCount(50), method: "byte-count" },
    },
    ...change,
  };
  return { receipt, signature: sign("arw-receipt-v1", receiptBytes(receipt), node.key) };
}

export function finished(
  number: number,
  node: TestNode,
  outputs = 0,
  change: Partial<RecordFinished> = {},
): RecordFinished {
  const result = change.result ?? exited(outputs);
  return {
    ...report(number, node),
    kind: "record-finished",
    lastNumber: outputs,
    result,
    receipt: change.receipt ?? receiptOf(number, node, result),
    proposalId: idsOf(number).proposalId,
    transfer: transferOf(number),
    ...change,
  };
}

export function lost(number: number, node: TestNode, change: Partial<RecordLost> = {}): RecordLost {
  return {
    ...report(number, node),
    kind: "record-lost",
    code: "no-slot",
    message: "The node has no slot free.",
    advice: "Wait.",
    transfer: transferOf(number),
    sent: "partial",
    ...change,
  };
}

// ---- nodes ----

export function turnOn(change: Partial<TurnClusteringOn> = {}): TurnClusteringOn {
  return { kind: "turn-clustering-on", at: NOW, by: OWNER, listenHost: "127.0.0.1", listenPort: 4_711, ...change };
}

export function turnOff(change: Partial<TurnClusteringOff> = {}): TurnClusteringOff {
  return { kind: "turn-clustering-off", at: NOW, by: OWNER, reason: "the owner said so", transfers: [], ...change };
}

export function invite(number: number, change: Partial<CreateInvite> = {}): CreateInvite {
  return {
    kind: "create-invite",
    at: NOW,
    by: OWNER,
    inviteId: idsOf(number).inviteId,
    expiresAt: later(15 * 60_000),
    fingerprint: digestOf(`fingerprint ${number}`),
    certificate: `certificate ${number}`,
    secretDigest: digestOf(`secret ${number}`),
    ...change,
  };
}

/** `node` uses invite `number`. */
export function enrol(number: number, node: TestNode, change: Partial<RequestEnrolment> = {}): RequestEnrolment {
  return {
    kind: "request-enrolment",
    at: NOW,
    by: SHELL,
    inviteId: idsOf(number).inviteId,
    publicKey: node.publicKey,
    fingerprint: digestOf(`leaf of ${node.name}`),
    certificate: `leaf of ${node.name}`,
    name: node.name,
    words: ["babab", "dudud", "gigig", "zozoz"],
    ...change,
  };
}

export function connect(node: TestNode, change: Partial<ConnectNode> = {}): ConnectNode {
  return {
    kind: "connect-node",
    at: NOW,
    by: SHELL,
    nodeId: node.nodeId,
    instanceId: idsOf(1).instanceId,
    capabilities: capabilitiesWith(COMMAND_ENGINE, LLAMA_ENGINE),
    held: [],
    transfers: [],
    ...change,
  };
}

export function lose(node: TestNode, change: Partial<LoseNode> = {}): LoseNode {
  const of = { kind: "lose-node", at: NOW, by: SHELL, nodeId: node.nodeId } as const;
  return { ...of, code: "heartbeat-missed", detail: "its heartbeat stopped", transfers: [], ...change };
}

export function revokeNode(node: TestNode, change: Partial<RevokeNode> = {}): RevokeNode {
  const of = { kind: "revoke-node", at: NOW, by: OWNER, nodeId: node.nodeId } as const;
  return { ...of, reason: "it was sold", transfers: [], ...change };
}

/** A Home whose node `local` is up. */
export function homeAlone(): Scenario {
  const home = new Scenario();
  home.run(connect(LOCAL));
  return home;
}

/** A Home with clustering on and these workers enrolled and connected, by the invites 101, 102 … */
export function homeWith(...nodes: readonly TestNode[]): Scenario {
  const home = homeAlone();
  home.run(turnOn());
  nodes.forEach((node, index) => {
    const number = 101 + index;
    home.run(invite(number), enrol(number, node));
    home.run({ kind: "approve-node", at: NOW, by: OWNER, nodeId: node.nodeId }, connect(node));
  });
  return home;
}

/** A Home whose episode `number` is offered to a worker under an approved preview. */
export function homeOffloading(number: number, node: TestNode): Scenario {
  const home = homeWith(node);
  home.run(preview(number, node), approve(number));
  return home;
}
