// Silence is noticed at its limit, not before and not after, and nobody's own sleep is taken for a peer's.
import assert from "node:assert/strict";
import { type TestContext, test } from "node:test";
import fc from "fast-check";
import { SilenceWatch } from "./silence.ts";

const LIMIT_MS = 6_000;

/** A watch on mocked timers; the clock may be moved without the timers, as it is for a stopped program. */
function watched(context: TestContext) {
  context.mock.timers.enable({ apis: ["setTimeout"] });
  let atMs = 1_000;
  let silences = 0;
  const watch = new SilenceWatch({
    limitMs: LIMIT_MS,
    nowMs: () => atMs,
    onSilent: () => {
      silences += 1;
    },
  });
  context.after(() => watch.dispose());
  return {
    watch,
    silences: () => silences,
    pass(ms: number) {
      // Timers see no more than one millisecond at a time, so that each fires when it is due.
      for (let step = 0; step < ms; step++) {
        atMs += 1;
        context.mock.timers.tick(1);
      }
    },
    sleep(ms: number) {
      atMs += ms;
    },
    fire(ms: number) {
      context.mock.timers.tick(ms);
    },
  };
}

test("a peer that says nothing is silent at the limit, to the millisecond, and that is said once", (context) => {
  const peer = watched(context);
  peer.pass(LIMIT_MS - 1);
  assert.equal(peer.silences(), 0);
  peer.pass(1);
  assert.equal(peer.silences(), 1);
  peer.pass(LIMIT_MS * 3);
  assert.equal(peer.silences(), 1);
});

test("the limit counts from the last word, whenever it came", (context) => {
  const peer = watched(context);
  peer.pass(LIMIT_MS - 1);
  peer.watch.heard();
  peer.pass(LIMIT_MS - 1);
  assert.equal(peer.silences(), 0);
  assert.equal(peer.watch.silentMs, LIMIT_MS - 1);
  peer.pass(1);
  assert.equal(peer.silences(), 1);
});

test("a peer that speaks more often than the limit is never silent", (context) => {
  fc.assert(
    fc.property(fc.array(fc.integer({ min: 0, max: LIMIT_MS - 1 }), { maxLength: 10 }), (gaps) => {
      const peer = watched(context);
      for (const gap of gaps) {
        peer.pass(gap);
        peer.watch.heard();
      }
      peer.watch.dispose();
      context.mock.timers.reset();
      return peer.silences() === 0;
    }),
    { numRuns: 20 },
  );
});

test("a program that slept gives its peer the whole limit again, and then judges as ever", (context) => {
  const peer = watched(context);
  peer.pass(100);
  peer.sleep(3_600_000);
  peer.fire(LIMIT_MS - 100);
  assert.equal(peer.silences(), 0, "the own sleep was taken for the peer's");
  peer.pass(LIMIT_MS - 1);
  assert.equal(peer.silences(), 0);
  peer.pass(1);
  assert.equal(peer.silences(), 1);
});

test("a timer that is late by what a busy machine does still counts the silence", (context) => {
  const peer = watched(context);
  peer.sleep(LIMIT_MS + LIMIT_MS / 6);
  peer.fire(LIMIT_MS);
  assert.equal(peer.silences(), 1);
});

test("a disposed watch says nothing", (context) => {
  const peer = watched(context);
  peer.watch.dispose();
  peer.pass(LIMIT_MS * 2);
  assert.equal(peer.silences(), 0);
});
