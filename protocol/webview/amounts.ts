// Amounts as the editor's surfaces write them, in the language of the editor: bytes (KB = 1000), lengths of time, money, moments.
// It decides wording only. It must never round money: what was metered is shown digit by digit.

/** The same words as the terminal, the timeline and the other pages. */
const BYTE_UNITS = ["B", "KB", "MB", "GB", "TB", "PB"] as const;

export function bytesText(bytes: number, language: string): string {
  let index = 0;
  let value = bytes;
  // 999.95 would be rounded to "1000": it belongs to the next unit.
  while (value >= (index === 0 ? 1_000 : 999.95) && index < BYTE_UNITS.length - 1) {
    value /= 1_000;
    index++;
  }
  return `${new Intl.NumberFormat(language, { maximumFractionDigits: 1 }).format(value)} ${BYTE_UNITS[index]}`;
}

export function countOf(count: number, language: string): string {
  return new Intl.NumberFormat(language).format(count);
}

/** The two largest units: `1 hr 5 min`. Seconds are cut, not rounded, so that a countdown never says more than is left. */
export function durationText(ms: number, language: string): string {
  const seconds = Math.floor(ms / 1_000);
  const minutes = Math.floor(seconds / 60);
  const parts: readonly (readonly [value: number, unit: "hour" | "minute" | "second"])[] =
    minutes >= 60
      ? [
          [Math.floor(minutes / 60), "hour"],
          [minutes % 60, "minute"],
        ]
      : [
          [minutes, "minute"],
          [seconds % 60, "second"],
        ];
  const said = parts.filter(([value]) => value > 0);
  return (said.length === 0 ? parts.slice(1) : said)
    .map(([value, unit]) =>
      new Intl.NumberFormat(language, { style: "unit", unit, unitDisplay: "short" }).format(value),
    )
    .join(" ");
}

/** Whole micro-units of a currency, to the last digit. */
export function moneyText(micros: number, currency: string, language: string): string {
  const whole = Math.floor(micros / 1_000_000);
  const fraction = String(micros % 1_000_000)
    .padStart(6, "0")
    .replace(/0{1,4}$/, "");
  const mark = new Intl.NumberFormat(language).formatToParts(1.5).find(({ type }) => type === "decimal")?.value ?? ".";
  return `${new Intl.NumberFormat(language).format(whole)}${mark}${fraction} ${currency}`;
}

/** The day and the time of day; `timeZone` only in tests. */
export function momentText(epochMs: number, language: string, timeZone?: string): string {
  const zone = timeZone === undefined ? {} : { timeZone };
  return new Intl.DateTimeFormat(language, { dateStyle: "medium", timeStyle: "short", ...zone }).format(epochMs);
}
