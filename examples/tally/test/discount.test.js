import assert from "node:assert/strict";
import { test } from "node:test";
import { discountOf } from "../src/discount.js";

const CART = [
  { item: "tea", quantity: 7, priceCents: 300 },
  { item: "cup", quantity: 1, priceCents: 450 },
];

test("discount takes a percentage", () => {
  assert.equal(discountOf(CART, { kind: "percent", basisPoints: 1_000 }), 255);
});
test("discount is never more than the cart", () => {
  assert.equal(discountOf(CART, { kind: "percent", basisPoints: 20_000 }), 2_550);
});
test("discount gives one free in three", () => {
  assert.equal(discountOf(CART, { kind: "one-free-in", item: "tea", count: 3 }), 600);
});
test("discount rejects an unknown kind", () => assert.throws(() => discountOf(CART, { kind: "luck" }), RangeError));
