// Commands about what waits to leave and what may never: revisions, the pause of all offloads, marks on paths.
// As in homeCommands.ts a test names one number, and everything may be overridden.
import type {
  CollectedPaths,
  MarkNeverLeaves,
  PauseOffloads,
  ResumeOffloads,
  ReviseEgress,
  UnmarkNeverLeaves,
} from "#protocol/commands.ts";
import { digestOf } from "#protocol/digest.ts";
import { jobKey } from "#protocol/job.ts";
import { byteCount } from "#protocol/quantities.ts";
import { CLIENT, commandJob, idsOf, NOW, OWNER } from "./homeCommands.ts";
import { steadyAt } from "./homeScenario.ts";

/** Preview `number` becomes preview `by`, over a smaller tree. */
export function reviseEgress(number: number, by: number, change: Partial<ReviseEgress> = {}): ReviseEgress {
  return {
    kind: "revise-egress",
    at: NOW,
    by: CLIENT,
    previewId: idsOf(number).previewId,
    digest: digestOf(`preview ${number}`),
    replacedBy: idsOf(by).previewId,
    preview: digestOf(`preview ${by}`),
    job: { ...commandJob(number), tree: digestOf(`tree ${by}`) },
    payloadBytes: byteCount(600),
    items: 2,
    highestClassification: "internal",
    leftOut: 2,
    takenOut: 1,
    cost: { kind: "unknown", reason: "it has no price card" },
    paths: ["src/main.ts", "package.json"],
    steady: steadyAt(0),
    ...change,
  };
}

export function pauseOffloads(change: Partial<PauseOffloads> = {}): PauseOffloads {
  return { kind: "pause-offloads", at: NOW, by: CLIENT, transfers: [], ...change };
}

export function resumeOffloads(change: Partial<ResumeOffloads> = {}): ResumeOffloads {
  return { kind: "resume-offloads", at: NOW, by: OWNER, ...change };
}

export function markNeverLeaves(glob: string, change: Partial<MarkNeverLeaves> = {}): MarkNeverLeaves {
  return { kind: "mark-never-leaves", at: NOW, by: CLIENT, globs: [glob], collected: [], transfers: [], ...change };
}

export function unmarkNeverLeaves(glob: string, change: Partial<UnmarkNeverLeaves> = {}): UnmarkNeverLeaves {
  return { kind: "unmark-never-leaves", at: NOW, by: OWNER, globs: [glob], ...change };
}

/** What a shell reads of episode `number`, whose job is of its number. */
export function collected(number: number, ...paths: readonly string[]): CollectedPaths {
  return { jobId: idsOf(number).jobId, jobKey: jobKey(commandJob(number)), paths };
}
