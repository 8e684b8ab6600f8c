// Ten thousand lives in which jobs race for leases. A failure prints its seed; the same seed fails again.
import assert from "node:assert/strict";
import { test } from "node:test";
import { chanceOf, seedsOf } from "./chance.ts";
import { LeaseRaces, type RaceTally } from "./leaseRaces.ts";

const RUNS = Number(process.env["ARW_LEASE_RACES"] ?? 10_000);

test(`no cap of a lease is passed in ${RUNS} races of spends, revocations, expiries and crashes, and a replay agrees`, async (context) => {
  const tally: RaceTally = {};
  for (const seed of seedsOf(RUNS)) {
    try {
      await new LeaseRaces(chanceOf(seed), tally).run();
    } catch (error) {
      throw new Error(`seed ${seed}`, { cause: error });
    }
  }
  context.diagnostic(JSON.stringify(tally));
  for (const happening of [
    "LeaseReserved",
    "LeaseCommitted",
    "LeaseReleased",
    "LeaseRevoked",
    "LeaseExpired",
    "chunks",
    "crashes",
    "boots",
    "stopped lease-expired",
    "stopped attempt-ended",
    "stopped at its reservation",
    "unknown outcomes",
  ]) {
    assert.ok((tally[happening] ?? 0) > 0, `no race reached: ${happening}`);
  }
});
