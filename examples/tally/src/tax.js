// Tax that is added to a net amount, by rate. Rates are in hundredths of a percent.
import { shareOf } from "./money.js";

export const RATES = { standard: 1_900, reduced: 700, none: 0 };

export function taxOn(netCents, rate) {
  if (!Object.hasOwn(RATES, rate)) throw new RangeError(`no such rate: ${rate}`);
  return shareOf(netCents, RATES[rate]);
}
