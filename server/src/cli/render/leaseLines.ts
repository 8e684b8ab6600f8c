// Leases as lines: what each covers, and what is left of it as the Home says. Time left is of the machine's steady clock.
import { costBudgetText, type Lease, type ScopedTerms } from "#protocol/lease.ts";
import { costMicros } from "#protocol/quantities.ts";
import { plainText } from "#protocol/text/plainText.ts";
import type { LeaseView } from "#protocol/wire/clientViews.ts";
import { bytesText, countText, durationText } from "./amounts.ts";
import type { Style } from "./style.ts";
import { tableLines } from "./table.ts";

export function leaseLines(views: readonly LeaseView[], style: Style): readonly string[] {
  if (views.length === 0) {
    return ["No lease: every send is asked about. Grant one with an approval: arw-home run --on <node> --lease uses=5"];
  }
  const rows = views.map((view) => {
    const { bytesLeft, costMicrosLeft, inUse, lease, node, remainingMs, state, usesLeft } = view;
    const { budget } = lease;
    const { cost } = budget;
    const micros = costMicros(costMicrosLeft ?? 0);
    return [
      lease.leaseId,
      node,
      scopeText(lease),
      `${usesLeft} of ${budget.uses}${inUse === 0 ? "" : `, ${inUse} running`}`,
      `${bytesText(bytesLeft)} of ${bytesText(budget.bytes)}`,
      cost === undefined ? "no limit" : `${costBudgetText({ ...cost, micros })} of ${costBudgetText(cost)}`,
      state === "live" ? durationText(remainingMs) : "",
      `${SHAPES[state]} ${state}`,
      view.reason ?? lease.reason,
    ];
  });
  return tableLines(
    ["lease", "node", "covers", "jobs left", "bytes left", "cost left", "time", "state", "reason"],
    rows,
    style,
  );
}

const SHAPES: Readonly<Record<LeaseView["state"], string>> = { live: "●", spent: "○", expired: "○", revoked: "✗" };

function scopeText({ scope }: Lease): string {
  if (scope.kind === "action") return "one staged action, once";
  if (scope.kind === "once") return "one preview, once";
  return `${scope.job}, ${scope.ceiling}, ${scope.paths.join(" ")}`;
}

/** What is left of a lease, in a few words. */
export function leftText({ bytesLeft, lease, remainingMs, usesLeft }: LeaseView): string {
  const { uses } = lease.budget;
  return `${usesLeft} of ${countText(uses, "job")}, ${bytesText(bytesLeft)} and ${durationText(remainingMs)} are left`;
}

/** What an approval would grant, on the preview card. */
export function termsText({ budget, ceiling, leaseMs, paths }: ScopedTerms): string {
  const cost = budget.cost === undefined ? "" : `, ${costBudgetText(budget.cost)}`;
  const amounts = `${bytesText(budget.bytes)}${cost} in all`;
  const jobs =
    budget.uses === 1 ? "this job" : `up to ${countText(budget.uses, "job")} of this kind, this one included`;
  return `${jobs}; ${amounts}; ${ceiling} files in ${paths.map((path) => plainText(path)).join(" ")}; ${durationText(leaseMs)}`;
}
