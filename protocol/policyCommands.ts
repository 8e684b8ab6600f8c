// Commands that change the policy. Each carries what may still leave, so that all of it is judged again in the same moment.
import type { CollectedPaths, Requester, Transfer } from "./commands.ts";
import type { PolicyDocument, WorkspacePolicy } from "./policy.ts";
import type { EpochMs } from "./quantities.ts";

/** Who asks, and what may still leave with what of it crossed. */
interface PolicyOrder<Kind extends string> {
  readonly kind: Kind;
  readonly at: EpochMs;
  readonly by: Requester;
  readonly collected: readonly CollectedPaths[];
  readonly transfers: readonly Transfer[];
}
/** Makes a document the policy. What waits or is still being fetched is judged again in the same moment. */
export interface AdoptPolicy extends PolicyOrder<"adopt-policy"> {
  readonly document: PolicyDocument;
  /** What was parsed, comments included. */
  readonly text: string;
  /** The epoch upon which it was approved: once there is another, it is not adopted. */
  readonly basedOn?: number;
}
/** The Home's policy file was looked at; `problem` says why it cannot be read. */
export interface JudgePolicyFile extends PolicyOrder<"judge-policy-file"> {
  readonly problem?: string;
}
export interface ReadWorkspacePolicy extends PolicyOrder<"read-workspace-policy"> {
  readonly found: WorkspacePolicy;
}

export type PolicyCommand = AdoptPolicy | JudgePolicyFile | ReadWorkspacePolicy;
