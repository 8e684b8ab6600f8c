// Whether a lease covers a use, over every state a lease can be in: alive, at its last millisecond, run out, revoked, spent.
import assert from "node:assert/strict";
import { test } from "node:test";
import {
  approve,
  homeOffloading,
  homeWith,
  idsOf,
  later,
  lost,
  preview,
} from "../../../../test/simulation/homeCommands.ts";
import { GPU, only } from "../../../../test/simulation/homeScenario.ts";
import { hasUseLeft, leaseProblem } from "./covers.ts";
import type { HeldLease } from "./state.ts";

function grantedLease(): HeldLease {
  const home = homeWith(GPU);
  home.run(preview(1, GPU));
  const { lease } = only(home.run(approve(1)), "LeaseGranted");
  return { lease, usesReserved: 0, usesCommitted: 0, bytesCommitted: 0 };
}

test("a lease covers its uses until the moment it runs out, and not at all once revoked", () => {
  const lease = grantedLease();
  const lifeMs = 600_000;
  for (const [held, afterMs, code] of [
    [undefined, 0, "lease-unknown"],
    [lease, 0, undefined],
    [lease, lifeMs - 1, undefined],
    [lease, lifeMs, "lease-expired"],
    [{ ...lease, revoked: "enough" }, 0, "lease-revoked"],
    [{ ...lease, revoked: "" }, 0, "lease-revoked"],
    [{ ...lease, revoked: "enough" }, lifeMs, "lease-revoked"],
  ] as const) {
    assert.equal(leaseProblem(held, later(afterMs))?.code, code, `${held?.revoked} after ${afterMs} ms`);
  }
});

test("a once lease has one use: reserved and committed uses count alike", () => {
  const lease = grantedLease();
  for (const [usesReserved, usesCommitted, left] of [
    [0, 0, true],
    [1, 0, false],
    [0, 1, false],
    [1, 1, false],
  ] as const) {
    assert.equal(hasUseLeft({ ...lease, usesReserved, usesCommitted }), left);
  }
});

test("an approval reserves the use, and the end commits it or gives it back", () => {
  for (const [sent, left] of [
    ["none", true],
    ["partial", false],
    ["unknown", false],
  ] as const) {
    const home = homeOffloading(1, GPU);
    const { leaseId } = idsOf(1);
    const reserved = home.state.leases.byId.get(leaseId);
    assert.ok(reserved !== undefined && !hasUseLeft(reserved));
    home.run(lost(1, GPU, { sent }));
    const settled = home.state.leases.byId.get(leaseId);
    assert.ok(settled !== undefined);
    assert.equal(hasUseLeft(settled), left, sent);
  }
});
