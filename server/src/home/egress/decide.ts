// Approving and denying what would leave. An approval names the digest that was shown; the allow record, the lease and the
// offer are one frame, so no byte can leave before its record is durable.
import type { ApproveEgress, DenyEgress, EgressCommand, ReviseEgress } from "#protocol/commands.ts";
import { type Refusal, refuse } from "#protocol/errors.ts";
import type { JournalEvent } from "#protocol/events.ts";
import type { Lease } from "#protocol/lease.ts";
import { fencingToken } from "#protocol/quantities.ts";
import { endingEvents } from "../job/ending.ts";
import { slotProblem } from "../job/slots.ts";
import type { Job } from "../job/state.ts";
import { unfitBounds } from "../lease/covers.ts";
import { grantedProblem, newLease, scopedLease, termsProblem } from "../lease/decide.ts";
import { reviewRoomProblem } from "../episode/review.ts";
import { requesterOf } from "../episode/state.ts";
import type { PolicyDecision } from "../policy/evaluate.ts";
import { judgeOffload, looksAtPaths } from "../policy/offload.ts";
import type { HomeState } from "../state.ts";
import { clearClass, deriveFiles, markClass } from "./classMarks.ts";
import { markNeverLeaves, unmarkNeverLeaves } from "./neverLeaves.ts";
import { pause, pauseProblem, resumeOffloads } from "./pause.ts";
import { revise } from "./revise.ts";
import { egressRecord, type Previewed, sendEvents } from "./send.ts";
import type { HeldPreview } from "./state.ts";

/** A once lease may live at most this long. */
export const ONCE_LEASE_MS_MAX: number = 60 * 60_000;

export function decideEgress(state: HomeState, command: EgressCommand): readonly JournalEvent[] | Refusal {
  switch (command.kind) {
    case "approve-egress":
      return approve(state, command);
    case "deny-egress":
      return deny(state, command);
    case "revise-egress":
      return reviseWaiting(state, command);
    case "pause-offloads":
      return pause(state, command);
    case "resume-offloads":
      return resumeOffloads(state, command);
    case "mark-never-leaves":
      return markNeverLeaves(state, command);
    case "unmark-never-leaves":
      return unmarkNeverLeaves(state, command);
    case "mark-class":
      return markClass(state, command);
    case "clear-class":
      return clearClass(state, command);
    case "derive-files":
      return deriveFiles(state, command);
  }
}

/** The preview, if it still waits for an answer; else why not. */
export function waitingPreview(state: HomeState, id: HeldPreview["previewId"]): HeldPreview | Refusal {
  const held = state.egress.previews.get(id);
  if (held === undefined)
    return refuse("preview-unknown", "There is no such egress preview.", "See `arw-home episodes`.");
  if (held.replacedBy !== undefined) {
    return refuse(
      "preview-revised",
      `Something was taken out of this preview: ${held.replacedBy} took its place.`,
      `Read that one, then answer it: arw-home egress approve ${held.replacedBy}.`,
    );
  }
  if (held.state !== "waiting") {
    return refuse(
      "preview-answered",
      `This preview was already ${held.state}.`,
      "Start the episode again for a new one.",
    );
  }
  return held;
}

function approve(state: HomeState, command: ApproveEgress): readonly JournalEvent[] | Refusal {
  const held = waitingPreview(state, command.previewId);
  if ("kind" in held) return held;
  const job = jobOf(state, held);
  if (command.digest !== held.preview) return PREVIEW_CHANGED;
  const paused = pauseProblem(state.egress);
  if (paused !== undefined) return paused;
  const decision = policyNow(state, command, held, job);
  if ("kind" in decision) return decision;
  // What was promised when it was shown holds, whatever the policy has become.
  const reviewResult = held.reviewResult === true || decision.obligations.reviewResult === true;
  const unlooked = reviewResult ? reviewRoomProblem(state.episodes) : undefined;
  if (unlooked !== undefined) return unlooked;
  const node = state.nodes.byId.get(held.destination.nodeId);
  if (node?.status.kind !== "ready") {
    return refuse(
      "node-unreachable",
      `${held.destination.name} cannot be reached now.`,
      "Wait until `arw-home nodes` shows it ready, then approve again.",
    );
  }
  const full = slotProblem(state, node.nodeId);
  if (full !== undefined) return full;
  const lease = leaseChosen(state, command, held, job);
  if ("kind" in lease) return lease;
  const { at, attemptId, recordId } = command;
  const reasonCode = lease.scope.kind === "once" ? "approved-once" : "approved-scoped";
  const token = fencingToken(job.attempts + 1);
  return [
    { kind: "LeaseGranted", version: 1, at, corrId: held.corrId, lease },
    ...sendEvents(state, previewedOf(held), {
      at,
      lease,
      reasonCode,
      recordId,
      attemptId,
      fencingToken: token,
      reviewResult,
    }),
  ];
}

/** What the policy says now of what was shown, whatever it said then; refused where it denies. */
function policyNow(state: HomeState, command: ApproveEgress, held: HeldPreview, job: Job): PolicyDecision | Refusal {
  const paths = command.paths ?? (command.lease.kind === "scoped" ? command.lease.paths : undefined);
  if (paths === undefined && looksAtPaths(state)) {
    return refuse("policy-changed", "The policy changed while this was approved.", "Approve it again.");
  }
  const { highestClassification, payloadBytes: bytes, cost, destination, corrId } = held;
  const client = requesterOf(state.episodes, corrId);
  const facts = {
    at: command.at,
    client,
    job: job.job,
    nodeId: destination.nodeId,
    highestClassification,
    bytes,
    cost,
    corrId,
  };
  const decision = judgeOffload(state, { ...facts, paths: paths ?? [] });
  return decision.effect === "deny" ? refuse("policy-denied", decision.explanation, "Run it here instead.") : decision;
}

/** The lease that the owner chose, or why it may not be. A scoped one must cover the very job it is granted with. */
function leaseChosen(state: HomeState, command: ApproveEgress, held: HeldPreview, job: Job): Lease | Refusal {
  const { lease: choice } = command;
  const granted = grantedProblem(state, command.leaseId);
  if (granted !== undefined) return granted;
  const { nodeId } = held.destination;
  const reason = `approved the preview of ${job.title}`;
  if (choice.kind === "once") {
    if (choice.leaseMs <= 0 || choice.leaseMs > ONCE_LEASE_MS_MAX) {
      return refuse("lease-too-long", "A once lease lives from a moment to 60 minutes.", "Choose fewer minutes.");
    }
    return newLease(command, {
      capability: "offload",
      scope: { kind: "once", preview: held.preview, payload: held.payload, jobId: held.jobId },
      budget: { uses: 1, bytes: held.payloadBytes },
      leaseMs: choice.leaseMs,
      subject: nodeId,
      reason,
    });
  }
  const problem = termsProblem(state, choice.terms, command.steady);
  if (problem !== undefined) return problem;
  const lease = scopedLease({ ...command, terms: choice.terms }, { job: job.job.kind, nodeId, reason });
  const fresh = { lease, reserved: new Map(), usesCommitted: 0, bytesCommitted: 0, costMicrosCommitted: 0 };
  const { payloadBytes: bytes, highestClassification, cost } = held;
  const use = { nodeId, job: job.job.kind, paths: choice.paths, highestClassification, bytes, cost };
  const bounds = unfitBounds(fresh, use, command.steady);
  if (bounds.length === 0) return lease;
  return refuse(
    "lease-unfit",
    `This lease would not cover the job that is shown: ${bounds.join(", ")} do not fit.`,
    "Widen these bounds, or approve this job only.",
  );
}

function deny(state: HomeState, command: DenyEgress): readonly JournalEvent[] | Refusal {
  const held = waitingPreview(state, command.previewId);
  if ("kind" in held) return held;
  const job = jobOf(state, held);
  const of = { version: 1, at: command.at, corrId: held.corrId } as const;
  return [
    { ...egressRecord(state, previewedOf(held), "deny", deniedBy(command)), ...of, recordId: command.recordId },
    ...endingEvents(state, job, command.at, {
      kind: "failed",
      code: "egress-denied",
      message: `Sending was denied${command.reason === "" ? "" : `: ${command.reason}`}.`,
      advice: "Run it here instead (--on local), or take out what should not leave (--leave-out).",
    }),
  ];
}

function reviseWaiting(state: HomeState, command: ReviseEgress): readonly JournalEvent[] | Refusal {
  const held = waitingPreview(state, command.previewId);
  if ("kind" in held) return held;
  return command.digest === held.preview ? revise(state, command, held, jobOf(state, held)) : PREVIEW_CHANGED;
}

const PREVIEW_CHANGED = refuse(
  "preview-changed",
  "This is not the preview that was shown.",
  "Read the current preview, then answer it.",
);

function jobOf(state: HomeState, held: HeldPreview): Job {
  const job = state.jobs.byId.get(held.jobId);
  if (job === undefined) throw new Error(`preview ${held.previewId} has no job`);
  return job;
}

/** Any client may deny; the record names the owner only where the owner session was there. */
function deniedBy(command: DenyEgress): string {
  return command.by.session === "owner" ? "owner-denied" : "client-denied";
}

function previewedOf(held: HeldPreview): Previewed {
  const { previewId, corrId, jobId, payload, payloadBytes, cost, destination } = held;
  return { previewId, corrId, jobId, nodeId: destination.nodeId, payload, payloadBytes, cost };
}
