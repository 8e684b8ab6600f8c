// Amounts as people read them, in the page's language: bytes (KB = 1000), lengths of time, moments, counts.
// It decides wording only.

const BYTE_UNITS = ["B", "KB", "MB", "GB", "TB", "PB"] as const;

export class Amounts {
  readonly #language: string;
  /** Formats are dear to make and cheap to use, and a list asks for the same ones thousands of times. */
  readonly #units = new Map<string, Intl.NumberFormat>();
  readonly #count: Intl.NumberFormat;
  readonly #decimal: Intl.NumberFormat;
  readonly #time: Intl.DateTimeFormat;
  readonly #moment: Intl.DateTimeFormat;

  /** `timeZone` only in tests; otherwise this machine's own. */
  constructor(language: string, timeZone?: string) {
    this.#language = language;
    this.#count = new Intl.NumberFormat(language);
    this.#decimal = new Intl.NumberFormat(language, { maximumFractionDigits: 1 });
    const zone = timeZone === undefined ? {} : { timeZone };
    const clock = { hour: "2-digit", minute: "2-digit", second: "2-digit", hourCycle: "h23" } as const;
    this.#time = new Intl.DateTimeFormat(language, { ...clock, ...zone });
    const day = { year: "numeric", month: "short", day: "numeric" } as const;
    this.#moment = new Intl.DateTimeFormat(language, { ...day, ...clock, fractionalSecondDigits: 3, ...zone });
  }

  count(value: number): string {
    return this.#count.format(value);
  }

  bytes(bytes: number): string {
    let unit = 0;
    let value = bytes;
    // 999.95 would be rounded to "1000": it belongs to the next unit.
    while (value >= (unit === 0 ? 1_000 : 999.95) && unit < BYTE_UNITS.length - 1) {
      value /= 1_000;
      unit++;
    }
    return `${this.#decimal.format(value)} ${BYTE_UNITS[unit]}`;
  }

  duration(durationMs: number): string {
    if (durationMs < 1_000) return this.#inUnit(Math.round(durationMs), "millisecond", 0);
    if (durationMs < 60_000) return this.#inUnit(Math.floor(durationMs / 100) / 10, "second", 1);
    const seconds = Math.floor(durationMs / 1_000);
    const minutes = Math.floor(seconds / 60);
    const two = (large: number, largeUnit: string, small: number, smallUnit: string): string =>
      small === 0
        ? this.#inUnit(large, largeUnit, 0)
        : `${this.#inUnit(large, largeUnit, 0)} ${this.#inUnit(small, smallUnit, 0)}`;
    if (minutes < 60) return two(minutes, "minute", seconds % 60, "second");
    return two(Math.floor(minutes / 60), "hour", minutes % 60, "minute");
  }

  /** The time of day, to the second. */
  time(epochMs: number): string {
    return this.#time.format(epochMs);
  }

  /** Day and time of day, to the millisecond. */
  moment(epochMs: number): string {
    return this.#moment.format(epochMs);
  }

  #inUnit(value: number, unit: string, digitsMax: number): string {
    const key = `${unit} ${digitsMax}`;
    let format = this.#units.get(key);
    if (format === undefined) {
      const style = { style: "unit", unit, unitDisplay: "short", maximumFractionDigits: digitsMax } as const;
      format = new Intl.NumberFormat(this.#language, style);
      this.#units.set(key, format);
    }
    return format.format(value);
  }
}
