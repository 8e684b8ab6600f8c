// Whether a rule fits a request. To grant, it must fit all of it; to ask or to deny, one path is enough, and in doubt a path
// fits. Each rule is made ready once and then asked often.
import { globsCover } from "#protocol/pathGlob.ts";
import { neverLeaves } from "#protocol/neverLeaves.ts";
import type {
  PolicyDay,
  PolicyDestinationPattern,
  PolicyDocument,
  PolicyNodeFacts,
  PolicyResourcePattern,
  PolicyRule,
  PolicySubjectPattern,
  PolicyTime,
} from "#protocol/policy.ts";
import type { EpochMs } from "#protocol/quantities.ts";
import type { PolicyDestination, PolicyRequest } from "./request.ts";

export interface ReadyRule {
  readonly rule: PolicyRule;
  /** Fits the request as a whole: every path, and one at least where the rule names any. */
  readonly covers: (request: PolicyRequest, facts: PolicyNodeFacts) => boolean;
  /** Fits some of it. */
  readonly touches: (request: PolicyRequest, facts: PolicyNodeFacts) => boolean;
}

/** The rules of a document, made ready once for as long as the document lives. */
export function readyRules(document: PolicyDocument): readonly ReadyRule[] {
  let rules = READY.get(document);
  if (rules === undefined) {
    rules = document.rules.map(readyRule);
    READY.set(document, rules);
  }
  return rules;
}

const READY = new WeakMap<PolicyDocument, readonly ReadyRule[]>();

/** What the owner states of a node; what is stated of its id counts before what is stated of its name. */
export function nodeFacts(
  { nodes }: PolicyDocument,
  destination: Pick<PolicyDestination, "nodeId" | "name"> | undefined,
): PolicyNodeFacts {
  if (nodes === undefined || destination === undefined) return NO_FACTS;
  const { nodeId, name } = destination;
  return nodes.find(({ node }) => node === nodeId) ?? nodes.find(({ node }) => node === name) ?? NO_FACTS;
}

const NO_FACTS: PolicyNodeFacts = { node: "" };

function readyRule(rule: PolicyRule): ReadyRule {
  const isTimely = timeMatcher(rule.time);
  const { paths } = rule.resource ?? {};
  const markOf = neverLeaves(paths ?? []);
  // Paths, of which there may be thousands, are asked last.
  const fits = (request: PolicyRequest, facts: PolicyNodeFacts): boolean =>
    rule.actions.includes(request.action) &&
    (rule.purposes === undefined || rule.purposes.includes(request.purpose)) &&
    subjectFits(rule.subjects, request) &&
    resourceFits(rule.resource, request) &&
    destinationFits(rule.destination, request.destination, facts) &&
    isTimely(request.at);
  if (paths === undefined) return { rule, covers: fits, touches: fits };
  return {
    rule,
    covers: (request, facts) =>
      fits(request, facts) && request.resource.paths.length > 0 && globsCover(paths, request.resource.paths),
    touches: (request, facts) =>
      fits(request, facts) && request.resource.paths.some((path) => markOf(path) !== undefined),
  };
}

function subjectFits(patterns: readonly PolicySubjectPattern[] | undefined, { subject }: PolicyRequest): boolean {
  if (patterns === undefined) return true;
  return patterns.some(({ kind, ids }) => kind === subject.kind && (ids === undefined || ids.includes(subject.id)));
}

function resourceFits(pattern: PolicyResourcePattern | undefined, { resource }: PolicyRequest): boolean {
  if (pattern === undefined) return true;
  const { classes, bytesMax, bytesOver, models } = pattern;
  return (
    (classes === undefined || classes.includes(resource.classification)) &&
    (bytesMax === undefined || resource.bytes <= bytesMax) &&
    (bytesOver === undefined || resource.bytes > bytesOver) &&
    (models === undefined || resource.models.some((model) => models.includes(model)))
  );
}

function destinationFits(
  pattern: PolicyDestinationPattern | undefined,
  destination: PolicyDestination | undefined,
  facts: PolicyNodeFacts,
): boolean {
  if (pattern === undefined) return true;
  if (destination === undefined) return false;
  const { nodes, keys, locations, trusted, paidOnly } = pattern;
  return (
    (nodes === undefined || nodes.includes(destination.name)) &&
    (keys === undefined || keys.includes(destination.nodeId)) &&
    (locations === undefined || (facts.location !== undefined && locations.includes(facts.location))) &&
    (trusted === undefined || trusted === (facts.trusted === true)) &&
    (paidOnly === undefined || paidOnly === (facts.paidOnly === true))
  );
}

function timeMatcher(time: PolicyTime | undefined): (at: EpochMs) => boolean {
  if (time === undefined) return () => true;
  const { days, hoursUtc, notBefore, notAfter } = time;
  const [fromMinute, untilMinute] = [minuteOf(hoursUtc?.from), minuteOf(hoursUtc?.until)];
  const [firstMs, lastMs] = [momentOf(notBefore, -Infinity), momentOf(notAfter, Infinity)];
  return (at) => {
    if (at < firstMs || at > lastMs) return false;
    const day = DAYS[Math.floor(at / DAY_MS) % DAYS.length];
    if (days !== undefined && (day === undefined || !days.includes(day))) return false;
    if (fromMinute === undefined || untilMinute === undefined) return true;
    const minute = Math.floor((at % DAY_MS) / MINUTE_MS);
    if (fromMinute < untilMinute) return fromMinute <= minute && minute < untilMinute;
    return fromMinute <= minute || minute < untilMinute;
  };
}

/** From the first of January 1970, which was a Thursday. */
const DAYS: readonly PolicyDay[] = ["thu", "fri", "sat", "sun", "mon", "tue", "wed"];
const MINUTE_MS = 60_000;
const DAY_MS: number = 24 * 60 * MINUTE_MS;

function minuteOf(timeOfDay: string | undefined): number | undefined {
  if (timeOfDay === undefined) return undefined;
  return Number(timeOfDay.slice(0, 2)) * 60 + Number(timeOfDay.slice(3));
}

function momentOf(moment: string | undefined, otherwise: number): number {
  return moment === undefined ? otherwise : Date.parse(moment);
}
