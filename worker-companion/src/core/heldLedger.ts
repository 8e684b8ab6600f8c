// What a worker holds of its Home's egress ledger, for the owner of its machine.
// It is evidence: both checkpoints carry the Home's signature.
import type { ArwError } from "#protocol/errors.ts";

export interface HeldLedger {
  /** The file that it is kept in. */
  readonly path: string;
  /** The last checkpoint, and how many entries it counts; absent before the first. */
  readonly seen?: { readonly checkpoint: string; readonly size: number };
  /** Why the worker works no more for the Home. */
  readonly alarm?: ArwError;
  /** The checkpoint that raised the alarm. */
  readonly shown?: string;
  /** The receipts that the Home took, each a file that anybody can check. */
  readonly receipts: { readonly folder: string; readonly count: number };
}
