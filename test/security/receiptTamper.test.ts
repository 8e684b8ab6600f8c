// A receipt as a file: both signed for the same bytes, and whoever changes a character of it is found, without a Home.
import assert from "node:assert/strict";
import { test, type TestContext } from "node:test";
import { canonicalJson } from "#protocol/canonicalJson.ts";
import { digestOf } from "#protocol/digest.ts";
import { RECEIPT_CHARACTERS_MAX, type ReceiptFile, receiptText, verifyReceipt } from "#protocol/ledger/receiptFile.ts";
import { receiptBytes } from "#protocol/receipt.ts";
import { sign } from "#protocol/signature.ts";
import { ledgerApi } from "../../server/src/adapters/api/ledgerApi.ts";
import { ANYONE, answered, codeOf, services } from "../simulation/apiBench.ts";
import { DeskBench } from "../simulation/deskBench.ts";
import { approve, deny, finished, idsOf, preview } from "../simulation/homeCommands.ts";
import { ATTIC, GPU, LOCAL } from "../simulation/homeScenario.ts";

/** A receipt as the Home gives it out, among other entries of its ledger. */
async function given(t: TestContext): Promise<{ readonly text: string; readonly file: ReceiptFile }> {
  const bench = new DeskBench();
  const here = await services(t, bench);
  const result = finished(2, GPU);
  await bench.give(preview(1, GPU), deny(1), preview(2, GPU), approve(2), result);
  const { showReceipt } = ledgerApi(here);
  assert.equal(codeOf(await showReceipt({ episodeId: idsOf(2).episodeId }, ANYONE)), "receipt-not-kept");
  await bench.blobs.put(Buffer.from(canonicalJson(result.receipt)));
  await bench.give(preview(3, GPU), deny(3));
  assert.equal(codeOf(await showReceipt({ episodeId: idsOf(1).episodeId }, ANYONE)), "episode-unknown");
  const { text } = answered(await showReceipt({ episodeId: idsOf(2).episodeId }, ANYONE));
  const { file } = verifyReceipt(text);
  assert.ok(file !== undefined);
  return { text, file };
}

test("the receipt of an episode holds, with its record and settlement under one checkpoint", async (t) => {
  const { text, file } = await given(t);
  const report = verifyReceipt(text);
  assert.deepEqual(report.problems, []);
  assert.equal(report.valid, true);
  assert.equal(file.receipt.receipt.nodeId, GPU.nodeId);
  assert.equal(file.homeId, LOCAL.nodeId);
  assert.equal(file.record.checkpoint, file.settlement?.checkpoint);
  assert.equal(report.homeWords.length + report.nodeWords.length, 4);
});

test("no character of a receipt can be changed, taken out or added", async (t) => {
  const { text } = await given(t);
  for (let at = 0; at < text.length - 1; at += 3) {
    const other = text[at] === "a" ? "b" : "a";
    for (const edited of [text.slice(0, at) + other + text.slice(at + 1), text.slice(0, at) + text.slice(at + 1)]) {
      assert.equal(verifyReceipt(edited).valid, false, `at ${at}`);
    }
  }
});

test("a receipt whose parts are each genuine and not of each other is found", async (t) => {
  const { file } = await given(t);
  const problems = (changed: Partial<ReceiptFile>): string =>
    verifyReceipt(receiptText({ ...file, ...changed })).problems.join("; ");
  assert.match(problems({ receipt: finished(3, GPU).receipt }), /not of the same bytes, job, attempt and worker/);
  assert.match(problems({ receipt: finished(2, ATTIC).receipt, nodeKey: ATTIC.publicKey }), /not of the same bytes/);
  assert.match(problems({ nodeKey: ATTIC.publicKey }), /its key is not of; the worker did not sign/);
  assert.match(
    problems({ homeKey: GPU.publicKey, homeId: GPU.nodeId }),
    /the record: the checkpoint is signed with another key/,
  );
  assert.match(problems({ homeId: GPU.nodeId }), /names a Home that its key is not of/);
  const { settlement } = file;
  assert.ok(settlement !== undefined);
  assert.match(problems({ record: settlement }), /lets nothing leave/);
  assert.match(problems({ settlement: file.record }), /settlement says something else/);
  const { settlement: _, ...workersOwn } = file;
  assert.equal(verifyReceipt(receiptText(workersOwn)).valid, true);
  // A worker that signs for other bytes than the Home recorded: everything else agrees.
  const receipt = { ...file.receipt.receipt, received: digestOf("other bytes") };
  const signed = { receipt, signature: sign("arw-receipt-v1", receiptBytes(receipt), GPU.key) };
  assert.match(verifyReceipt(receiptText({ ...workersOwn, receipt: signed })).problems.join(), /not of the same bytes/);
});

test("what is no receipt is refused in words", () => {
  for (const text of ["", "{}", "[]", "x".repeat(RECEIPT_CHARACTERS_MAX + 1)]) {
    const { valid, problems } = verifyReceipt(text);
    assert.equal(valid, false);
    assert.equal(problems.length, 1);
  }
});
