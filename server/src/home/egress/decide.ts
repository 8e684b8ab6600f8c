// Approving and denying what would leave, and revoking what was granted. An approval names the digest that was shown; the
// allow record, the lease and the offer are one frame, so no byte can leave before its record is durable.
import type { ApproveEgress, DenyEgress, EgressCommand, RevokeLease } from "#protocol/commands.ts";
import type { Lease } from "#protocol/egress.ts";
import { type Refusal, refuse } from "#protocol/errors.ts";
import type { EgressRecorded, JournalEvent } from "#protocol/events.ts";
import { epochMs, fencingToken } from "#protocol/quantities.ts";
import { crossedWith, endingEvents } from "../job/ending.ts";
import { slotProblem } from "../job/slots.ts";
import { liveAttempts } from "../job/state.ts";
import { nodeName } from "../node/state.ts";
import { evaluate } from "../policy/evaluate.ts";
import type { HomeState } from "../state.ts";
import type { HeldPreview } from "./state.ts";

/** A once lease may live at most this long. */
export const ONCE_LEASE_MS_MAX: number = 60 * 60_000;

export function decideEgress(state: HomeState, command: EgressCommand): readonly JournalEvent[] | Refusal {
  switch (command.kind) {
    case "approve-egress":
      return approve(state, command);
    case "deny-egress":
      return deny(state, command);
    case "revoke-lease":
      return revokeLease(state, command);
  }
}

function waitingPreview(state: HomeState, id: HeldPreview["previewId"]): HeldPreview | Refusal {
  const held = state.egress.previews.get(id);
  if (held === undefined)
    return refuse("preview-unknown", "There is no such egress preview.", "See `arw-home episodes`.");
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
  const job = state.jobs.byId.get(held.jobId);
  if (job === undefined) throw new Error(`preview ${held.previewId} has no job`);
  if (command.digest !== held.preview) {
    return refuse(
      "preview-changed",
      "This is not the preview that was shown.",
      "Read the current preview, then approve it.",
    );
  }
  if (command.leaseMs <= 0 || command.leaseMs > ONCE_LEASE_MS_MAX) {
    return refuse("lease-too-long", "A once lease lives from a moment to 60 minutes.", "Choose fewer minutes.");
  }
  const node = state.nodes.byId.get(held.destination.nodeId);
  const decision = evaluate({
    action: "offload",
    destination: node?.status.kind ?? "unknown",
    highestClassification: held.highestClassification,
  });
  if (decision.effect === "deny") return refuse("policy-denied", decision.explanation, "Run it here instead.");
  if (node?.status.kind !== "ready") {
    return refuse(
      "node-unreachable",
      `${held.destination.name} cannot be reached now.`,
      "Wait until `arw-home nodes` shows it ready, then approve again.",
    );
  }
  const full = slotProblem(state, node.nodeId);
  if (full !== undefined) return full;
  const lease: Lease = {
    leaseId: command.leaseId,
    subject: held.destination.nodeId,
    capability: "offload",
    scope: { kind: "once", preview: held.preview, payload: held.payload, jobId: held.jobId },
    grantedAt: command.at,
    expiresAt: epochMs(command.at + command.leaseMs),
    budget: { uses: 1, bytes: held.payloadBytes },
    issuer: "owner",
    reason: `approved the preview of ${job.title}`,
  };
  const of = { version: 1, at: command.at, corrId: held.corrId } as const;
  const { attemptId, leaseId, recordId } = command;
  return [
    { ...of, kind: "LeaseGranted", lease },
    { ...of, kind: "LeaseReserved", jobId: held.jobId, attemptId, leaseId, bytes: held.payloadBytes },
    { ...record(state, held, "allow", "approved-once"), ...of, recordId, leaseId, attemptId },
    {
      ...of,
      kind: "JobOffered",
      jobId: held.jobId,
      attemptId,
      target: held.destination.nodeId,
      local: false,
      fencingToken: fencingToken(job.attempts + 1),
      leaseId,
      recordId,
    },
  ];
}

function deny(state: HomeState, command: DenyEgress): readonly JournalEvent[] | Refusal {
  const held = waitingPreview(state, command.previewId);
  if ("kind" in held) return held;
  const job = state.jobs.byId.get(held.jobId);
  if (job === undefined) throw new Error(`preview ${held.previewId} has no job`);
  const of = { version: 1, at: command.at, corrId: held.corrId } as const;
  return [
    { ...record(state, held, "deny", deniedBy(command)), ...of, recordId: command.recordId },
    ...endingEvents(state, job, command.at, {
      kind: "failed",
      code: "egress-denied",
      message: `Sending was denied${command.reason === "" ? "" : `: ${command.reason}`}.`,
      advice: "Run it here instead (--on local), or take out what should not leave (--leave-out).",
    }),
  ];
}

/** Any client may deny; the record names the owner only where the owner session was there. */
function deniedBy(command: DenyEgress): string {
  return command.by.session === "owner" ? "owner-denied" : "client-denied";
}

function record(
  state: HomeState,
  held: HeldPreview,
  decision: "allow" | "deny",
  reasonCode: string,
): Omit<EgressRecorded, "version" | "at" | "corrId" | "recordId"> {
  return {
    kind: "EgressRecorded",
    jobId: held.jobId,
    workspaceId: state.identity.workspaceId,
    previewId: held.previewId,
    decision,
    reasonCode,
    nodeId: held.destination.nodeId,
    destination: nodeName(state.nodes, held.destination.nodeId),
    payload: held.payload,
    payloadBytes: held.payloadBytes,
    cost: held.cost,
  };
}

function revokeLease(state: HomeState, command: RevokeLease): readonly JournalEvent[] | Refusal {
  const held = state.leases.byId.get(command.leaseId);
  if (held === undefined) return refuse("lease-unknown", "There is no such lease.", "See `arw-home egress`.");
  if (held.revoked !== undefined) return [];
  const { jobId } = held.lease.scope;
  const using = liveAttempts(state.jobs).filter(({ attempt }) => attempt.leaseId === command.leaseId);
  const corrId = state.jobs.byId.get(jobId)?.corrId;
  if (corrId === undefined)
    return refuse("lease-spent", "This lease is spent; nothing can be sent under it.", "Nothing to do.");
  return [
    { kind: "LeaseRevoked", version: 1, at: command.at, corrId, leaseId: command.leaseId, reason: command.reason },
    ...using.flatMap(({ job, attempt }) =>
      endingEvents(
        state,
        job,
        command.at,
        {
          kind: "failed",
          code: "lease-revoked",
          message: `The owner revoked the lease: ${command.reason}.`,
          advice: "Start the episode again and approve its preview.",
        },
        crossedWith(command.transfers, attempt),
      ),
    ),
  ];
}
