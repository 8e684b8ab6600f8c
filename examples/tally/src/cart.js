// A cart is a list of lines: what, how many, at what price each.
import { parseCsv } from "./csv.js";
import { parseCents } from "./money.js";

const COLUMNS = ["item", "quantity", "price"];

/** A cart of CSV text with the columns item, quantity and price. Throws SyntaxError for a text without them. */
export function parseCart(text) {
  const [header, ...rows] = parseCsv(text);
  if (header !== undefined && COLUMNS.some((column, index) => header[index] !== column)) {
    throw new SyntaxError(`the first line must be ${COLUMNS.join(",")}`);
  }
  return rows.map(([item, quantity, price]) => cartLine(item, quantity, price));
}

export function subtotal(cart) {
  return cart.reduce((total, { quantity, priceCents }) => total + quantity * priceCents, 0);
}

/** Lines of the same item at the same price become one. */
export function mergeLines(cart) {
  const merged = new Map();
  for (const line of cart) {
    const key = `${line.item}\n${line.priceCents}`;
    const quantity = (merged.get(key)?.quantity ?? 0) + line.quantity;
    merged.set(key, { ...line, quantity });
  }
  return [...merged.values()];
}

function cartLine(item, quantity, price) {
  if (!/^[1-9]\d*$/.test(quantity ?? "")) throw new RangeError(`not a quantity: ${JSON.stringify(quantity)}`);
  return { item, quantity: Number(quantity), priceCents: parseCents(price ?? "") };
}
