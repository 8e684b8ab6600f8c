// Decides whether a worker takes an offer. A refusal names its cause and the fix; it is never silent and never an exception.
// The same offer twice is one attempt: it is accepted again and runs once.
import { type JobSpec, jobKey } from "#protocol/job.ts";
import { refuse, type Refusal } from "#protocol/errors.ts";
import type { Offer } from "#protocol/wire/worker.ts";
import { type Attempt, NO_OUTPUT } from "./attempt.ts";
import { type AttemptsState, idsOf, type Step, toHome, withAttempt } from "./attemptsState.ts";

/** `hello` names every attempt held, so their number is bounded even if the Home never settles one. */
export const HELD_ATTEMPTS_MAX = 1_024;

/** `objection` is the owner's; an attempt that is held already was judged when it came. */
export function answerOffer(state: AttemptsState, offer: Offer, objection: Refusal | undefined): Step {
  const held = state.attempts.get(offer.attemptId);
  if (held !== undefined && held.fencingToken === offer.fencingToken) {
    return { state, effects: toHome(state, { kind: "accepted", ...idsOf(held) }) };
  }
  const { attemptId, fencingToken, jobId, job } = offer;
  const refusal = refusalOf(state, offer, objection);
  if (refusal !== undefined) {
    const { code, message, advice } = refusal;
    return { state, effects: toHome(state, { kind: "refused", attemptId, fencingToken, code, message, advice }) };
  }
  const attempt: Attempt = {
    attemptId,
    fencingToken,
    jobId,
    job,
    phase: { kind: "offered", stage: "root" },
    output: NO_OUTPUT,
  };
  return {
    state: withAttempt(state, attempt),
    effects: [
      ...toHome(state, { kind: "accepted", ...idsOf(attempt) }),
      { kind: "CheckInputs", attemptId, job, stage: "root" },
    ],
  };
}

function refusalOf(state: AttemptsState, offer: Offer, objection: Refusal | undefined): Refusal | undefined {
  if (state.leaving !== "no") {
    return refuse("draining", "This worker is finishing its work and takes no more.", "Choose another node.");
  }
  if (offer.payload !== jobKey(offer.job)) {
    return refuse(
      "wrong-digest",
      "The offered job is not the one that its digest names.",
      "Start the episode again; if it happens again, update the Home and the worker.",
    );
  }
  const attempts = [...state.attempts.values()];
  const newer = attempts.some(({ jobId, fencingToken }) => jobId === offer.jobId && fencingToken > offer.fencingToken);
  if (newer || state.attempts.has(offer.attemptId) || state.over.includes(offer.attemptId)) {
    return refuse("attempt-fenced", "This attempt is over or was replaced by a newer one.", "Offer a new attempt.");
  }
  // Before the machine's own limits: what the owner does not lend is nobody's business to find out by trying.
  if (objection !== undefined) return objection;
  const absent = engineRefusal(state, offer.job);
  if (absent !== undefined) return absent;
  const running = attempts.filter(({ phase }) => phase.kind !== "finishing").length;
  if (running >= state.slots || attempts.length >= HELD_ATTEMPTS_MAX) {
    return refuse(
      "no-slot",
      `All ${state.slots} slots of this worker are taken.`,
      "Try again when one of its jobs ends.",
    );
  }
  return undefined;
}

function engineRefusal(state: AttemptsState, job: JobSpec): Refusal | undefined {
  const kind = job.kind === "command" ? "command" : "llama";
  const advert = state.adverts.find((candidate) => candidate.kind === kind);
  if (advert === undefined) {
    return refuse("engine-absent", `This worker has no ${kind} engine.`, "Choose a node that advertises one.");
  }
  if (advert.state === "absent") return refuse("engine-absent", advert.reason, advert.advice);
  if (job.kind === "ask" && advert.kind === "llama" && !advert.models.some(({ digest }) => digest === job.model)) {
    return refuse("engine-absent", "This worker does not have the model.", "Choose a model that the node advertises.");
  }
  return undefined;
}
