// Scoped leases: granted at an approval or alone, used without a question, each use with its own record in one frame, asked
// again one step past any bound, revoked at once, and run out by the steady clock alone.
import assert from "node:assert/strict";
import { test } from "node:test";
import type { PreviewOffload } from "#protocol/commands.ts";
import { LEASE_PATHS_MAX, LEASE_USES_MAX, type LeaseBound, SCOPED_LEASE_MS_MAX } from "#protocol/lease.ts";
import { byteCount, costMicros, durationMs, epochMs, fencingToken } from "#protocol/quantities.ts";
import {
  approve,
  askJob,
  finished,
  homeWith,
  idsOf,
  later,
  lost,
  NOW,
  preview,
  revokeNode,
  transferOf,
} from "../../../../test/simulation/homeCommands.ts";
import {
  approveScoped,
  expireLeases,
  grantLease,
  revokeLease,
  terms,
} from "../../../../test/simulation/leaseCommands.ts";
import {
  ATTIC,
  GPU,
  kindsOf,
  LOCAL,
  ofKind,
  only,
  type Scenario,
  steadyAt,
} from "../../../../test/simulation/homeScenario.ts";
import { budgetLeft, type HeldLease, LIVE_SCOPED_LEASES_MAX } from "./state.ts";

const USED = [
  "EpisodeStarted",
  "JobQueued",
  "JobPlaced",
  "EgressPreviewed",
  "LeaseReserved",
  "EgressRecorded",
  "JobOffered",
];

/** A Home with lease 1, granted at the approval of episode 1, which has ended. */
function homeLeasing(of = terms()): Scenario {
  const home = homeWith(GPU, ATTIC);
  home.run(preview(1, GPU, { cost: PRICED }), approveScoped(1, of), finished(1, GPU));
  return home;
}

const PRICED = {
  kind: "estimate",
  currency: "EUR",
  lowMicros: costMicros(0),
  highMicros: costMicros(100),
  basis: "the price card",
} as const;

function held(home: Scenario, number = 1): HeldLease {
  return home.state.leases.byId.get(idsOf(number).leaseId) ?? assert.fail("the lease is held");
}

/** The bounds that made the Home ask, or nothing where it did not ask. */
function asked(
  home: Scenario,
  number: number,
  change: Partial<PreviewOffload> = {},
): readonly LeaseBound[] | undefined {
  const events = home.run(preview(number, GPU, { cost: PRICED, ...change }));
  if (kindsOf(events).includes("JobOffered")) return undefined;
  assert.equal(home.state.egress.previews.get(idsOf(number).previewId)?.state, "waiting");
  return only(events, "EgressPreviewed").leaseUnfit?.bounds ?? [];
}

test("an approval may grant a lease for jobs like the one it shows, which is the first of its uses", () => {
  const home = homeWith(GPU);
  home.run(preview(1, GPU));
  const events = home.run(approveScoped(1, terms()));
  assert.deepEqual(kindsOf(events), ["LeaseGranted", "LeaseReserved", "EgressRecorded", "JobOffered"]);
  const { lease, corrId } = only(events, "LeaseGranted");
  assert.equal(corrId, idsOf(1).episodeId);
  assert.deepEqual(lease.scope, { kind: "scoped", job: "command", paths: ["**"], ceiling: "internal" });
  assert.deepEqual([lease.subject, lease.issuer, lease.deadline], [GPU.nodeId, "owner", steadyAt(600_000)]);
  assert.equal(only(events, "EgressRecorded").reasonCode, "approved-scoped");
  assert.deepEqual(budgetLeft(held(home)), { uses: 4, bytes: 4_000 });
});

test("a job that a lease covers goes out without a question: preview, reservation, its own record and offer in one frame", () => {
  const home = homeLeasing();
  const events = home.run(preview(2, GPU));
  assert.deepEqual(kindsOf(events), USED);
  const record = only(events, "EgressRecorded");
  const offered = only(events, "JobOffered");
  const { leaseId } = idsOf(1);
  assert.deepEqual([record.decision, record.reasonCode, record.leaseId], ["allow", "lease", leaseId]);
  assert.deepEqual([offered.leaseId, offered.recordId, offered.target], [leaseId, record.recordId, GPU.nodeId]);
  assert.deepEqual([offered.fencingToken, offered.attemptId], [fencingToken(1), record.attemptId]);
  assert.equal(only(events, "EgressPreviewed").leaseId, leaseId);
  home.refuses(approve(2), "preview-answered");
  home.run(finished(2, GPU));
  assert.equal(held(home).usesCommitted, 2);
});

test("a lease that was granted by itself sends nothing, belongs to no episode, and covers the first job that fits", () => {
  const home = homeWith(GPU);
  const events = home.run(grantLease(1, GPU, terms()));
  assert.deepEqual(kindsOf(events), ["LeaseGranted"]);
  assert.equal(only(events, "LeaseGranted").corrId, undefined);
  assert.deepEqual(kindsOf(home.run(preview(2, GPU))), USED);
});

test("one job more than the lease names is asked about, and the answer says why", () => {
  const home = homeLeasing(terms({}, { uses: 3 }));
  assert.equal(asked(home, 2), undefined);
  assert.equal(asked(home, 3), undefined);
  home.run(finished(2, GPU), finished(3, GPU));
  assert.deepEqual(asked(home, 4), ["uses"]);
});

test("one byte more, a higher cost, another path, kind or node is asked about, and nothing of it is reserved", () => {
  const cost = { currency: "EUR", micros: costMicros(250) };
  const budget = { bytes: byteCount(3_000), cost };
  const of = terms({ paths: ["src/**", "package.json"], ceiling: "internal" }, budget);
  const home = homeLeasing(of);
  const before = held(home);
  assert.deepEqual(budgetLeft(before), { uses: 4, bytes: 2_100, costMicros: 150 });
  assert.deepEqual(asked(home, 2, { payloadBytes: byteCount(2_101) }), ["bytes"]);
  assert.deepEqual(asked(home, 3, { cost: { ...PRICED, highMicros: costMicros(151) } }), ["cost"]);
  assert.deepEqual(asked(home, 4, { cost: { kind: "unknown", reason: "no price card" } }), ["cost"]);
  assert.deepEqual(asked(home, 5, { paths: ["src/main.ts", "README.md"] }), ["paths"]);
  assert.deepEqual(asked(home, 6, { job: askJob(6), paths: [] }), ["kind"]);
  const attic = only(home.run(preview(7, ATTIC, { cost: PRICED })), "EgressPreviewed");
  assert.deepEqual(attic.leaseUnfit?.bounds, ["node"]);
  assert.deepEqual(held(home), before);
  assert.equal(
    asked(home, 8, { payloadBytes: byteCount(2_100), cost: { ...PRICED, highMicros: costMicros(150) } }),
    undefined,
  );
});

test("a higher class is asked about; a class that policy denies is denied whatever the lease", () => {
  const home = homeWith(GPU);
  home.run(grantLease(1, GPU, terms({ ceiling: "public" })));
  assert.deepEqual(asked(home, 2), ["classification"]);
  assert.equal(asked(home, 3, { highestClassification: "public" }), undefined);
  home.refuses(preview(4, GPU, { highestClassification: "secret" }), "policy-denied");
});

test("jobs that run at the same time reserve their upper bounds, and what did not cross comes back", () => {
  const home = homeLeasing(terms({}, { uses: 9, bytes: byteCount(2_900) }));
  assert.equal(asked(home, 2), undefined);
  assert.equal(asked(home, 3), undefined);
  assert.deepEqual(budgetLeft(held(home)), { uses: 6, bytes: 0 });
  home.run(lost(2, GPU, { sent: "none", transfer: transferOf(2, 0) }));
  home.run(lost(3, GPU, { sent: "partial", transfer: transferOf(3, 400) }));
  assert.deepEqual(budgetLeft(held(home)), { uses: 7, bytes: 1_600 });
});

test("a reservation that nobody counted whole stays spent, and none is ever spent past itself", () => {
  for (const [transfer, bytes] of [
    [{ ...transferOf(2, 10), whole: false }, 1_000],
    [transferOf(2, 10), 10],
    [transferOf(2, 5_000), 1_000],
  ] as const) {
    const home = homeLeasing();
    home.run(preview(2, GPU));
    assert.equal(only(home.run(finished(2, GPU, 0, { transfer })), "LeaseCommitted").bytes, bytes);
  }
});

test("a cost stays reserved at its upper bound until it is known, and comes back only where nothing left", () => {
  const cost = { currency: "EUR", micros: costMicros(1_000) };
  const home = homeLeasing(terms({}, { cost }));
  assert.equal(budgetLeft(held(home)).costMicros, 900);
  home.run(preview(2, GPU, { cost: PRICED }), lost(2, GPU, { sent: "none", transfer: transferOf(2, 0) }));
  assert.equal(budgetLeft(held(home)).costMicros, 900);
  home.run(preview(3, GPU, { cost: PRICED }), lost(3, GPU, { sent: "partial" }));
  assert.equal(budgetLeft(held(home)).costMicros, 800);
});

test("what was metered is spent at the prices that were shown, the rest of a reservation comes back, and never more is spent", () => {
  const cost = { currency: "EUR", micros: costMicros(1_000) };
  const none = { perThousandTokensIn: costMicros(0), perThousandTokensOut: costMicros(0) };
  // The receipt has 1,200 ms of a tool; what left is one byte or more, which is one micro-unit here.
  for (const [perToolMinute, spent] of [
    [2_000, 41],
    [1_000_000, 100],
  ] as const) {
    const prices = { ...none, currency: "EUR", perToolMinute: costMicros(perToolMinute), perGigabyteIn: costMicros(1) };
    const home = homeLeasing(terms({}, { cost }));
    home.run(preview(2, GPU, { cost: { ...PRICED, prices } }));
    assert.equal(budgetLeft(held(home)).costMicros, 800);
    const transfer = transferOf(2, 900);
    assert.deepEqual(only(home.run(finished(2, GPU, 0, { transfer })), "LeaseCommitted").cost, {
      currency: "EUR",
      micros: spent,
    });
    assert.equal(budgetLeft(held(home)).costMicros, 900 - spent);
    home.run(preview(3, GPU, { cost: { ...PRICED, prices } }), lost(3, GPU, { sent: "partial" }));
    assert.equal(budgetLeft(held(home)).costMicros, 800 - spent, "a job without a receipt is spent at its bound");
  }
});

test("revoking a lease ends every attempt that runs under it, and the next job is asked about", () => {
  const home = homeLeasing();
  home.run(preview(2, GPU), preview(3, GPU));
  const events = home.run(revokeLease(1, { transfers: [transferOf(2, 300), transferOf(3, 100)] }));
  assert.deepEqual(
    ofKind(events, "JobFailed").map(({ code, jobId }) => [code, jobId]),
    [2, 3].map((number) => ["lease-revoked", idsOf(number).jobId]),
  );
  assert.deepEqual(
    ofKind(events, "LeaseCommitted").map(({ bytes }) => bytes),
    [300, 100],
  );
  assert.deepEqual(asked(home, 4), ["revoked"]);
  assert.deepEqual(home.run(revokeLease(1)), []);
});

test("revoking a node revokes its leases, and only those", () => {
  const home = homeWith(GPU, ATTIC);
  home.run(grantLease(1, GPU, terms()), grantLease(2, ATTIC, terms()), grantLease(3, GPU, terms()));
  const revoked = ofKind(home.run(revokeNode(GPU)), "LeaseRevoked").map(({ leaseId }) => leaseId);
  assert.deepEqual(revoked, [idsOf(1).leaseId, idsOf(3).leaseId]);
});

test("a wall clock that jumps a year either way neither revives a lease nor ends one", () => {
  const yearMs = 366 * 24 * 60 * 60_000;
  for (const jumpMs of [-yearMs, yearMs]) {
    const at = epochMs(NOW + jumpMs);
    const home = homeLeasing();
    assert.deepEqual(home.run(expireLeases(599_999, { at })), []);
    assert.equal(asked(home, 2, { at, steady: steadyAt(599_999) }), undefined);
    home.run(finished(2, GPU, 0, { at }));
    assert.deepEqual(asked(home, 3, { at, steady: steadyAt(600_000) }), ["expired"]);
    assert.deepEqual(kindsOf(home.run(expireLeases(600_000, { at }))), ["LeaseExpired"]);
    // What once ran out stays so, whatever any clock says.
    assert.deepEqual(asked(home, 4, { at: later(0), steady: steadyAt(0) }), ["expired"]);
    assert.deepEqual(home.run(expireLeases(700_000)), []);
  }
});

test("after a boot of the machine every lease of before has run out: its time is not known", () => {
  const home = homeLeasing();
  assert.deepEqual(asked(home, 2, { steady: steadyAt(0, "the next boot") }), ["expired"]);
  const steady = steadyAt(-1_000_000, "the next boot");
  assert.deepEqual(kindsOf(home.run(expireLeases(0, { steady }))), ["LeaseExpired"]);
});

test("running out ends no attempt: only what has not been sent stays here", () => {
  const home = homeLeasing();
  home.run(preview(2, GPU));
  assert.deepEqual(kindsOf(home.run(expireLeases(600_000))), ["LeaseExpired"]);
  home.run(finished(2, GPU));
  assert.equal(held(home).usesCommitted, 2);
});

test("whatever changes what leases allow starts a new epoch; using one does not", () => {
  const home = homeWith(GPU);
  const epochs = [grantLease(1, GPU, terms()), preview(2, GPU), grantLease(3, GPU, terms()), revokeLease(1)].map(
    (command) => {
      home.run(command);
      return home.state.leases.epoch;
    },
  );
  assert.deepEqual(epochs, [1, 1, 2, 3]);
  home.run(expireLeases(600_000));
  assert.equal(home.state.leases.epoch, 4);
});

test("an approval that would grant a lease which does not cover the shown job is refused", () => {
  const home = homeWith(GPU);
  home.run(preview(1, GPU));
  home.refuses(approveScoped(1, terms({ paths: ["src/**"] })), "lease-unfit");
  home.refuses(approveScoped(1, terms({ ceiling: "public" })), "lease-unfit");
  home.refuses(approveScoped(1, terms({}, { bytes: byteCount(999) })), "lease-unfit");
  const cost = { currency: "EUR", micros: costMicros(1) };
  home.refuses(approveScoped(1, terms({}, { cost })), "lease-unfit");
  home.run(approveScoped(1, terms({ paths: ["src/**", "package.json"] }, { bytes: byteCount(1_000) })));
});

test("the terms of a lease are held to their limits, at a grant and at an approval alike", () => {
  const home = homeWith(GPU);
  home.run(preview(1, GPU));
  const globs = (count: number): string[] => Array.from({ length: count }, () => "**");
  for (const [of, code] of [
    [terms({ leaseMs: durationMs(0) }), "lease-too-long"],
    [terms({ leaseMs: durationMs(SCOPED_LEASE_MS_MAX + 1) }), "lease-too-long"],
    [terms({}, { uses: 0 }), "lease-too-wide"],
    [terms({}, { uses: 1.5 }), "lease-too-wide"],
    [terms({}, { uses: LEASE_USES_MAX + 1 }), "lease-too-wide"],
    [terms({ paths: [] }), "lease-paths-invalid"],
    [terms({ paths: ["../**"] }), "lease-paths-invalid"],
    [terms({ paths: globs(LEASE_PATHS_MAX + 1) }), "lease-paths-invalid"],
  ] as const) {
    home.refuses(grantLease(2, GPU, of), code);
    home.refuses(approveScoped(1, of), code);
  }
  const widest = terms(
    { leaseMs: durationMs(SCOPED_LEASE_MS_MAX), paths: globs(LEASE_PATHS_MAX) },
    { uses: LEASE_USES_MAX },
  );
  home.run(grantLease(2, GPU, widest), approveScoped(1, widest));
  home.refuses(grantLease(3, LOCAL, terms()), "lease-needless");
  home.refuses(grantLease(3, ATTIC, terms()), "node-unknown");
  home.run(revokeNode(GPU));
  home.refuses(grantLease(3, GPU, terms()), "policy-denied");
});

test("the same grant twice is one lease, at a grant and at an approval alike", () => {
  const home = homeWith(GPU);
  home.run(preview(1, GPU), grantLease(1, GPU, terms()));
  home.refuses(grantLease(1, GPU, terms()), "lease-exists");
  home.refuses(approve(1), "lease-exists");
  home.refuses(approveScoped(1, terms()), "lease-exists");
});

test("as many scoped leases as the limit are alive at a time; one that ended makes room", () => {
  const home = homeWith(GPU);
  for (let number = 1; number <= LIVE_SCOPED_LEASES_MAX; number++) home.run(grantLease(number, GPU, terms()));
  const next = LIVE_SCOPED_LEASES_MAX + 1;
  home.refuses(grantLease(next, GPU, terms()), "lease-limit");
  home.run(revokeLease(7), grantLease(next, GPU, terms()));
  home.refuses(grantLease(next + 1, GPU, terms()), "lease-limit");
  home.run(grantLease(next + 1, GPU, terms(), { steady: steadyAt(600_000) }));
});

test("a lease that a full node could not use stays whole", () => {
  const home = homeLeasing();
  home.run(preview(2, GPU), preview(3, GPU));
  home.refuses(preview(4, GPU), "no-slot");
  assert.equal(budgetLeft(held(home)).uses, 2);
});
