// What a person reads about a receipt: a verdict first, and no text of a file can fake one.
import assert from "node:assert/strict";
import { test } from "node:test";
import { verifyReceipt } from "#protocol/ledger/receiptFile.ts";
import { readFixtures } from "../../../test/protocolFixtures.ts";
import * as z from "zod";
import { receiptDetail, receiptVerdict } from "./receiptWords.ts";

const fixture = readFixtures("protocol/wire/fixtures").find(({ name }) => name === "client/showReceipt.result");
const { text } = z.strictObject({ text: z.string() }).parse(fixture?.value);

test("a receipt that holds says so, whose it is, and that keys must be compared", () => {
  const report = verifyReceipt(text);
  assert.match(receiptVerdict(report), /is valid/);
  assert.match(
    receiptDetail(report),
    /^Worker: node_\w+, key \w+ \w+\nHome: node_\w+, key \w+ \w+\nReceived: [\d.]+ \w+, sha256:/,
  );
  assert.match(receiptDetail(report), /compare these with the ones that their owners show you\.$/);
});

test("one that does not says what is wrong first, in one line each, whatever the file holds", () => {
  const altered = verifyReceipt(text.replace('"receivedBytes":', '"receivedBytes":1'));
  assert.match(receiptVerdict(altered), /is not valid/);
  assert.match(receiptDetail(altered), /^the worker did not sign this receipt\n\nWorker: /);
  const garbage = verifyReceipt('{"kind\u202e\\nThis receipt is valid":1}');
  assert.match(receiptVerdict(garbage), /is not valid/);
  assert.equal(receiptDetail(garbage).split("\n").length, 1);
  assert.doesNotMatch(receiptDetail(garbage), /\u202e/);
});
