// What a worker asks of its Home's ledger as a witness of it, and what it answers: pure, so that the rule is one for every test.
// It decides whether a ledger goes on from what was seen. Whatever does not is an alarm, never a shrug: no work under such a ledger.
import * as z from "zod";
import { canonicalJson } from "../canonicalJson.ts";
import type { Digest } from "../digest.ts";
import type { AttemptId, NodeId } from "../ids.ts";
import { checkpointNoteSchema, readCheckpointNote, type TreeHead } from "./checkpointNote.ts";
import { type LeafProof, type LedgerOwner, readLeafProof } from "./leafProof.ts";
import { treeSizeSchema } from "./merkleTree.ts";
import { isConsistent, proofSchema, type SizedRoot } from "./proofs.ts";

/** A worker holds the checkpoint that was proven to it, and the latest that came with an offer since. */
export const SEEN_CHECKPOINTS_MAX = 2;

/** The ledger as the Home shows it in its welcome. */
export interface ShownLedger {
  readonly checkpoint: string;
  /** One for each size that was seen, in the same order; none where the ledger is shorter than one of them. */
  readonly consistency: readonly (readonly Digest[])[];
}

export type LedgerAlarmCode = "ledger-withheld" | "ledger-unsigned" | "ledger-rolled-back" | "ledger-forked";

export type LedgerVerdict =
  | { readonly kind: "consistent"; readonly head: TreeHead }
  | { readonly kind: "alarm"; readonly code: LedgerAlarmCode; readonly problem: string };

/** Judges the ledger that is shown against every checkpoint that was seen. */
export function judgeLedger(
  seen: readonly SizedRoot[],
  shown: ShownLedger | undefined,
  owner: LedgerOwner,
): LedgerVerdict {
  if (shown === undefined) {
    return alarm("ledger-withheld", "the Home does not show its egress ledger");
  }
  const read = readCheckpointNote(shown.checkpoint, owner);
  if (!read.ok) return alarm("ledger-unsigned", `the Home's checkpoint ${read.problem}`);
  const { head } = read;
  for (const [index, before] of seen.entries()) {
    if (before.size > head.size) {
      const problem = `the Home's egress ledger has ${head.size} entries, and had ${before.size}`;
      return alarm("ledger-rolled-back", problem);
    }
    if (!isConsistent(before, head, shown.consistency[index] ?? [])) {
      const problem = `the Home cannot prove that its egress ledger of ${head.size} entries goes on from the ${before.size} that were seen`;
      return alarm("ledger-forked", problem);
    }
  }
  return { kind: "consistent", head };
}

export type JudgedRecord =
  | { readonly ok: true; readonly head: TreeHead }
  | { readonly ok: false; readonly problem: string };

/** Whether a proven record lets exactly this be sent: this job's bytes, to this node, for this attempt. */
export function judgeRecord(
  proven: LeafProof,
  sent: { readonly payload: Digest; readonly attemptId: AttemptId; readonly nodeId: NodeId },
  owner: LedgerOwner,
): JudgedRecord {
  const read = readLeafProof(proven, owner);
  if (!read.ok) return read;
  const { head, leaf: record } = read;
  if (record.kind !== "EgressRecorded") return { ok: false, problem: "the leaf is no record" };
  if (record.decision !== "allow") return { ok: false, problem: "the record denies the send" };
  const isIts = record.payload === sent.payload && record.attemptId === sent.attemptId && record.nodeId === sent.nodeId;
  return isIts ? { ok: true, head } : { ok: false, problem: "the record is of another job, attempt or node" };
}

/** What a witness signs, with purpose `arw-witness-v1`: that it saw this ledger, and that it goes on from what it saw before. */
export function witnessedBytes({ origin, size, root }: TreeHead): Uint8Array {
  return new TextEncoder().encode(canonicalJson({ origin, root, size }));
}

function alarm(code: LedgerAlarmCode, problem: string): LedgerVerdict {
  return { kind: "alarm", code, problem };
}

export const shownLedgerSchema: z.ZodType<ShownLedger> = z.strictObject({
  checkpoint: checkpointNoteSchema,
  consistency: z.array(proofSchema).max(SEEN_CHECKPOINTS_MAX),
});

export const seenSizesSchema: z.ZodType<readonly number[]> = z.array(treeSizeSchema).max(SEEN_CHECKPOINTS_MAX);
