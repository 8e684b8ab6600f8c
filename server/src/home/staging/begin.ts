// The run of an approved action: the last look before it is done. What is about to be done must have the very digest that was
// approved, under its own lease, which lives and was never used. Else it is void, and waits for the owner again.
import type { BeginStaged, Command } from "#protocol/commands.ts";
import type { Digest } from "#protocol/digest.ts";
import { type Refusal, refuse } from "#protocol/errors.ts";
import type { JournalEvent } from "#protocol/events.ts";
import type { LeaseId } from "#protocol/ids.ts";
import type { SteadyReading } from "#protocol/lease.ts";
import type { EpochMs } from "#protocol/quantities.ts";
import { type StagedAction, stagedDigest } from "#protocol/staging.ts";
import { leaseProblem } from "../lease/covers.ts";
import { budgetLeft } from "../lease/state.ts";
import type { HomeState } from "../state.ts";
import { actionOf } from "./action.ts";
import { about, episodeOf, staged } from "./facts.ts";
import { roomProblem } from "./room.ts";
import { type HeldStaged, pendingStaged, stagingOf } from "./state.ts";

/** Decides the order of an approved action, as if its owner had given it. */
export type DecideOrder = (state: HomeState, order: Command) => readonly JournalEvent[] | Refusal;

export function begin(
  state: HomeState,
  command: BeginStaged,
  decideOrder: DecideOrder,
): readonly JournalEvent[] | Refusal {
  const held = stagingOf(state).byId.get(command.stagedId);
  if (held === undefined || held.status.kind !== "approved" || held.status.leaseId !== command.leaseId) {
    return refuse(
      "staged-not-approved",
      "No approval of this action is at hand.",
      "Let the owner read and approve it.",
    );
  }
  if (held.status.run.kind !== "not-begun") {
    return refuse("staged-begun", "It was begun already, and is never done twice.", "See `arw-home staged show`.");
  }
  const problem = actionLeaseProblem(state, command.leaseId, held.digest, command.steady);
  if (problem !== undefined) return notDone(state, held, command, problem);
  const found = actionOf(state, command.begun);
  if (found.kind === "refusal") return notDone(state, held, command, found);
  if (stagedDigest(found) !== held.digest) return voided(state, held, command, found);
  const { at, leaseId, begun } = command;
  const of = { version: 1, at, ...about(held), leaseId } as const;
  const beginning: JournalEvent = { kind: "StagedBegun", ...of, digest: held.digest };
  // A shell does it and says what came of it; until then it is begun.
  if (begun.kind === "shell") return [beginning];
  const decided = decideOrder(state, { ...begun.order, by: { client: held.requestedBy, session: "owner" } });
  if ("kind" in decided) return notDone(state, held, command, decided);
  return [beginning, ...decided, { kind: "StagedEnded", ...of, outcome: "done", detail: "" }];
}

/** Undefined only for a live lease of exactly this digest, of which nothing was used. */
function actionLeaseProblem(
  state: HomeState,
  leaseId: LeaseId,
  digest: Digest,
  now: SteadyReading,
): Refusal | undefined {
  const held = state.leases.byId.get(leaseId);
  const problem = leaseProblem(held, now);
  if (held === undefined || problem !== undefined) return problem;
  const { scope } = held.lease;
  if (scope.kind === "action" && scope.action === digest && budgetLeft(held).uses === 1) return undefined;
  return refuse("lease-unfit", "The lease is not for this action, or was used.", "Let the owner approve it again.");
}

/** It cannot be done, and nothing of it was: the approval is spent all the same. */
function notDone(
  state: HomeState,
  held: HeldStaged,
  { at, leaseId }: BeginStaged,
  why: Refusal,
): readonly JournalEvent[] {
  const detail = `${why.message} ${why.advice}`;
  return [
    ...leaseBack(state, leaseId, at, "its action could not be done"),
    { kind: "StagedEnded", version: 1, at, ...about(held), leaseId, outcome: "failed", detail },
  ];
}

/** Something changed since it was read: nothing is done, and what it has become waits for the owner. */
export function voided(
  state: HomeState,
  held: HeldStaged,
  { at, leaseId, replacedBy, evidence }: Pick<BeginStaged, "at" | "leaseId" | "replacedBy" | "evidence">,
  found: StagedAction,
): readonly JournalEvent[] {
  const { title, requestedBy } = held;
  const digest = stagedDigest(found);
  const waiting = pendingStaged(stagingOf(state));
  const isFull = roomProblem(waiting, { action: found, evidence, title }) !== undefined;
  const room = !isFull && !stagingOf(state).byId.has(replacedBy);
  const asked = waiting.find((other) => other.digest === digest)?.stagedId ?? (room ? replacedBy : undefined);
  const ended: JournalEvent = {
    kind: "StagedEnded",
    version: 1,
    at,
    ...about(held),
    leaseId,
    outcome: "void",
    detail: "What would be done has changed since it was approved; nothing was done.",
    ...(asked === undefined ? {} : { replacedBy: asked }),
  };
  const revision = held.revision + 1;
  const next = {
    stagedId: replacedBy,
    ...episodeOf(held),
    action: found,
    digest,
    title,
    evidence,
    requestedBy,
    revision,
  };
  return [
    ...leaseBack(state, leaseId, at, "its action has changed"),
    ended,
    ...(asked === replacedBy ? [staged(at, next)] : []),
  ];
}

/** The lease of an action that will not be done under it. */
export function leaseBack(state: HomeState, leaseId: LeaseId, at: EpochMs, reason: string): readonly JournalEvent[] {
  const held = state.leases.byId.get(leaseId);
  if (held === undefined || held.revoked !== undefined) return [];
  const of = held.corrId === undefined ? {} : { corrId: held.corrId };
  return [{ kind: "LeaseRevoked", version: 1, at, ...of, leaseId, reason }];
}
