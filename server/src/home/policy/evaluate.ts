// Whether something may happen: allow, ask the owner, or deny, with the rule and words a person can read. Pure.
// Default deny; a deny beats every allow and every lease. The policy document of the owner takes this place later.
import type { Classification } from "#protocol/egress.ts";
import type { NodeStatus } from "../node/state.ts";

export type PolicyRequest =
  | { readonly action: "run-here" }
  | {
      readonly action: "offload";
      readonly destination: NodeStatus["kind"] | "unknown";
      readonly highestClassification: Classification;
    };

export interface PolicyDecision {
  readonly effect: "allow" | "ask" | "deny";
  readonly rule: string;
  readonly explanation: string;
}

interface PolicyRule {
  readonly id: string;
  readonly effect: PolicyDecision["effect"];
  readonly matches: (request: PolicyRequest) => boolean;
  readonly explanation: string;
}

const RULES: readonly PolicyRule[] = [
  {
    id: "secrets-never-leave",
    effect: "deny",
    matches: (request) =>
      request.action === "offload" &&
      (request.highestClassification === "secret" || request.highestClassification === "regulated"),
    explanation: "Secret and regulated data never leave this machine.",
  },
  {
    id: "only-enrolled-nodes",
    effect: "deny",
    matches: (request) =>
      request.action === "offload" && request.destination !== "ready" && request.destination !== "unreachable",
    explanation: "Only a worker that the owner approved, and has not revoked, may receive anything.",
  },
  {
    id: "offload-asks",
    effect: "ask",
    matches: (request) => request.action === "offload",
    explanation: "The owner reads and approves every offload.",
  },
  {
    id: "local-first",
    effect: "allow",
    matches: (request) => request.action === "run-here",
    explanation: "What stays on this machine needs no approval.",
  },
];

export function evaluate(request: PolicyRequest): PolicyDecision {
  const matching = RULES.filter((rule) => rule.matches(request));
  const decisive =
    matching.find((rule) => rule.effect === "deny") ??
    matching.find((rule) => rule.effect === "ask") ??
    matching.find((rule) => rule.effect === "allow");
  return decisive === undefined
    ? { effect: "deny", rule: "default-deny", explanation: "No rule allows this." }
    : { effect: decisive.effect, rule: decisive.id, explanation: decisive.explanation };
}
