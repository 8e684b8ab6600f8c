// `--lease uses=5,minutes=60,bytes=5MB,class=internal,paths=src/**:docs/**,cost=0.50EUR`: what an owner grants, in words.
// What is left out comes from the job that is shown, so that a lease is never wider than its owner meant by one word.
import type { EgressPreview } from "#protocol/egress.ts";
import {
  type CostBudget,
  costBudgetOf,
  LEASE_PATHS_MAX,
  LEASE_USES_MAX,
  type LeaseCeiling,
  SCOPED_LEASE_MS_MAX,
  type ScopedTerms,
} from "#protocol/lease.ts";
import { isPathGlob } from "#protocol/pathGlob.ts";
import { type Bytes, byteCount, type DurationMs, durationMs } from "#protocol/quantities.ts";
import { usage } from "./commandLine.ts";

/** What was typed. */
export interface LeaseWish {
  readonly uses: number;
  readonly leaseMs: DurationMs;
  readonly bytes?: Bytes;
  readonly ceiling?: LeaseCeiling;
  readonly paths?: readonly string[];
  readonly cost?: CostBudget;
}

export const LEASE_OPTION_HELP =
  "grant a lease for more jobs like this, e.g. uses=5,minutes=60,bytes=5MB,class=internal,paths=src/**:docs/**,cost=0.50EUR";

const MINUTE_MS = 60_000;
const MINUTES_DEFAULT = 60;
const KEYS: readonly string[] = ["uses", "minutes", "bytes", "class", "paths", "cost"];

/** Throws ArwError `usage`. */
export function leaseWish(text: string): LeaseWish {
  const words = new Map<string, string>();
  for (const pair of text.split(",")) {
    const at = pair.indexOf("=");
    const key = pair.slice(0, Math.max(0, at)).trim();
    if (!KEYS.includes(key) || words.has(key)) throw invalid(`${pair} is not one of ${KEYS.join("=, ")}= once`);
    words.set(key, pair.slice(at + 1).trim());
  }
  const uses = words.get("uses");
  if (uses === undefined) throw invalid("uses= is missing: how many jobs it covers");
  const [bytes, ceiling, paths, cost] = ["bytes", "class", "paths", "cost"].map((key) => words.get(key));
  return {
    uses: whole(uses, LEASE_USES_MAX, "uses"),
    leaseMs: durationMs(
      MINUTE_MS * whole(words.get("minutes") ?? String(MINUTES_DEFAULT), SCOPED_LEASE_MS_MAX / MINUTE_MS, "minutes"),
    ),
    ...(bytes === undefined ? {} : { bytes: bytesOf(bytes) }),
    ...(ceiling === undefined ? {} : { ceiling: ceilingOf(ceiling) }),
    ...(paths === undefined ? {} : { paths: pathsOf(paths) }),
    ...(cost === undefined ? {} : { cost: costOf(cost) }),
  };
}

/** For jobs like the one that is shown: as many bytes each, and no higher class. */
export function termsLike(wish: LeaseWish, { items, payloadBytes }: EgressPreview): ScopedTerms {
  const allPublic = items.every(({ classification }) => classification === "public");
  return terms(wish, byteCount(wish.uses * payloadBytes), allPublic ? "public" : "internal");
}

/** For a lease that is granted by itself. Throws ArwError `usage` where no job says how much it may take. */
export function termsAlone(wish: LeaseWish): ScopedTerms {
  if (wish.bytes === undefined) throw invalid("bytes= is missing: how much may leave in all, e.g. bytes=5MB");
  return terms(wish, wish.bytes, "internal");
}

function terms(wish: LeaseWish, bytes: Bytes, ceiling: LeaseCeiling): ScopedTerms {
  const { cost, leaseMs, uses } = wish;
  const budget = { uses, bytes: wish.bytes ?? bytes, ...(cost === undefined ? {} : { cost }) };
  return { paths: wish.paths ?? ["**"], ceiling: wish.ceiling ?? ceiling, budget, leaseMs };
}

function whole(text: string, max: number, noun: string): number {
  const value = /^\d{1,9}$/.test(text) ? Number(text) : 0;
  if (value >= 1 && value <= max) return value;
  throw invalid(`${noun}=${text} must be a whole number from 1 to ${max}`);
}

const UNITS: Readonly<Record<string, number>> = { "": 1, B: 1, KB: 1e3, MB: 1e6, GB: 1e9 };

function bytesOf(text: string): Bytes {
  const [, digits = "", unit = ""] = /^(\d{1,9})\s*([A-Za-z]*)$/.exec(text) ?? [];
  const factor = UNITS[unit.toUpperCase()];
  const bytes = Number(digits) * (factor ?? Number.NaN);
  if (digits !== "" && Number.isSafeInteger(bytes)) return byteCount(bytes);
  throw invalid(`bytes=${text} must be a whole number of B, KB, MB or GB`);
}

function ceilingOf(text: string): LeaseCeiling {
  if (text === "public" || text === "internal") return text;
  throw invalid(`class=${text} must be public or internal; what is secret or regulated never leaves`);
}

function pathsOf(text: string): readonly string[] {
  const paths = text.split(":");
  const wrong = paths.find((path) => !isPathGlob(path));
  if (wrong === undefined && paths.length <= LEASE_PATHS_MAX) return paths;
  throw invalid(
    `paths=${text} must be up to ${LEASE_PATHS_MAX} globs of workspace paths (*, ? and **), apart by colons`,
  );
}

function costOf(text: string): CostBudget {
  const cost = costBudgetOf(text);
  if (cost === undefined) throw invalid(`cost=${text} must be an amount such as 0.50EUR`);
  return cost;
}

function invalid(problem: string): Error {
  return usage(`--lease: ${problem}`, "For example --lease uses=5,minutes=60,bytes=5MB,paths='src/**'.");
}
