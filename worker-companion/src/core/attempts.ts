// Decides what a worker does with its attempts: which offers it takes, what it fetches, when it runs, what it sends again.
// Total and pure: every input in every state has an answer, late and foreign messages change nothing. It never holds bytes.
import type { Digest } from "#protocol/digest.ts";
import type { Refusal } from "#protocol/errors.ts";
import type { AttemptId } from "#protocol/ids.ts";
import type { JobOutcome } from "#protocol/result.ts";
import { type BlobChunk, NEED_BLOBS_MAX, type RequestBlob } from "#protocol/wire/worker.ts";
import { acknowledgeThrough, appendRange, type Attempt, type InputStage, outputBytes } from "./attempt.ts";
import type { AttemptMessage, AttemptsEffect, AttemptsInput, MissingBlob } from "./attemptInputs.ts";
import {
  type AttemptsState,
  idsOf,
  OVER_REMEMBERED_MAX,
  type Step,
  toHome,
  unchanged,
  withAttempt,
} from "./attemptsState.ts";
import { answerOffer } from "./offers.ts";

/** What follows from one input. Never throws. */
export function step(state: AttemptsState, input: AttemptsInput): Step {
  const next = stepOf(state, input);
  if (next.state.leaving !== "drain" || next.state.attempts.size > 0) return next;
  return {
    state: { ...next.state, leaving: "left" },
    effects: [...next.effects, { kind: "Leave", reason: "drain" }],
  };
}

function stepOf(state: AttemptsState, input: AttemptsInput): Step {
  switch (input.kind) {
    case "engines-probed":
      return { state: { ...state, adverts: input.adverts }, effects: [] };
    case "home-message":
      return onMessage(state, input.message, input.objection);
    case "inputs-checked":
      return onPhase(state, input.attemptId, "offered", (attempt, phase) =>
        phase.stage === input.stage ? inputsChecked(state, attempt, input.stage, input.missing) : unchanged(state),
      );
    case "input-complete":
      return onPhase(state, input.attemptId, "fetching", (attempt, phase) => {
        const missing = new Set([...phase.missing].filter((digest) => digest !== input.digest));
        if (missing.size === 0) return stageComplete(state, attempt, phase.stage);
        return { state: withAttempt(state, { ...attempt, phase: { ...phase, missing } }), effects: [] };
      });
    case "input-interrupted":
      return onPhase(state, input.attemptId, "fetching", (attempt, phase) => checkAgain(state, attempt, phase.stage));
    case "inputs-unusable":
      return onAttempt(state, input.attemptId, (attempt) => endEarly(state, attempt, input.outcome));
    case "engine-started":
      return onPhase(state, input.attemptId, "running", (attempt, phase) => ({
        state: withAttempt(state, { ...attempt, phase: { ...phase, started: true } }),
        effects: toHome(state, { kind: "started", ...idsOf(attempt) }),
      }));
    case "engine-output":
      return onOutput(state, input);
    case "concluded":
      return onConcluded(state, input);
    case "link-up":
      return onLinkUp(state, input.resume);
    case "link-down":
      return { state: { ...state, link: "down" }, effects: [] };
    case "lease-lapsed":
      return releaseAll(state);
    case "drain":
      return state.leaving === "no"
        ? { state: { ...state, leaving: "drain" }, effects: toHome(state, { kind: "leaving", reason: "drain" }) }
        : unchanged(state);
    case "stop": {
      const released = releaseAll(state);
      return {
        state: { ...released.state, leaving: "left" },
        effects: [...released.effects, { kind: "Leave", reason: "stop" }],
      };
    }
  }
}

function onMessage(state: AttemptsState, message: AttemptMessage, objection: Refusal | undefined): Step {
  if (message.kind === "offer") return answerOffer(state, message, objection);
  const attempt = state.attempts.get(message.attemptId);
  // A message with another token speaks of an attempt that this one has replaced, or that has replaced it.
  if (attempt === undefined || attempt.fencingToken !== message.fencingToken) return unchanged(state);
  switch (message.kind) {
    case "acknowledge": {
      const output = acknowledgeThrough(attempt.output, message.number);
      return {
        state: withAttempt(state, { ...attempt, output }),
        effects: [{ kind: "DropRanges", attemptId: attempt.attemptId, throughNumber: output.acknowledged }],
      };
    }
    case "settled":
      return release(state, attempt);
    case "cancel":
      return endEarly(state, attempt, { kind: "cancelled" });
    case "request-blob":
      return onRequestBlob(state, attempt, message);
    case "blob":
      return onChunk(state, attempt, message);
  }
}

/** Only what the result names goes back: a Home cannot read another attempt's bytes through this one. */
function onRequestBlob(state: AttemptsState, attempt: Attempt, message: RequestBlob): Step {
  const { phase, attemptId } = attempt;
  if (phase.kind !== "finishing" || !phase.returns.has(message.digest)) return unchanged(state);
  return { state, effects: [{ kind: "SendBlob", attemptId, digest: message.digest, fromByte: message.fromByte }] };
}

/** Bytes that nobody asked for are not stored. */
function onChunk(state: AttemptsState, attempt: Attempt, message: BlobChunk): Step {
  const { phase, attemptId } = attempt;
  if (phase.kind !== "fetching" || !phase.missing.has(message.digest)) return unchanged(state);
  const { digest, fromByte, blobBytes } = message;
  return { state, effects: [{ kind: "StoreChunk", attemptId, digest, fromByte, blobBytes }] };
}

function inputsChecked(
  state: AttemptsState,
  attempt: Attempt,
  stage: InputStage,
  missing: readonly MissingBlob[],
): Step {
  if (missing.length === 0) return stageComplete(state, attempt, stage);
  const needs = Array.from({ length: Math.ceil(missing.length / NEED_BLOBS_MAX) }, (_, index) =>
    missing.slice(index * NEED_BLOBS_MAX, (index + 1) * NEED_BLOBS_MAX),
  );
  const digests: ReadonlySet<Digest> = new Set(missing.map(({ digest }) => digest));
  return {
    state: withAttempt(state, { ...attempt, phase: { kind: "fetching", stage, missing: digests } }),
    // While the link is down nothing is asked; the next link-up looks again, from what has arrived by then.
    effects: needs.flatMap((blobs) => toHome(state, { kind: "need", ...idsOf(attempt), blobs })),
  };
}

function stageComplete(state: AttemptsState, attempt: Attempt, stage: InputStage): Step {
  if (attempt.job.kind === "command" && stage === "root") return checkAgain(state, attempt, "entries");
  return {
    state: withAttempt(state, { ...attempt, phase: { kind: "running", started: false, cancelling: false } }),
    effects: [{ kind: "StartEngine", attemptId: attempt.attemptId, job: attempt.job }],
  };
}

function checkAgain(state: AttemptsState, attempt: Attempt, stage: InputStage): Step {
  return {
    state: withAttempt(state, { ...attempt, phase: { kind: "offered", stage } }),
    effects: [{ kind: "CheckInputs", attemptId: attempt.attemptId, job: attempt.job, stage }],
  };
}

/** Ends an attempt before its engine does. What has already ended, or is being ended, stays as it is. */
function endEarly(state: AttemptsState, attempt: Attempt, outcome: JobOutcome): Step {
  const { attemptId, phase } = attempt;
  switch (phase.kind) {
    case "offered":
    case "fetching":
      return {
        state: withAttempt(state, { ...attempt, phase: { kind: "concluding" } }),
        effects: [{ kind: "ConcludeUnstarted", attemptId, outcome }],
      };
    case "running":
      if (phase.cancelling) return unchanged(state);
      return {
        state: withAttempt(state, { ...attempt, phase: { ...phase, cancelling: true } }),
        effects: [{ kind: "CancelEngine", attemptId, outcome }],
      };
    case "concluding":
    case "finishing":
      return unchanged(state);
  }
}

function onOutput(state: AttemptsState, input: Extract<AttemptsInput, { kind: "engine-output" }>): Step {
  return onPhase(state, input.attemptId, "running", (attempt, phase) => {
    // The last words of a run that is being ended would leave a hole where others were dropped.
    if (phase.cancelling) return unchanged(state);
    const { attemptId, job } = attempt;
    // The engine keeps this limit itself; a second look keeps a faulty engine from filling the worker's memory.
    if (outputBytes(attempt.output) + input.bytes > job.limits.outputBytes) {
      return endEarly(state, attempt, OUTPUT_LIMIT_REACHED);
    }
    const { output, range } = appendRange(attempt.output, input.stream, input.bytes);
    const retain: AttemptsEffect = { kind: "RetainRange", attemptId, range };
    const send: AttemptsEffect = { kind: "SendRange", attemptId, range };
    return {
      state: withAttempt(state, { ...attempt, output }),
      effects: state.link === "up" ? [retain, send] : [retain],
    };
  });
}

const OUTPUT_LIMIT_REACHED: JobOutcome = {
  kind: "failed",
  code: "output-limit",
  message: "The job wrote more output than its limit allows.",
  advice: "Let it write less, or start it again with a larger output limit.",
};

function onConcluded(state: AttemptsState, input: Extract<AttemptsInput, { kind: "concluded" }>): Step {
  return onAttempt(state, input.attemptId, (attempt) => {
    if (attempt.phase.kind !== "running" && attempt.phase.kind !== "concluding") return unchanged(state);
    const { result, receipt, returns } = input;
    const lastNumber = attempt.output.lastNumber;
    const finished = { kind: "finished", ...idsOf(attempt), lastNumber, result, receipt } as const;
    return {
      state: withAttempt(state, { ...attempt, phase: { kind: "finishing", finished, returns } }),
      effects: toHome(state, finished),
    };
  });
}

/** Attempts that the Home does not name are over; the others say again whatever it may have missed. */
function onLinkUp(before: AttemptsState, resume: readonly { attemptId: AttemptId; acknowledged: number }[]): Step {
  const resumed = new Map(resume.map(({ attemptId, acknowledged }) => [attemptId, acknowledged]));
  let state: AttemptsState = { ...before, link: "up" };
  const effects: AttemptsEffect[] = [];
  for (const attempt of before.attempts.values()) {
    const acknowledged = resumed.get(attempt.attemptId);
    const next = acknowledged === undefined ? release(state, attempt) : resumeAttempt(state, attempt, acknowledged);
    state = next.state;
    effects.push(...next.effects);
  }
  if (state.leaving === "drain") effects.push(...toHome(state, { kind: "leaving", reason: "drain" }));
  return { state, effects };
}

function resumeAttempt(state: AttemptsState, before: Attempt, acknowledged: number): Step {
  const output = acknowledgeThrough(before.output, acknowledged);
  const attempt: Attempt = { ...before, output };
  const { attemptId, phase } = attempt;
  const accepted = toHome(state, { kind: "accepted", ...idsOf(attempt) });
  const started = toHome(state, { kind: "started", ...idsOf(attempt) });
  const again: AttemptsEffect[] = [
    { kind: "DropRanges", attemptId, throughNumber: output.acknowledged },
    ...output.retained.map((range): AttemptsEffect => ({ kind: "SendRange", attemptId, range })),
  ];
  const resumed = { state: withAttempt(state, attempt), effects: [...accepted, ...again] };
  switch (phase.kind) {
    case "offered":
    case "concluding":
      return resumed;
    case "fetching": {
      const checked = checkAgain(state, attempt, phase.stage);
      return { state: checked.state, effects: [...accepted, ...checked.effects] };
    }
    case "running":
      return phase.started ? { ...resumed, effects: [...accepted, ...started, ...again] } : resumed;
    case "finishing":
      return { ...resumed, effects: [...accepted, ...started, ...again, ...toHome(state, phase.finished)] };
  }
}

function releaseAll(before: AttemptsState): Step {
  let state = before;
  const effects: AttemptsEffect[] = [];
  for (const attempt of before.attempts.values()) {
    const next = release(state, attempt);
    state = next.state;
    effects.push(...next.effects);
  }
  return { state, effects };
}

function release(state: AttemptsState, { attemptId }: Attempt): Step {
  const attempts = new Map(state.attempts);
  attempts.delete(attemptId);
  const over = [...state.over, attemptId].slice(-OVER_REMEMBERED_MAX);
  return { state: { ...state, attempts, over }, effects: [{ kind: "ReleaseAttempt", attemptId }] };
}

function onAttempt(state: AttemptsState, attemptId: AttemptId, then: (attempt: Attempt) => Step): Step {
  const attempt = state.attempts.get(attemptId);
  return attempt === undefined ? unchanged(state) : then(attempt);
}

type PhaseOf<Kind extends Attempt["phase"]["kind"]> = Extract<Attempt["phase"], { readonly kind: Kind }>;

/** Runs only if the attempt is held and in this phase; a fact that comes too late changes nothing. */
function onPhase<Kind extends Attempt["phase"]["kind"]>(
  state: AttemptsState,
  attemptId: AttemptId,
  kind: Kind,
  then: (attempt: Attempt, phase: PhaseOf<Kind>) => Step,
): Step {
  const attempt = state.attempts.get(attemptId);
  if (attempt === undefined || !isPhase(attempt.phase, kind)) return unchanged(state);
  return then(attempt, attempt.phase);
}

function isPhase<Kind extends Attempt["phase"]["kind"]>(phase: Attempt["phase"], kind: Kind): phase is PhaseOf<Kind> {
  return phase.kind === kind;
}
