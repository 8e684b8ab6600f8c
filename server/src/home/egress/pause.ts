// Holding back everything that would leave, at once and over restarts. Anyone may pause, since that only tightens; the owner resumes.
// What already runs elsewhere has its inputs and may report back; what is still fetching them is ended.
import type { PauseOffloads, ResumeOffloads } from "#protocol/commands.ts";
import { type Refusal, refuse } from "#protocol/errors.ts";
import type { JournalEvent } from "#protocol/events.ts";
import { crossedWith, type Ending, endingEvents } from "../job/ending.ts";
import { liveAttempts } from "../job/state.ts";
import type { HomeState } from "../state.ts";
import type { EgressState } from "./state.ts";

const ENDED: Ending = {
  kind: "failed",
  code: "offloads-paused",
  message: "Offloads were paused before everything it needs had been sent.",
  advice: "Resume them (arw-home offloads resume) and start it again, or run it here (--on local).",
};

export function pause(state: HomeState, command: PauseOffloads): readonly JournalEvent[] {
  if (state.egress.paused !== undefined) return [];
  const fetching = liveAttempts(state.jobs).filter(({ attempt, stage }) => !attempt.local && stage !== "running");
  return [
    { kind: "OffloadsPaused", version: 1, at: command.at, by: command.by.client },
    ...fetching.flatMap(({ job, attempt }) =>
      endingEvents(state, job, command.at, ENDED, crossedWith(command.transfers, attempt)),
    ),
  ];
}

export function resumeOffloads(state: HomeState, command: ResumeOffloads): readonly JournalEvent[] {
  if (state.egress.paused === undefined) return [];
  return [{ kind: "OffloadsResumed", version: 1, at: command.at, by: command.by.client }];
}

/** Why nothing may leave now; undefined where offloads are not paused. */
export function pauseProblem({ paused }: EgressState): Refusal | undefined {
  if (paused === undefined) return undefined;
  return refuse(
    "offloads-paused",
    `All offloads are paused (by ${paused.by}): nothing leaves this machine.`,
    "Resume them: arw-home offloads resume. Or run it here: --on local.",
  );
}
