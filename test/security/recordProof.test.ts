// A record is called proven only where leaf, proof, checkpoint and row agree; the Home of the test is a real one.
import assert from "node:assert/strict";
import { test } from "node:test";
import { workspaceId } from "#protocol/ids.ts";
import { EMPTY_ROOT } from "#protocol/ledger/merkleTree.ts";
import { byteCount, epochMs } from "#protocol/quantities.ts";
import { sign } from "#protocol/signature.ts";
import type { LedgerRecord } from "#protocol/wire/ledgerRecords.ts";
import { ANYONE, answered, services } from "../simulation/apiBench.ts";
import { DeskBench } from "../simulation/deskBench.ts";
import { GPU, IDENTITY } from "../simulation/homeScenario.ts";
import { sent } from "../simulation/previewBlobs.ts";
import { ledgerApi } from "../../server/src/adapters/api/ledgerApi.ts";
import type { SeenLedger } from "../../server/src/adapters/ledger/witnesses.ts";
import { recordsApi } from "../../server/src/adapters/api/recordsApi.ts";
import { type ProofSource, proofOf } from "../../extension/src/ledger/recordProof.ts";

interface Bench {
  readonly source: ProofSource;
  readonly records: readonly LedgerRecord[];
}

async function ledgerOf(t: Parameters<typeof services>[0]): Promise<Bench> {
  const bench = new DeskBench();
  const here = await services(t, bench);
  for (let number = 1; number <= 5; number++) await sent(bench, number, ["a.ts"], number === 3 ? "denied" : "received");
  const api = ledgerApi({ ...here, witnesses: { all: () => [witness(4), witness(40)] } });
  const source: ProofSource = {
    workspaceId: IDENTITY.workspaceId,
    showLedger: async () => answered(await api.showLedger({}, ANYONE)),
    readLeaves: async (params) => answered(await api.readLeaves(params, ANYONE)),
  };
  const { records } = answered(await recordsApi(here).listRecords({ filter: {} }, ANYONE));
  return { source, records };
}

function witness(size: number): SeenLedger {
  const signed = { root: EMPTY_ROOT, signature: sign("arw-witness-v1", Buffer.from("a checkpoint"), GPU.key) };
  return { nodeId: GPU.nodeId, at: epochMs(1), size, signed };
}

test("every record of a Home is proven, with its settlement, and a witness saw it if its checkpoint covers it", async (t) => {
  const { source, records } = await ledgerOf(t);
  for (const record of records) {
    const proof = await proofOf(source, record);
    assert.equal(proof.kind, "holds", JSON.stringify(proof));
    assert.ok(proof.kind === "holds");
    assert.deepEqual([proof.leaf, proof.settledLeaf, proof.size], [record.leaf, record.settledLeaf, 9]);
    const last = record.settledLeaf ?? record.leaf;
    assert.deepEqual(
      proof.witnesses.map(({ state }) => state),
      [last < 4 ? "saw" : "earlier", "saw"],
    );
  }
});

test("a row that says anything else than its leaf is not proven, whatever else holds", async (t) => {
  const { source, records } = await ledgerOf(t);
  const [record] = records;
  assert.ok(record !== undefined);
  const [other] = records.slice(1);
  const rows: readonly Partial<LedgerRecord["row"]>[] = [
    { decision: "deny" },
    { reason_code: "other" },
    { dest: "attic" },
    { time: epochMs(5) },
    { bytes_out: byteCount(7) },
    { bytes_in: byteCount(7) },
    { state: "partial" },
    { lease_id: null },
    { received_digest: null },
    { record_id: other?.row.record_id ?? record.row.record_id },
  ];
  for (const change of rows) {
    const changed: LedgerRecord = { ...record, row: { ...record.row, ...change } };
    assert.equal((await proofOf(source, changed)).kind, "broken", JSON.stringify(change));
  }
  for (const change of [{ payloadBytes: byteCount(1) }, { leaf: record.leaf - 1 }, { leaf: 900 }]) {
    assert.equal((await proofOf(source, { ...record, ...change })).kind, "broken", JSON.stringify(change));
  }
});

test("a wrong key, another workspace, a changed leaf and a shorter ledger break the proof; a Home that is gone leaves it unread", async (t) => {
  const { source, records } = await ledgerOf(t);
  const [record] = records;
  assert.ok(record !== undefined);
  const forged: readonly Partial<ProofSource>[] = [
    { showLedger: async () => ({ ...(await source.showLedger()), homeKey: GPU.publicKey }) },
    { showLedger: async () => ({ ...(await source.showLedger()), size: 8 }) },
    { workspaceId: workspaceId.from(Buffer.alloc(17, 77)) },
    {
      readLeaves: async (params) => {
        const { leaves } = await source.readLeaves(params);
        return { leaves: leaves.map((leaf) => ({ ...leaf, leaf: leaf.leaf.replace("received", "unknown") })) };
      },
    },
  ];
  for (const [index, change] of forged.entries()) {
    assert.equal((await proofOf({ ...source, ...change }, record)).kind, "broken", `forgery ${index}`);
  }
  const gone = { ...source, showLedger: () => Promise.reject(new Error("the Home is gone")) };
  assert.deepEqual(await proofOf(gone, record), { kind: "unread", problem: "the Home is gone" });
});

test("a row whose record is said to stand where what came of it stands, or whose end stands nowhere, is not proven", async (t) => {
  const { source, records } = await ledgerOf(t);
  const settled = records.find(({ settledLeaf }) => settledLeaf !== undefined);
  assert.ok(settled?.settledLeaf !== undefined);
  const { settledLeaf, ...unsettled } = settled;
  const elsewhere = { ...settled, row: { ...settled.row, dest: "attic" } };
  for (const leaf of [settledLeaf, settled.leaf]) {
    assert.equal((await proofOf(source, { ...elsewhere, leaf, settledLeaf: leaf })).kind, "broken");
  }
  assert.equal((await proofOf(source, { ...elsewhere, leaf: settledLeaf })).kind, "broken");
  assert.equal((await proofOf(source, unsettled)).kind, "broken");
});
