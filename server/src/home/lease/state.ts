// Leases: what was granted, what of it is reserved or spent, and whether it still counts.
// A deny elsewhere beats any lease; this slice only says whether a grant covers a use.
import type { LeaseId } from "#protocol/ids.ts";
import type { Lease } from "#protocol/egress.ts";

/** Spent, expired and revoked leases stay in memory up to this many. */
export const RECENT_LEASES_MAX = 400;

export interface HeldLease {
  readonly lease: Lease;
  readonly usesReserved: number;
  readonly usesCommitted: number;
  readonly bytesCommitted: number;
  readonly revoked?: string;
}

export interface LeasesState {
  readonly byId: ReadonlyMap<LeaseId, HeldLease>;
}

export const noLeases: LeasesState = { byId: new Map() };
