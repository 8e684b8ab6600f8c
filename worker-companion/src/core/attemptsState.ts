// What a worker remembers of its attempts, and the small steps that every decision about them shares.
// It must stay as large as what is held: what is over leaves only its id, and of those a bounded number.
import type { AttemptId } from "#protocol/ids.ts";
import type { EngineAdvert } from "#protocol/node.ts";
import type { WorkerMessage } from "#protocol/wire/worker.ts";
import type { Attempt } from "./attempt.ts";
import type { AttemptsEffect } from "./attemptInputs.ts";

export interface AttemptsState {
  /** Attempts at once; those that only wait for `settled` do not count. */
  readonly slots: number;
  readonly adverts: readonly EngineAdvert[];
  readonly link: "up" | "down";
  readonly leaving: "no" | "drain" | "left";
  readonly attempts: ReadonlyMap<AttemptId, Attempt>;
  /** The latest attempts that are over, oldest first: an offer that comes again must not run twice. */
  readonly over: readonly AttemptId[];
}

export interface Step {
  readonly state: AttemptsState;
  readonly effects: readonly AttemptsEffect[];
}

/** So many attempts that are over are remembered. */
export const OVER_REMEMBERED_MAX = 1_024;

export function noAttempts(slots: number): AttemptsState {
  return { slots, adverts: [], link: "down", leaving: "no", attempts: new Map(), over: [] };
}

export function withAttempt(state: AttemptsState, attempt: Attempt): AttemptsState {
  return { ...state, attempts: new Map(state.attempts).set(attempt.attemptId, attempt) };
}

/** A message goes only over a link that is up; what matters is said again at the next link-up. */
export function toHome(state: AttemptsState, message: WorkerMessage): readonly AttemptsEffect[] {
  return state.link === "up" ? [{ kind: "SendMessage", message }] : [];
}

export function idsOf(attempt: Attempt): Pick<Attempt, "attemptId" | "fencingToken"> {
  return { attemptId: attempt.attemptId, fencingToken: attempt.fencingToken };
}

export function unchanged(state: AttemptsState): Step {
  return { state, effects: [] };
}
