// Commands about staged actions as a shell would give them: item 3 has the lease 3, and is `resume-offloads` unless said else.
// They decide nothing; everything may be overridden.
import type {
  ApproveStaged,
  BeginStaged,
  EndorseStaged,
  EndStaged,
  RejectStaged,
  Requester,
  ReviseStaged,
  StageAction,
  WithdrawStaged,
} from "#protocol/commands.ts";
import { digestOf } from "#protocol/digest.ts";
import { type StagedId, stagedId } from "#protocol/ids.ts";
import { durationMs } from "#protocol/quantities.ts";
import { type StagedAction, stagedDigest } from "#protocol/staging.ts";
import { unmarkNeverLeaves } from "./egressCommands.ts";
import { CLIENT, idsOf, NOW, OWNER, SHELL, start } from "./homeCommands.ts";
import { LOCAL, steadyAt } from "./homeScenario.ts";

/** Somebody who reads along. */
export const READER: Requester = { client: "a reader", session: "client" };

export function stagedIdOf(number: number): StagedId {
  const bytes = Buffer.alloc(17);
  bytes.writeUInt32BE(number);
  return stagedId.from(bytes);
}

export const RESUME: StagedAction = { kind: "change-setting", change: { name: "resume-offloads" } };

/** An action of its own for each number, which the order of the same number is. */
export function unmarking(number: number): StagedAction {
  return { kind: "change-setting", change: { name: "unmark-never-leaves", globs: [`secrets-${number}/`] } };
}

/** Applying what the proposal of this number proposes; `content` stands for the changes. */
export function applying(
  number: number,
  content = "as shown",
  change: { readonly protected?: number } = {},
): StagedAction {
  return {
    kind: "apply-proposal",
    proposalId: idsOf(number).proposalId,
    proposal: digestOf(`proposal ${number}`),
    changes: digestOf(content),
    touched: { files: 2, deletes: 0, protected: 0, outside: 1, ...change },
  };
}

export function stage(number: number, change: Partial<StageAction> = {}): StageAction {
  return {
    kind: "stage-action",
    at: NOW,
    by: CLIENT,
    stagedId: stagedIdOf(number),
    action: unmarking(number),
    title: `action ${number}`,
    evidence: [],
    ...change,
  };
}

export function endorseStaged(number: number, change: Partial<EndorseStaged> = {}): EndorseStaged {
  const digest = stagedDigest(unmarking(number));
  return { kind: "endorse-staged", at: NOW, by: READER, stagedId: stagedIdOf(number), digest, ...change };
}

export function approveStaged(number: number, change: Partial<ApproveStaged> = {}): ApproveStaged {
  return {
    kind: "approve-staged",
    at: NOW,
    by: OWNER,
    stagedId: stagedIdOf(number),
    digest: stagedDigest(unmarking(number)),
    leaseId: idsOf(number).leaseId,
    leaseMs: durationMs(600_000),
    steady: steadyAt(0),
    ...change,
  };
}

export function rejectStaged(number: number, change: Partial<RejectStaged> = {}): RejectStaged {
  const digest = stagedDigest(unmarking(number));
  const of = { kind: "reject-staged", at: NOW, by: OWNER, stagedId: stagedIdOf(number) } as const;
  return { ...of, digest, reason: "not like this", ...change };
}

export function withdrawStaged(number: number, change: Partial<WithdrawStaged> = {}): WithdrawStaged {
  const of = { kind: "withdraw-staged", at: NOW, by: CLIENT, stagedId: stagedIdOf(number) } as const;
  return { ...of, reason: "not needed any more", ...change };
}

/** Item `next` in the place of item `number`. */
export function reviseStaged(number: number, next: number, change: Partial<ReviseStaged> = {}): ReviseStaged {
  return {
    kind: "revise-staged",
    at: NOW,
    by: READER,
    stagedId: stagedIdOf(number),
    digest: stagedDigest(unmarking(number)),
    replacedBy: stagedIdOf(next),
    action: unmarking(next),
    title: `action ${next}`,
    evidence: [],
    ...change,
  };
}

/** Begins item `number` with the order of that number; what is void waits again as item 1000 more. */
export function beginStaged(number: number, change: Partial<BeginStaged> = {}): BeginStaged {
  return {
    kind: "begin-staged",
    at: NOW,
    by: OWNER,
    stagedId: stagedIdOf(number),
    leaseId: idsOf(number).leaseId,
    begun: { kind: "order", order: unmarkNeverLeaves(`secrets-${number}/`) },
    steady: steadyAt(1),
    replacedBy: stagedIdOf(number + 1_000),
    evidence: [],
    ...change,
  };
}

export function endStaged(number: number, change: Partial<EndStaged> = {}): EndStaged {
  const of = { kind: "end-staged", at: NOW, by: SHELL, stagedId: stagedIdOf(number) } as const;
  return { ...of, outcome: "done", detail: "", ...change };
}

/** A command on this machine, as its order and as the action that it is where it runs in a sandbox, or not. */
export function running(number: number, contained: boolean): StagedAction {
  const { job } = start(number);
  if (job.kind !== "command") throw new Error("job of a start is a command");
  return { kind: "run-command", job, target: LOCAL.nodeId, contained };
}
