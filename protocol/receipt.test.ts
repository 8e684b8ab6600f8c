// A receipt's signature covers every figure in it, and nothing that was signed for another purpose.
import assert from "node:assert/strict";
import { test } from "node:test";
import { readFixtures } from "../test/protocolFixtures.ts";
import { receiptBytes, type Receipt } from "./receipt.ts";
import { byteCount } from "./quantities.ts";
import { publicKeyOf, sign, signingKey, verify } from "./signature.ts";
import { workerEnvelopeSchema } from "./wire/worker.ts";

const finished = workerEnvelopeSchema.parse(
  readFixtures("protocol/wire/fixtures/worker").find(({ name }) => name === "finished")?.value,
).body;
assert.ok(finished.kind === "finished");
const { receipt } = finished.receipt;
const key = signingKey(new Uint8Array(32).fill(1));

test("a signed receipt verifies after its keys were reordered on the way", () => {
  const signature = sign("arw-receipt-v1", receiptBytes(receipt), key);
  const { nodeId, ...rest } = receipt;
  const reordered: Receipt = { ...rest, nodeId };
  assert.ok(verify("arw-receipt-v1", receiptBytes(reordered), signature, publicKeyOf(key)));
  assert.ok(!verify("arw-link-v1", receiptBytes(receipt), signature, publicKeyOf(key)));
});

test("a receipt with one figure changed does not verify", () => {
  const signature = sign("arw-receipt-v1", receiptBytes(receipt), key);
  const changed: readonly Receipt[] = [
    { ...receipt, receivedBytes: byteCount(receipt.receivedBytes + 1) },
    { ...receipt, received: receipt.result },
    { ...receipt, usage: { ...receipt.usage, bytesOut: { bytes: byteCount(1), method: "byte-count" } } },
    { ...receipt, usage: { ...receipt.usage, busy: { ...receipt.usage.busy, method: "estimated" } } },
  ];
  for (const other of changed) {
    assert.ok(!verify("arw-receipt-v1", receiptBytes(other), signature, publicKeyOf(key)));
  }
});
