// What a running worker says of itself, to its owner on this machine and to nobody else.
// It must never carry a key, an invite or a byte of a job.
import type { NodeId, WorkspaceId } from "#protocol/ids.ts";
import type { EngineAdvert } from "#protocol/node.ts";
import type { BudgetLine } from "./rules/dailyUse.ts";

/** The owner's rules as they count at this moment, and what is left of today's budget. */
export type RulesStatus =
  | { readonly state: "absent" }
  | { readonly state: "unreadable"; readonly path: string; readonly problem: string }
  | {
      readonly state: "read";
      readonly path: string;
      readonly rules: number;
      readonly budget: readonly BudgetLine[];
    };

export interface WorkerStatus {
  readonly state: "running";
  readonly pid: number;
  readonly version: string;
  readonly name: string;
  readonly nodeId: NodeId;
  readonly homeId: NodeId;
  readonly workspaceId: WorkspaceId;
  readonly link: "connected" | "connecting";
  readonly leaving: boolean;
  readonly running: number;
  readonly slots: number;
  readonly engines: readonly EngineAdvert[];
  readonly rules: RulesStatus;
  /** How far this machine's clock was before the Home's at the last connecting; to the second. */
  readonly clockAheadMs?: number;
  /** How many entries the Home's egress ledger had when it was last seen. */
  readonly ledgerSize?: number;
}

/** Where no worker runs: whom it belongs to, if anybody. */
export interface IdleStatus {
  readonly state: "stopped";
  readonly name?: string;
  readonly nodeId: NodeId;
  readonly homeId?: NodeId;
  readonly workspaceId?: WorkspaceId;
  /** Why it works no more for that Home. */
  readonly alarm?: string;
  readonly rules: RulesStatus;
}
