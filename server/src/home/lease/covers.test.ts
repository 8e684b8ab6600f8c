// Whether a lease covers a use, over every state a lease can be in and at the edge of each bound: the last that fits, and
// the first that does not, with the bound's own name.
import assert from "node:assert/strict";
import { test } from "node:test";
import type { Cost } from "#protocol/egress.ts";
import { byteCount, costMicros } from "#protocol/quantities.ts";
import {
  approve,
  homeOffloading,
  homeWith,
  idsOf,
  lost,
  preview,
  transferOf,
} from "../../../../test/simulation/homeCommands.ts";
import { approveScoped, terms } from "../../../../test/simulation/leaseCommands.ts";
import { ATTIC, GPU, only, steadyAt } from "../../../../test/simulation/homeScenario.ts";
import { leaseFor, leaseProblem, type LeaseUse, unfitBounds } from "./covers.ts";
import { budgetLeft, type HeldLease, noLeases } from "./state.ts";

const UNSPENT = { reserved: new Map(), usesCommitted: 0, bytesCommitted: 0, costMicrosCommitted: 0 } as const;

function onceLease(): HeldLease {
  const home = homeWith(GPU);
  home.run(preview(1, GPU));
  const { lease } = only(home.run(approve(1)), "LeaseGranted");
  return { lease, ...UNSPENT };
}

function scopedLease(of = terms()): HeldLease {
  const home = homeWith(GPU);
  home.run(preview(1, GPU, { cost: euros(100) }));
  const { lease } = only(home.run(approveScoped(1, of)), "LeaseGranted");
  return { lease, ...UNSPENT };
}

function euros(highMicros: number): Cost {
  return {
    kind: "estimate",
    currency: "EUR",
    lowMicros: costMicros(0),
    highMicros: costMicros(highMicros),
    basis: "the price card",
  };
}

const DOLLAR: Cost = {
  kind: "estimate",
  currency: "USD",
  lowMicros: costMicros(0),
  highMicros: costMicros(1),
  basis: "the price card",
};

const USE: LeaseUse = {
  nodeId: GPU.nodeId,
  job: "command",
  paths: ["src/main.ts"],
  highestClassification: "internal",
  bytes: byteCount(1_000),
  cost: { kind: "unknown", reason: "no price card" },
};

test("a lease counts until the moment it runs out by the steady clock, and not at all once revoked", () => {
  const lifeMs = 600_000;
  for (const lease of [onceLease(), scopedLease()]) {
    for (const [held, afterMs, code] of [
      [undefined, 0, "lease-unknown"],
      [lease, 0, undefined],
      [lease, lifeMs - 1, undefined],
      [lease, lifeMs, "lease-expired"],
      [{ ...lease, expired: true }, 0, "lease-expired"],
      [{ ...lease, revoked: "enough" }, 0, "lease-revoked"],
      [{ ...lease, revoked: "" }, 0, "lease-revoked"],
      [{ ...lease, revoked: "enough" }, lifeMs, "lease-revoked"],
    ] as const) {
      assert.equal(leaseProblem(held, steadyAt(afterMs))?.code, code, `${held?.revoked} after ${afterMs} ms`);
    }
  }
});

test("a reading of another boot proves nothing, so the lease has run out; so has one of an older version", () => {
  const lease = scopedLease();
  assert.equal(leaseProblem(lease, steadyAt(0, "the next boot"))?.code, "lease-expired");
  assert.equal(leaseProblem(lease, steadyAt(-900_000, "the next boot"))?.code, "lease-expired");
  const { deadline: _deadline, ...old } = lease.lease;
  assert.equal(leaseProblem({ ...lease, lease: old }, steadyAt(0))?.code, "lease-expired");
});

test("an approval reserves the use, and the end commits it or gives it back", () => {
  for (const [sent, bytesOut, left] of [
    ["none", 0, 1],
    ["none", 1, 0],
    ["partial", 900, 0],
    ["unknown", 0, 0],
  ] as const) {
    const home = homeOffloading(1, GPU);
    const held = (): HeldLease => home.state.leases.byId.get(idsOf(1).leaseId) ?? assert.fail("the lease is held");
    assert.equal(budgetLeft(held()).uses, 0);
    home.run(lost(1, GPU, { sent, transfer: transferOf(1, bytesOut) }));
    assert.equal(budgetLeft(held()).uses, left, `${sent}, ${bytesOut} bytes`);
  }
});

test("each bound of a scoped lease fits at its edge and is named one past it", () => {
  const budget = { uses: 2, bytes: byteCount(2_000), cost: { currency: "EUR", micros: costMicros(500) } };
  const held = scopedLease(terms({ paths: ["src/**", "package.json"], ceiling: "internal" }, budget));
  const use = { ...USE, cost: euros(500) };
  const oneUsed = { ...held, usesCommitted: 1 };
  for (const [lease, job, bounds] of [
    [held, use, []],
    [oneUsed, use, []],
    [{ ...held, usesCommitted: 2 }, use, ["uses"]],
    [{ ...oneUsed, reserved: reservation(0, 0) }, use, ["uses"]],
    [held, { ...use, bytes: byteCount(2_000) }, []],
    [held, { ...use, bytes: byteCount(2_001) }, ["bytes"]],
    [{ ...held, bytesCommitted: 500 }, { ...use, bytes: byteCount(1_501) }, ["bytes"]],
    [{ ...held, reserved: reservation(1_001, 0) }, use, ["bytes"]],
    [held, { ...use, cost: euros(501) }, ["cost"]],
    [{ ...held, costMicrosCommitted: 1 }, use, ["cost"]],
    [{ ...held, reserved: reservation(0, 1) }, use, ["cost"]],
    [held, USE, ["cost"]],
    [held, { ...use, cost: DOLLAR }, ["cost"]],
    [held, { ...use, highestClassification: "public" }, []],
    [held, { ...use, highestClassification: "secret" }, ["classification"]],
    [held, { ...use, highestClassification: "regulated" }, ["classification"]],
    [held, { ...use, paths: ["src/main.ts", "package.json"] }, []],
    [held, { ...use, paths: ["src/main.ts", "README.md"] }, ["paths"]],
    [held, { ...use, paths: [] }, []],
    [held, { ...use, job: "ask" }, ["kind"]],
    [held, { ...use, nodeId: ATTIC.nodeId }, ["node"]],
    [{ ...held, revoked: "enough" }, use, ["revoked"]],
    [{ ...held, expired: true }, { ...use, job: "ask" }, ["expired", "kind"]],
  ] as const) {
    assert.deepEqual(unfitBounds(lease, job, steadyAt(0)), bounds, JSON.stringify(job));
  }
  assert.deepEqual(unfitBounds(held, use, steadyAt(600_000)), ["expired"]);
});

function reservation(bytes: number, micros: number): HeldLease["reserved"] {
  return new Map([[idsOf(7).attemptId, { bytes: byteCount(bytes), costMicros: micros }]]);
}

test("a public ceiling does not cover what is internal", () => {
  const { lease, ...spent } = scopedLease();
  const scope = { kind: "scoped", job: "command", paths: ["**"], ceiling: "public" } as const;
  assert.deepEqual(unfitBounds({ ...spent, lease: { ...lease, scope } }, USE, steadyAt(0)), ["classification"]);
});

test("a once lease covers no other job", () => {
  assert.deepEqual(unfitBounds(onceLease(), USE, steadyAt(0)), ["uses"]);
});

test("of several leases that cover a job the one that runs out first is used; of none, the closest is named", () => {
  const long = scopedLease();
  const deadline = steadyAt(1_000);
  const short: HeldLease = { ...long, lease: { ...long.lease, leaseId: idsOf(2).leaseId, deadline } };
  const state = { ...noLeases, byId: new Map([long, short].map((held) => [held.lease.leaseId, held])) };
  assert.equal(leaseFor(state, USE, steadyAt(0)).covering, short);
  assert.equal(leaseFor(state, USE, steadyAt(1_000)).covering, long);
  const ask = { ...USE, job: "ask" } as const;
  assert.deepEqual(leaseFor(state, ask, steadyAt(1_000)).unfit, { leaseId: long.lease.leaseId, bounds: ["kind"] });
  assert.deepEqual(leaseFor(noLeases, USE, steadyAt(0)), {});
});
