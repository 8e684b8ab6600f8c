// Checks that a record stands in the ledger that the Home signs: its leaf, the proof, the checkpoint and what the page shows of it.
// It believes nothing that the Home says about itself, and must never call a record proven whose row says something else.
import { messageWithAdvice } from "#protocol/errors.ts";
import type { WorkspaceId } from "#protocol/ids.ts";
import { egressOrigin } from "#protocol/ledger/checkpointNote.ts";
import type { EgressLeaf } from "#protocol/ledger/egressLeaf.ts";
import { readLeafProof } from "#protocol/ledger/leafProof.ts";
import type { RecordProof, RecordWitness } from "#protocol/webview/ledger.ts";
import type { LedgerRecord } from "#protocol/wire/ledgerRecords.ts";
import type { LeavesPage, LeavesParams, LedgerView, WitnessView } from "#protocol/wire/ledgerViews.ts";

/** What is asked of the Home for it. */
export interface ProofSource {
  readonly workspaceId: WorkspaceId;
  showLedger(): Promise<LedgerView>;
  readLeaves(params: LeavesParams): Promise<LeavesPage>;
}

/** Never rejects: what could not be read is said. */
export async function proofOf(source: ProofSource, record: LedgerRecord): Promise<RecordProof> {
  try {
    return await provenBy(source, record);
  } catch (error) {
    return { kind: "unread", problem: messageWithAdvice(error) };
  }
}

async function provenBy(source: ProofSource, record: LedgerRecord): Promise<RecordProof> {
  const ledger = await source.showLedger();
  const { checkpoint, size } = ledger;
  const { leaf, settledLeaf } = record;
  if (settledLeaf === undefined && saysEnd(record)) {
    return { kind: "broken", problem: "the row says what came of it, and names no place in the ledger that does" };
  }
  const wanted = [leaf, ...(settledLeaf === undefined ? [] : [settledLeaf])];
  for (const index of wanted) {
    const kind = index === leaf ? "EgressRecorded" : "EgressSettled";
    const problem = await problemAt(source, ledger, { index, kind }, record);
    if (problem !== undefined) return { kind: "broken", problem };
  }
  const witnesses = ledger.witnesses.map((witness) => witnessOf(witness, Math.max(...wanted)));
  return {
    kind: "holds",
    leaf,
    ...(settledLeaf === undefined ? {} : { settledLeaf }),
    size,
    checkpoint,
    witnesses,
  };
}

async function problemAt(
  source: ProofSource,
  { checkpoint, homeKey, size }: LedgerView,
  { index, kind }: { readonly index: number; readonly kind: EgressLeaf["kind"] },
  record: LedgerRecord,
): Promise<string | undefined> {
  const { leaves } = await source.readLeaves({ size, from: index });
  const found = leaves.find((leaf) => leaf.index === index);
  if (found === undefined) return "the Home does not show its place in the ledger";
  const owner = { origin: egressOrigin(source.workspaceId), key: homeKey };
  const read = readLeafProof({ ...found, checkpoint }, owner);
  if (!read.ok) return read.problem;
  if (read.head.size !== size) return "the checkpoint is of another size";
  if (read.leaf.kind !== kind) return "another entry of the ledger stands at its place";
  return differs(read.leaf, record) ? "the ledger says something else than this row" : undefined;
}

/** Whether the row says more than that a record was made. */
function saysEnd({ row }: LedgerRecord): boolean {
  const { bytes_in: bytesIn, bytes_out: bytesOut, decision, received_digest: received, state } = row;
  return state !== (decision === "allow" ? "open" : "none") || bytesIn > 0 || bytesOut > 0 || received !== null;
}

function differs(leaf: EgressLeaf, { payloadBytes, previewId, row }: LedgerRecord): boolean {
  const pairs: readonly (readonly [unknown, unknown])[] =
    leaf.kind === "EgressRecorded"
      ? [
          [leaf.recordId, row.record_id],
          [leaf.corrId, row.episode_id],
          [leaf.nodeId, row.node_id],
          [leaf.destination, row.dest],
          [leaf.decision, row.decision],
          [leaf.reasonCode, row.reason_code],
          [leaf.at, row.time],
          [leaf.payload, row.digest],
          [leaf.payloadBytes, payloadBytes],
          [leaf.previewId, previewId],
          [leaf.leaseId ?? null, row.lease_id],
        ]
      : [
          [leaf.recordId, row.record_id],
          [leaf.state, row.state],
          [leaf.bytesOut, row.bytes_out],
          [leaf.bytesIn, row.bytes_in],
          [leaf.received ?? null, row.received_digest],
        ];
  return pairs.some(([said, shown]) => said !== shown);
}

/** A witness that saw a ledger that long saw this record in it: later checkpoints were proven to go on from it. */
function witnessOf({ at, name, size, state }: WitnessView, leaf: number): RecordWitness {
  return { name, at, state: state === "ahead" ? "ahead" : size > leaf ? "saw" : "earlier" };
}
