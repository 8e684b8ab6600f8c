import assert from "node:assert/strict";
import { test } from "node:test";
import { mergeLines, parseCart, subtotal } from "../src/cart.js";

const TEXT = "item,quantity,price\ntea,2,3.10\ncup,1,4.00\n";

test("cart reads lines", () => {
  assert.deepEqual(parseCart(TEXT)[0], { item: "tea", quantity: 2, priceCents: 310 });
});
test("cart adds up", () => assert.equal(subtotal(parseCart(TEXT)), 1_020));
test("cart rejects empty input", () => assert.throws(() => parseCart(""), SyntaxError));
test("cart rejects other columns", () => assert.throws(() => parseCart("price,item\n1,tea\n"), SyntaxError));
test("cart rejects a quantity of zero", () => {
  assert.throws(() => parseCart("item,quantity,price\ntea,0,1.00\n"), RangeError);
});
test("cart merges lines of the same item and price", () => {
  const line = { item: "tea", quantity: 1, priceCents: 310 };
  assert.deepEqual(
    mergeLines([line, { ...line, priceCents: 290 }, line]).map(({ quantity }) => quantity),
    [2, 1],
  );
});
