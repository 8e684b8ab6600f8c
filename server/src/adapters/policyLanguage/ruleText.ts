// A rule, or what a policy last said by it, in words a person reads in a tooltip. Pure. Everything of the document and of
// past episodes is foreign text: it is shown as text and never as markup.
import type { PolicyRule } from "#protocol/policy.ts";

/** Names of one list that are written out. */
const NAMED_MAX = 6;

/** Markdown. */
export function ruleText(rule: PolicyRule, of: "home" | "workspace"): string {
  if (of === "workspace" && rule.effect === "allow") {
    return `**${plain(rule.id)}** has no effect: a workspace's policy can only make things stricter.`;
  }
  const conditions = conditionsOf(rule);
  const does = `**${EFFECTS[rule.effect]}** ${rule.actions.map(code).join(", ")}`;
  const obligations = obligationsOf(rule);
  return [
    conditions.length === 0 ? `${does}, always.` : `${does} where`,
    ...conditions.map((condition) => `- ${condition}`),
    ...(obligations.length === 0 ? [] : ["", `Then ${obligations.join("; ")}.`]),
    "",
    `_${plain(rule.reason)}_`,
    ...(rule.effect === "deny" ? ["", "It beats every lease and every approval."] : []),
  ].join("\n");
}

const EFFECTS: Readonly<Record<PolicyRule["effect"], string>> = { allow: "Allows", ask: "Asks before", deny: "Denies" };

function conditionsOf({ effect, subjects, resource, destination, purposes, time }: PolicyRule): readonly string[] {
  const said: string[] = [];
  const say = (what: string, names: readonly string[] | undefined): void => {
    if (names !== undefined) said.push(`${what} ${anyOf(names)}`);
  };
  say(
    "it is asked for by",
    subjects?.map(({ kind, ids }) => (ids === undefined ? `any ${kind}` : `${kind} ${ids.join(", ")}`)),
  );
  say(effect === "allow" ? "every path is within" : "a path is within", resource?.paths);
  say("the highest class is", resource?.classes);
  if (resource?.bytesMax !== undefined) said.push(`it is at most ${resource.bytesMax} bytes`);
  if (resource?.bytesOver !== undefined) said.push(`it is more than ${resource.bytesOver} bytes`);
  say("the model is", resource?.models);
  say("it goes to", destination?.nodes);
  say("it goes to the key", destination?.keys);
  say("the worker stands in", destination?.locations);
  if (destination?.trusted !== undefined)
    said.push(`the worker is ${destination.trusted ? "" : "not "}stated as trusted`);
  if (destination?.paidOnly !== undefined)
    said.push(`the worker takes ${destination.paidOnly ? "only paid work" : "unpaid work too"}`);
  say("it is for", purposes);
  say("it is a", time?.days);
  if (time?.hoursUtc !== undefined)
    said.push(`it is between ${plain(time.hoursUtc.from)} and ${plain(time.hoursUtc.until)} UTC`);
  if (time?.notBefore !== undefined) said.push(`it is not before ${plain(time.notBefore)}`);
  if (time?.notAfter !== undefined) said.push(`it is not after ${plain(time.notAfter)}`);
  return said;
}

function obligationsOf({ effect, obligations }: PolicyRule): readonly string[] {
  if (effect === "deny" || obligations === undefined) return [];
  const { redact, bytesMax, sandbox, reviewResult } = obligations;
  return [
    ...(redact === true ? ["secrets are taken out of text first"] : []),
    ...(bytesMax === undefined ? [] : [`more than ${bytesMax} bytes are denied`]),
    ...(sandbox === undefined || sandbox === "none" ? [] : [`it runs ${sandbox} or not at all`]),
    ...(reviewResult === true ? ["what comes back is looked at first"] : []),
  ];
}

function anyOf(names: readonly string[]): string {
  const shown = names.slice(0, NAMED_MAX).map(code);
  const more = names.length - shown.length;
  return more === 0 ? shown.join(" or ") : `${shown.join(" or ")} or one of ${more} more`;
}

/** Text that markdown has no meaning for. */
export function plain(text: string): string {
  return text.replaceAll(/[\\`*_{}[\]()#+\-.!|<>~&]/gu, String.raw`\$&`).replaceAll(/\s+/gu, " ");
}

function code(text: string): string {
  return `\`${text.replaceAll(/[`\s]+/gu, " ")}\``;
}
