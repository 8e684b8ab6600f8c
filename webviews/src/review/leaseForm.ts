// The lease that a person composes in the panel, from typed text to terms. What is left empty comes from the job that is shown,
// so that a lease is never wider than its owner meant by one word. The Home judges the terms once more.
import type { Cost, EgressPreview } from "#protocol/egress.ts";
import {
  type CostBudget,
  costBudgetOf,
  LEASE_PATHS_MAX,
  LEASE_USES_MAX,
  type LeaseCeiling,
  SCOPED_LEASE_MS_MAX,
} from "#protocol/lease.ts";
import { isPathGlob } from "#protocol/pathGlob.ts";
import { byteCount, type DurationMs, durationMs } from "#protocol/quantities.ts";
import type { LeaseAsk } from "#protocol/webview/review.ts";

/** A once lease lives at most this long; the Home refuses more. */
export const ONCE_MINUTES_MAX = 60;
export const SCOPED_MINUTES_MAX: number = SCOPED_LEASE_MS_MAX / 60_000;
const MINUTE_MS = 60_000;
const USES_DEFAULT = 5;
const SCOPED_MINUTES_DEFAULT = 60;

/** What stands in the fields, as typed. */
export interface LeaseDraft {
  readonly kind: "once" | "scoped";
  readonly onceMinutes: string;
  readonly uses: string;
  readonly minutes: string;
  /** Empty: as many bytes for each job as this one has. */
  readonly bytes: string;
  /** Empty: no bound but the others. */
  readonly cost: string;
  readonly paths: string;
  readonly ceiling: LeaseCeiling;
}

export type LeaseField = "onceMinutes" | "uses" | "minutes" | "bytes" | "cost" | "paths";

export type DraftRead =
  | { readonly kind: "lease"; readonly ask: LeaseAsk }
  /** The first field that cannot stand. */
  | { readonly kind: "problem"; readonly field: LeaseField };

/** What the CLI's `--lease uses=5,minutes=60` would grant, and one job for as long as the settings say. */
export function draftFor({ items }: EgressPreview, leaseMs: DurationMs): LeaseDraft {
  const allPublic = items.every(({ classification }) => classification === "public");
  return {
    kind: "once",
    onceMinutes: String(Math.max(1, Math.floor(leaseMs / MINUTE_MS))),
    uses: String(USES_DEFAULT),
    minutes: String(SCOPED_MINUTES_DEFAULT),
    bytes: "",
    cost: "",
    paths: "**",
    ceiling: allPublic ? "public" : "internal",
  };
}

export function readDraft(draft: LeaseDraft, { cost: estimate, payloadBytes }: EgressPreview): DraftRead {
  if (draft.kind === "once") {
    const minutes = whole(draft.onceMinutes, ONCE_MINUTES_MAX);
    if (minutes === undefined) return { kind: "problem", field: "onceMinutes" };
    return { kind: "lease", ask: { kind: "once", leaseMs: durationMs(minutes * MINUTE_MS) } };
  }
  const uses = whole(draft.uses, LEASE_USES_MAX);
  if (uses === undefined) return { kind: "problem", field: "uses" };
  const minutes = whole(draft.minutes, SCOPED_MINUTES_MAX);
  if (minutes === undefined) return { kind: "problem", field: "minutes" };
  const bytes = draft.bytes.trim() === "" ? uses * payloadBytes : bytesOf(draft.bytes);
  if (bytes === undefined || bytes < payloadBytes || !Number.isSafeInteger(bytes))
    return { kind: "problem", field: "bytes" };
  const cost = costOf(draft.cost);
  if (cost === "unfit" || !costCovers(cost, estimate)) return { kind: "problem", field: "cost" };
  const paths = draft.paths.split(/[\s:]+/).filter((path) => path !== "");
  if (paths.length === 0 || paths.length > LEASE_PATHS_MAX || !paths.every(isPathGlob)) {
    return { kind: "problem", field: "paths" };
  }
  const budget = { uses, bytes: byteCount(bytes), ...(cost === undefined ? {} : { cost }) };
  const terms = { paths, ceiling: draft.ceiling, budget, leaseMs: durationMs(minutes * MINUTE_MS) };
  return { kind: "lease", ask: { kind: "scoped", terms } };
}

function whole(text: string, max: number): number | undefined {
  const value = /^\s*\d{1,9}\s*$/.test(text) ? Number(text) : 0;
  return value >= 1 && value <= max ? value : undefined;
}

/** A comma is the decimal mark of half the world, and `eur` is no other currency than `EUR`. */
function costOf(text: string): CostBudget | "unfit" | undefined {
  const typed = text.trim().replace(",", ".").toUpperCase();
  return typed === "" ? undefined : (costBudgetOf(typed) ?? "unfit");
}

/** The Home grants no lease that does not cover the very job it is granted with. */
function costCovers(budget: CostBudget | undefined, estimate: Cost): boolean {
  if (budget === undefined) return true;
  return estimate.kind === "estimate" && estimate.currency === budget.currency && estimate.highMicros <= budget.micros;
}

const UNITS: Readonly<Record<string, number>> = { "": 1, B: 1, KB: 1e3, MB: 1e6, GB: 1e9 };

function bytesOf(text: string): number | undefined {
  const [, digits, unit = ""] = /^\s*(\d{1,9})\s*([A-Za-z]*)\s*$/.exec(text) ?? [];
  const factor = UNITS[unit.toUpperCase()];
  return digits === undefined || factor === undefined ? undefined : Number(digits) * factor;
}
