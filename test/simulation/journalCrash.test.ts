// Ten thousand crashes and more of the journal's modelled disk. A failure prints its seed; the same seed fails again.
import assert from "node:assert/strict";
import { test } from "node:test";
import { seedsOf } from "./chance.ts";
import { emptyTally, liveThroughCrashes } from "./journalLives.ts";

const RUNS = 4_100;
const CRASHES_MIN = 10_000;

test(`no acknowledged frame is lost and no journal opens corrupt in over ${CRASHES_MIN} modelled crashes`, async (t) => {
  const tally = emptyTally();
  for (const seed of seedsOf(RUNS)) await liveThroughCrashes(seed, tally);
  t.diagnostic(JSON.stringify(tally));
  assert.ok(tally.crashes >= CRASHES_MIN, `only ${tally.crashes} crashes`);
  // The faults that the claim rests on did happen.
  assert.ok(tally.crashesWhileOpening >= 100, "some crashes come while the journal recovers");
  assert.ok(tally.tornTails >= 1_000 && tally.failedSyncs >= 500 && tally.failedWrites >= 500);
});
