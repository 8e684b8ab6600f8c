// Whether something may happen: allow, ask the owner, or deny, with every rule that said so and words a person can read. Pure.
// Default deny. A deny beats an ask, an ask beats an allow, and a deny beats every lease. What is built in no document can loosen.
import { taintText } from "#protocol/classes.ts";
import type {
  PolicyAction,
  PolicyDocument,
  PolicyEffect,
  PolicyNodeFacts,
  PolicyObligations,
} from "#protocol/policy.ts";
import { nodeFacts, readyRules } from "./matches.ts";
import { strictest, unmetObligation } from "./obligations.ts";
import type { PolicyRequest } from "./request.ts";

/** What counts at one moment: the Home's document, and that of the workspace, which can only make it stricter. */
export interface PolicyInForce {
  readonly home: PolicySource;
  readonly workspace?: PolicySource;
}

export type PolicySource =
  | { readonly document: PolicyDocument }
  /** The text cannot be read; nobody knows what it would have forbidden. */
  | { readonly unreadable: string };

export interface PolicyDecision {
  readonly effect: PolicyEffect;
  /** The first of the rules that decided. */
  readonly rule: string;
  /** Every rule that fits, built-in ones included. */
  readonly rules: readonly string[];
  /** Of everything that is not denied: what must hold. */
  readonly obligations: PolicyObligations;
  readonly explanation: string;
}

/** Before the ids of a workspace's rules, so that nobody takes one for a rule of the Home's. */
export const WORKSPACE_RULE_PREFIX = "workspace/";

interface Match {
  readonly id: string;
  readonly reason: string;
}

/** Everything that fits a request, by what it does. */
interface Matches {
  readonly denies: Match[];
  readonly asks: Match[];
  readonly allows: Match[];
  /** Whether a rule that asks grants as well: it fits all of the request. */
  askGrants: boolean;
  obligations: PolicyObligations;
}

export function evaluate(policy: PolicyInForce, request: PolicyRequest): PolicyDecision {
  const matches: Matches = { denies: builtInDenies(request), asks: [], allows: [], askGrants: false, obligations: {} };
  if (request.taint !== undefined && LEAVING.has(request.action)) {
    const { id, reason } = BUILT_IN_RULES.tainted;
    matches.asks.push({ id, reason: `${reason} ${taintText(request.taint)}.` });
  }
  const facts = "document" in policy.home ? nodeFacts(policy.home.document, request.destination) : NOTHING_STATED;
  judgeByHome(policy.home, request, facts, matches);
  if (policy.workspace !== undefined) narrowByWorkspace(policy.workspace, request, facts, matches);
  return decisionOf(matches);
}

/** Whether the owner is asked about each send: for a price that nobody has seen, or for what met in the episode. */
export function asksAlways({ rules }: PolicyDecision): boolean {
  return rules.includes(BUILT_IN_RULES.paidOnly.id) || rules.includes(BUILT_IN_RULES.tainted.id);
}

const NOTHING_STATED: PolicyNodeFacts = { node: "" };

/** What takes data from this machine. */
const LEAVING: ReadonlySet<PolicyAction> = new Set<PolicyAction>([
  "offload",
  "blob-fetch",
  "belief-export",
  "feature-export",
  "guest-view",
]);
const TO_A_NODE: ReadonlySet<PolicyAction> = new Set<PolicyAction>(["offload", "blob-fetch"]);

export const BUILT_IN_RULES: {
  readonly [Name in
    | "secrets"
    | "enrolled"
    | "local"
    | "noEgress"
    | "paidOnly"
    | "tainted"
    | "unreadable"
    | "nothing"]: Match;
} = {
  secrets: { id: "secrets-never-leave", reason: "Secret and regulated data never leave this machine." },
  enrolled: {
    id: "only-enrolled-nodes",
    reason: "Only a worker that the owner approved, and has not revoked, may receive anything.",
  },
  local: { id: "local-first", reason: "What stays on this machine needs no approval." },
  noEgress: { id: "no-egress", reason: "This project never sends anything out: its policy has noEgress." },
  paidOnly: {
    id: "paid-only",
    reason: "The worker takes only paid work: its price must be known, and the owner says yes to it.",
  },
  tainted: {
    id: "tainted-episode",
    reason: "Private data and content from elsewhere have met in this episode, so the owner is asked each time:",
  },
  unreadable: {
    id: "policy-unreadable",
    reason: "A policy that cannot be read denies everything that does not run here.",
  },
  nothing: { id: "default-deny", reason: "No rule allows this." },
};

function builtInDenies({ action, resource, destination }: PolicyRequest): Match[] {
  const denies: Match[] = [];
  const { classification } = resource;
  if (LEAVING.has(action) && classification !== "public" && classification !== "internal") {
    denies.push(BUILT_IN_RULES.secrets);
  }
  const enrolled = destination?.status === "ready" || destination?.status === "unreachable";
  if (TO_A_NODE.has(action) && !enrolled) denies.push(BUILT_IN_RULES.enrolled);
  return denies;
}

function judgeByHome(source: PolicySource, request: PolicyRequest, facts: PolicyNodeFacts, matches: Matches): void {
  if (request.action === "run-here") matches.allows.push(BUILT_IN_RULES.local);
  if (!isReadable(source, request, matches)) return;
  judgeGates(source.document, request, matches);
  if (facts.paidOnly === true && LEAVING.has(request.action)) {
    (request.destination?.priceKnown === true ? matches.asks : matches.denies).push(BUILT_IN_RULES.paidOnly);
  }
  for (const { rule, covers, touches } of readyRules(source.document)) {
    switch (rule.effect) {
      case "deny":
        if (touches(request, facts)) matches.denies.push(rule);
        break;
      case "ask": {
        if (!touches(request, facts)) break;
        matches.asks.push(rule);
        if (covers(request, facts)) matches.askGrants = true;
        oblige(matches, rule.obligations, rule, request);
        break;
      }
      case "allow":
        if (!covers(request, facts)) break;
        matches.allows.push(rule);
        oblige(matches, rule.obligations, rule, request);
    }
  }
}

/** A workspace's document grants nothing: its rules that allow do not count, and one that asks only asks about what is granted. */
function narrowByWorkspace(
  source: PolicySource,
  request: PolicyRequest,
  facts: PolicyNodeFacts,
  matches: Matches,
): void {
  if (!isReadable(source, request, matches)) return;
  judgeGates(source.document, request, matches);
  for (const { rule, touches } of readyRules(source.document)) {
    if (rule.effect === "allow" || !touches(request, facts)) continue;
    const match = { id: `${WORKSPACE_RULE_PREFIX}${rule.id}`, reason: rule.reason };
    if (rule.effect === "deny") matches.denies.push(match);
    else {
      matches.asks.push(match);
      oblige(matches, rule.obligations, match, request);
    }
  }
}

function isReadable(
  source: PolicySource,
  { action }: PolicyRequest,
  { denies }: Matches,
): source is { readonly document: PolicyDocument } {
  if ("document" in source) return true;
  const { id, reason } = BUILT_IN_RULES.unreadable;
  if (action !== "run-here") denies.push({ id, reason: `${reason} ${source.unreadable}` });
  return false;
}

function judgeGates({ gates }: PolicyDocument, { action }: PolicyRequest, { denies }: Matches): void {
  const { noEgress } = BUILT_IN_RULES;
  if (gates?.noEgress === true && LEAVING.has(action) && !denies.includes(noEgress)) denies.push(noEgress);
}

function oblige(
  matches: Matches,
  obligations: PolicyObligations | undefined,
  { id }: Match,
  request: PolicyRequest,
): void {
  if (obligations === undefined) return;
  matches.obligations = strictest(matches.obligations, obligations);
  const reason = unmetObligation(obligations, request);
  if (reason !== undefined) matches.denies.push({ id, reason });
}

function decisionOf({ denies, asks, allows, askGrants, obligations }: Matches): PolicyDecision {
  const rules = [...new Set([...denies, ...asks, ...allows].map(({ id }) => id))];
  if (denies.length > 0) return decision("deny", denies, rules, {});
  if (asks.length > 0 && (askGrants || allows.length > 0)) return decision("ask", asks, rules, obligations);
  if (allows.length > 0) return decision("allow", allows, rules, obligations);
  return decision("deny", [BUILT_IN_RULES.nothing], [...rules, BUILT_IN_RULES.nothing.id], {});
}

function decision(
  effect: PolicyEffect,
  decisive: readonly Match[],
  rules: readonly string[],
  obligations: PolicyObligations,
): PolicyDecision {
  const explanation = [...new Set(decisive.map(({ reason }) => reason))].join(" ");
  return { effect, rule: decisive[0]?.id ?? BUILT_IN_RULES.nothing.id, rules, obligations, explanation };
}
