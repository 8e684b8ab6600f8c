// Leases that a policy makes useless: a rule that denies stands before all that such a lease covers. The policy is in its
// right, for a deny beats every lease; whoever writes it should know.
import { LEASE_CEILING_CLASSES, type Lease } from "#protocol/lease.ts";
import type { PolicyRule } from "#protocol/policy.ts";
import type { PolicyFinding } from "#protocol/policyFinding.ts";
import type { LeaseView } from "#protocol/wire/clientViews.ts";
import { FINDINGS_MAX, type PolicyReading } from "./readPolicy.ts";

export function idleLeases(reading: PolicyReading, leases: readonly LeaseView[]): readonly PolicyFinding[] {
  const { document } = reading;
  if (document === undefined) return [];
  const live = leases.filter(({ state }) => state === "live");
  const found = document.rules.flatMap((rule, index) => {
    const idle = live.filter(({ lease, node }) => deniesAllOf(rule, lease, node));
    return idle.map(({ lease, node }): PolicyFinding => {
      return {
        code: "policy-lease-never",
        severity: "warning",
        message: `while the rule ${rule.id} stands, the lease ${lease.leaseId} for ${node} lets nothing leave`,
        advice: `Revoke it (arw-home lease revoke ${lease.leaseId}), or narrow the rule.`,
        range: reading.rangeOf(["rules", index, "id"]),
      };
    });
  });
  return found.slice(0, FINDINGS_MAX);
}

/** Sure of it only: a condition that some use of the lease might not meet is no proof. */
function deniesAllOf(rule: PolicyRule, { scope, subject }: Lease, node: string): boolean {
  if (rule.effect !== "deny" || !rule.actions.includes("offload") || scope.kind !== "scoped") return false;
  const { subjects, resource, destination, purposes, time } = rule;
  if (subjects !== undefined || time !== undefined) return false;
  if (resource?.bytesMax !== undefined || resource?.bytesOver !== undefined || resource?.models !== undefined)
    return false;
  const { nodes, keys, locations, trusted, paidOnly } = destination ?? {};
  if (locations !== undefined || trusted !== undefined || paidOnly !== undefined) return false;
  return (
    (nodes === undefined || nodes.includes(node)) &&
    (keys === undefined || keys.includes(subject)) &&
    (purposes === undefined || purposes.includes(scope.job)) &&
    (resource?.classes === undefined ||
      LEASE_CEILING_CLASSES[scope.ceiling].every((name) => resource.classes?.includes(name) === true)) &&
    (resource?.paths === undefined ||
      scope.paths.every((glob) => resource.paths?.includes(glob) === true || resource.paths?.includes("**") === true))
  );
}
