// Commands about scoped leases as a shell would give them, beside those of `homeCommands.ts`: lease 3 is granted by number 3.
// They decide nothing; everything may be overridden.
import type { ApproveEgress, ExpireLeases, GrantLease, RevokeLease } from "#protocol/commands.ts";
import type { LeaseBudget, ScopedTerms } from "#protocol/lease.ts";
import { byteCount, durationMs } from "#protocol/quantities.ts";
import { approve, idsOf, later, NOW, OWNER, SHELL } from "./homeCommands.ts";
import { steadyAt } from "./homeScenario.ts";
import type { TestNode } from "./homeScenario.ts";

/** Terms that cover five of the jobs that `preview` makes. */
export function terms(
  change: Partial<Omit<ScopedTerms, "budget">> = {},
  budget: Partial<LeaseBudget> = {},
): ScopedTerms {
  const bytes = byteCount(5_000);
  const of = { paths: ["**"], ceiling: "internal", leaseMs: durationMs(600_000) } as const;
  return { ...of, ...change, budget: { uses: 5, bytes, ...budget } };
}

/** An approval that grants lease `number` for jobs like this one, the first of its uses. */
export function approveScoped(number: number, of: ScopedTerms, change: Partial<ApproveEgress> = {}): ApproveEgress {
  const paths = ["src/main.ts", "src/lib/a.ts", "package.json"];
  return approve(number, { lease: { kind: "scoped", terms: of, paths }, ...change });
}

export function grantLease(
  number: number,
  node: TestNode,
  of: ScopedTerms,
  change: Partial<GrantLease> = {},
): GrantLease {
  const { leaseId: lease } = idsOf(number);
  const granting = { kind: "grant-lease", at: NOW, by: OWNER, steady: steadyAt(0), reason: "nightly runs" } as const;
  return { ...granting, leaseId: lease, nodeId: node.nodeId, job: "command", terms: of, ...change };
}

export function expireLeases(ms: number, change: Partial<ExpireLeases> = {}): ExpireLeases {
  return { kind: "expire-leases", at: later(ms), by: SHELL, steady: steadyAt(ms), ...change };
}

export function revokeLease(number: number, change: Partial<RevokeLease> = {}): RevokeLease {
  const { leaseId: lease } = idsOf(number);
  return { kind: "revoke-lease", at: NOW, by: OWNER, leaseId: lease, reason: "enough", transfers: [], ...change };
}
