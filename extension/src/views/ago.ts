// How long ago something was, in the editor's language and in one unit: "3 minutes ago". Coarse on purpose, so that a view
// which shows it changes seldom.

const UNITS = [
  { unit: "day", ms: 24 * 60 * 60_000 },
  { unit: "hour", ms: 60 * 60_000 },
  { unit: "minute", ms: 60_000 },
  { unit: "second", ms: 1_000 },
] as const;

/** `thenMs` later than `nowMs` counts as now: clocks differ. */
export function agoText(thenMs: number, nowMs: number, language: string): string {
  const passedMs = Math.max(0, nowMs - thenMs);
  const { unit, ms } = UNITS.find((each) => passedMs >= each.ms) ?? { unit: "second", ms: 1_000 };
  const relative = new Intl.RelativeTimeFormat(language, { numeric: "auto", style: "short" });
  return relative.format(-Math.floor(passedMs / ms), unit);
}
