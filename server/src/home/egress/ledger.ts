// The egress ledger as rows, folded from the journal's records and their settlements. It adds nothing and hides nothing:
// a record without a settlement is `open`, and a send that nobody can know is `unknown`.
import type { Cost, EgressLedgerRow } from "#protocol/egress.ts";
import type { EgressRecorded, EgressSettled, JournalEvent } from "#protocol/events.ts";
import type { EgressRecordId } from "#protocol/ids.ts";
import { byteCount } from "#protocol/quantities.ts";

/** Folds one event into the rows. The map is changed in place: a ledger is built once, from one pass over the journal. */
export function foldEgress(rows: Map<EgressRecordId, EgressLedgerRow>, event: JournalEvent): void {
  if (event.kind === "EgressRecorded") rows.set(event.recordId, recordedRow(event));
  if (event.kind === "EgressSettled") {
    const row = rows.get(event.recordId);
    if (row !== undefined) rows.set(event.recordId, settledRow(row, event));
  }
}

function recordedRow(event: EgressRecorded): EgressLedgerRow {
  return {
    record_id: event.recordId,
    time: event.at,
    decision: event.decision,
    reason_code: event.reasonCode,
    project_id: event.workspaceId,
    episode_id: event.corrId,
    corr_id: event.corrId,
    node_id: event.nodeId,
    dest: event.destination,
    state: event.decision === "allow" ? "open" : "none",
    bytes_out: byteCount(0),
    bytes_in: byteCount(0),
    duration_ms: null,
    est_cost: costText(event.cost),
    lease_id: event.leaseId ?? null,
    digest: event.payload,
    received_digest: null,
    error: null,
  };
}

function settledRow(row: EgressLedgerRow, event: EgressSettled): EgressLedgerRow {
  return {
    ...row,
    state: event.state,
    bytes_out: event.bytesOut,
    bytes_in: event.bytesIn,
    duration_ms: event.durationMs,
    received_digest: event.received ?? null,
    error: event.error ?? null,
  };
}

/** `0.0031-0.0042 EUR`, or `unknown`: never 0 for want of a price. Whole micro-units, no floating point. */
export function costText(cost: Cost): string {
  if (cost.kind === "unknown") return "unknown";
  return `${decimal(cost.lowMicros)}-${decimal(cost.highMicros)} ${cost.currency}`;
}

function decimal(micros: number): string {
  const whole = Math.floor(micros / 1_000_000);
  return `${whole}.${String(micros % 1_000_000).padStart(6, "0")}`;
}
