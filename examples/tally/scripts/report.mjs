// Adds up data/orders.csv and writes reports/summary.json.
import { mkdirSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { mergeLines, parseCart } from "../src/cart.js";
import { receiptText, totalsOf } from "../src/receipt.js";

const root = join(import.meta.dirname, "..");
const cart = mergeLines(parseCart(readFileSync(join(root, "data", "orders.csv"), "utf8")));
const options = { discount: { kind: "one-free-in", item: "espresso", count: 5 } };
const summary = { lines: cart.length, ...totalsOf(cart, options) };
mkdirSync(join(root, "reports"), { recursive: true });
writeFileSync(join(root, "reports", "summary.json"), `${JSON.stringify(summary, null, 2)}\n`);
console.log(receiptText(cart, options));
console.log("wrote reports/summary.json");
