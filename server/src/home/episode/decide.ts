// Starting, previewing and cancelling episodes. A local episode is one frame: one policy check, one append.
import type { CancelEpisode, EpisodeCommand, PreviewOffload, RecordApplied, StartEpisode } from "#protocol/commands.ts";
import { type Digest, digestOfJson } from "#protocol/digest.ts";
import { type Refusal, refuse } from "#protocol/errors.ts";
import type { JournalEvent } from "#protocol/events.ts";
import { type JobSpec, jobKey } from "#protocol/job.ts";
import type { Lease } from "#protocol/lease.ts";
import { fencingToken } from "#protocol/quantities.ts";
import { classProblem } from "../egress/classMarks.ts";
import { markProblem } from "../egress/neverLeaves.ts";
import { pauseProblem } from "../egress/pause.ts";
import { sendEvents } from "../egress/send.ts";
import { taintOf } from "../egress/taint.ts";
import { crossedWith, endingEvents } from "../job/ending.ts";
import { slotProblem } from "../job/slots.ts";
import { liveAttempts } from "../job/state.ts";
import { leaseFor } from "../lease/covers.ts";
import { newLease } from "../lease/decide.ts";
import { asksAlways, type PolicyDecision } from "../policy/evaluate.ts";
import { judgeOffload, judgeRunHere } from "../policy/offload.ts";
import { type Placement, place } from "../scheduler/place.ts";
import { STAGING_NEEDED, startNeedsOwner } from "../staging/action.ts";
import type { HomeState } from "../state.ts";
import { proposalProblem, reviewResult, reviewRoomProblem } from "./review.ts";

/** Episodes that have not ended, on all nodes together; more is refused. */
export const OPEN_EPISODES_MAX = 64;

export function decideEpisode(state: HomeState, command: EpisodeCommand): readonly JournalEvent[] | Refusal {
  switch (command.kind) {
    case "start-episode":
      return startHere(state, command);
    case "preview-offload":
      return previewOffload(state, command);
    case "cancel-episode":
      return cancelEpisode(state, command);
    case "record-applied":
      return recordApplied(state, command);
    case "review-result":
      return reviewResult(state, command);
  }
}

function startHere(state: HomeState, command: StartEpisode): readonly JournalEvent[] | Refusal {
  const placed = placedAgain(state, command);
  if (placed.kind === "refusal") return placed;
  if (!placed.local) return placementChanged(placed);
  const { at, by, job } = command;
  const decision = judgeRunHere(state, { at, client: by.client, job });
  if (decision.effect === "deny") return refuse("policy-denied", decision.explanation, "Change the policy.");
  if (startNeedsOwner(state, command, decision)) return NEEDS_OWNER;
  const full = slotProblem(state, placed.target);
  if (full !== undefined) return full;
  return [
    ...beginning(state, command, placed),
    {
      kind: "JobOffered",
      version: 1,
      at: command.at,
      corrId: command.episodeId,
      jobId: command.jobId,
      attemptId: command.attemptId,
      target: placed.target,
      local: true,
      fencingToken: fencingToken(1),
    },
  ];
}

const NEEDS_OWNER = refuse(
  STAGING_NEEDED,
  "The owner must approve this start first.",
  "Let the owner read and approve it: arw-home staged list.",
);

function previewOffload(state: HomeState, command: PreviewOffload): readonly JournalEvent[] | Refusal {
  const placed = placedAgain(state, command);
  if (placed.kind === "refusal") return placed;
  if (placed.local || placed.target !== command.destination.nodeId) return placementChanged(placed);
  const held =
    pauseProblem(state.egress) ?? markProblem(state.egress, command.paths) ?? classProblem(state.egress, command);
  if (held !== undefined) return held;
  const { at, episodeId: corrId, jobId, previewId, payloadBytes, highestClassification, cost, job, paths } = command;
  const { client } = command.by;
  const offload = {
    at,
    client,
    corrId,
    job,
    nodeId: placed.target,
    paths,
    highestClassification,
    bytes: payloadBytes,
    cost,
  };
  const taint = taintOf(state, offload);
  const decision = judgeOffload(state, offload);
  // A deny beats any lease: no lease has been looked at yet.
  if (decision.effect === "deny") return refuse("policy-denied", decision.explanation, "Take it out, or run here.");
  const use = { nodeId: placed.target, job: command.job.kind, paths: command.paths, bytes: payloadBytes };
  const found = leaseFor(state.leases, { ...use, highestClassification, cost }, command.steady);
  const { covering, unfit } = asksAlways(decision) ? {} : found;
  const payload = jobKey(command.job);
  const granted =
    covering === undefined && decision.effect === "allow" ? allowed(command, payload, decision) : undefined;
  const lease = covering?.lease ?? granted;
  const reviewed = decision.obligations.reviewResult === true;
  const unlooked = reviewed ? reviewRoomProblem(state.episodes) : undefined;
  const full = unlooked ?? (lease === undefined ? undefined : slotProblem(state, placed.target));
  if (full !== undefined) return full;
  const { attemptId, recordId } = command;
  const previewed = { previewId, corrId, jobId, nodeId: placed.target, payload, payloadBytes, cost };
  const reasonCode = granted === undefined ? "lease" : "policy";
  const sending = {
    at,
    recordId,
    attemptId,
    reasonCode,
    fencingToken: fencingToken(1),
    reviewResult: reviewed,
  } as const;
  return [
    ...beginning(state, command, placed),
    {
      kind: "EgressPreviewed",
      version: 1,
      at,
      corrId,
      jobId,
      previewId,
      preview: command.preview,
      payload,
      payloadBytes,
      items: command.items,
      highestClassification,
      leftOut: command.leftOut,
      destination: command.destination,
      rule: decision.rule,
      cost,
      leaseMs: command.leaseMs,
      ...(lease === undefined ? {} : { leaseId: lease.leaseId }),
      ...(unfit === undefined || granted !== undefined ? {} : { leaseUnfit: unfit }),
      ...(taint === undefined ? {} : { taint }),
      ...(reviewed ? { reviewResult: true } : {}),
    },
    ...(granted === undefined ? [] : [{ kind: "LeaseGranted", version: 1, at, corrId, lease: granted } as const]),
    ...(lease === undefined ? [] : sendEvents(state, previewed, { ...sending, lease })),
  ];
}

/** The lease for just this, where a rule of the policy that the owner adopted lets it leave without a question. */
function allowed(command: PreviewOffload, payload: Digest, { rule }: PolicyDecision): Lease {
  const { jobId, preview, payloadBytes, leaseMs, destination } = command;
  return newLease(command, {
    capability: "offload",
    scope: { kind: "once", preview, payload, jobId },
    budget: { uses: 1, bytes: payloadBytes },
    leaseMs,
    subject: destination.nodeId,
    issuer: "policy",
    reason: `the policy's rule ${rule} allows it`,
  });
}

function beginning(
  state: HomeState,
  command: StartEpisode | PreviewOffload,
  placed: Placement,
): readonly JournalEvent[] {
  const of = { version: 1, at: command.at, corrId: command.episodeId } as const;
  return [
    {
      ...of,
      kind: "EpisodeStarted",
      workspaceId: state.identity.workspaceId,
      episode: command.job.kind,
      title: command.title,
      requestedBy: command.by.client,
    },
    {
      ...of,
      kind: "JobQueued",
      jobId: command.jobId,
      jobKey: digestOfJson(command.job),
      job: command.job,
      title: command.title,
      ...(command.inputClass === undefined ? {} : { inputClass: command.inputClass }),
    },
    {
      ...of,
      kind: "JobPlaced",
      jobId: command.jobId,
      target: placed.target,
      local: placed.local,
      rule: placed.rule,
      why: placed.why,
    },
  ];
}

function placedAgain(state: HomeState, command: StartEpisode | PreviewOffload): Placement | Refusal {
  if (state.episodes.byId.has(command.episodeId)) {
    return refuse("episode-exists", "This episode has already started.", "Follow its timeline.");
  }
  const open = [...state.episodes.byId.values()].filter((episode) => episode.ended === undefined).length;
  if (open >= OPEN_EPISODES_MAX) {
    return refuse(
      "too-many-episodes",
      `${open} episodes are open already.`,
      "Wait for one to end, or cancel one: arw-home cancel <episode>.",
    );
  }
  const placed = place(state.nodes, state.identity.nodeId, requirementOf(command.job), command.on);
  if (placed.kind === "refusal") return placed;
  return placed.target === command.target ? placed : placementChanged(placed);
}

function requirementOf(job: JobSpec): { kind: "command" } | { kind: "ask"; model: string } {
  return job.kind === "command" ? { kind: "command" } : { kind: "ask", model: job.model };
}

function placementChanged(placed: Placement): Refusal {
  return refuse("placement-changed", `The job would now go to ${placed.name}.`, "Start the episode again.");
}

function cancelEpisode(state: HomeState, command: CancelEpisode): readonly JournalEvent[] | Refusal {
  const episode = state.episodes.byId.get(command.episodeId);
  const job = episode?.jobId === undefined ? undefined : state.jobs.byId.get(episode.jobId);
  if (episode === undefined || job === undefined) {
    return refuse("episode-unknown", "There is no such episode.", "See `arw-home episodes`.");
  }
  if (episode.ended !== undefined) return [];
  const live = liveAttempts(state.jobs).find((held) => held.job.jobId === job.jobId);
  return endingEvents(
    state,
    job,
    command.at,
    { kind: "cancelled", by: command.by.client },
    crossedWith(command.transfers, live?.attempt),
  );
}

function recordApplied(state: HomeState, command: RecordApplied): readonly JournalEvent[] | Refusal {
  const held = state.episodes.proposals.get(command.proposalId);
  if (held === undefined) return refuse("proposal-unknown", "There is no such proposal.", "See `arw-home episodes`.");
  if (held.digest !== command.digest) {
    return refuse("proposal-changed", "This is not the proposal that was shown.", "Look at it again, then apply it.");
  }
  const waits = proposalProblem(state.episodes, held);
  if (waits !== undefined) return waits;
  if (held.appliedAt !== undefined) return [];
  const { proposalId, digest, episodeId: corrId } = held;
  const of = { version: 1, at: command.at, corrId, proposalId, digest } as const;
  if (command.paths === undefined) return [{ ...of, kind: "ProposalApplied", files: command.files }];
  const paths = command.paths.filter((path) => held.appliedPaths?.includes(path) !== true);
  return paths.length === 0 ? [] : [{ ...of, kind: "ProposedFilesApplied", paths: [...new Set(paths)] }];
}
