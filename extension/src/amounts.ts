// Amounts as people read them in the editor's language: bytes (KB = 1000), lengths of time, moments.
// It decides wording only, and never rounds money.

/** The same words as the terminal and the pages. */
const BYTE_UNITS = ["B", "KB", "MB", "GB", "TB", "PB"] as const;

export function bytesText(bytes: number, language: string): string {
  let unit = 0;
  let value = bytes;
  // 999.95 would be rounded to "1000": it belongs to the next unit.
  while (value >= (unit === 0 ? 1_000 : 999.95) && unit < BYTE_UNITS.length - 1) {
    value /= 1_000;
    unit++;
  }
  return `${new Intl.NumberFormat(language, { maximumFractionDigits: 1 }).format(value)} ${BYTE_UNITS[unit]}`;
}

export function durationText(durationMs: number, language: string): string {
  if (durationMs < 1_000) return inUnit(Math.round(durationMs), "millisecond", 0, language);
  if (durationMs < 60_000) return inUnit(Math.floor(durationMs / 100) / 10, "second", 1, language);
  const seconds = Math.floor(durationMs / 1_000);
  const minutes = Math.floor(seconds / 60);
  if (minutes < 60) return joined(inUnit(minutes, "minute", 0, language), inUnit(seconds % 60, "second", 0, language));
  return joined(inUnit(Math.floor(minutes / 60), "hour", 0, language), inUnit(minutes % 60, "minute", 0, language));
}

/** The time of day. `timeZone` only in tests; otherwise this machine's own. */
export function timeText(epochMs: number, language: string, timeZone?: string): string {
  const zone = timeZone === undefined ? {} : { timeZone };
  return new Intl.DateTimeFormat(language, { timeStyle: "short", ...zone }).format(epochMs);
}

function inUnit(value: number, unit: string, digitsMax: number, language: string): string {
  const style = { style: "unit", unit, unitDisplay: "short", maximumFractionDigits: digitsMax } as const;
  return new Intl.NumberFormat(language, style).format(value);
}

function joined(...parts: readonly string[]): string {
  return parts.join(" ");
}
