// Marks on what never leaves this machine. A mark counts at once: for every later collection, for what waits to be approved,
// and for what is still being fetched. No lease and no approval overrides one. Anyone may mark; the owner takes a mark away.
import type { CollectedPaths, MarkNeverLeaves, UnmarkNeverLeaves } from "#protocol/commands.ts";
import { type Refusal, refuse } from "#protocol/errors.ts";
import type { JournalEvent } from "#protocol/events.ts";
import { isNeverLeavesGlob, NEVER_LEAVES_MAX, neverLeaves } from "#protocol/neverLeaves.ts";
import { crossedWith, type Ending, endingEvents } from "../job/ending.ts";
import { attemptOf } from "../job/state.ts";
import type { HomeState } from "../state.ts";
import { collectedProblem, jobsThatMayLeave } from "./mayLeave.ts";
import type { EgressState } from "./state.ts";

export function markNeverLeaves(state: HomeState, command: MarkNeverLeaves): readonly JournalEvent[] | Refusal {
  const malformed = command.globs.find((glob) => !isNeverLeavesGlob(glob));
  if (malformed !== undefined) {
    return refuse(
      "never-leaves-invalid",
      `${JSON.stringify(malformed)} is no path or glob of the workspace.`,
      "Write for example secrets/, *.pem or /notes.md; only *, ? and ** have a meaning.",
    );
  }
  const held = globsOf(state.egress);
  const globs = [...new Set(command.globs)].filter((glob) => !held.includes(glob));
  if (globs.length === 0) return [];
  if (held.length + globs.length > NEVER_LEAVES_MAX) {
    return refuse(
      "never-leaves-limit",
      `${held.length} marks are there, and there may be ${NEVER_LEAVES_MAX}.`,
      "Mark a folder instead of its files, or take one away: arw-home never-leaves remove <glob>.",
    );
  }
  const stale = collectedProblem(state, command.collected);
  if (stale !== undefined) return stale;
  const collected = new Map(command.collected.map((each) => [each.jobId, each]));
  const markOf = neverLeaves(globs);
  return [
    ...globs.map((glob): JournalEvent => ({ ...factOf(command), kind: "NeverLeavesMarked", glob })),
    ...jobsThatMayLeave(state).flatMap((job) => {
      const path = firstMarked(markOf, collected.get(job.jobId));
      if (path === undefined) return [];
      return endingEvents(state, job, command.at, endingFor(path), crossedWith(command.transfers, attemptOf(job)));
    }),
  ];
}

export function unmarkNeverLeaves(state: HomeState, command: UnmarkNeverLeaves): readonly JournalEvent[] | Refusal {
  const held = globsOf(state.egress);
  const unknown = command.globs.find((glob) => !held.includes(glob));
  if (unknown !== undefined) {
    return refuse("mark-unknown", `${JSON.stringify(unknown)} is not marked.`, "See `arw-home never-leaves list`.");
  }
  return [...new Set(command.globs)].map((glob) => ({ ...factOf(command), kind: "NeverLeavesUnmarked", glob }));
}

/** Why these paths may not be sent: one of them is marked, whatever it was when they were collected. */
export function markProblem(state: EgressState, paths: readonly string[]): Refusal | undefined {
  const markOf = neverLeaves(globsOf(state));
  const path = paths.find((candidate) => markOf(candidate) !== undefined);
  if (path === undefined) return undefined;
  return refuse(
    "never-leaves",
    `${path} never leaves this machine: it was marked.`,
    "Start it again; it then stays here.",
  );
}

export function globsOf({ neverLeaves: marks = [] }: EgressState): readonly string[] {
  return marks.map(({ glob }) => glob);
}

function firstMarked(
  markOf: (path: string) => string | undefined,
  collected: CollectedPaths | undefined,
): string | undefined {
  return collected?.paths.find((path) => markOf(path) !== undefined);
}

function endingFor(path: string): Ending {
  return {
    kind: "failed",
    code: "never-leaves",
    message: `${path} was marked as never leaving this machine, so nothing of this is sent.`,
    advice: "Start it again: what is marked stays here then. Or run it here (--on local).",
  };
}

function factOf({ at, by }: MarkNeverLeaves | UnmarkNeverLeaves): { version: 1; at: typeof at; by: string } {
  return { version: 1, at, by: by.client };
}
