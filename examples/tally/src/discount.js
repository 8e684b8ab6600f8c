// Discounts: a percentage of the whole, or one free item in every so many.
import { subtotal } from "./cart.js";
import { shareOf } from "./money.js";

/** What is taken off, in cents, never more than the cart is worth. */
export function discountOf(cart, discount) {
  const worth = subtotal(cart);
  switch (discount.kind) {
    case "percent":
      return Math.min(worth, shareOf(worth, discount.basisPoints));
    case "one-free-in":
      return cart
        .filter(({ item }) => item === discount.item)
        .reduce((off, { quantity, priceCents }) => off + Math.floor(quantity / discount.count) * priceCents, 0);
    default:
      throw new RangeError(`no such discount: ${discount.kind}`);
  }
}
