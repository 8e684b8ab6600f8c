import assert from "node:assert/strict";
import { test } from "node:test";
import { receiptText, totalsOf } from "../src/receipt.js";
import { taxOn } from "../src/tax.js";

const CART = [{ item: "tea", quantity: 2, priceCents: 500 }];

test("receipt adds tax after the discount", () => {
  const discount = { kind: "percent", basisPoints: 1_000 };
  assert.deepEqual(totalsOf(CART, { discount }), { subtotal: 1_000, discount: 100, tax: 171, total: 1_071 });
});
test("receipt aligns amounts", () => {
  assert.equal(receiptText(CART, { rate: "none" }), "2 x tea   10.00\nsubtotal  10.00\ntotal     10.00");
});
test("tax rejects an unknown rate", () => assert.throws(() => taxOn(100, "toString"), RangeError));
