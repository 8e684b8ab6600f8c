// Amounts as a terminal shows them: bytes (KB = 1000), lengths of time, moments, money.
// It decides wording only. It must never round money: what was metered is shown digit by digit.
import type { Cost, MeasuredCost } from "#protocol/egress.ts";
import { amountsIn } from "#protocol/text/amounts.ts";
import type { UsageMethod } from "#protocol/usage.ts";

const ONE_DIGIT = new Intl.NumberFormat("en", { maximumFractionDigits: 1, useGrouping: false });
const ENGLISH = amountsIn("en");

export function bytesText(bytes: number): string {
  return ENGLISH.bytes(bytes);
}

export function countText(count: number, noun: string): string {
  return `${ENGLISH.count(count)} ${noun}${count === 1 ? "" : "s"}`;
}

export function durationText(ms: number): string {
  if (ms < 1_000) return `${Math.round(ms)} ms`;
  if (ms < 60_000) return `${ONE_DIGIT.format(Math.floor(ms / 100) / 10)} s`;
  const seconds = Math.floor(ms / 1_000);
  const minutes = Math.floor(seconds / 60);
  if (minutes < 60) return joined([minutes, "min"], [seconds % 60, "s"]);
  return joined([Math.floor(minutes / 60), "h"], [minutes % 60, "min"]);
}

/** The time of day. `timeZone` only in tests; otherwise the terminal's own. */
export function timeText(epochMs: number, timeZone?: string): string {
  return new Intl.DateTimeFormat("en-GB", { timeStyle: "medium", ...zone(timeZone) }).format(epochMs);
}

/** The day and the time of day. */
export function momentText(epochMs: number, timeZone?: string): string {
  // Swedish writes ISO dates.
  const style = { dateStyle: "short", timeStyle: "medium", ...zone(timeZone) } as const;
  return new Intl.DateTimeFormat("sv-SE", style).format(epochMs);
}

export function costText(cost: Cost): string {
  switch (cost.kind) {
    case "unknown":
      return `unknown: ${cost.reason}`;
    case "estimate": {
      const { basis, currency, measured } = cost;
      const bound = `${rangeText(cost)} ${currency} (estimate: ${basis})`;
      return measured === undefined
        ? bound
        : `${rangeText(measured)} ${currency} ${likeText(measured)}; by its limits ${bound}`;
    }
  }
}

function rangeText({ lowMicros, highMicros }: Pick<MeasuredCost, "lowMicros" | "highMicros">): string {
  const [low, high] = [decimal(lowMicros), decimal(highMicros)];
  return low === high ? `about ${low}` : `about ${low} to ${high}`;
}

function likeText({ jobs, median, ninetieth, unit }: MeasuredCost): string {
  const amount = (value: number): string => (unit === "tool-ms" ? durationText(value) : countText(value, "token"));
  return `from ${jobs} like jobs there: median ${amount(median)}, 90th percentile ${amount(ninetieth)}`;
}

export function methodText(method: UsageMethod): string {
  switch (method) {
    case "engine-count":
      return "metered by engine";
    case "exclusive-wall":
      return "metered by wall clock";
    case "byte-count":
      return "counted";
    case "estimated":
      return "estimated";
  }
}

/** Whole micro-units as a decimal with two to six places. */
function decimal(micros: number): string {
  const digits = String(micros).padStart(7, "0");
  const fraction = digits.slice(-6).replace(/0{1,4}$/, "");
  return `${digits.slice(0, -6)}.${fraction}`;
}

function joined(...parts: readonly (readonly [number, string])[]): string {
  return parts
    .filter(([value], index) => index === 0 || value > 0)
    .map(([value, unit]) => `${value} ${unit}`)
    .join(" ");
}

function zone(timeZone: string | undefined): { readonly timeZone?: string } {
  return timeZone === undefined ? {} : { timeZone };
}
