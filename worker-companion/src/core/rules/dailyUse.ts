// How much of this machine its Home has used today, and what is left of the owner's budget. Time comes in as a local day.
// A new day begins at nothing; it must never carry yesterday's use over, nor forget today's.
import type { DailyBudget } from "./ownerRules.ts";

export interface DailyUse {
  /** The local day, like 2026-11-23. */
  readonly day: string;
  readonly jobs: number;
  readonly busyMs: number;
  readonly bytes: number;
}

/** One line of the budget. `left` never falls below 0. */
export interface BudgetLine {
  readonly name: "daily.jobs" | "daily.busyMinutes" | "daily.bytes";
  readonly limit: number;
  readonly used: number;
  readonly left: number;
}

const MINUTE_MS = 60_000;

export function useOn(day: string, before: DailyUse | undefined): DailyUse {
  return before?.day === day ? before : { day, jobs: 0, busyMs: 0, bytes: 0 };
}

export function addUse(use: DailyUse, more: Partial<Omit<DailyUse, "day">>): DailyUse {
  return {
    day: use.day,
    jobs: use.jobs + (more.jobs ?? 0),
    busyMs: use.busyMs + (more.busyMs ?? 0),
    bytes: use.bytes + (more.bytes ?? 0),
  };
}

/** Only what has a limit. */
export function budgetLines(daily: DailyBudget | undefined, use: DailyUse): readonly BudgetLine[] {
  const line = (name: BudgetLine["name"], limit: number | undefined, used: number): readonly BudgetLine[] =>
    limit === undefined ? [] : [{ name, limit, used, left: Math.max(0, limit - used) }];
  return [
    ...line("daily.jobs", daily?.jobs, use.jobs),
    ...line("daily.busyMinutes", daily?.busyMinutes, Math.floor(use.busyMs / MINUTE_MS)),
    ...line("daily.bytes", daily?.bytes, use.bytes),
  ];
}
