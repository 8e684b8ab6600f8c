// Changing the policy. Only the owner adopts; what the Home reads by itself can only make things stricter, or undo just that.
// In the same frame everything that waits, or is still being fetched, is judged again: a change never leaves an old answer standing.
import type { PolicyCommand } from "#protocol/policyCommands.ts";
import { digestOf } from "#protocol/digest.ts";
import { type Refusal, refuse } from "#protocol/errors.ts";
import type { JournalEvent, PolicyEvent } from "#protocol/events.ts";
import { canonicalJson } from "#protocol/canonicalJson.ts";
import type { WorkspacePolicy } from "#protocol/policy.ts";
import { type Collected, collectedProblem, jobsThatMayLeave } from "../egress/mayLeave.ts";
import { requesterOf } from "../episode/state.ts";
import { crossedWith, endingEvents } from "../job/ending.ts";
import { attemptOf, type Job } from "../job/state.ts";
import type { HomeState } from "../state.ts";
import type { PolicyDecision } from "./evaluate.ts";
import { evolvePolicy } from "./evolve.ts";
import { keptBeside } from "./kept.ts";
import { judgeOffload } from "./offload.ts";
import { noPolicy, type PolicyState } from "./state.ts";

export function decidePolicy(state: HomeState, command: PolicyCommand): readonly JournalEvent[] | Refusal {
  const { policy = noPolicy } = state;
  const moved = movedProblem(policy, command);
  if (moved !== undefined) return moved;
  const change = changeOf(policy, command);
  if (change === undefined) return [];
  const stale = collectedProblem(state, command.collected);
  if (stale !== undefined) return stale;
  const after: HomeState = { ...state, policy: evolvePolicy(policy, change) };
  return [change, ...endingsUnder(after, command)];
}

/** What was approved upon one epoch is not adopted upon another: the owner saw what was in force then. */
function movedProblem({ epoch }: PolicyState, command: PolicyCommand): Refusal | undefined {
  if (command.kind !== "adopt-policy" || command.basedOn === undefined || command.basedOn === epoch) return undefined;
  return refuse(
    POLICY_MOVED,
    "The policy in force has changed since this was approved; nothing was adopted.",
    "Read it again beside what is in force now, then answer it.",
  );
}

/** The code of a refusal to adopt upon another epoch than the one that was approved. */
export const POLICY_MOVED = "policy-moved";

/** The fact, or nothing where it is known already. */
function changeOf(policy: PolicyState, command: PolicyCommand): PolicyEvent | undefined {
  const of = { version: 1, at: command.at, epoch: policy.epoch + 1 } as const;
  switch (command.kind) {
    case "adopt-policy": {
      const { document, text } = command;
      const digest = digestOf(text);
      const isKnown = policy.adopted?.digest === digest && policy.fileProblem === undefined;
      if (isKnown && policy.kept === undefined) return undefined;
      return { ...of, kind: "PolicyAdopted", digest, document, text, by: command.by.client };
    }
    case "judge-policy-file": {
      const { problem } = command;
      if (policy.fileProblem === problem) return undefined;
      return { ...of, kind: "PolicyFileJudged", ...(problem === undefined ? {} : { problem }) };
    }
    case "read-workspace-policy": {
      const known: WorkspacePolicy = policy.workspace ?? { kind: "absent" };
      if (isSame(known, command.found)) return undefined;
      const kept = keptBeside(policy, command.found);
      return { ...of, kind: "WorkspacePolicyRead", found: command.found, ...(kept === undefined ? {} : { kept }) };
    }
  }
}

function isSame(known: WorkspacePolicy, found: WorkspacePolicy): boolean {
  if (known.kind === "document" && found.kind === "document") return known.digest === found.digest;
  return canonicalJson(known) === canonicalJson(found);
}

/** The end of everything that may no longer leave. */
function endingsUnder(after: HomeState, command: PolicyCommand): readonly JournalEvent[] {
  const pathsOf = new Map(command.collected.map(({ jobId, paths }) => [jobId, paths]));
  return jobsThatMayLeave(after).flatMap((job) => {
    const problem = problemUnder(after, command, job, pathsOf.get(job.jobId) ?? []);
    if (problem === undefined) return [];
    const ending = { kind: "failed", code: "policy-denied", message: problem.message, advice: problem.advice } as const;
    return endingEvents(after, job, command.at, ending, crossedWith(command.transfers, attemptOf(job)));
  });
}

function problemUnder(
  after: HomeState,
  { at }: PolicyCommand,
  job: Job,
  paths: Collected["paths"],
): Refusal | undefined {
  const held = job.previewId === undefined ? undefined : after.egress.previews.get(job.previewId);
  // What nobody remembers cannot be judged, and what cannot be judged is denied.
  if (held === undefined) return refusal("The policy changed, and what is being sent cannot be judged by it any more.");
  const { corrId, destination, highestClassification, payloadBytes: bytes, cost } = held;
  const client = requesterOf(after.episodes, corrId);
  const facts = {
    at,
    client,
    corrId,
    job: job.job,
    nodeId: destination.nodeId,
    paths,
    highestClassification,
    bytes,
    cost,
  };
  const decision = judgeOffload(after, facts);
  if (decision.effect === "deny") return refusal(`The policy forbids it now: ${decision.explanation}`);
  return isUnasked(after, job, decision) ? refusal(`The policy asks first now: ${decision.explanation}`) : undefined;
}

/** Whether it is being sent by a rule's permission alone, which the policy no longer gives. */
function isUnasked({ leases }: HomeState, job: Job, { effect }: PolicyDecision): boolean {
  const leaseId = attemptOf(job)?.leaseId;
  return effect !== "allow" && leaseId !== undefined && leases.byId.get(leaseId)?.lease.issuer === "policy";
}

function refusal(message: string): Refusal {
  return refuse(
    "policy-denied",
    message,
    "See `arw-home policy show`, and start it again, or run it here (--on local).",
  );
}
