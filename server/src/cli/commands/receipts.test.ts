// Receipts at the terminal: written to a file, and checked where there is no Home.
import assert from "node:assert/strict";
import { readFile, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { test } from "node:test";
import { canonicalJson } from "#protocol/canonicalJson.ts";
import type { ReceiptFile } from "#protocol/ledger/receiptFile.ts";
import { receiptText } from "#protocol/ledger/receiptFile.ts";
import { leafText } from "#protocol/ledger/egressLeaf.ts";
import { bench } from "../../../../test/clients/commandBench.ts";
import { IDS } from "../../../../test/clients/fakeHome.ts";
import { finished } from "../../../../test/simulation/homeCommands.ts";
import { GPU, IDENTITY, LOCAL } from "../../../../test/simulation/homeScenario.ts";
import { checkpointOf, leavesOf, sendingHome, treeOf } from "../../../../test/simulation/ledgerLines.ts";
import { runCli } from "../program.ts";

const LEAVES = leavesOf(sendingHome(1).events);
const TREE = treeOf(LEAVES);
const proven = (index: number): ReceiptFile["record"] => {
  const leaf = LEAVES[index];
  if (leaf === undefined) throw new Error("the run has a record and its settlement");
  return { leaf: leafText(leaf), index, checkpoint: checkpointOf(TREE), proof: TREE.inclusionProof(index, TREE.size) };
};
const TEXT = receiptText({
  kind: "arw-receipt",
  v: 1,
  workspaceId: IDENTITY.workspaceId,
  homeId: LOCAL.nodeId,
  homeKey: LOCAL.publicKey,
  nodeKey: GPU.publicKey,
  receipt: finished(1, GPU).receipt,
  record: proven(0),
  settlement: proven(1),
});

test("receipt export writes what the Home gave; receipt verify needs no Home: valid is 0, altered is 89", async (t) => {
  const { home, terminal, workspace } = await bench(t, () => ({ showReceipt: async () => ({ text: TEXT }) }));
  assert.equal(await runCli(["receipt", "export", IDS.episode, "--out", "receipt.json"], terminal().host), 0);
  const piped = terminal();
  assert.equal(await runCli(["receipt", "export", IDS.episode], piped.host), 0);
  assert.equal(piped.stdout(), TEXT);
  await home.close();
  const path = join(workspace, "receipt.json");
  assert.equal(await readFile(path, "utf8"), TEXT);
  const valid = terminal();
  assert.equal(await runCli(["receipt", "verify", "receipt.json"], valid.host), 0, valid.stderr());
  assert.match(valid.stdout(), /receipt verify: valid[^]*worker node_\w+ · key \w+ \w+[^]*Home node_/);
  const more: ReceiptFile = JSON.parse(TEXT);
  const usage = { ...more.receipt.receipt.usage, busy: { durationMs: 3_600_000, method: "exclusive-wall" } };
  const inflated = { ...more, receipt: { ...more.receipt, receipt: { ...more.receipt.receipt, usage } } };
  await writeFile(path, `${canonicalJson(inflated)}\n`);
  const altered = terminal();
  assert.equal(await runCli(["receipt", "verify", "receipt.json"], altered.host), 89);
  assert.match(altered.stdout(), /NOT VALID[^]*the worker did not sign this receipt/);
  assert.equal(await runCli(["receipt", "verify", "absent.json"], terminal().host), 87);
  assert.equal(await runCli(["receipt", "export", "nothing"], terminal().host), 64);
});
