// Commands about the policy, and documents for them. As in homeCommands.ts everything may be overridden.
import type { AdoptPolicy, JudgePolicyFile, ReadWorkspacePolicy } from "#protocol/policyCommands.ts";
import { digestOf } from "#protocol/digest.ts";
import type { PolicyDocument, PolicyRule, WorkspacePolicy } from "#protocol/policy.ts";
import { NOW, OWNER, SHELL } from "./homeCommands.ts";

export function policyRule(id: string, effect: PolicyRule["effect"], of: Partial<PolicyRule> = {}): PolicyRule {
  return { id, effect, actions: ["offload"], reason: `because of ${id}`, ...of };
}

export function policyOf(...rules: readonly PolicyRule[]): PolicyDocument {
  return { version: 1, name: "a test", rules };
}

export function adoptPolicy(document: PolicyDocument, change: Partial<AdoptPolicy> = {}): AdoptPolicy {
  const text = JSON.stringify(document);
  return { kind: "adopt-policy", at: NOW, by: OWNER, document, text, collected: [], transfers: [], ...change };
}

export function judgePolicyFile(problem: string | undefined, change: Partial<JudgePolicyFile> = {}): JudgePolicyFile {
  const found = problem === undefined ? {} : { problem };
  return { kind: "judge-policy-file", at: NOW, by: SHELL, ...found, collected: [], transfers: [], ...change };
}

export function readWorkspacePolicy(
  found: PolicyDocument | string | undefined,
  change: Partial<ReadWorkspacePolicy> = {},
): ReadWorkspacePolicy {
  const of = { kind: "read-workspace-policy", at: NOW, by: SHELL, collected: [], transfers: [] } as const;
  return { ...of, found: foundAs(found), ...change };
}

function foundAs(found: PolicyDocument | string | undefined): WorkspacePolicy {
  if (found === undefined) return { kind: "absent" };
  if (typeof found === "string") return { kind: "unreadable", problem: found };
  return { kind: "document", digest: digestOf(JSON.stringify(found)), document: found };
}
