// What a policy would be adopted upon now: the text in force, its epoch, and what of the workspace counts beside it or stops
// counting. All of it decides what is in force afterwards, so all of it is in the digest that an approval names.
import { type Digest, digestOfJson } from "#protocol/digest.ts";
import type { PolicyDocument } from "#protocol/policy.ts";
import type { DroppedRules, PolicyBase } from "#protocol/staging.ts";
import { noPolicy, type PolicyState } from "../policy/state.ts";

export function policyBase({ adopted, epoch, kept, workspace }: PolicyState = noPolicy): {
  readonly replaces?: Digest;
  readonly base: PolicyBase;
} {
  return {
    ...(adopted === undefined ? {} : { replaces: adopted.digest }),
    base: {
      epoch,
      ...(workspace?.kind === "document" ? { workspace: workspace.digest } : {}),
      ...(kept === undefined ? {} : { drops: droppedRules(kept) }),
    },
  };
}

function droppedRules(kept: PolicyDocument): DroppedRules {
  const gate = kept.gates?.noEgress === true ? { noEgress: true } : {};
  return { document: digestOfJson(kept), rules: kept.rules.map(({ id }) => id), ...gate };
}
