// Whether a lease still counts, and whether it covers one more job: every bound is checked here and nowhere else.
// Pure: the caller says what the steady clock reads. The wall clock is not asked, so setting it neither revives nor ends one.
import type { Classification, Cost } from "#protocol/egress.ts";
import { type Refusal, refuse } from "#protocol/errors.ts";
import type { NodeId } from "#protocol/ids.ts";
import type { JobKind } from "#protocol/job.ts";
import type { LeaseBound, LeaseBudget, LeaseUnfit, SteadyReading } from "#protocol/lease.ts";
import { globsCover } from "#protocol/pathGlob.ts";
import type { Bytes } from "#protocol/quantities.ts";
import { budgetLeft, type HeldLease, type LeasesState } from "./state.ts";

/** Undefined where the lease is alive; else the refusal with its cause. A reserved use stays covered until it expires. */
export function leaseProblem(held: HeldLease | undefined, now: SteadyReading): Refusal | undefined {
  if (held === undefined)
    return refuse("lease-unknown", "There is no such lease.", "Ask the owner for a new approval.");
  if (held.revoked !== undefined) {
    return refuse("lease-revoked", `The lease was revoked: ${held.revoked}.`, "Ask the owner for a new approval.");
  }
  if (hasRunOut(held, now)) {
    return refuse(
      "lease-expired",
      "The lease ran out before everything was sent.",
      "Start the episode again and approve its preview.",
    );
  }
  return undefined;
}

/** Of another boot nobody can say how much time has passed: such a lease has run out. */
export function hasRunOut({ lease, expired }: HeldLease, now: SteadyReading): boolean {
  const { deadline } = lease;
  return expired === true || deadline === undefined || deadline.boot !== now.boot || now.ms >= deadline.ms;
}

/** What a job would take from a lease. */
export interface LeaseUse {
  readonly nodeId: NodeId;
  readonly job: JobKind;
  readonly paths: readonly string[];
  readonly highestClassification: Classification;
  readonly bytes: Bytes;
  readonly cost: Cost;
}

/** The scoped lease that covers the use; of several the one that runs out first. Else why the closest one does not. */
export function leaseFor(
  state: LeasesState,
  use: LeaseUse,
  now: SteadyReading,
): { readonly covering?: HeldLease; readonly unfit?: LeaseUnfit } {
  let covering: HeldLease | undefined;
  let unfit: LeaseUnfit | undefined;
  for (const held of state.byId.values()) {
    if (held.lease.scope.kind !== "scoped") continue;
    const bounds = unfitBounds(held, use, now);
    if (bounds.length === 0) {
      if (covering === undefined || deadlineOf(held) < deadlineOf(covering)) covering = held;
    } else if (unfit === undefined || bounds.length <= unfit.bounds.length) {
      unfit = { leaseId: held.lease.leaseId, bounds };
    }
  }
  if (covering !== undefined) return { covering };
  return unfit === undefined ? {} : { unfit };
}

/** Every bound of a scoped lease that the use does not keep. Paths, which may be thousands, are asked last and alone. */
export function unfitBounds(held: HeldLease, use: LeaseUse, now: SteadyReading): readonly LeaseBound[] {
  const { lease, revoked } = held;
  const { scope, subject, budget } = lease;
  if (scope.kind !== "scoped") return ["uses"];
  const left = budgetLeft(held);
  const broken: readonly (readonly [LeaseBound, boolean])[] = [
    ["revoked", revoked !== undefined],
    ["expired", hasRunOut(held, now)],
    ["node", subject !== use.nodeId],
    ["kind", scope.job !== use.job],
    ["classification", RANKS[use.highestClassification] > RANKS[scope.ceiling]],
    ["uses", left.uses < 1],
    ["bytes", use.bytes > left.bytes],
    ["cost", !costFits(budget, left.costMicros, use.cost)],
  ];
  const bounds = broken.filter(([, isBroken]) => isBroken).map(([bound]) => bound);
  return bounds.length > 0 || globsCover(scope.paths, use.paths) ? bounds : ["paths"];
}

const RANKS: Readonly<Record<Classification, number>> = { public: 0, internal: 1, secret: 2, regulated: 3 };

/** A cost nobody knows fits no cap, and neither does one in another currency. */
function costFits(budget: LeaseBudget, leftMicros: number | undefined, cost: Cost): boolean {
  if (budget.cost === undefined || leftMicros === undefined) return true;
  return cost.kind === "estimate" && cost.currency === budget.cost.currency && cost.highMicros <= leftMicros;
}

function deadlineOf({ lease }: HeldLease): number {
  return lease.deadline?.ms ?? 0;
}
