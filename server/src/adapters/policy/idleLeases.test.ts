// Which live leases a policy makes useless: said only where it is sure, for any use that the lease covers.
import assert from "node:assert/strict";
import { test } from "node:test";
import { digestOf } from "#protocol/digest.ts";
import type { Lease } from "#protocol/lease.ts";
import { byteCount, durationMs, epochMs } from "#protocol/quantities.ts";
import type { LeaseView } from "#protocol/wire/clientViews.ts";
import { idsOf } from "../../../../test/simulation/homeCommands.ts";
import { GPU } from "../../../../test/simulation/homeScenario.ts";
import { idleLeases } from "./idleLeases.ts";
import { readPolicy } from "./readPolicy.ts";

const LEASE: Lease = {
  leaseId: idsOf(1).leaseId,
  subject: GPU.nodeId,
  capability: "offload",
  scope: { kind: "scoped", job: "command", paths: ["src/**"], ceiling: "internal" },
  grantedAt: epochMs(0),
  expiresAt: epochMs(60_000),
  budget: { uses: 5, bytes: byteCount(1_000) },
  issuer: "owner",
  reason: "tests",
};
const VIEW: LeaseView = {
  lease: LEASE,
  node: GPU.name,
  state: "live",
  usesLeft: 5,
  bytesLeft: byteCount(1_000),
  remainingMs: durationMs(60_000),
  inUse: 0,
};

function found(of: object, view: LeaseView = VIEW): readonly string[] {
  const rule = { id: "never", effect: "deny", actions: ["offload"], reason: "so", ...of };
  const text = JSON.stringify({ version: 1, name: "mine", rules: [rule] });
  return idleLeases(readPolicy(text), [view]).map(({ code }) => code);
}

test("a rule that denies all that a live lease covers is found", () => {
  for (const of of [
    {},
    { destination: { nodes: [GPU.name, "attic"] } },
    { destination: { keys: [GPU.nodeId] } },
    { purposes: ["command"] },
    { resource: { classes: ["public", "internal"] } },
    { resource: { paths: ["src/**"] } },
    { resource: { paths: ["**"] } },
  ]) {
    assert.deepEqual(found(of), ["policy-lease-never"], JSON.stringify(of));
  }
});

test("where some use might still pass, nothing is said", () => {
  for (const of of [
    { effect: "ask" },
    { actions: ["tool"] },
    { destination: { nodes: ["attic"] } },
    { destination: { trusted: false } },
    { purposes: ["ask"] },
    { resource: { classes: ["internal"] } },
    { resource: { paths: ["docs/**"] } },
    { resource: { bytesOver: 10 } },
    { time: { days: ["mon"] } },
    { subjects: [{ kind: "agent" }] },
  ]) {
    assert.deepEqual(found(of), [], JSON.stringify(of));
  }
});

test("a lease that counts no more, or for one job only, is nobody's concern", () => {
  for (const state of ["spent", "expired", "revoked"] as const) assert.deepEqual(found({}, { ...VIEW, state }), []);
  const digest = digestOf("shown");
  const once = { kind: "once", preview: digest, payload: digest, jobId: idsOf(1).jobId } as const;
  assert.deepEqual(found({}, { ...VIEW, lease: { ...LEASE, scope: once } }), []);
});
