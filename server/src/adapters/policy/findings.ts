// What in a sound policy has no effect, or not the one that it seems to have: nodes that nobody knows, rules that can never
// decide, a workspace's rules that would loosen. Warnings only: none of them changes what the policy says.
import type { PolicyAction, PolicyDocument, PolicyRule } from "#protocol/policy.ts";
import type { PolicyFinding } from "#protocol/policyFinding.ts";
import { FINDINGS_MAX, type PolicyReading } from "./readPolicy.ts";

/** The workers that the Home knows, by what a rule may call them. */
export interface KnownNodes {
  readonly names: ReadonlySet<string>;
  readonly ids: ReadonlySet<string>;
}

/** Errors of the text, or what a sound one has no effect with. */
export function policyFindings(
  reading: PolicyReading,
  of: "home" | "workspace",
  nodes: KnownNodes,
): readonly PolicyFinding[] {
  const { document } = reading;
  if (document === undefined) return reading.findings;
  const found = [
    ...(of === "workspace" ? widening(reading, document) : []),
    ...unknownNodes(reading, document, nodes),
    ...document.rules.flatMap((rule, index) =>
      // What has no effect anyway was found above.
      of === "workspace" && rule.effect === "allow" ? [] : ruleFindings(reading, document.rules, rule, index),
    ),
  ];
  return found.slice(0, FINDINGS_MAX);
}

type Path = readonly (string | number)[];

function warning(reading: PolicyReading, path: Path, code: string, message: string, advice: string): PolicyFinding {
  return { code, severity: "warning", message, advice, range: reading.rangeOf(path) };
}

function widening(reading: PolicyReading, { rules, nodes }: PolicyDocument): readonly PolicyFinding[] {
  const stated =
    nodes === undefined
      ? []
      : [
          warning(
            reading,
            ["nodes"],
            "policy-widens",
            "a workspace states nothing of nodes: this has no effect",
            "State it in the Home's policy: arw-home policy adopt.",
          ),
        ];
  const allowing = rules.flatMap((rule, index) =>
    rule.effect === "allow"
      ? [
          warning(
            reading,
            ["rules", index, "effect"],
            "policy-widens",
            `the rule ${rule.id} allows, and a workspace's policy can only make things stricter: it has no effect`,
            "Take it out, or put it into the Home's policy: arw-home policy adopt.",
          ),
        ]
      : [],
  );
  return [...stated, ...allowing];
}

function unknownNodes(reading: PolicyReading, document: PolicyDocument, known: KnownNodes): readonly PolicyFinding[] {
  const named: (readonly [Path, string, boolean])[] = [];
  document.nodes?.forEach(({ node }, index) => {
    named.push([["nodes", index, "node"], node, known.names.has(node) || known.ids.has(node)]);
  });
  document.rules.forEach(({ destination }, rule) => {
    const at = ["rules", rule, "destination"];
    destination?.nodes?.forEach((name, index) => named.push([[...at, "nodes", index], name, known.names.has(name)]));
    destination?.keys?.forEach((id, index) => named.push([[...at, "keys", index], id, known.ids.has(id)]));
  });
  return named.flatMap(([path, name, isKnown]) =>
    isKnown
      ? []
      : [
          warning(
            reading,
            path,
            "policy-unknown-node",
            `no worker is called ${JSON.stringify(name)}`,
            "See `arw-home nodes`; it counts as soon as there is one.",
          ),
        ],
  );
}

function ruleFindings(
  reading: PolicyReading,
  rules: readonly PolicyRule[],
  rule: PolicyRule,
  index: number,
): readonly PolicyFinding[] {
  const at = ["rules", index];
  const found: PolicyFinding[] = [];
  const never = neverFits(rule) ?? overruled(rules, rule);
  if (never !== undefined) {
    const message = `the rule ${rule.id} never decides: ${never}`;
    found.push(warning(reading, [...at, "id"], "policy-unreachable", message, "Change it, or take it out."));
  }
  if (rule.effect === "deny" && rule.obligations !== undefined) {
    const message = `the rule ${rule.id} denies, so its obligations have no effect`;
    found.push(warning(reading, [...at, "obligations"], "policy-idle-obligation", message, "Take them out."));
  }
  if (rule.effect === "ask" && rule.actions.includes("run-here")) {
    const message = `the rule ${rule.id} asks about what runs here: an owner who starts it is not asked, commands of others wait, and their questions to a model are refused`;
    found.push(warning(reading, [...at, "actions"], "policy-ask-here", message, "Deny it, or leave run-here out."));
  }
  return found;
}

/** Why no request can fit the rule. */
function neverFits({ effect, actions, resource, destination, time }: PolicyRule): string | undefined {
  const { classes, bytesMax, bytesOver } = resource ?? {};
  if (bytesMax !== undefined && bytesOver !== undefined && bytesMax <= bytesOver) return "no size is in its bounds";
  if (time?.notBefore !== undefined && time.notAfter !== undefined) {
    if (Date.parse(time.notBefore) > Date.parse(time.notAfter)) return "it ends before it begins";
  }
  if (destination !== undefined && actions.every((action) => !TO_A_NODE.includes(action))) {
    return "what it is about goes to no node";
  }
  const secretOnly = classes?.every((name) => name === "secret" || name === "regulated") === true;
  if (effect !== "deny" && secretOnly && actions.every((action) => LEAVING.includes(action))) {
    return "secret and regulated data never leave, whatever a rule says";
  }
  return undefined;
}

const TO_A_NODE: readonly PolicyAction[] = ["offload", "blob-fetch"];
const LEAVING: readonly PolicyAction[] = ["offload", "blob-fetch", "belief-export", "feature-export", "guest-view"];

/** The rule without conditions that beats it whenever it fits. */
function overruled(rules: readonly PolicyRule[], rule: PolicyRule): string | undefined {
  if (rule.effect === "deny") return undefined;
  const stronger = rules.find(
    (other) =>
      other !== rule &&
      (other.effect === "deny" || (other.effect === "ask" && rule.effect === "allow")) &&
      isUnconditional(other) &&
      rule.actions.every((action) => other.actions.includes(action)),
  );
  return stronger === undefined ? undefined : `${stronger.id} decides first, always`;
}

function isUnconditional({ subjects, resource, destination, purposes, time }: PolicyRule): boolean {
  return [subjects, resource, destination, purposes, time].every((condition) => condition === undefined);
}
