// From a fact to what the world must now do about it. `state` is the state after the event's whole command.
import type { JobOffered, JournalEvent } from "#protocol/events.ts";
import type { AttemptId, JobId } from "#protocol/ids.ts";
import type { Effect } from "./effects.ts";
import { attemptOf } from "./job/state.ts";
import type { HomeState } from "./state.ts";

export function react(event: JournalEvent, state: HomeState): readonly Effect[] {
  switch (event.kind) {
    case "JobOffered":
      return sendOffer(state, event);
    case "JobFinished":
      return forAttempt(state, event.jobId, event.attemptId, (attempt) => ({
        kind: "SettleAttempt",
        key: `settle:${event.attemptId}`,
        repeatable: false,
        attemptId: event.attemptId,
        target: attempt.target,
        fencingToken: attempt.fencingToken,
        accepted: true,
      }));
    case "JobFailed":
    case "JobCancelled": {
      const reason = event.kind === "JobFailed" ? event.code : "cancelled";
      if (event.attemptId === undefined) return [];
      const { attemptId } = event;
      return forAttempt(state, event.jobId, attemptId, (attempt) => ({
        kind: "CancelAttempt",
        key: `cancel:${attemptId}`,
        repeatable: false,
        attemptId,
        target: attempt.target,
        fencingToken: attempt.fencingToken,
        reason,
      }));
    }
    case "ClusteringTurnedOn":
      return [{ kind: "OpenListener", key: `listen:${event.at}`, repeatable: false }];
    case "ClusteringTurnedOff":
      return [{ kind: "CloseListener", key: `unlisten:${event.at}`, repeatable: false }];
    case "InviteCreated":
      return [{ kind: "RefreshTrust", key: `trust:${event.inviteId}`, repeatable: false }];
    case "EnrolmentRequested":
      return [{ kind: "RefreshTrust", key: `trust:${event.inviteId}:used`, repeatable: false }];
    case "NodeEnrolled":
      return [
        { kind: "RefreshTrust", key: `trust:${event.nodeId}:enrolled:${event.at}`, repeatable: false },
        {
          kind: "AnswerEnrolment",
          key: `answer:${event.nodeId}:enrolled:${event.at}`,
          repeatable: false,
          nodeId: event.nodeId,
          answer: { approved: true },
        },
      ];
    case "EnrolmentRefused":
      return [
        { kind: "RefreshTrust", key: `trust:${event.nodeId}:refused:${event.at}`, repeatable: false },
        {
          kind: "AnswerEnrolment",
          key: `answer:${event.nodeId}:refused:${event.at}`,
          repeatable: false,
          nodeId: event.nodeId,
          answer: { approved: false, reason: event.reason },
        },
      ];
    case "NodeCertificateRotated":
      return [{ kind: "RefreshTrust", key: `trust:${event.nodeId}:${event.fingerprint}`, repeatable: false }];
    case "NodeRevoked":
      return [
        { kind: "RefreshTrust", key: `trust:${event.nodeId}:revoked`, repeatable: false },
        { kind: "CutNode", key: `cut:${event.nodeId}`, repeatable: false, nodeId: event.nodeId },
      ];
    case "EpisodeStarted":
    case "EpisodeFinished":
    case "ProposalReceived":
    case "ProposalApplied":
    case "ProposedFilesApplied":
    case "ResultReviewed":
    case "JobQueued":
    case "JobPlaced":
    case "JobAccepted":
    case "JobStarted":
    case "OutputAppended":
    case "EgressPreviewed":
    case "EgressRevised":
    case "EgressRecorded":
    case "EgressSettled":
    case "OffloadsPaused":
    case "OffloadsResumed":
    case "NeverLeavesMarked":
    case "NeverLeavesUnmarked":
    case "ClassMarked":
    case "ClassUnmarked":
    case "FilesDerived":
    case "ContributionMetered":
    case "PolicyAdopted":
    case "PolicyFileJudged":
    case "WorkspacePolicyRead":
    case "LeaseGranted":
    case "LeaseReserved":
    case "LeaseCommitted":
    case "LeaseReleased":
    case "LeaseRevoked":
    case "ActionStaged":
    case "StagedEndorsed":
    case "StagedApproved":
    case "StagedRejected":
    case "StagedSuperseded":
    case "StagedWithdrawn":
    case "StagedBegun":
    case "StagedEnded":
    case "ClusteringBlocked":
    case "LeaseExpired":
    case "InviteReused":
    case "NodeConnected":
    case "NodeLost":
    case "LinkRefused":
      return [];
  }
}

function sendOffer(state: HomeState, event: JobOffered): readonly Effect[] {
  const job = state.jobs.byId.get(event.jobId);
  if (job === undefined) return [];
  const { attemptId, fencingToken, jobId, corrId, target } = event;
  return [
    {
      kind: "SendOffer",
      key: `offer:${attemptId}`,
      // A local attempt's output is only a proposal: starting it before the disk has answered harms nobody.
      repeatable: event.local,
      target,
      ...(event.leaseId === undefined ? {} : { leaseId: event.leaseId }),
      offer: { kind: "offer", attemptId, fencingToken, jobId, corrId, payload: job.jobKey, job: job.job },
    },
  ];
}

function forAttempt(
  state: HomeState,
  jobId: JobId,
  attemptId: AttemptId,
  effect: (attempt: NonNullable<ReturnType<typeof attemptOf>>) => Effect,
): readonly Effect[] {
  const job = state.jobs.byId.get(jobId);
  const attempt = job === undefined ? undefined : attemptOf(job);
  return attempt?.attemptId === attemptId ? [effect(attempt)] : [];
}
