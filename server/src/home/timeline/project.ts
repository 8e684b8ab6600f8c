// One event as every surface shows it: one projection, so that editor, terminal and guests read the same words.
// It reads only the event and what names nodes have; it never invents a correlation.
import type { Digest } from "#protocol/digest.ts";
import { staysHere, taintText } from "#protocol/classes.ts";
import type { FilesDerived } from "#protocol/classEvents.ts";
import type {
  EgressPreviewed,
  EgressRecorded,
  EgressRevised,
  EgressSettled,
  JournalEvent,
  WorkspacePolicyRead,
} from "#protocol/events.ts";
import type { StagingEvent } from "#protocol/stagingEvents.ts";
import type { JobId, NodeId } from "#protocol/ids.ts";
import { costBudgetText, type Lease, leaseUnfitText } from "#protocol/lease.ts";
import type { Bytes, Sequence } from "#protocol/quantities.ts";
import type { JobOutcome } from "#protocol/result.ts";
import type { TimelineEntry } from "#protocol/timeline.ts";

/** What the projection may look up beside the event. */
export interface TimelineNames {
  readonly nodeName: (id: NodeId) => string;
  /** The node of a job's attempt, where the job is still known. */
  readonly targetOf: (id: JobId) => NodeId | undefined;
}

type Told = Pick<TimelineEntry, "text"> & Partial<Omit<TimelineEntry, "sequence" | "index" | "at" | "kind">>;

export function projectEvent(event: JournalEvent, at: Sequence, index: number, names: TimelineNames): TimelineEntry {
  const base = {
    sequence: at,
    index,
    at: event.at,
    kind: event.kind,
    level: "info" as const,
    ...("corrId" in event && event.corrId !== undefined ? { corrId: event.corrId } : {}),
    ...("jobId" in event ? { jobId: event.jobId } : {}),
    ...("attemptId" in event && event.attemptId !== undefined ? { attemptId: event.attemptId } : {}),
    ...("stagedId" in event ? { stagedId: event.stagedId } : {}),
    ...whereOf(event, names),
  };
  return { ...base, ...told(event, names) };
}

function whereOf(event: JournalEvent, names: TimelineNames): Pick<TimelineEntry, "where"> {
  const nodeId =
    "nodeId" in event
      ? event.nodeId
      : "attemptId" in event && "jobId" in event
        ? names.targetOf(event.jobId)
        : undefined;
  return nodeId === undefined ? {} : { where: { nodeId, name: names.nodeName(nodeId) } };
}

function told(event: JournalEvent, names: TimelineNames): Told {
  switch (event.kind) {
    case "EpisodeStarted":
      return { text: `Started: ${event.title}` };
    case "EpisodeFinished":
      return {
        text: `Ended: ${outcomeText(event.outcome)}`,
        level: outcomeLevel(event.outcome),
        outcome: event.outcome,
      };
    case "JobQueued":
      return { text: `Queued ${event.title} (${shortDigest(event.jobKey)})`, level: "detail" };
    case "JobPlaced":
      return {
        ...here(event.target, names),
        text: `Goes to ${names.nodeName(event.target)}: ${event.why} (${event.rule})`,
      };
    case "JobOffered":
      return { ...here(event.target, names), text: `Offered to ${names.nodeName(event.target)}`, level: "detail" };
    case "JobAccepted":
      return { text: "Accepted", level: "detail" };
    case "JobStarted":
      return { text: "Running" };
    case "OutputAppended":
      return {
        text: `Output ${event.number} on ${event.stream}: ${event.bytes} bytes`,
        level: "detail",
        output: { stream: event.stream, fromByte: event.fromByte, bytes: event.bytes },
      };
    case "JobFinished":
      return { text: `Finished: ${outcomeText(event.result.outcome)}` };
    case "JobFailed":
      return { text: `Failed (${event.code}): ${event.message} ${event.advice}`, level: "error" };
    case "JobCancelled":
      return { text: `Cancelled by ${event.by}` };
    case "ProposalReceived":
      return {
        text:
          event.changes === 0
            ? "Took none of the files that changed; the proposal says why"
            : `Proposes ${event.changes} ${event.changes === 1 ? "change" : "changes"}; nothing is written before you apply it`,
        level: "attention",
        proposalId: event.proposalId,
      };
    case "ProposalApplied":
      return {
        text: `Applied the proposal to ${event.files} ${event.files === 1 ? "file" : "files"}`,
        proposalId: event.proposalId,
      };
    case "ResultReviewed":
      return {
        text:
          event.verdict === "accepted"
            ? `What came back was looked at and accepted by ${event.by}`
            : `What came back was looked at and discarded by ${event.by}`,
      };
    case "ProposedFilesApplied": {
      const [first = "", ...more] = event.paths;
      return {
        text: `Applied ${first}${more.length === 0 ? "" : ` and ${more.length} more`} of the proposal`,
        proposalId: event.proposalId,
      };
    }
    case "EgressPreviewed":
      return {
        ...here(event.destination.nodeId, names),
        text: previewedText(event),
        level: event.leaseId === undefined ? "attention" : "info",
        previewId: event.previewId,
      };
    case "EgressRevised":
      return {
        text: `${event.by} ${revisedText(event)}; ${event.previewId} is withdrawn, ${event.replacedBy} waits in its place`,
        previewId: event.previewId,
      };
    case "EgressRecorded":
      return recorded(event);
    case "EgressSettled":
      return settled(event);
    case "OffloadsPaused":
      return { text: `${event.by} paused all offloads: nothing new leaves this machine`, level: "attention" };
    case "OffloadsResumed":
      return { text: `${event.by} resumed offloads: what is approved or leased may leave again` };
    case "NeverLeavesMarked":
      return { text: `${event.by} marked ${event.glob}: it never leaves this machine` };
    case "NeverLeavesUnmarked":
      return { text: `${event.by} took the mark off ${event.glob}: it may leave after a preview`, level: "attention" };
    case "ClassMarked":
      return {
        text: `${event.by} marked ${event.path} ${event.classification}`,
        level: staysHere(event.classification) ? "info" : "attention",
      };
    case "ClassUnmarked":
      return { text: `${event.by} took the class mark off ${event.path}`, level: "attention" };
    case "FilesDerived":
      return { text: derivedText(event), level: "attention" };
    case "PolicyAdopted":
      return {
        text: `${event.by} adopted the policy ${event.document.name} (epoch ${event.epoch})`,
        level: "attention",
      };
    case "PolicyFileJudged":
      return event.problem === undefined
        ? { text: "The policy file can be read again" }
        : { text: `The policy cannot be read, so nothing leaves: ${event.problem}`, level: "attention" };
    case "WorkspacePolicyRead":
      return workspacePolicyRead(event);
    case "ContributionMetered":
      return { text: `Metered ${meteredText(event.usage)}`, level: "detail" };
    case "LeaseGranted":
      return {
        ...here(event.lease.subject, names),
        text: grantedText(event.lease, names.nodeName(event.lease.subject)),
      };
    case "LeaseReserved":
      return { text: `Reserved ${event.bytes} bytes of lease ${event.leaseId}`, level: "detail" };
    case "LeaseCommitted":
      return { text: `Spent ${event.bytes} bytes of lease ${event.leaseId}`, level: "detail" };
    case "LeaseReleased":
      return { text: `Returned the reservation of lease ${event.leaseId}`, level: "detail" };
    case "LeaseRevoked":
      return { text: `Revoked lease ${event.leaseId}: ${event.reason}`, level: "attention" };
    case "LeaseExpired":
      return { text: `Lease ${event.leaseId} ran out`, level: "attention" };
    case "ActionStaged":
    case "StagedEndorsed":
    case "StagedApproved":
    case "StagedRejected":
    case "StagedSuperseded":
    case "StagedWithdrawn":
    case "StagedBegun":
    case "StagedEnded":
      return stagedTold(event);
    case "ClusteringTurnedOn":
      return { text: `Clustering is on; workers reach this Home at ${event.listenHost}:${event.listenPort}` };
    case "ClusteringTurnedOff":
      return { text: `Clustering is off: ${event.reason}` };
    case "ClusteringBlocked":
      return { text: `${event.detail} (${event.code})`, level: "error" };
    case "InviteCreated":
      return { text: `Invited a ${event.role} (${event.inviteId})` };
    case "InviteReused":
      return { text: `Somebody used invite ${event.inviteId} a second time and was refused`, level: "error" };
    case "EnrolmentRequested":
      return { text: `${event.name} asks to join; compare the words: ${event.words.join(" ")}`, level: "attention" };
    case "NodeEnrolled":
      return { text: "Confirmed by the owner" };
    case "EnrolmentRefused":
      return { text: `Not let in: ${event.reason}` };
    case "NodeCertificateRotated":
      return { text: "Shows its next certificate from now on", level: "detail" };
    case "NodeConnected":
      return { text: `Connected (version ${event.capabilities.version})` };
    case "NodeLost":
      return { text: `Lost (${event.code}): ${event.detail}`, level: event.code === "left" ? "info" : "error" };
    case "NodeRevoked":
      return { text: `Revoked: ${event.reason}`, level: "attention" };
    case "LinkRefused":
      return { text: `Closed a link (${event.code}): ${event.detail}`, level: "error" };
  }
}

function previewedText(event: EgressPreviewed): string {
  const { destination, items, leaseId, leaseUnfit, leftOut, payloadBytes, taint } = event;
  const what = `${items} ${items === 1 ? "item" : "items"}, ${payloadBytes} bytes`;
  if (leaseId !== undefined) {
    return `Lease ${leaseId} covers this: ${what} may go to ${destination.name}; ${leftOut} stay here`;
  }
  const unfit = leaseUnfit === undefined ? "" : ` (${leaseUnfitText(leaseUnfit)})`;
  const tainted = taint === undefined ? "" : `. Asked about whatever is leased: ${taintText(taint)}`;
  return `Waits for the owner: ${what} would go to ${destination.name}; ${leftOut} stay here${unfit}${tainted}`;
}

function derivedText({ classification, paths, untrusted }: FilesDerived): string {
  const [first = "", ...more] = paths;
  const files = `${first}${more.length === 0 ? "" : ` and ${more.length} more`}`;
  const from = untrusted === undefined ? "" : ` and untrusted (${untrusted})`;
  return `${files} counted as ${classification}${from}, as what the episode was given, until somebody marks it otherwise`;
}

function grantedText({ leaseId, scope, budget, grantedAt, expiresAt }: Lease, node: string): string {
  const until = minutes(expiresAt - grantedAt);
  if (scope.kind === "action") return `Lease ${leaseId} for ${shortDigest(scope.action)}, once, ${until}`;
  if (scope.kind === "once") return `Lease ${leaseId} for ${node}, once, ${until}`;
  const cost = budget.cost === undefined ? "" : `, ${costBudgetText(budget.cost)} at most`;
  const what = `up to ${budget.uses} jobs of kind ${scope.job}, ${budget.bytes} bytes${cost}`;
  return `Lease ${leaseId} for ${node}: ${what}, ${scope.ceiling} files in ${scope.paths.join(" ")}, ${until}`;
}

function stagedTold(event: StagingEvent): Told {
  switch (event.kind) {
    case "ActionStaged": {
      const what = `${event.title} (asked for by ${event.requestedBy})`;
      const text = `Waits for the owner: ${what}. Risk ${event.risk.level}: ${event.risk.reason}`;
      return { text, level: "attention" };
    }
    case "StagedEndorsed":
      return { text: `${event.by} endorsed ${shortDigest(event.digest)}; the owner decides` };
    case "StagedApproved":
      return { text: `${event.by} approved ${shortDigest(event.digest)}, once` };
    case "StagedRejected":
      return { text: `${event.by} rejected it: ${event.reason}`, level: "attention" };
    case "StagedSuperseded":
      return { text: `${event.by} proposed a change: ${event.replacedBy} waits in its place` };
    case "StagedWithdrawn":
      return { text: `${event.by} took it back: ${event.reason}` };
    case "StagedBegun":
      return { text: `Began ${shortDigest(event.digest)} under lease ${event.leaseId}`, level: "detail" };
    case "StagedEnded":
      return stagedEnded(event);
  }
}

function stagedEnded({ detail, outcome, replacedBy }: Extract<StagingEvent, { readonly kind: "StagedEnded" }>): Told {
  switch (outcome) {
    case "done":
      return { text: "Done as it was approved" };
    case "failed":
      return { text: `Not done: ${detail}`, level: "error" };
    case "void":
      return {
        text: replacedBy === undefined ? detail : `${detail} ${replacedBy} waits in its place`,
        level: "attention",
      };
    case "unknown":
      return { text: `What came of it is not known, and it is not repeated: ${detail}`, level: "error" };
  }
}

function revisedText({ putBack, shortened, takenOut }: EgressRevised): string {
  const items = (count: number): string => `${count} ${count === 1 ? "item" : "items"}`;
  return [
    ...(takenOut > 0 || (shortened === undefined && putBack === undefined) ? [`took ${items(takenOut)} out`] : []),
    ...(shortened === undefined ? [] : [`took lines out of ${items(shortened)}`]),
    ...(putBack === undefined ? [] : [`put the lines of ${items(putBack)} back`]),
  ].join(" and ");
}

function recorded(event: EgressRecorded): Told {
  if (event.decision === "deny" || event.leaseId === undefined) {
    return {
      text: `Recorded: sending to ${event.destination} denied (${event.reasonCode}); nothing left`,
      level: "attention",
    };
  }
  const crossing = crossed("out", event.nodeId, event.payloadBytes, event.leaseId);
  const under = ["lease", "policy"].includes(event.reasonCode) ? ` under lease ${event.leaseId}` : "";
  return { text: `Recorded: ${shortDigest(event.payload)} may leave for ${event.destination}${under}`, crossing };
}

function workspacePolicyRead({ found, kept }: WorkspacePolicyRead): Told {
  if (kept !== undefined && found.kind !== "unreadable") {
    const what = found.kind === "absent" ? "is gone" : "forbids less";
    const text = `The workspace's policy ${what}; what ${kept.name} forbade counts until the owner adopts a policy`;
    return { text, level: "attention" };
  }
  switch (found.kind) {
    case "absent":
      return { text: "The workspace has no policy of its own any more", level: "attention" };
    case "document":
      return { text: `The workspace's own policy ${found.document.name} makes things stricter` };
    case "unreadable":
      return { text: `The workspace's policy cannot be read, so nothing leaves: ${found.problem}`, level: "attention" };
  }
}

function settled(event: EgressSettled): Told {
  const crossing = crossed("back", event.nodeId, event.bytesIn, event.leaseId);
  const digest = event.received === undefined ? "" : `, receipt for ${shortDigest(event.received)}`;
  const out = `${event.bytesOut} bytes had left`;
  switch (event.state) {
    case "received":
      return { text: `Came back; ${out}${digest}`, crossing };
    case "partial":
      return { text: `Ended early; ${out}`, crossing, level: "attention" };
    case "none":
      return { text: "Nothing left" };
    case "unknown":
      return { text: `What left is not known (${event.error ?? "after a crash"})`, crossing, level: "error" };
  }
}

function crossed(
  direction: "out" | "back",
  nodeId: NodeId,
  bytes: Bytes,
  leaseId: NonNullable<TimelineEntry["crossing"]>["leaseId"],
): NonNullable<TimelineEntry["crossing"]> {
  return { direction, nodeId, bytes, leaseId };
}

function here(nodeId: NodeId, names: TimelineNames): Pick<TimelineEntry, "where"> {
  return { where: { nodeId, name: names.nodeName(nodeId) } };
}

export function outcomeText(outcome: JobOutcome): string {
  switch (outcome.kind) {
    case "exited":
      return `exit code ${outcome.exitCode}`;
    case "answered":
      return outcome.stopReason === "end" ? "answered" : "answered, cut at the token limit";
    case "cancelled":
      return "cancelled";
    case "failed":
      return `failed (${outcome.code})`;
  }
}

function outcomeLevel(outcome: JobOutcome): TimelineEntry["level"] {
  if (outcome.kind === "failed") return "error";
  return outcome.kind === "exited" && outcome.exitCode !== 0 ? "attention" : "info";
}

function meteredText(usage: Extract<JournalEvent, { kind: "ContributionMetered" }>["usage"]): string {
  const tokens =
    usage.tokensIn === undefined || usage.tokensOut === undefined
      ? ""
      : `${usage.tokensIn.tokens} tokens in, ${usage.tokensOut.tokens} out (${usage.tokensOut.method}); `;
  return `${tokens}${usage.busy.durationMs} ms busy (${usage.busy.method}); ${usage.bytesIn.bytes} bytes in, ${usage.bytesOut.bytes} out`;
}

function minutes(ms: number): string {
  return ms % 60_000 === 0 ? `${ms / 60_000} min` : `${Math.ceil(ms / 1_000)} s`;
}

function shortDigest(digest: Digest): string {
  return digest.slice(0, "sha256:".length + 12);
}
