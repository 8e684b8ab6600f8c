// How grants, reservations and revocations change what is known of leases. Total.
import type { LeaseEvent } from "#protocol/events.ts";
import type { LeaseId } from "#protocol/ids.ts";
import { withEntry } from "../boundedMap.ts";
import { type HeldLease, type LeasesState, RECENT_LEASES_MAX } from "./state.ts";

const recent = {
  keep: RECENT_LEASES_MAX,
  mayGo: (held: HeldLease): boolean => held.usesReserved === 0,
};

export function evolveLeases(state: LeasesState, event: LeaseEvent): LeasesState {
  switch (event.kind) {
    case "LeaseGranted": {
      const held: HeldLease = { lease: event.lease, usesReserved: 0, usesCommitted: 0, bytesCommitted: 0 };
      return { byId: withEntry(state.byId, event.lease.leaseId, held, recent) };
    }
    case "LeaseReserved":
      return changed(state, event.leaseId, (held) => ({ usesReserved: held.usesReserved + 1 }));
    case "LeaseCommitted":
      return changed(state, event.leaseId, (held) => ({
        usesReserved: Math.max(0, held.usesReserved - 1),
        usesCommitted: held.usesCommitted + 1,
        bytesCommitted: held.bytesCommitted + event.bytes,
      }));
    case "LeaseReleased":
      return changed(state, event.leaseId, (held) => ({ usesReserved: Math.max(0, held.usesReserved - 1) }));
    case "LeaseRevoked":
      return changed(state, event.leaseId, () => ({ revoked: event.reason }));
  }
}

function changed(state: LeasesState, id: LeaseId, change: (held: HeldLease) => Partial<HeldLease>): LeasesState {
  const held = state.byId.get(id);
  if (held === undefined) return state;
  return { byId: withEntry(state.byId, id, { ...held, ...change(held) }) };
}
