// The machine's steady clock: it cannot be set, so no change of the date revives a lease or ends one. It goes on counting
// over restarts of the Home, because it counts from the boot, and it stands still while the machine sleeps.
import { randomUUID } from "node:crypto";
import type { SteadyReading } from "#protocol/lease.ts";
import { steadyMs } from "#protocol/quantities.ts";
import { identityOfThisProcess } from "#platform/state/processIdentity.ts";

export type SteadyClock = () => SteadyReading;

/** Where the system does not name its boots, every process counts as a boot of its own: its leases end with it. */
export async function openSteadyClock(): Promise<SteadyClock> {
  const { bootId } = await identityOfThisProcess();
  const boot = bootId === "" ? randomUUID() : bootId;
  return () => ({ boot, ms: steadyMs(Number(process.hrtime.bigint() / 1_000_000n)) });
}
