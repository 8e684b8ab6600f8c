// What a node's report makes true. A report counts only from the node that holds the live attempt, with its fencing token:
// a late report from a fenced attempt changes nothing and earns nothing; the same report twice counts once.
import type { RecordFinished, RecordLost, RecordOutput, ReportCommand } from "#protocol/commands.ts";
import { type Digest, digestOfJson } from "#protocol/digest.ts";
import { type Refusal, refuse } from "#protocol/errors.ts";
import type { JournalEvent } from "#protocol/events.ts";
import { receiptBytes } from "#protocol/receipt.ts";
import type { JobResult } from "#protocol/result.ts";
import { verify } from "#protocol/signature.ts";
import type { HomeState } from "../state.ts";
import { endingEvents, episodeFinished, settlement } from "./ending.ts";
import { type Attempt, type Job, type LiveStage, liveAttempt } from "./state.ts";

interface Live {
  readonly job: Job;
  readonly stage: LiveStage;
  readonly attempt: Attempt;
}

export function decideReport(state: HomeState, command: ReportCommand): readonly JournalEvent[] | Refusal {
  const live = liveAttempt(state.jobs, command.attemptId);
  if (
    live === undefined ||
    live.attempt.fencingToken !== command.fencingToken ||
    live.attempt.target !== command.nodeId
  ) {
    return refuse(
      "attempt-fenced",
      "This attempt no longer counts.",
      "Nothing to do: the job ended or went elsewhere.",
    );
  }
  const of = { version: 1, at: command.at, corrId: live.job.corrId, jobId: live.job.jobId } as const;
  const { attemptId } = command;
  switch (command.kind) {
    case "record-accepted":
      return live.stage === "offered" ? [{ ...of, kind: "JobAccepted", attemptId }] : [];
    case "record-started":
      return live.stage === "running" ? [] : [{ ...of, kind: "JobStarted", attemptId }];
    case "record-output":
      return output(state, live, command);
    case "record-finished":
      return finished(state, live, command);
    case "record-lost":
      return lost(state, live, command);
  }
}

function output(state: HomeState, live: Live, command: RecordOutput): readonly JournalEvent[] | Refusal {
  const { attempt, job } = live;
  if (command.number <= attempt.lastNumber) return [];
  const next = attempt.produced.get(command.stream) ?? 0;
  if (command.number !== attempt.lastNumber + 1 || command.fromByte !== next) {
    return refuse(
      "output-gap",
      `Output ${command.number} of ${command.stream} does not follow ${attempt.lastNumber}.`,
      "The worker sends again from the last acknowledged number when it reconnects.",
    );
  }
  const produced = [...attempt.produced.values()].reduce((sum, bytes) => sum + bytes, 0);
  // The node promised to keep to this limit; the Home's disk is not filled by one that does not.
  if (produced + command.bytes > job.job.limits.outputBytes) {
    return endingEvents(state, job, command.at, OUTPUT_LIMIT, { state: "partial", transfer: command.transfer });
  }
  return [
    {
      kind: "OutputAppended",
      version: 1,
      at: command.at,
      corrId: job.corrId,
      jobId: job.jobId,
      attemptId: attempt.attemptId,
      number: command.number,
      stream: command.stream,
      fromByte: command.fromByte,
      bytes: command.bytes,
      digest: command.digest,
    },
  ];
}

function finished(state: HomeState, live: Live, command: RecordFinished): readonly JournalEvent[] | Refusal {
  const { job, attempt } = live;
  const { result, at } = command;
  if (command.lastNumber !== attempt.lastNumber || !producedAgrees(attempt, command)) {
    return refuse("output-missing", "Some output has not arrived.", "The worker sends it again when it reconnects.");
  }
  const problem = receiptProblem(state, live, command);
  if (problem !== undefined) return brokenReceipt(state, live, command, problem);
  const { received, usage } = command.receipt.receipt;
  const crossed = { state: "received", transfer: command.transfer, usage, received } as const;
  if (result.outcome.kind === "failed") {
    return endingEvents(state, job, at, result.outcome, crossed);
  }
  if (result.outcome.kind === "cancelled") {
    const ending = { kind: "failed", code: "cancelled-by-node", ...CANCELLED_BY_NODE } as const;
    return endingEvents(state, job, at, ending, crossed);
  }
  const of = { version: 1, at, corrId: job.corrId, jobId: job.jobId, attemptId: attempt.attemptId } as const;
  const proposal: readonly JournalEvent[] =
    result.proposal === undefined
      ? []
      : [
          {
            ...of,
            kind: "ProposalReceived",
            proposalId: command.proposalId,
            digest: result.proposal.digest,
            changes: result.proposal.changes,
          },
        ];
  return [
    { ...of, kind: "JobFinished", result },
    ...proposal,
    ...settlement(state, job, attempt, at, crossed),
    {
      ...of,
      kind: "ContributionMetered",
      nodeId: attempt.target,
      usage,
      receipt: digestOfJson(command.receipt),
    },
    episodeFinished(state, job, at, result.outcome, result.proposal?.digest),
  ];
}

const OUTPUT_LIMIT = {
  kind: "failed",
  code: "output-limit",
  message: "The job printed more than it may.",
  advice: "Print less: write large results to files and take them back with --output.",
} as const;

const CANCELLED_BY_NODE = {
  message: "The node cancelled the job by itself.",
  advice: "Ask the node's owner, or start the episode again elsewhere.",
} as const;

function producedAgrees(attempt: Attempt, command: RecordFinished): boolean {
  const { streams } = command.result;
  const claimed = new Map(streams.map((stream) => [stream.stream, stream.bytes]));
  const named = new Set([...claimed.keys(), ...attempt.produced.keys()]);
  // A stream that stayed empty may be named or left out; one that is named twice has no one length.
  return (
    claimed.size === streams.length &&
    [...named].every((stream) => (claimed.get(stream) ?? 0) === (attempt.produced.get(stream) ?? 0))
  );
}

/** A command exits and may propose files; an ask answers. Anything else is no result of this job. */
function fitsJob({ job }: Job, { outcome, proposal }: JobResult): boolean {
  if (outcome.kind === "exited") return job.kind === "command";
  if (outcome.kind === "answered") return job.kind === "ask" && proposal === undefined;
  return true;
}

/** What is wrong with a receipt, in words; undefined where it stands. */
function receiptProblem(state: HomeState, { job, attempt }: Live, command: RecordFinished): string | undefined {
  const { receipt, signature } = command.receipt;
  const key = state.nodes.byId.get(attempt.target)?.publicKey;
  if (key === undefined) return "its node has no known key";
  if (receipt.nodeId !== attempt.target || receipt.attemptId !== attempt.attemptId || receipt.jobId !== job.jobId) {
    return "it is for another attempt";
  }
  if (!fitsJob(job, command.result)) return "it is for a result that this kind of job cannot have";
  if (receipt.fencingToken !== attempt.fencingToken) return "it is for another attempt";
  if (receipt.result !== resultDigest(command.result)) return "it names another result";
  if (!verify("arw-receipt-v1", receiptBytes(receipt), signature, key)) return "its signature does not verify";
  if (receipt.received !== job.jobKey) return "the digest it received is not the digest that was recorded";
  return undefined;
}

/** Undefined for a result whose text is no Unicode: it has no canonical form, hence no digest. */
function resultDigest(result: JobResult): Digest | undefined {
  const { outcome } = result;
  const texts = outcome.kind === "failed" ? [outcome.code, outcome.message, outcome.advice] : [];
  return texts.every((text) => text.isWellFormed()) ? digestOfJson(result) : undefined;
}

function brokenReceipt(
  state: HomeState,
  live: Live,
  command: RecordFinished,
  problem: string,
): readonly JournalEvent[] {
  const ending = {
    kind: "failed",
    code: "receipt-mismatch",
    message: `The worker's receipt does not stand: ${problem}.`,
    advice: "Do not trust this worker until you know why; revoke it: arw-home revoke <node>.",
  } as const;
  return endingEvents(state, live.job, command.at, ending, { state: "unknown", transfer: command.transfer });
}

function lost(state: HomeState, live: Live, command: RecordLost): readonly JournalEvent[] {
  const ending = { kind: "failed", code: command.code, message: command.message, advice: command.advice } as const;
  return endingEvents(state, live.job, command.at, ending, { state: command.sent, transfer: command.transfer });
}
