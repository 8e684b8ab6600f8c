// What the doctor was able to find out about this machine, before anything is judged.
// A fact that could not be had is a fact too: no field is ever left out because a look-up failed.
import type { NodeId } from "#protocol/ids.ts";
import type { EngineAdvert, Gpu, Sandbox } from "#protocol/node.ts";
import type { EngineGpu } from "../engine.ts";

/** Why something cannot be used, and what mends it. */
export interface Trouble {
  readonly problem: string;
  readonly fix: string;
}

export interface DoctorFacts {
  readonly platform: string;
  readonly stateFolder: { readonly path: string; readonly troubles: readonly Trouble[] };
  readonly rules: RulesFact;
  readonly disk: { readonly folder: string; readonly freeBytes: number | undefined };
  readonly sandbox: Sandbox;
  readonly engines: readonly EngineAdvert[];
  /** The build that `arw-worker engines add` installed, if it did. */
  readonly llamaBuild: EngineGpu | undefined;
  readonly gpus: readonly Gpu[];
  readonly models: { readonly folder: string; readonly unreadable: readonly string[] };
  readonly membership: MembershipFact;
  readonly home: HomeFact;
  readonly ledger: LedgerFact;
}

export type RulesFact =
  | { readonly kind: "absent" }
  | { readonly kind: "read"; readonly path: string; readonly rules: number }
  | { readonly kind: "unreadable"; readonly trouble: Trouble };

export type MembershipFact =
  | { readonly kind: "none" }
  | { readonly kind: "joined"; readonly name: string; readonly homeId: NodeId }
  | { readonly kind: "unusable"; readonly trouble: Trouble };

/** What this worker holds of its Home's egress ledger. */
export type LedgerFact =
  | { readonly kind: "unseen" }
  /** How many entries it had when it was last proven. */
  | { readonly kind: "seen"; readonly size: number }
  | { readonly kind: "alarm"; readonly trouble: Trouble };

/** What came of looking for the Home; `ahead` is how far this machine's clock is before the Home's. */
export type HomeFact =
  | { readonly kind: "not-asked" }
  | { readonly kind: "reached"; readonly by: "running-worker" | "doctor"; readonly clockAheadMs: number | undefined }
  | { readonly kind: "unreached"; readonly code: string; readonly trouble: Trouble };
