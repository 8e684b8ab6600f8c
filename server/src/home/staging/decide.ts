// What becomes of an action that waits: each is decided once, by an owner who names the digest that was shown. An approval
// mints a lease for exactly that digest; a clock, a failure or another digest never lets anything be done.
import type {
  ApproveStaged,
  EndorseStaged,
  EndStaged,
  RejectStaged,
  ReviseStaged,
  StageAction,
  StagingCommand,
  WithdrawStaged,
} from "#protocol/commands.ts";
import type { Digest } from "#protocol/digest.ts";
import { type Refusal, refuse } from "#protocol/errors.ts";
import type { JournalEvent } from "#protocol/events.ts";
import type { StagedId } from "#protocol/ids.ts";
import { byteCount } from "#protocol/quantities.ts";
import { stagedDigest } from "#protocol/staging.ts";
import { grantedProblem, newLease } from "../lease/decide.ts";
import type { HomeState } from "../state.ts";
import { asHeldHere } from "./action.ts";
import { begin, type DecideOrder, leaseBack, voided } from "./begin.ts";
import { about, episodeOf, staged } from "./facts.ts";
import { roomProblem } from "./room.ts";
import { ENDORSEMENTS_MAX, type HeldStaged, pendingStaged, stagingOf } from "./state.ts";

/** The lease of an approval lives at most this long; it is used at once, in the same call. */
export const ACTION_LEASE_MS_MAX: number = 10 * 60_000;

export function decideStaging(
  state: HomeState,
  command: StagingCommand,
  decideOrder: DecideOrder,
): readonly JournalEvent[] | Refusal {
  switch (command.kind) {
    case "stage-action":
      return stage(state, command);
    case "endorse-staged":
      return endorse(state, command);
    case "approve-staged":
      return approve(state, command);
    case "reject-staged":
      return reject(state, command);
    case "withdraw-staged":
      return withdraw(state, command);
    case "revise-staged":
      return revise(state, command);
    case "begin-staged":
      return begin(state, command, decideOrder);
    case "end-staged":
      return end(state, command);
  }
}

function stage(state: HomeState, command: StageAction): readonly JournalEvent[] | Refusal {
  if (stagingOf(state).byId.has(command.stagedId)) {
    return refuse("staged-exists", "This item has been staged already.", "See `arw-home staged list`.");
  }
  const action = asHeldHere(state, command.action);
  if (action.kind === "refusal") return action;
  const digest = stagedDigest(action);
  const waiting = pendingStaged(stagingOf(state));
  // The same question twice is one question.
  if (waiting.some((held) => held.digest === digest)) return [];
  const full = roomProblem(waiting, { ...command, action });
  if (full !== undefined) return full;
  return [
    staged(command.at, {
      ...command,
      ...(command.episodeId === undefined ? {} : { corrId: command.episodeId }),
      action,
      digest,
      requestedBy: command.by.client,
      revision: 1,
    }),
  ];
}

function endorse(state: HomeState, command: EndorseStaged): readonly JournalEvent[] | Refusal {
  const held = waitingStaged(state, command);
  if (held.kind === "refusal") return held;
  const by = command.by.client;
  if (held.requestedBy === by) {
    return refuse("staged-own", "Nobody endorses what they asked for themselves.", "Let somebody else read it.");
  }
  if (held.endorsements.some((endorsement) => endorsement.by === by)) return [];
  if (held.endorsements.length >= ENDORSEMENTS_MAX) {
    return refuse("staged-endorsed", "It has as many endorsements as it may have.", "Let the owner decide.");
  }
  const { digest } = held;
  return [{ kind: "StagedEndorsed", version: 1, at: command.at, ...about(held), digest, by }];
}

function approve(state: HomeState, command: ApproveStaged): readonly JournalEvent[] | Refusal {
  const held = waitingStaged(state, command);
  if (held.kind === "refusal") return held;
  const granted = grantedProblem(state, command.leaseId);
  if (granted !== undefined) return granted;
  const { leaseMs, at, leaseId } = command;
  if (leaseMs <= 0 || leaseMs > ACTION_LEASE_MS_MAX) {
    return refuse("lease-too-long", "The lease of one action lives up to 10 minutes.", "Choose fewer minutes.");
  }
  const { digest, stagedId } = held;
  const lease = newLease(command, {
    capability: "act",
    scope: { kind: "action", stagedId, action: digest },
    budget: { uses: 1, bytes: byteCount(0) },
    leaseMs,
    subject: state.identity.nodeId,
    reason: `approved: ${held.title}`,
  });
  const of = { version: 1, at, ...episodeOf(held) } as const;
  return [
    { kind: "LeaseGranted", ...of, lease },
    { kind: "StagedApproved", ...of, stagedId, digest, leaseId, by: command.by.client },
  ];
}

function reject(state: HomeState, command: RejectStaged): readonly JournalEvent[] | Refusal {
  const held = waitingStaged(state, command);
  if (held.kind === "refusal") return held;
  const { at, by, reason } = command;
  return [{ kind: "StagedRejected", version: 1, at, ...about(held), reason, by: by.client }];
}

function withdraw(state: HomeState, command: WithdrawStaged): readonly JournalEvent[] | Refusal {
  const held = waitingStaged(state, command);
  if (held.kind === "refusal") return held;
  const { at, by, reason } = command;
  return [{ kind: "StagedWithdrawn", version: 1, at, ...about(held), reason, by: by.client }];
}

function revise(state: HomeState, command: ReviseStaged): readonly JournalEvent[] | Refusal {
  const held = waitingStaged(state, command);
  if (held.kind === "refusal") return held;
  const { at, replacedBy, title, evidence } = command;
  if (stagingOf(state).byId.has(replacedBy)) {
    return refuse("staged-exists", "This revision has been staged already.", "See `arw-home staged list`.");
  }
  const action = asHeldHere(state, command.action);
  if (action.kind === "refusal") return action;
  if (action.kind !== held.action.kind) {
    return refuse("staged-other-kind", "A revision is an action of the same kind.", "Ask for the other one by itself.");
  }
  const digest = stagedDigest(action);
  if (digest === held.digest) {
    return refuse("staged-unchanged", "This would be the same action again.", "Change something, or leave it.");
  }
  const others = pendingStaged(stagingOf(state)).filter(({ stagedId }) => stagedId !== held.stagedId);
  const full = roomProblem(others, { action, evidence, title });
  if (full !== undefined) return full;
  const by = command.by.client;
  const revision = held.revision + 1;
  return [
    { kind: "StagedSuperseded", version: 1, at, ...about(held), replacedBy, by },
    staged(at, {
      stagedId: replacedBy,
      ...episodeOf(held),
      action,
      digest,
      title,
      evidence,
      requestedBy: by,
      revision,
    }),
  ];
}

/** The one who did it says what came of it. Of what a crash cut short nobody knows, and it is not done again. */
function end(state: HomeState, command: EndStaged): readonly JournalEvent[] | Refusal {
  const held = stagingOf(state).byId.get(command.stagedId);
  if (held === undefined) return STAGED_UNKNOWN;
  if (held.status.kind !== "approved") {
    return refuse("staged-not-approved", "This was never approved.", "See `arw-home staged show`.");
  }
  const { leaseId, run } = held.status;
  if (run.kind === "ended") return [];
  if (run.kind === "not-begun" && command.outcome === "done") {
    return refuse("staged-not-begun", "What was never begun cannot be done.", "Nothing to do.");
  }
  const { at, outcome, detail, replacedBy } = command;
  const found = outcome === "void" ? asHeldHere(state, held.action) : undefined;
  if (found !== undefined && found.kind !== "refusal" && replacedBy !== undefined) {
    return voided(state, held, { at, leaseId, replacedBy, evidence: held.evidence }, found);
  }
  return [
    ...(run.kind === "not-begun" ? leaseBack(state, leaseId, at, "it was never begun") : []),
    { kind: "StagedEnded", version: 1, at, ...about(held), leaseId, outcome, detail },
  ];
}

const STAGED_UNKNOWN = refuse("staged-unknown", "There is no such staged action.", "See `arw-home staged list`.");

/** The item, if it still waits and is what was shown; else why not. */
function waitingStaged(
  state: HomeState,
  { stagedId, digest }: { readonly stagedId: StagedId; readonly digest?: Digest },
): (HeldStaged & { readonly kind?: never }) | Refusal {
  const held = stagingOf(state).byId.get(stagedId);
  if (held === undefined) return STAGED_UNKNOWN;
  const { status } = held;
  if (status.kind === "superseded") {
    return refuse(
      "staged-revised",
      `A revision took its place: ${status.replacedBy}.`,
      `Read that one, then answer it: arw-home staged show ${status.replacedBy}.`,
    );
  }
  if (status.kind !== "pending") {
    return refuse("staged-decided", `It was already ${status.kind} by ${status.by}.`, "See `arw-home staged show`.");
  }
  if (digest === undefined || digest === held.digest) return held;
  return refuse("staged-changed", "This is not the action that was shown.", "Read it again, then answer it.");
}
