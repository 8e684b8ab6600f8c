// What mends a finding with one click. Each fix is an edit of the text that the reader sees; it never adopts anything.
import { applyEdits, type Edit, findNodeAtLocation, getLocation, modify, parseTree } from "jsonc-parser";
import type { PolicyFinding } from "#protocol/policyFinding.ts";
import type { KnownValue } from "./policyCompletions.ts";

/** Names that are offered in the place of an unknown one. */
const REPLACEMENTS_MAX = 3;
export const POLICY_FORMATTING = { insertSpaces: true, tabSize: 2, insertFinalNewline: true } as const;

export interface PolicyFix {
  readonly title: string;
  readonly edits: readonly Edit[];
  /** The one that a person most probably wants. */
  readonly preferred: boolean;
}

/** `offset` is where the finding begins in `text`. */
export function quickFixes(
  text: string,
  { code }: PolicyFinding,
  offset: number,
  nodes: readonly KnownValue[],
): readonly PolicyFix[] {
  const path = pathAt(text, offset);
  switch (code) {
    case "policy-unknown-node":
      return nearest(valueAt(text, path), nodes).map((name, index) => ({
        title: `Write ${JSON.stringify(name)}`,
        edits: modify(text, [...path], name, { formattingOptions: POLICY_FORMATTING }),
        preferred: index === 0,
      }));
    case "policy-unreachable":
    case "policy-lease-never":
      return ruleRemoval(text, path, false);
    case "policy-widens":
      return path[0] === "nodes"
        ? [removal(text, ["nodes"], "Take out what is stated of nodes", true)]
        : ruleRemoval(text, path, true);
    case "policy-idle-obligation":
      return path[0] === "rules" ? [removal(text, path.slice(0, 3), "Take out the obligations", true)] : [];
    default:
      return [];
  }
}

function ruleRemoval(text: string, path: readonly (string | number)[], preferred: boolean): readonly PolicyFix[] {
  return path[0] === "rules" && path.length >= 2
    ? [removal(text, path.slice(0, 2), "Take out this rule", preferred)]
    : [];
}

function removal(text: string, path: readonly (string | number)[], title: string, preferred: boolean): PolicyFix {
  return { title, edits: modify(text, [...path], undefined, { formattingOptions: POLICY_FORMATTING }), preferred };
}

/** The text with a fix made. */
export function fixed(text: string, { edits }: PolicyFix): string {
  return applyEdits(text, [...edits]);
}

function pathAt(text: string, offset: number): readonly (string | number)[] {
  // One character inside, so that the value and not the place before it is meant.
  return getLocation(text, offset + 1).path;
}

function valueAt(text: string, path: readonly (string | number)[]): string {
  const tree = parseTree(text);
  const value: unknown = tree === undefined ? undefined : findNodeAtLocation(tree, [...path])?.value;
  return typeof value === "string" ? value : "";
}

/** The known names that look most like what was written. */
function nearest(written: string, nodes: readonly KnownValue[]): readonly string[] {
  const far = (name: string): number => distance(written.toLowerCase(), name.toLowerCase());
  return nodes
    .map(({ value }) => value)
    .toSorted((one, other) => far(one) - far(other) || (one < other ? -1 : 1))
    .slice(0, REPLACEMENTS_MAX);
}

/** Single-character edits from one word to the other (Levenshtein); names are short. */
function distance(one: string, other: string): number {
  let row = Array.from({ length: other.length + 1 }, (_, index) => index);
  for (const [index, character] of Array.from(one).entries()) {
    const next = [index + 1];
    for (let at = 1; at <= other.length; at++) {
      const kept = (row[at - 1] ?? 0) + (character === other[at - 1] ? 0 : 1);
      next.push(Math.min(kept, (row[at] ?? 0) + 1, (next[at - 1] ?? 0) + 1));
    }
    row = next;
  }
  return row.at(-1) ?? 0;
}
