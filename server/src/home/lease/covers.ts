// Whether a lease still covers a use of it, and if not, why not. Pure: the caller says what time it is.
import type { EpochMs } from "#protocol/quantities.ts";
import { type Refusal, refuse } from "#protocol/errors.ts";
import type { HeldLease } from "./state.ts";

/** Undefined where the lease is alive; else the refusal with its cause. A reserved use stays covered until it expires. */
export function leaseProblem(held: HeldLease | undefined, at: EpochMs): Refusal | undefined {
  if (held === undefined)
    return refuse("lease-unknown", "There is no such lease.", "Ask the owner for a new approval.");
  if (held.revoked !== undefined) {
    return refuse("lease-revoked", `The lease was revoked: ${held.revoked}.`, "Ask the owner for a new approval.");
  }
  if (at >= held.lease.expiresAt) {
    return refuse(
      "lease-expired",
      "The lease ran out before everything was sent.",
      "Start the episode again and approve its preview.",
    );
  }
  return undefined;
}

/** Whether one more use of the lease may be reserved. */
export function hasUseLeft(held: HeldLease): boolean {
  return held.usesReserved + held.usesCommitted < held.lease.budget.uses;
}
