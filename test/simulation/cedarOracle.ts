// Another policy engine as the judge of ours: documents in the language of Cedar, and the same requests put to it. Cedar knows
// allow and deny, so it is asked twice: may this happen unasked, and may it happen once somebody was asked.
import * as cedar from "@cedar-policy/cedar-wasm/nodejs";
import type { PolicyDocument, PolicyEffect, PolicyRule } from "#protocol/policy.ts";
import type { PolicyInForce } from "../../server/src/home/policy/evaluate.ts";
import type { PolicyRequest } from "../../server/src/home/policy/request.ts";

export interface CedarAnswer {
  readonly effect: PolicyEffect;
  /** Of a denial: the rules that forbid; none where nothing permits. */
  readonly forbidding: readonly string[];
}

export interface CedarPolicy {
  /** Put to Cedar and read back. */
  readonly answer: (request: PolicyRequest) => CedarAnswer;
  /** One decision of Cedar alone, for a clock. */
  readonly decide: (context: CedarContext) => boolean;
  readonly contextOf: (request: PolicyRequest) => CedarContext;
}

export type CedarContext = Readonly<Record<string, cedar.CedarValueJson>>;

const PREPARSED = "policy";
const PATHS_MAX = 3;

/** Both documents must be readable. Only one translation is in use at a time: Cedar keeps it by name. */
export function cedarPolicy(policy: PolicyInForce): CedarPolicy {
  const home = documentIn(policy.home);
  const workspace = policy.workspace === undefined ? undefined : documentIn(policy.workspace);
  const parsed = cedar.preparsePolicySet(PREPARSED, { staticPolicies: translated(home, workspace) });
  if (parsed.type === "failure") throw new Error(parsed.errors.map(({ message }) => message).join("; "));
  const ask = (action: "unasked" | "asked", context: CedarContext): cedar.Response => {
    const answer = cedar.statefulIsAuthorized({
      principal: { type: "Subject", id: "somebody" },
      action: { type: "Action", id: action },
      resource: { type: "Resource", id: "something" },
      context,
      entities: [],
      validateRequest: false,
      preparsedPolicySetId: PREPARSED,
    });
    if (answer.type === "failure") throw new Error(answer.errors.map(({ message }) => message).join("; "));
    const { errors } = answer.response.diagnostics;
    if (errors.length > 0) throw new Error(errors.map(({ error }) => error.message).join("; "));
    return answer.response;
  };
  const contextOf = (request: PolicyRequest): CedarContext => contextFor(home, request);
  return {
    contextOf,
    decide: (context) => ask("unasked", context).decision === "allow",
    answer: (request) => {
      const context = contextOf(request);
      // Nothing is forbidden only where somebody was asked, so what may not happen then may not happen at all.
      const asked = ask("asked", context);
      if (asked.decision === "deny") {
        return { effect: "deny", forbidding: asked.diagnostics.reason.map((id) => id.replace(/#.*$/, "")) };
      }
      return { effect: ask("unasked", context).decision === "allow" ? "allow" : "ask", forbidding: [] };
    },
  };
}

function documentIn(source: PolicyInForce["home"]): PolicyDocument {
  if ("document" in source) return source.document;
  throw new Error("an unreadable policy has no translation");
}

const LEAVING = `["offload", "blob-fetch", "belief-export", "feature-export", "guest-view"].contains(context.what)`;

function translated(home: PolicyDocument, workspace: PolicyDocument | undefined): Record<string, string> {
  const policies: Record<string, string> = {};
  const add = (id: string, effect: "permit" | "forbid", on: "both" | "unasked" | "asked", when: string): void => {
    const action = on === "both" ? "action" : `action == Action::"${on}"`;
    policies[`${id}#${Object.keys(policies).length}`] = `${effect}(principal, ${action}, resource) when { ${when} };`;
  };
  add("secrets-never-leave", "forbid", "both", `${LEAVING} && ["secret", "regulated"].contains(context.class)`);
  const enrolled = `context has node && ["ready", "unreachable"].contains(context.status)`;
  add("only-enrolled-nodes", "forbid", "both", `["offload", "blob-fetch"].contains(context.what) && !(${enrolled})`);
  add("local-first", "permit", "both", `context.what == "run-here"`);
  add("paid-only", "forbid", "both", `${LEAVING} && context.paidOnly && !context.priceKnown`);
  add("paid-only", "forbid", "unasked", `${LEAVING} && context.paidOnly`);
  for (const [document, prefix] of [[home, ""] as const, [workspace, "workspace/"] as const]) {
    if (document?.gates?.noEgress === true) add("no-egress", "forbid", "both", LEAVING);
    for (const rule of document?.rules ?? []) {
      const id = prefix + rule.id;
      const [covers, touches] = [fits(rule, "every"), fits(rule, "any")];
      if (rule.effect === "deny") add(id, "forbid", "both", touches);
      if (rule.effect === "ask") add(id, "forbid", "unasked", touches);
      if (rule.effect === "ask" && prefix === "") add(id, "permit", "asked", covers);
      if (rule.effect === "allow" && prefix === "") add(id, "permit", "both", covers);
      const { bytesMax, redact, sandbox } = rule.obligations ?? {};
      if (bytesMax === undefined && sandbox === undefined && redact !== true) continue;
      const counts = rule.effect === "ask" || (rule.effect === "allow" && prefix === "");
      if (counts) add(id, "forbid", "both", `${rule.effect === "ask" ? touches : covers} && (${unmet(rule)})`);
    }
  }
  return policies;
}

function unmet({ obligations }: PolicyRule): string {
  const { bytesMax, redact, sandbox } = obligations ?? {};
  const broken = [
    ...(redact === true ? ['(context.what == "offload" && context.purpose == "command")'] : []),
    ...(bytesMax === undefined ? [] : [`context.bytes > ${bytesMax}`]),
    ...(sandbox === undefined ? [] : [`(context has node && context.sandbox < ${RANK[sandbox]})`]),
  ];
  return broken.join(" || ");
}

const RANK = { none: 0, sandboxed: 1, strict: 2 } as const;

function fits(rule: PolicyRule, paths: "every" | "any"): string {
  const { actions, subjects, resource, destination, purposes, time } = rule;
  const conditions = [oneOf(actions, "what")];
  if (subjects !== undefined) {
    const patterns = subjects.map(({ kind, ids }) => {
      const ofKind = `context.subjectKind == "${kind}"`;
      return ids === undefined ? ofKind : `(${ofKind} && ${oneOf(ids, "subjectId")})`;
    });
    conditions.push(`(${patterns.join(" || ")})`);
  }
  if (purposes !== undefined) conditions.push(oneOf(purposes, "purpose"));
  if (resource?.classes !== undefined) conditions.push(oneOf(resource.classes, "class"));
  if (resource?.bytesMax !== undefined) conditions.push(`context.bytes <= ${resource.bytesMax}`);
  if (resource?.bytesOver !== undefined) conditions.push(`context.bytes > ${resource.bytesOver}`);
  if (resource?.models !== undefined) conditions.push(`context.models.containsAny(${JSON.stringify(resource.models)})`);
  if (destination !== undefined) conditions.push("context has node", ...destinationFits(destination));
  if (time !== undefined) conditions.push(...timeFits(time));
  if (resource?.paths !== undefined) conditions.push(pathsFit(resource.paths, paths));
  return conditions.join(" && ");
}

function oneOf(values: readonly string[], attribute: string): string {
  return `${JSON.stringify(values)}.contains(context.${attribute})`;
}

function destinationFits(pattern: NonNullable<PolicyRule["destination"]>): readonly string[] {
  const { nodes, keys, locations, trusted, paidOnly } = pattern;
  return [
    ...(nodes === undefined ? [] : [oneOf(nodes, "node")]),
    ...(keys === undefined ? [] : [oneOf(keys, "key")]),
    ...(locations === undefined ? [] : [`(context has location && ${oneOf(locations, "location")})`]),
    ...(trusted === undefined ? [] : [`context.trusted == ${trusted}`]),
    ...(paidOnly === undefined ? [] : [`context.paidOnly == ${paidOnly}`]),
  ];
}

function timeFits({ days, hoursUtc, notBefore, notAfter }: NonNullable<PolicyRule["time"]>): readonly string[] {
  const hours = hoursUtc === undefined ? [] : [hoursFit(hoursUtc.from, hoursUtc.until)];
  return [
    ...(days === undefined ? [] : [oneOf(days, "day")]),
    ...hours,
    ...(notBefore === undefined ? [] : [`context.at >= ${Date.parse(notBefore)}`]),
    ...(notAfter === undefined ? [] : [`context.at <= ${Date.parse(notAfter)}`]),
  ];
}

/** Times of day as text have the order of time. */
function hoursFit(from: string, until: string): string {
  const minute = (time: string): number => Date.parse(`1970-01-01T${time}:00Z`) / 60_000;
  const both = from < until ? "&&" : "||";
  return `(context.minute >= ${minute(from)} ${both} context.minute < ${minute(until)})`;
}

/** Every path must match to grant; to ask or deny, one is enough, and it matches as a mark of what never leaves does. */
function pathsFit(globs: readonly string[], how: "every" | "any"): string {
  const names = Array.from({ length: PATHS_MAX }, (_, index) => `path${index}`);
  if (how === "every") {
    const each = names.map((name) => `(!(context has ${name}) || ${anyOf(globs.map((glob) => covered(name, glob)))})`);
    return ["context has path0", ...each].join(" && ");
  }
  return anyOf(names.map((name) => `(context has ${name} && ${anyOf(globs.map((glob) => marked(name, glob)))})`));
}

function anyOf(conditions: readonly string[]): string {
  return `(${conditions.join(" || ")})`;
}

function covered(name: string, glob: string): string {
  if (glob === "**") return "true";
  if (glob.endsWith("/**")) return like(name, `${glob.slice(0, -2)}*`);
  return glob.startsWith("*") ? `(${like(name, glob)} && !(${like(name, "*/*")}))` : `context.${name} == "${glob}"`;
}

function marked(name: string, glob: string): string {
  if (glob === "**") return "true";
  if (glob.endsWith("/**")) return like(name, `${glob.slice(0, -2)}*`);
  const itself = glob.startsWith("*") ? like(name, glob) : `context.${name} == "${glob}"`;
  const within = [itself, like(name, `${glob}/*`)];
  return anyOf(glob.includes("/") ? within : [...within, like(name, `*/${glob}`), like(name, `*/${glob}/*`)]);
}

function like(name: string, pattern: string): string {
  return `context.${name} like "${pattern}"`;
}

function contextFor({ nodes }: PolicyDocument, request: PolicyRequest): CedarContext {
  const { action, subject, resource, destination, purpose, at } = request;
  const moment = new Date(at);
  const stated =
    destination === undefined
      ? undefined
      : (nodes?.find(({ node }) => node === destination.nodeId) ??
        nodes?.find(({ node }) => node === destination.name));
  return {
    what: action,
    subjectKind: subject.kind,
    subjectId: subject.id,
    class: resource.classification,
    bytes: resource.bytes,
    models: [...resource.models],
    purpose,
    at,
    day: moment.toLocaleDateString("en-GB", { weekday: "short", timeZone: "UTC" }).toLowerCase(),
    minute: moment.getUTCHours() * 60 + moment.getUTCMinutes(),
    paidOnly: stated?.paidOnly === true,
    trusted: stated?.trusted === true,
    priceKnown: destination?.priceKnown === true,
    ...(stated?.location === undefined ? {} : { location: stated.location }),
    ...Object.fromEntries(resource.paths.map((path, index) => [`path${index}`, path])),
    ...(destination === undefined
      ? {}
      : {
          node: destination.name,
          key: destination.nodeId,
          status: destination.status,
          sandbox: RANK[destination.sandbox],
        }),
  };
}
