// What of a workspace's document stays in force when its file is removed or forbids less than before: everything, until the
// owner adopts a policy. Whoever can write into the workspace must never be able to loosen what protects it.
import { canonicalJson } from "#protocol/canonicalJson.ts";
import {
  POLICY_NAME_CHARACTERS_MAX,
  type PolicyDocument,
  policyDocumentSchema,
  type PolicyRule,
  type WorkspacePolicy,
} from "#protocol/policy.ts";
import type { PolicyState } from "./state.ts";

/** The document that goes on to count beside what was found; undefined where what was found is at least as strict. */
export function keptBeside(
  { kept, workspace }: Pick<PolicyState, "kept" | "workspace">,
  found: WorkspacePolicy,
): PolicyDocument | undefined {
  const before = workspace?.kind === "document" ? oneDocument(kept, workspace.document) : kept;
  if (before === undefined) return undefined;
  const narrows = before.gates?.noEgress === true || before.rules.some(isNarrowing);
  if (!narrows || (found.kind === "document" && isAsStrict(found.document, before))) return undefined;
  return before;
}

/** Both at once: what either forbids or asks about counts. */
export function together(kept: PolicyDocument | undefined, found: PolicyDocument): PolicyDocument {
  if (kept === undefined) return found;
  const noEgress = kept.gates?.noEgress === true || found.gates?.noEgress === true;
  return { ...found, ...(noEgress ? { gates: { noEgress } } : {}), rules: [...kept.rules, ...found.rules] };
}

/** Both as one document. What is too much for one lets nothing leave at all, so that no number of rewritings gets rid of a rule. */
function oneDocument(kept: PolicyDocument | undefined, found: PolicyDocument): PolicyDocument {
  if (kept === undefined) return found;
  const there = new Set(kept.rules.map(effectText));
  const ids = new Set(kept.rules.map(({ id }) => id));
  const more = found.rules.filter((rule) => isNarrowing(rule) && !there.has(effectText(rule)));
  const rules = [...kept.rules, ...more.map((rule) => ({ ...rule, id: freeId(rule.id, ids) }))];
  const { gates } = together(kept, found);
  const both = { ...kept, ...(gates === undefined ? {} : { gates }), rules };
  return policyDocumentSchema.safeParse(both).success ? both : { ...kept, gates: { noEgress: true } };
}

/** An id that none of them has, and that a rule may have; it is one of them from then on. */
function freeId(id: string, ids: Set<string>): string {
  const stem = id.slice(0, POLICY_NAME_CHARACTERS_MAX - 8).replace(/-$/u, "");
  let free = id;
  for (let number = 2; ids.has(free); number++) free = `${stem}-${number}`;
  ids.add(free);
  return free;
}

/** Judged by the text of the rules alone: what is stricter in another wording waits for the owner as well. */
function isAsStrict(next: PolicyDocument, before: PolicyDocument): boolean {
  if (before.gates?.noEgress === true && next.gates?.noEgress !== true) return false;
  const there = new Set(next.rules.map(effectText));
  return before.rules.filter(isNarrowing).every((rule) => there.has(effectText(rule)));
}

/** Rules of a workspace that allow have no effect. */
function isNarrowing({ effect }: PolicyRule): boolean {
  return effect !== "allow";
}

/** All that decides; what people read of a rule does not. */
function effectText(rule: PolicyRule): string {
  const { id: _, reason: __, ...decides } = rule;
  return canonicalJson(decides);
}
