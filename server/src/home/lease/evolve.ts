// How grants, reservations and revocations change what is known of leases. Total.
import type { LeaseEvent } from "#protocol/events.ts";
import type { StagedBegun } from "#protocol/stagingEvents.ts";
import type { AttemptId, LeaseId } from "#protocol/ids.ts";
import { withEntry } from "../boundedMap.ts";
import { budgetLeft, type HeldLease, type LeasesState, RECENT_LEASES_MAX, type Reservation } from "./state.ts";

/** A scoped lease that may still cover something is never forgotten: its owner could not revoke it any more. */
const recent = {
  keep: RECENT_LEASES_MAX,
  mayGo: (held: HeldLease): boolean => {
    if (held.reserved.size > 0) return false;
    const over = held.revoked !== undefined || held.expired === true || budgetLeft(held).uses <= 0;
    return over || held.lease.scope.kind !== "scoped";
  },
};

export function evolveLeases(state: LeasesState, event: LeaseEvent | StagedBegun): LeasesState {
  switch (event.kind) {
    case "LeaseGranted": {
      const held: HeldLease = {
        lease: event.lease,
        ...(event.corrId === undefined ? {} : { corrId: event.corrId }),
        reserved: new Map(),
        usesCommitted: 0,
        bytesCommitted: 0,
        costMicrosCommitted: 0,
      };
      return { byId: withEntry(state.byId, event.lease.leaseId, held, recent), epoch: state.epoch + 1 };
    }
    case "LeaseReserved": {
      const reservation: Reservation = { bytes: event.bytes, costMicros: event.cost?.micros ?? 0 };
      return changed(state, event.leaseId, (held) => ({
        reserved: withEntry(held.reserved, event.attemptId, reservation),
      }));
    }
    case "LeaseCommitted":
      return changed(state, event.leaseId, (held) => ({
        reserved: without(held, event.attemptId),
        usesCommitted: held.usesCommitted + 1,
        bytesCommitted: held.bytesCommitted + event.bytes,
        costMicrosCommitted: held.costMicrosCommitted + (event.cost?.micros ?? 0),
      }));
    case "StagedBegun":
      return changed(state, event.leaseId, (held) => ({ usesCommitted: held.usesCommitted + 1 }));
    case "LeaseReleased":
      return changed(state, event.leaseId, (held) => ({ reserved: without(held, event.attemptId) }));
    case "LeaseRevoked":
      return { ...changed(state, event.leaseId, () => ({ revoked: event.reason })), epoch: state.epoch + 1 };
    case "LeaseExpired":
      return { ...changed(state, event.leaseId, () => ({ expired: true })), epoch: state.epoch + 1 };
  }
}

function changed(state: LeasesState, id: LeaseId, change: (held: HeldLease) => Partial<HeldLease>): LeasesState {
  const held = state.byId.get(id);
  if (held === undefined) return state;
  return { ...state, byId: withEntry(state.byId, id, { ...held, ...change(held) }) };
}

function without(held: HeldLease, attemptId: AttemptId): ReadonlyMap<AttemptId, Reservation> {
  const reserved = new Map(held.reserved);
  reserved.delete(attemptId);
  return reserved;
}
