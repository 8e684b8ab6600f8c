// Amounts as people read them, alike in the terminal, the editor and its pages: bytes (KB = 1000), lengths of time, money, moments.
// It decides wording only. It must never round money: what was metered is shown digit by digit.

const BYTE_UNITS = ["B", "KB", "MB", "GB", "TB", "PB"] as const;
/** One for each language that was asked for, of which a program has one or two. */
const KNOWN = new Map<string, Amounts>();

/** The amounts in a language, such as the editor's. */
export function amountsIn(language: string): Amounts {
  let amounts = KNOWN.get(language);
  if (amounts === undefined) KNOWN.set(language, (amounts = new Amounts(language)));
  return amounts;
}

export class Amounts {
  readonly #language: string;
  /** Formats are dear to make and cheap to use, and a list asks for the same ones thousands of times. */
  readonly #units = new Map<string, Intl.NumberFormat>();
  readonly #count: Intl.NumberFormat;
  readonly #decimal: Intl.NumberFormat;
  readonly #time: Intl.DateTimeFormat;
  readonly #moment: Intl.DateTimeFormat;
  readonly #exactMoment: Intl.DateTimeFormat;

  /** `timeZone` only in tests; otherwise this machine's own. */
  constructor(language: string, timeZone?: string) {
    this.#language = language;
    this.#count = new Intl.NumberFormat(language);
    this.#decimal = new Intl.NumberFormat(language, { maximumFractionDigits: 1 });
    const zone = timeZone === undefined ? {} : { timeZone };
    const clock = { hour: "2-digit", minute: "2-digit", second: "2-digit", hourCycle: "h23" } as const;
    this.#time = new Intl.DateTimeFormat(language, { ...clock, ...zone });
    this.#moment = new Intl.DateTimeFormat(language, { dateStyle: "medium", timeStyle: "short", ...zone });
    const day = { year: "numeric", month: "short", day: "numeric" } as const;
    this.#exactMoment = new Intl.DateTimeFormat(language, { ...day, ...clock, fractionalSecondDigits: 3, ...zone });
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

  /** At most two units, cut and not rounded: what is left is never said to be more. */
  duration(durationMs: number): string {
    if (durationMs < 1_000) return this.#inUnit(Math.floor(durationMs), "millisecond", 0);
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

  /** Whole micro-units of a currency, to the last digit. */
  money(micros: number, currency: string): string {
    const fraction = String(micros % 1_000_000)
      .padStart(6, "0")
      .replace(/0{1,4}$/, "");
    const mark = this.#decimal.formatToParts(1.5).find(({ type }) => type === "decimal")?.value ?? ".";
    return `${this.#count.format(Math.floor(micros / 1_000_000))}${mark}${fraction} ${currency}`;
  }

  /** The time of day, to the second. */
  time(epochMs: number): string {
    return this.#time.format(epochMs);
  }

  /** Day and time of day, to the minute. */
  moment(epochMs: number): string {
    return this.#moment.format(epochMs);
  }

  /** Day and time of day, to the millisecond. */
  exactMoment(epochMs: number): string {
    return this.#exactMoment.format(epochMs);
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
