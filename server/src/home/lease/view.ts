// Leases as clients see them: what is left of each, and whether it still counts.
// A view for reading; what a lease covers is decided at every use, never from this.
import type { LeaseView } from "#protocol/wire/clientViews.ts";
import type { SteadyReading } from "#protocol/lease.ts";
import { byteCount, costMicros, durationMs } from "#protocol/quantities.ts";
import { nodeName } from "../node/state.ts";
import type { HomeState } from "../state.ts";
import { hasRunOut } from "./covers.ts";
import { budgetLeft, type HeldLease } from "./state.ts";

/** Newest first. Leases of staged actions let nothing leave, and are seen with their items. */
export function leaseViews(state: HomeState, now: SteadyReading): readonly LeaseView[] {
  const sending = [...state.leases.byId.values()].filter(({ lease }) => lease.capability === "offload");
  return sending.map((held) => leaseView(state, held, now)).reverse();
}

function leaseView(state: HomeState, held: HeldLease, now: SteadyReading): LeaseView {
  const { lease, reserved, revoked } = held;
  const left = budgetLeft(held);
  const over = hasRunOut(held, now);
  const remaining = over || lease.deadline === undefined ? 0 : lease.deadline.ms - now.ms;
  return {
    lease,
    node: nodeName(state.nodes, lease.subject),
    state: revoked === undefined ? (over ? "expired" : left.uses > 0 ? "live" : "spent") : "revoked",
    usesLeft: Math.max(0, left.uses),
    bytesLeft: byteCount(Math.max(0, left.bytes)),
    ...(left.costMicros === undefined ? {} : { costMicrosLeft: costMicros(Math.max(0, left.costMicros)) }),
    remainingMs: durationMs(remaining),
    inUse: reserved.size,
    ...(revoked === undefined ? {} : { reason: revoked }),
  };
}
