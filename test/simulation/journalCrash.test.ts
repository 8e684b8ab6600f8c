// Ten thousand crashes and more of the journal's modelled disk. A failure prints its seed; the same seed fails again.
import assert from "node:assert/strict";
import { test } from "node:test";
import { seedsOf } from "./chance.ts";
import { emptyTally, liveThroughCrashes, liveThroughCrashesOfRecovery } from "./journalLives.ts";
import { soaked } from "./soak.ts";

const RUNS: number = soaked(4_100);
const CRASHES_MIN: number = soaked(10_000);
const RECOVERY_RUNS: number = soaked(2_200);
const RECOVERY_CRASHES_MIN: number = soaked(2_000);
/** A soak outlasts the limit of a test by far. */
const timeout: number = soaked(110_000);

test(`no acknowledged frame is lost and no journal opens corrupt in over ${CRASHES_MIN} modelled crashes`, {
  timeout,
}, async (t) => {
  const tally = emptyTally();
  for (const seed of seedsOf(RUNS)) await liveThroughCrashes(seed, tally);
  t.diagnostic(JSON.stringify(tally));
  assert.ok(tally.crashes >= CRASHES_MIN, `only ${tally.crashes} crashes`);
  // The faults that the claim rests on did happen.
  assert.ok(tally.crashesWhileOpening >= 100, "some crashes come while the journal recovers");
  assert.ok(tally.tornTails >= 1_000 && tally.failedSyncs >= 500 && tally.failedWrites >= 500);
});

test(`recovery that is cut short over ${RECOVERY_CRASHES_MIN} times, again and again, loses and invents nothing`, {
  timeout,
}, async (t) => {
  const tally = emptyTally();
  for (const seed of seedsOf(RECOVERY_RUNS)) await liveThroughCrashesOfRecovery(seed, tally);
  t.diagnostic(JSON.stringify(tally));
  assert.ok(tally.crashesWhileOpening >= RECOVERY_CRASHES_MIN, `only ${tally.crashesWhileOpening} crashes`);
});
