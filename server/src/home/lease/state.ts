// Leases: what was granted, what of it is reserved or spent, and whether it still counts.
// A deny elsewhere beats any lease; this slice only says whether a grant covers a use.
import type { AttemptId, EpisodeId, LeaseId } from "#protocol/ids.ts";
import type { Lease } from "#protocol/lease.ts";
import type { Bytes } from "#protocol/quantities.ts";

/** Spent, expired and revoked leases stay in memory up to this many. */
export const RECENT_LEASES_MAX = 400;
/** Scoped leases that still count, all nodes together; more is refused: nobody keeps an eye on hundreds. */
export const LIVE_SCOPED_LEASES_MAX = 32;

/** What an attempt may use at most. */
export interface Reservation {
  readonly bytes: Bytes;
  readonly costMicros: number;
}

export interface HeldLease {
  readonly lease: Lease;
  /** The episode at whose approval it was granted, if it was. */
  readonly corrId?: EpisodeId;
  readonly reserved: ReadonlyMap<AttemptId, Reservation>;
  readonly usesCommitted: number;
  readonly bytesCommitted: number;
  readonly costMicrosCommitted: number;
  readonly revoked?: string;
  readonly expired?: true;
}

export interface LeasesState {
  readonly byId: ReadonlyMap<LeaseId, HeldLease>;
  /** Grows whenever what leases allow changes. What was worked out under an older one is out of date. */
  readonly epoch: number;
}

export const noLeases: LeasesState = { byId: new Map(), epoch: 0 };

/** What is left of a budget after what is reserved and what is spent. */
export interface BudgetLeft {
  readonly uses: number;
  readonly bytes: number;
  /** Absent where the lease has no cost budget. */
  readonly costMicros?: number;
}

export function budgetLeft({ lease, reserved, ...spent }: HeldLease): BudgetLeft {
  const { budget } = lease;
  let bytes = spent.bytesCommitted;
  let costMicros = spent.costMicrosCommitted;
  for (const reservation of reserved.values()) {
    bytes += reservation.bytes;
    costMicros += reservation.costMicros;
  }
  return {
    uses: budget.uses - reserved.size - spent.usesCommitted,
    bytes: budget.bytes - bytes,
    ...(budget.cost === undefined ? {} : { costMicros: budget.cost.micros - costMicros }),
  };
}
