// The policy in force: the document that the owner adopted, what is wrong with the Home's file, and the workspace's own document.
// Where nothing was ever adopted there is nothing here, and the Home asks always.
import type { Digest } from "#protocol/digest.ts";
import type { PolicyDocument, WorkspacePolicy } from "#protocol/policy.ts";
import type { EpochMs } from "#protocol/quantities.ts";
import type { PolicyInForce } from "./evaluate.ts";
import { together } from "./kept.ts";
import { ASK_ALWAYS } from "./postures.ts";

export interface AdoptedPolicy {
  readonly document: PolicyDocument;
  readonly text: string;
  readonly digest: Digest;
  readonly adoptedAt: EpochMs;
  readonly by: string;
  /** Of the text before: a file that still holds it was not edited, only not written yet. */
  readonly replaced?: Digest;
}

export interface PolicyState {
  /** Grows with every change of what policy says. */
  readonly epoch: number;
  readonly adopted?: AdoptedPolicy;
  /** Why the Home's file cannot be read: until it can, everything that leaves is denied. */
  readonly fileProblem?: string;
  /** Absent where the workspace has no document. */
  readonly workspace?: Exclude<WorkspacePolicy, { readonly kind: "absent" }>;
  /** The workspace's document from before its file was removed or forbade less: it counts too until the owner adopts a policy. */
  readonly kept?: PolicyDocument;
}

export const noPolicy: PolicyState = { epoch: 0 };

/** What counts now. */
export function policyInForce(state: PolicyState = noPolicy): PolicyInForce {
  let inForce = IN_FORCE.get(state);
  if (inForce === undefined) {
    inForce = inForceOf(state);
    IN_FORCE.set(state, inForce);
  }
  return inForce;
}

const IN_FORCE = new WeakMap<PolicyState, PolicyInForce>();

function inForceOf({ adopted, fileProblem, workspace, kept }: PolicyState): PolicyInForce {
  const home = fileProblem === undefined ? { document: adopted?.document ?? ASK_ALWAYS } : { unreadable: fileProblem };
  if (workspace === undefined) return kept === undefined ? { home } : { home, workspace: { document: kept } };
  const own =
    workspace.kind === "document"
      ? { document: together(kept, workspace.document) }
      : { unreadable: workspace.problem };
  return { home, workspace: own };
}
