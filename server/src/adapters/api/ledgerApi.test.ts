// The ledger as clients read it to check it: what the Home gives out holds, and goes on from what it gave out before.
import assert from "node:assert/strict";
import { test } from "node:test";
import { type LedgerReport, headerLine, leafLine, LedgerVerifier } from "#protocol/ledger/ledgerFile.ts";
import { readLeaf } from "#protocol/ledger/egressLeaf.ts";
import { LEDGER_PAGE_LEAVES_MAX } from "#protocol/wire/ledgerViews.ts";
import { ANYONE, answered, codeOf, services } from "../../../../test/simulation/apiBench.ts";
import { DeskBench } from "../../../../test/simulation/deskBench.ts";
import { deny, preview } from "../../../../test/simulation/homeCommands.ts";
import { GPU, IDENTITY } from "../../../../test/simulation/homeScenario.ts";
import { ledgerApi } from "./ledgerApi.ts";
import type { HomeServices } from "./services.ts";

async function denied(bench: DeskBench, from: number, to: number): Promise<void> {
  for (let number = from; number <= to; number++) await bench.give(preview(number, GPU), deny(number));
}

/** All of the ledger, page by page, as it is checked from a file. */
async function exported(here: HomeServices, earlier?: string): Promise<LedgerReport> {
  const api = ledgerApi(here);
  const { homeId, homeKey, checkpoint, size } = answered(await api.showLedger({}, ANYONE));
  const verifier = new LedgerVerifier({ homeId, ...(earlier === undefined ? {} : { earlier }) });
  const { workspaceId } = IDENTITY;
  verifier.take(headerLine({ kind: "arw-egress-ledger", v: 1, workspaceId, homeId, homeKey, checkpoint }));
  for (let from = 0; from < size; ) {
    const { leaves } = answered(await api.readLeaves({ size, from }, ANYONE));
    assert.ok(leaves.length > 0 && leaves.length <= LEDGER_PAGE_LEAVES_MAX);
    for (const { index, leaf, proof } of leaves) {
      const read = readLeaf(leaf);
      assert.ok(read.ok);
      verifier.take(leafLine({ index, leaf: read.value, proof }));
    }
    from += leaves.length;
  }
  return verifier.end();
}

test("what is read page by page is the whole ledger, also while it grows, and it goes on from an earlier checkpoint", async (t) => {
  const bench = new DeskBench();
  const here = await services(t, bench);
  assert.equal((await exported(here)).whole, true);
  await denied(bench, 1, 3);
  const { checkpoint } = answered(await ledgerApi(here).showLedger({}, ANYONE));
  await denied(bench, 4, LEDGER_PAGE_LEAVES_MAX + 5);
  const report = await exported(here, checkpoint);
  assert.deepEqual(report.problems, []);
  assert.equal(report.records, LEDGER_PAGE_LEAVES_MAX + 5);
});

test("proofs for a size that the ledger never had are refused; past its end there is nothing", async (t) => {
  const bench = new DeskBench();
  const here = await services(t, bench);
  await denied(bench, 1, 2);
  const { readLeaves } = ledgerApi(here);
  assert.equal(codeOf(await readLeaves({ size: 3, from: 0 }, ANYONE)), "ledger-size-unknown");
  assert.deepEqual(answered(await readLeaves({ size: 2, from: 2 }, ANYONE)).leaves, []);
});
