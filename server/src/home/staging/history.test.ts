// The gate under commands in any order: an auditor who reads only the facts finds every item decided once, and nothing done
// without a live lease of exactly that digest. At the end the facts alone give the state again.
import assert from "node:assert/strict";
import { test } from "node:test";
import fc from "fast-check";
import type { Command } from "#protocol/commands.ts";
import type { Digest } from "#protocol/digest.ts";
import { decodeEvent } from "#protocol/decodeEvent.ts";
import type { JournalEvent } from "#protocol/events.ts";
import type { StagedId } from "#protocol/ids.ts";
import type { StagingEvent } from "#protocol/stagingEvents.ts";
import { stagedDigest } from "#protocol/staging.ts";
import { markNeverLeaves, unmarkNeverLeaves } from "../../../../test/simulation/egressCommands.ts";
import { homeAlone, idsOf, NOW, OWNER } from "../../../../test/simulation/homeCommands.ts";
import { revokeLease } from "../../../../test/simulation/leaseCommands.ts";
import { steadyAt } from "../../../../test/simulation/homeScenario.ts";
import {
  approveStaged,
  beginStaged,
  endorseStaged,
  endStaged,
  rejectStaged,
  reviseStaged,
  stage,
  stagedIdOf,
  unmarking,
  withdrawStaged,
} from "../../../../test/simulation/stagingCommands.ts";
import { evolve } from "../evolve.ts";
import { type HomeState, initialState } from "../state.ts";
import { stagingOf } from "./state.ts";

const KINDS = [
  "stage",
  "endorse",
  "approve",
  "reject",
  "withdraw",
  "revise",
  "begin",
  "end",
  "revoke",
  "mark",
] as const;
const NUMBERS = 4;

interface Happening {
  readonly kind: (typeof KINDS)[number];
  readonly number: number;
  readonly other: number;
  readonly lateMs: number;
}

const happening: fc.Arbitrary<Happening> = fc.record({
  kind: fc.constantFrom(...KINDS, "stage", "approve", "begin"),
  number: fc.integer({ min: 1, max: NUMBERS }),
  other: fc.integer({ min: 1, max: NUMBERS }),
  lateMs: fc.constantFrom(1, 1, 1, 599_999, 600_000),
});

/** Mostly names the digest that stands there, and begins what it says; else those of another number. */
function commandOf(state: HomeState, { kind, lateMs, number, other }: Happening): Command {
  const held = stagingOf(state).byId.get(stagedIdOf(number));
  const digest = other === 1 || held === undefined ? stagedDigest(unmarking(other)) : held.digest;
  const leaseId = held?.status.kind === "approved" ? held.status.leaseId : idsOf(number).leaseId;
  switch (kind) {
    case "stage":
      return stage(number, { action: unmarking(other) });
    case "endorse":
      return endorseStaged(number, { digest });
    case "approve":
      return approveStaged(number, { digest });
    case "reject":
      return rejectStaged(number, { digest });
    case "withdraw":
      return withdrawStaged(number);
    case "revise":
      return reviseStaged(number, other, { digest, action: unmarking(number) });
    case "begin": {
      const action = other === 1 || held === undefined ? unmarking(other) : held.action;
      assert.ok(action.kind === "change-setting" && action.change.name === "unmark-never-leaves");
      const order = unmarkNeverLeaves(action.change.globs[0] ?? "");
      const replacedBy = stagedIdOf(NUMBERS + number);
      return beginStaged(number, { leaseId, replacedBy, begun: { kind: "order", order }, steady: steadyAt(lateMs) });
    }
    case "end":
      return endStaged(number, { outcome: "unknown" });
    case "mark":
      return markNeverLeaves(`secrets-${number}/`);
    case "revoke":
      return revokeLease(number);
  }
}

/** Reads facts alone. */
class Auditor {
  readonly #digests = new Map<StagedId, Digest>();
  readonly #decided = new Map<StagedId, string>();
  readonly #leases = new Map<string, Digest>();
  readonly #revoked = new Set<string>();
  readonly #begun = new Set<StagedId>();
  readonly #ended = new Set<StagedId>();

  read(frame: readonly JournalEvent[]): void {
    let allowed: Digest | undefined;
    for (const event of frame) {
      if (event.kind === "LeaseGranted") {
        assert.ok(event.lease.scope.kind === "action" && event.lease.budget.uses === 1);
        this.#leases.set(event.lease.leaseId, event.lease.scope.action);
      } else if (event.kind === "LeaseRevoked") this.#revoked.add(event.leaseId);
      else if (event.kind === "NeverLeavesUnmarked") {
        const change = { name: "unmark-never-leaves", globs: [event.glob] } as const;
        assert.equal(stagedDigest({ kind: "change-setting", change }), allowed, "done is what was begun");
      } else if ("stagedId" in event) {
        this.#readStaged(event);
        if (event.kind === "StagedBegun") allowed = event.digest;
      }
    }
  }

  #readStaged(event: StagingEvent): void {
    switch (event.kind) {
      case "ActionStaged":
        assert.ok(!this.#digests.has(event.stagedId));
        assert.equal(event.digest, stagedDigest(event.action));
        this.#digests.set(event.stagedId, event.digest);
        return;
      case "StagedApproved":
        assert.equal(this.#leases.get(event.leaseId), this.#digests.get(event.stagedId));
        this.#decide(event.stagedId, event.kind);
        return;
      case "StagedRejected":
      case "StagedSuperseded":
      case "StagedWithdrawn":
        this.#decide(event.stagedId, event.kind);
        return;
      case "StagedEndorsed":
        assert.ok(!this.#decided.has(event.stagedId));
        assert.equal(event.digest, this.#digests.get(event.stagedId));
        return;
      case "StagedBegun":
        assert.equal(this.#decided.get(event.stagedId), "StagedApproved");
        assert.ok(!this.#begun.has(event.stagedId) && !this.#ended.has(event.stagedId), "begun once");
        assert.equal(this.#leases.get(event.leaseId), event.digest, "under a lease of exactly this digest");
        assert.ok(!this.#revoked.has(event.leaseId), "which was not revoked");
        this.#begun.add(event.stagedId);
        return;
      case "StagedEnded":
        assert.ok(!this.#ended.has(event.stagedId), "ended once");
        assert.ok(event.outcome !== "done" || this.#begun.has(event.stagedId));
        this.#ended.add(event.stagedId);
    }
  }

  #decide(id: StagedId, how: string): void {
    assert.equal(this.#decided.get(id), undefined, "decided once");
    this.#decided.set(id, how);
  }
}

test("in any history each item is decided once, and nothing is done without a live lease of exactly its digest", () => {
  let done = 0;
  fc.assert(
    fc.property(fc.array(happening, { minLength: 10, maxLength: 60 }), (happenings) => {
      const home = homeAlone();
      const globs = Array.from({ length: NUMBERS }, (_, index) => `secrets-${index + 1}/`);
      home.run({ kind: "mark-never-leaves", at: NOW, by: OWNER, globs, collected: [], transfers: [] });
      const auditor = new Auditor();
      for (const what of happenings) {
        const given = home.give(commandOf(home.state, what));
        if (!("kind" in given)) auditor.read(given);
      }
      for (const held of stagingOf(home.state).byId.values()) {
        assert.ok(held.status.kind !== "superseded" || held.endorsements.length === 0, "a revision voids endorsements");
      }
      done += home.events.filter(({ kind }) => kind === "NeverLeavesUnmarked").length;
      const again = home.events
        .map((event) => {
          const decoded = decodeEvent(JSON.parse(JSON.stringify(event)));
          assert.ok(decoded.ok);
          return decoded.value;
        })
        .reduce(evolve, initialState(home.state.identity));
      assert.deepEqual(again, home.state);
    }),
    { numRuns: 300 },
  );
  assert.ok(done > 0, `the histories must let something be done, or they show nothing: ${done}`);
});
