// What a worker decides about its attempts, as given inputs, when one more, then effects.
import assert from "node:assert/strict";
import { test } from "node:test";
import { digestOf } from "#protocol/digest.ts";
import { byteCount, fencingToken } from "#protocol/quantities.ts";
import { NEED_BLOBS_MAX, type Offer, type WorkerMessage } from "#protocol/wire/worker.ts";
import {
  ADVERTS,
  ASK,
  attemptIdOf,
  COMMAND,
  offerOf,
  RESULT,
  receiptOf,
} from "../../../test/simulation/attemptFixtures.ts";
import type { AttemptsEffect, AttemptsInput } from "./attemptInputs.ts";
import { step } from "./attempts.ts";
import { type AttemptsState, noAttempts, OVER_REMEMBERED_MAX } from "./attemptsState.ts";

const OFFER = offerOf(1);
const { attemptId, fencingToken: token } = OFFER;
const ids = { attemptId, fencingToken: token };
const TEN = byteCount(10);
const NO_RETURNS = new Set<never>();

function given(...inputs: readonly AttemptsInput[]): AttemptsState {
  const ready: readonly AttemptsInput[] = [
    { kind: "engines-probed", adverts: ADVERTS },
    { kind: "link-up", resume: [] },
  ];
  return [...ready, ...inputs].reduce((state, input) => step(state, input).state, noAttempts(2));
}

function offered(offer: Offer = OFFER): AttemptsInput {
  return { kind: "home-message", message: offer };
}

function checked(missing: readonly string[], stage: "root" | "entries" = "root"): AttemptsInput {
  const blobs = missing.map((name) => ({ digest: digestOf(name), fromByte: byteCount(0) }));
  return { kind: "inputs-checked", attemptId, stage, missing: blobs };
}

const STARTED: AttemptsInput = { kind: "engine-started", attemptId };
const OUTPUT: AttemptsInput = { kind: "engine-output", attemptId, stream: "text", bytes: TEN };
const CONCLUDED: AttemptsInput = {
  kind: "concluded",
  attemptId,
  result: RESULT,
  receipt: receiptOf(OFFER),
  returns: NO_RETURNS,
};
const RUNNING: readonly AttemptsInput[] = [offered(), checked([]), STARTED];

function kinds(effects: readonly AttemptsEffect[]): readonly string[] {
  return effects.map((effect) => (effect.kind === "SendMessage" ? effect.message.kind : effect.kind));
}

function messages(effects: readonly AttemptsEffect[]): readonly WorkerMessage[] {
  return effects.flatMap((effect) => (effect.kind === "SendMessage" ? [effect.message] : []));
}

function refusalCode(state: AttemptsState, offer: Offer): string | undefined {
  const [message] = messages(step(state, offered(offer)).effects);
  return message?.kind === "refused" ? message.code : undefined;
}

test("an offer is accepted before its inputs are looked for", () => {
  assert.deepEqual(kinds(step(given(), offered()).effects), ["accepted", "CheckInputs"]);
});

test("the same offer again is accepted again and runs once", () => {
  assert.deepEqual(kinds(step(given(offered()), offered()).effects), ["accepted"]);
});

test("an offer is refused with its cause: no slot, draining, absent engine, absent model, wrong digest", () => {
  const full = given(offered(offerOf(1)), offered(offerOf(2)));
  assert.equal(refusalCode(full, offerOf(3)), "no-slot");
  assert.equal(refusalCode(given(...RUNNING, { kind: "drain" }), offerOf(3)), "draining");
  assert.equal(refusalCode(given({ kind: "engines-probed", adverts: [] }), OFFER), "engine-absent");
  const absent = { kind: "llama", state: "absent", reason: "no llama", advice: "add it" } as const;
  const [refused] = messages(step(given({ kind: "engines-probed", adverts: [absent] }), offered()).effects);
  assert.ok(refused?.kind === "refused" && refused.message === "no llama" && refused.advice === "add it");
  assert.equal(refusalCode(given(), offerOf(1, { ...ASK, model: digestOf("other") })), "engine-absent");
  assert.equal(refusalCode(given(), { ...OFFER, payload: digestOf("another job") }), "wrong-digest");
});

test("an attempt that waits for its settlement takes no slot", () => {
  const waiting = given(...RUNNING, CONCLUDED, offered(offerOf(2)));
  assert.equal(refusalCode(waiting, offerOf(3)), undefined);
  assert.equal(refusalCode(given(...RUNNING, offered(offerOf(2))), offerOf(3)), "no-slot");
});

test("an offer that is older than a held attempt of its job, or over, is refused", () => {
  const newer = { ...offerOf(2, ASK, 5), jobId: OFFER.jobId };
  assert.equal(refusalCode(given(offered(newer)), OFFER), "attempt-fenced");
  const over = given(...RUNNING, { kind: "home-message", message: { kind: "settled", ...ids, accepted: true } });
  assert.equal(refusalCode(over, OFFER), "attempt-fenced");
});

test("a command's inputs come in two steps: the tree's list, then what it names", () => {
  const state = given(offered(offerOf(1, COMMAND)));
  const asked = step(state, checked(["tree"]));
  assert.deepEqual(kinds(asked.effects), ["need"]);
  const listed = step(asked.state, { kind: "input-complete", attemptId, digest: digestOf("tree") });
  assert.deepEqual(listed.effects, [{ kind: "CheckInputs", attemptId, job: COMMAND, stage: "entries" }]);
  const entries = step(listed.state, checked(["a", "b"], "entries"));
  const half = step(entries.state, { kind: "input-complete", attemptId, digest: digestOf("a") });
  assert.deepEqual(half.effects, []);
  const whole = step(half.state, { kind: "input-complete", attemptId, digest: digestOf("b") });
  assert.deepEqual(kinds(whole.effects), ["StartEngine"]);
});

test("more missing inputs than one message may name are asked for in several", () => {
  const names = Array.from({ length: NEED_BLOBS_MAX + 1 }, (_, index) => `blob ${index}`);
  const needs = messages(step(given(offered()), checked(names)).effects);
  assert.deepEqual(
    needs.map((message) => (message.kind === "need" ? message.blobs.length : 0)),
    [NEED_BLOBS_MAX, 1],
  );
});

test("bytes that nobody asked for are not stored", () => {
  const chunk = { kind: "blob", ...ids, fromByte: byteCount(0), blobBytes: TEN } as const;
  const state = given(offered(), checked(["prompt"]));
  const wanted = step(state, { kind: "home-message", message: { ...chunk, digest: digestOf("prompt") } });
  assert.deepEqual(kinds(wanted.effects), ["StoreChunk"]);
  const foreign = step(state, { kind: "home-message", message: { ...chunk, digest: digestOf("other") } });
  assert.deepEqual(foreign.effects, []);
});

test("output is numbered over all streams, and its bytes per stream", () => {
  const state = given(...RUNNING, { ...OUTPUT, stream: "stdout" }, { ...OUTPUT, stream: "stderr" });
  const { effects } = step(state, { ...OUTPUT, stream: "stdout" });
  const range = { number: 3, stream: "stdout", fromByte: 10, bytes: 10 };
  assert.deepEqual(effects, [
    { kind: "RetainRange", attemptId, range },
    { kind: "SendRange", attemptId, range },
  ]);
});

test("output past the job's limit ends the run, and nothing after it is kept", () => {
  const state = given(...RUNNING);
  const over = step(state, { ...OUTPUT, bytes: byteCount(ASK.limits.outputBytes + 1) });
  assert.deepEqual(kinds(over.effects), ["CancelEngine"]);
  assert.deepEqual(step(over.state, OUTPUT).effects, []);
  assert.deepEqual(kinds(step(state, { ...OUTPUT, bytes: ASK.limits.outputBytes }).effects), [
    "RetainRange",
    "SendRange",
  ]);
});

test("without a link an attempt goes on; what was not acknowledged and the result are sent when it is back", () => {
  const state = given(...RUNNING, OUTPUT, { kind: "link-down" });
  const apart = step(state, OUTPUT);
  assert.deepEqual(kinds(apart.effects), ["RetainRange"]);
  const ended = step(apart.state, CONCLUDED);
  assert.deepEqual(ended.effects, []);
  const back = step(ended.state, { kind: "link-up", resume: [{ attemptId, acknowledged: 1 }] });
  assert.deepEqual(kinds(back.effects), ["accepted", "started", "DropRanges", "SendRange", "finished"]);
});

test("an attempt that the Home does not resume is ended and forgotten", () => {
  const back = step(given(...RUNNING, { kind: "link-down" }), { kind: "link-up", resume: [] });
  assert.deepEqual(kinds(back.effects), ["ReleaseAttempt"]);
  assert.equal(back.state.attempts.size, 0);
});

test("a lapsed lease ends every attempt", () => {
  const lapsed = step(given(...RUNNING, offered(offerOf(2)), { kind: "link-down" }), { kind: "lease-lapsed" });
  assert.deepEqual(kinds(lapsed.effects), ["ReleaseAttempt", "ReleaseAttempt"]);
  assert.equal(lapsed.state.attempts.size, 0);
});

test("a cancel ends an attempt wherever it is, and only with its own token", () => {
  const cancel = { kind: "cancel", ...ids, reason: "asked" } as const;
  const message: AttemptsInput = { kind: "home-message", message: cancel };
  assert.deepEqual(kinds(step(given(offered()), message).effects), ["ConcludeUnstarted"]);
  assert.deepEqual(kinds(step(given(...RUNNING), message).effects), ["CancelEngine"]);
  assert.deepEqual(kinds(step(given(...RUNNING, message), message).effects), []);
  const fenced = { ...cancel, fencingToken: fencingToken(2) };
  assert.deepEqual(step(given(...RUNNING), { kind: "home-message", message: fenced }).effects, []);
});

test("a result's blobs are served, and no others", () => {
  const request = { kind: "request-blob", ...ids, digest: digestOf("proposal"), fromByte: byteCount(0) } as const;
  const message: AttemptsInput = { kind: "home-message", message: request };
  const state = given(...RUNNING, { ...CONCLUDED, returns: new Set([digestOf("proposal")]) });
  assert.deepEqual(kinds(step(state, message).effects), ["SendBlob"]);
  assert.deepEqual(step(given(...RUNNING, CONCLUDED), message).effects, []);
  assert.deepEqual(step(given(...RUNNING), message).effects, []);
});

test("a drain lets attempts end, then leaves; a stop leaves at once", () => {
  const draining = step(given(...RUNNING), { kind: "drain" });
  assert.deepEqual(kinds(draining.effects), ["leaving"]);
  const finished = step(draining.state, CONCLUDED);
  const settled = { kind: "settled", ...ids, accepted: true } as const;
  const last = step(finished.state, { kind: "home-message", message: settled });
  assert.deepEqual(last.effects.at(-1), { kind: "Leave", reason: "drain" });
  assert.deepEqual(kinds(step(given(...RUNNING), { kind: "stop" }).effects), ["ReleaseAttempt", "Leave"]);
  assert.deepEqual(kinds(step(given(), { kind: "drain" }).effects), ["leaving", "Leave"]);
});

test("a late word about an attempt that is over changes nothing", () => {
  const state = given(...RUNNING, CONCLUDED, {
    kind: "home-message",
    message: { kind: "settled", ...ids, accepted: true },
  });
  for (const late of [STARTED, OUTPUT, CONCLUDED, checked(["x"])]) {
    assert.deepEqual(step(state, late), { state, effects: [] });
  }
});

test("so many ended attempts are remembered, and the oldest is forgotten first", () => {
  const full = {
    ...given(...RUNNING),
    over: Array.from({ length: OVER_REMEMBERED_MAX }, (_, at) => attemptIdOf(at % 99)),
  };
  const { state } = step(full, { kind: "home-message", message: { kind: "settled", ...ids, accepted: true } });
  assert.deepEqual(state.over, [...full.over.slice(1), attemptId]);
});
