// Money as whole cents. No amount is ever a fraction, so sums are exact.

/** "12.34", "12", "-0.5" as cents. Throws RangeError for anything else. */
export function parseCents(text) {
  const match = /^(-?)(\d+)(?:\.(\d{1,2}))?$/.exec(text.trim());
  if (match === null) throw new RangeError(`not an amount: ${JSON.stringify(text)}`);
  const [, sign, whole, fraction = ""] = match;
  const cents = Number(whole) * 100 + Number(fraction.padEnd(2, "0"));
  return sign === "-" ? -cents : cents;
}

/** 123456 as "1,234.56". */
export function formatCents(cents) {
  const digits = String(Math.abs(cents)).padStart(3, "0");
  const whole = digits.slice(0, -2).replace(/\B(?=(\d{3})+$)/g, ",");
  return `${cents < 0 ? "-" : ""}${whole}.${digits.slice(-2)}`;
}

/** A share of an amount in hundredths of a percent, rounded to the nearest cent, half a cent away from zero. */
export function shareOf(cents, basisPoints) {
  return Math.round((cents * basisPoints) / 10_000);
}
