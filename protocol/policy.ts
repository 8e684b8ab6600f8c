// The policy document: what the owner lets happen, asks about or forbids, in rules a person can read. Data only; the Home's
// core decides by it. It can never loosen what is built in: secrets stay, and only enrolled workers receive.
import * as z from "zod";
import { type Digest, digestSchema } from "./digest.ts";
import { type Classification, classificationSchema } from "./egress.ts";
import { type NodeId, nodeId } from "./ids.ts";
import { type PriceCard, priceCardSchema } from "./node.ts";
import { pathGlobSchema } from "./pathGlob.ts";
import { type Bytes, bytesSchema } from "./quantities.ts";

/** Characters of a document's text, comments included. */
export const POLICY_CHARACTERS_MAX = 65_536;
/** Characters of the sentence that says why a text cannot be read. */
export const POLICY_PROBLEM_CHARACTERS_MAX = 1_000;
/** Rules of one document; each is asked at every decision. */
export const POLICY_RULES_MAX = 128;
/** Globs of a whole document: each path of a job is held against them, and the largest tree has 50,000. */
export const POLICY_GLOBS_MAX = 256;
/** Entries of any one list of a rule. */
export const POLICY_LIST_MAX = 32;
/** Nodes that a document states facts about. */
export const POLICY_NODES_MAX = 256;
/** Characters of the name of a rule, a node, a location, a model or a purpose. */
export const POLICY_NAME_CHARACTERS_MAX = 128;
/** Characters of a reason. */
export const POLICY_REASON_CHARACTERS_MAX = 500;

export type PolicyEffect = "allow" | "ask" | "deny";

/** What a Home can start from. */
export type PostureName = "local-only" | "ask-always" | "trusted-workers";

/** What may be asked for. All but `run-here` and `tool` take data from this machine. */
export type PolicyAction =
  | "offload"
  | "blob-fetch"
  | "tool"
  | "belief-export"
  | "feature-export"
  | "guest-view"
  | "run-here";

export type PolicySubjectKind = "client" | "node" | "guest" | "agent" | "tool";

/** How far a command is kept apart where it runs, weakest first. */
export type SandboxLevel = "none" | "sandboxed" | "strict";

export type PolicyDay = "mon" | "tue" | "wed" | "thu" | "fri" | "sat" | "sun";

export interface PolicyDocument {
  readonly version: 1;
  /** What people call it: one of the postures, or the owner's own word. */
  readonly name: string;
  readonly gates?: {
    /** Nothing leaves, whatever a rule or a lease says. */
    readonly noEgress?: boolean;
  };
  /** What the owner states of nodes. A document of a workspace states nothing. */
  readonly nodes?: readonly PolicyNodeFacts[];
  readonly rules: readonly PolicyRule[];
}

export interface PolicyNodeFacts {
  /** Its id, which is a digest of its key, or its name. What is stated of an id counts alone. */
  readonly node: string;
  readonly trusted?: boolean;
  readonly location?: string;
  /** It takes only work whose price is known, and a person says yes to each price. */
  readonly paidOnly?: boolean;
  /** What its owner agreed to charge: counts in place of the node's own price card. */
  readonly prices?: PriceCard;
}

/**
 * A member that is absent does not narrow the rule. To grant, a rule must fit the whole request, each of its paths included;
 * to ask or deny, one path is enough.
 */
export interface PolicyRule {
  readonly id: string;
  readonly effect: PolicyEffect;
  readonly actions: readonly PolicyAction[];
  readonly subjects?: readonly PolicySubjectPattern[];
  readonly resource?: PolicyResourcePattern;
  readonly destination?: PolicyDestinationPattern;
  /** What it is for; of an offload `command` or `ask`. */
  readonly purposes?: readonly string[];
  readonly time?: PolicyTime;
  readonly obligations?: PolicyObligations;
  /** Why, for whoever is stopped or asked by it. */
  readonly reason: string;
}

export interface PolicySubjectPattern {
  readonly kind: PolicySubjectKind;
  /** Absent means every one of its kind. */
  readonly ids?: readonly string[];
}

export interface PolicyResourcePattern {
  readonly paths?: readonly string[];
  /** The class of a request is the highest of what it takes. */
  readonly classes?: readonly Classification[];
  readonly bytesMax?: Bytes;
  readonly bytesOver?: Bytes;
  /** Names or digests of models. */
  readonly models?: readonly string[];
}

export interface PolicyDestinationPattern {
  /** Names. */
  readonly nodes?: readonly string[];
  /** Node ids, which are digests of their keys. */
  readonly keys?: readonly NodeId[];
  readonly locations?: readonly string[];
  readonly trusted?: boolean;
  readonly paidOnly?: boolean;
}

/** By universal time, so that no clock change moves it. */
export interface PolicyTime {
  readonly days?: readonly PolicyDay[];
  /** Times of day such as 08:30; past midnight where `from` is later than `until`. */
  readonly hoursUtc?: { readonly from: string; readonly until: string };
  readonly notBefore?: string;
  readonly notAfter?: string;
}

/** What must hold for whatever the rule lets happen. Of several, the strictest counts. */
export interface PolicyObligations {
  readonly redact?: boolean;
  readonly bytesMax?: Bytes;
  readonly sandbox?: SandboxLevel;
  /** What comes back is looked at before anything uses it. */
  readonly reviewResult?: boolean;
}

/** What is in the place of a workspace's own document. */
export type WorkspacePolicy =
  | { readonly kind: "absent" }
  | { readonly kind: "document"; readonly digest: Digest; readonly document: PolicyDocument }
  /** The sentence names line and column. */
  | { readonly kind: "unreadable"; readonly problem: string };

const name = z.string().min(1).max(POLICY_NAME_CHARACTERS_MAX);
function list<Item>(item: z.ZodType<Item>): z.ZodType<readonly Item[]> {
  return z.array(item).min(1).max(POLICY_LIST_MAX);
}

export const policyEffectSchema: z.ZodType<PolicyEffect> = z.enum(["allow", "ask", "deny"]);

export const postureNameSchema: z.ZodType<PostureName> = z.enum(["local-only", "ask-always", "trusted-workers"]);

export const policyActionSchema: z.ZodType<PolicyAction> = z.enum([
  "offload",
  "blob-fetch",
  "tool",
  "belief-export",
  "feature-export",
  "guest-view",
  "run-here",
]);

export const policySubjectKindSchema: z.ZodType<PolicySubjectKind> = z.enum([
  "client",
  "node",
  "guest",
  "agent",
  "tool",
]);

export const policyObligationsSchema: z.ZodType<PolicyObligations> = z.strictObject({
  redact: z.boolean().exactOptional(),
  bytesMax: bytesSchema.exactOptional(),
  sandbox: z.enum(["none", "sandboxed", "strict"]).exactOptional(),
  reviewResult: z.boolean().exactOptional(),
});

const timeOfDay = z.string().regex(/^([01]\d|2[0-3]):[0-5]\d$/, "must be a time of day such as 08:30");
const moment = z.iso.datetime({ offset: true, error: "must be a moment such as 2027-01-31T18:00:00Z" });
const timeSchema: z.ZodType<PolicyTime> = z.strictObject({
  days: list(z.enum(["mon", "tue", "wed", "thu", "fri", "sat", "sun"])).exactOptional(),
  hoursUtc: z.strictObject({ from: timeOfDay, until: timeOfDay }).exactOptional(),
  notBefore: moment.exactOptional(),
  notAfter: moment.exactOptional(),
});

export const policyRuleSchema: z.ZodType<PolicyRule> = z.strictObject({
  id: z
    .string()
    .max(POLICY_NAME_CHARACTERS_MAX)
    .regex(/^[a-z0-9]+(-[a-z0-9]+)*$/, "must be a name such as tests-may-leave"),
  effect: policyEffectSchema,
  actions: list(policyActionSchema),
  subjects: list(z.strictObject({ kind: policySubjectKindSchema, ids: list(name).exactOptional() })).exactOptional(),
  resource: z
    .strictObject({
      paths: list(pathGlobSchema).exactOptional(),
      classes: list(classificationSchema).exactOptional(),
      bytesMax: bytesSchema.exactOptional(),
      bytesOver: bytesSchema.exactOptional(),
      models: list(name).exactOptional(),
    })
    .exactOptional(),
  destination: z
    .strictObject({
      nodes: list(name).exactOptional(),
      keys: list(nodeId.schema).exactOptional(),
      locations: list(name).exactOptional(),
      trusted: z.boolean().exactOptional(),
      paidOnly: z.boolean().exactOptional(),
    })
    .exactOptional(),
  purposes: list(name).exactOptional(),
  time: timeSchema.exactOptional(),
  obligations: policyObligationsSchema.exactOptional(),
  reason: z.string().min(1).max(POLICY_REASON_CHARACTERS_MAX),
});

export const policyDocumentSchema: z.ZodType<PolicyDocument> = z.strictObject({
  version: z.literal(1),
  name,
  gates: z.strictObject({ noEgress: z.boolean().exactOptional() }).exactOptional(),
  nodes: z
    .array(
      z.strictObject({
        node: name,
        trusted: z.boolean().exactOptional(),
        location: name.exactOptional(),
        paidOnly: z.boolean().exactOptional(),
        prices: priceCardSchema.exactOptional(),
      }),
    )
    .max(POLICY_NODES_MAX)
    .refine((nodes) => new Set(nodes.map(({ node }) => node)).size === nodes.length, {
      error: "states the facts of each node once",
    })
    .exactOptional(),
  rules: z
    .array(policyRuleSchema)
    .max(POLICY_RULES_MAX)
    .refine((rules) => new Set(rules.map(({ id }) => id)).size === rules.length, {
      error: "gives each rule an id of its own",
    })
    .refine(
      (rules) => rules.reduce((sum, { resource }) => sum + (resource?.paths?.length ?? 0), 0) <= POLICY_GLOBS_MAX,
      {
        error: `names at most ${POLICY_GLOBS_MAX} globs in all`,
      },
    ),
});

export const policyProblemSchema: z.ZodType<string> = z.string().max(POLICY_PROBLEM_CHARACTERS_MAX);

export const workspacePolicySchema: z.ZodType<WorkspacePolicy> = z.discriminatedUnion("kind", [
  z.strictObject({ kind: z.literal("absent") }),
  z.strictObject({ kind: z.literal("document"), digest: digestSchema, document: policyDocumentSchema }),
  z.strictObject({ kind: z.literal("unreadable"), problem: policyProblemSchema }),
]);
