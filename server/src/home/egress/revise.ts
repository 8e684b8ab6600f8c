// Taking something out of what waits for the owner: the shown preview is withdrawn, and one that shows less waits in its place.
// A revision changes nothing of a job but its input, and never sends more than was shown of it. Nothing is let out here.
import type { ReviseEgress } from "#protocol/commands.ts";
import { type Refusal, refuse } from "#protocol/errors.ts";
import type { JournalEvent } from "#protocol/events.ts";
import { type JobSpec, jobKey } from "#protocol/job.ts";
import type { Job } from "../job/state.ts";
import { leaseFor } from "../lease/covers.ts";
import { requesterOf } from "../episode/state.ts";
import { judgeOffload } from "../policy/offload.ts";
import type { HomeState } from "../state.ts";
import { classProblem } from "./classMarks.ts";
import { markProblem } from "./neverLeaves.ts";
import type { HeldPreview } from "./state.ts";
import { taintOf } from "./taint.ts";

export function revise(
  state: HomeState,
  command: ReviseEgress,
  held: HeldPreview,
  job: Job,
): readonly JournalEvent[] | Refusal {
  if (state.egress.previews.has(command.replacedBy)) {
    return refuse("preview-exists", "This revision has been made already.", "Read the preview that waits.");
  }
  if (!isSameBut(command.job, job) || command.payloadBytes > mostShown(state, held, command)) {
    return refuse(
      "revision-differs",
      "A revision may only take something out of what was shown, or put back what was.",
      "Start the episode again for anything else.",
    );
  }
  const marked = markProblem(state.egress, command.paths) ?? classProblem(state.egress, command);
  if (marked !== undefined) return marked;
  const { at, highestClassification, cost, payloadBytes, steady, paths } = command;
  const { corrId, jobId, destination, leaseMs } = held;
  const { nodeId } = destination;
  const client = requesterOf(state.episodes, corrId);
  const shown = {
    at,
    client,
    corrId,
    job: command.job,
    nodeId,
    paths,
    highestClassification,
    bytes: payloadBytes,
    cost,
  };
  const taint = taintOf(state, shown);
  const decision = judgeOffload(state, shown);
  if (decision.effect === "deny") return refuse("policy-denied", decision.explanation, "Run it here instead.");
  // Whoever takes something out is looking at it: a lease that would cover what is left does not send it from under them.
  const use = { nodeId, job: job.job.kind, paths, highestClassification, bytes: payloadBytes, cost };
  const { unfit } = leaseFor(state.leases, use, steady);
  const of = { version: 1, at, corrId, jobId } as const;
  const payload = jobKey(command.job);
  return [
    {
      ...of,
      kind: "EgressRevised",
      previewId: held.previewId,
      replacedBy: command.replacedBy,
      jobKey: payload,
      job: command.job,
      takenOut: command.takenOut,
      ...(command.shortened === undefined ? {} : { shortened: command.shortened }),
      ...(command.putBack === undefined ? {} : { putBack: command.putBack }),
      by: command.by.client,
    },
    {
      ...of,
      kind: "EgressPreviewed",
      previewId: command.replacedBy,
      preview: command.preview,
      payload,
      payloadBytes,
      items: command.items,
      highestClassification,
      leftOut: command.leftOut,
      destination,
      rule: decision.rule,
      cost,
      leaseMs,
      ...(unfit === undefined ? {} : { leaseUnfit: unfit }),
      ...(taint === undefined ? {} : { taint }),
      ...(decision.obligations.reviewResult === true ? { reviewResult: true } : {}),
    },
  ];
}

/** Whether the specification is the job's in all but its input: the tree of a command, the text of an ask. */
function isSameBut(revised: JobSpec, { job, jobKey: key }: Job): boolean {
  if (job.kind === "ask") return revised.kind === "ask" && jobKey({ ...revised, prompt: job.prompt }) === key;
  return revised.kind === "command" && jobKey({ ...revised, tree: job.tree }) === key;
}

/** What was shown last, unless lines are put back: then the most that was shown of this very job. */
function mostShown({ egress }: HomeState, held: HeldPreview, { putBack = 0 }: ReviseEgress): number {
  if (putBack === 0) return held.payloadBytes;
  const shown = [...egress.previews.values()].filter(({ jobId }) => jobId === held.jobId);
  return Math.max(...shown.map(({ payloadBytes }) => payloadBytes));
}
