// Puts a cart, its discount and its tax together into what the customer pays.
import { mergeLines, subtotal } from "./cart.js";
import { discountOf } from "./discount.js";
import { formatCents } from "./money.js";
import { taxOn } from "./tax.js";

/** All amounts in cents: subtotal - discount + tax = total. */
export function totalsOf(cart, { discount, rate = "standard" } = {}) {
  const gross = subtotal(cart);
  const off = discount === undefined ? 0 : discountOf(cart, discount);
  const tax = taxOn(gross - off, rate);
  return { subtotal: gross, discount: off, tax, total: gross - off + tax };
}

/** The receipt as text, one line an item, amounts right-aligned. */
export function receiptText(cart, options) {
  const totals = totalsOf(cart, options);
  const rows = [
    ...mergeLines(cart).map(({ item, quantity, priceCents }) => [`${quantity} x ${item}`, quantity * priceCents]),
    ...Object.entries(totals).filter(([name, cents]) => name === "total" || cents !== 0),
  ].map(([label, cents]) => [label, formatCents(cents)]);
  const labelWidth = Math.max(...rows.map(([label]) => label.length));
  const amountWidth = Math.max(...rows.map(([, amount]) => amount.length));
  return rows.map(([label, amount]) => `${label.padEnd(labelWidth)}  ${amount.padStart(amountWidth)}`).join("\n");
}
