// What can be written at a place of a policy: members that are not there yet, and values, live ones included (workers, models).
// Pure over the text and what the Home knows; it works on text that is not whole yet, as every text is while it is typed.
import { findNodeAtLocation, getLocation, type Node, parseTree } from "jsonc-parser";
import { type PolicyShape, shapeAt, type ValueSource } from "./policyMembers.ts";

/** Suggestions at one place; more nobody reads. */
export const COMPLETIONS_MAX = 100;

/** What the running Home knows, by where values come from. */
export type KnownValues = Readonly<Record<ValueSource, readonly KnownValue[]>>;
export interface KnownValue {
  readonly value: string;
  /** What tells it from others, such as a worker's state. */
  readonly detail: string;
}

export interface PolicyCompletion {
  readonly label: string;
  readonly kind: "member" | "value";
  readonly about: string;
  /** Replaces the text from `offset` on, `length` characters. `$1` is where the cursor then stands. */
  readonly insert: string;
  readonly offset: number;
  readonly length: number;
}

export function completionsAt(text: string, offset: number, known: KnownValues): readonly PolicyCompletion[] {
  const { path, isAtPropertyKey, previousNode } = getLocation(text, offset);
  const token = tokenAt(previousNode, offset);
  const place = { offset: token?.offset ?? offset, length: token?.length ?? 0 };
  const found = isAtPropertyKey ? members(text, path, token) : values(shapeAt(path), known);
  return found.slice(0, COMPLETIONS_MAX).map((each) => ({ ...each, ...place }));
}

type Suggestion = Omit<PolicyCompletion, "offset" | "length">;

function members(text: string, path: readonly (string | number)[], token: Node | undefined): readonly Suggestion[] {
  const around = shapeAt(path.slice(0, -1));
  if (around?.kind !== "object") return [];
  const present = namesBeside(text, path.slice(0, -1));
  // A name that is being typed is in the text already: it may be replaced by itself with its value.
  const own: unknown = token?.value;
  const hasValue = token !== undefined && /^\s*:/u.test(text.slice(token.offset + token.length));
  return Object.entries(around.members)
    .filter(([name]) => name === own || !present.has(name))
    .map(([name, { about, shape }]) => {
      const insert = hasValue ? JSON.stringify(name) : `${JSON.stringify(name)}: ${beginning(shape)}`;
      return { label: name, kind: "member", about, insert };
    });
}

function values(shape: PolicyShape | undefined, known: KnownValues): readonly Suggestion[] {
  switch (shape?.kind) {
    case "choice":
      return shape.values.map((value) => suggested(value, ""));
    case "flag":
      return [true, false].map((value) => ({ label: `${value}`, kind: "value", about: "", insert: `${value}` }));
    case "text":
      return (shape.from ?? []).flatMap((source) => known[source].map(({ value, detail }) => suggested(value, detail)));
    case "list":
      return values(shape.of, known);
    case "object":
    case "number":
    case undefined:
      return [];
  }
}

function suggested(value: string, about: string): Suggestion {
  return { label: value, kind: "value", about, insert: escaped(JSON.stringify(value)) };
}

/** What follows a member's name, with the cursor where a person goes on. */
function beginning(shape: PolicyShape): string {
  switch (shape.kind) {
    case "object":
      return "{ $1 }";
    case "list":
      return shape.of.kind === "object" ? "[{ $1 }]" : "[$1]";
    case "choice":
    case "text":
      return '"$1"';
    case "flag":
      return "true";
    case "number":
      return "$1";
  }
}

/** A name can hold what means something else to a snippet. */
function escaped(text: string): string {
  return text.replaceAll(/[\\$}]/gu, String.raw`\$&`);
}

/** The word that the cursor stands in or right behind. */
function tokenAt(node: Node | undefined, offset: number): Node | undefined {
  if (node === undefined || node.type === "object" || node.type === "array") return undefined;
  return node.offset <= offset && offset <= node.offset + node.length ? node : undefined;
}

function namesBeside(text: string, path: readonly (string | number)[]): ReadonlySet<string> {
  const tree = parseTree(text);
  const around = tree === undefined ? undefined : findNodeAtLocation(tree, [...path]);
  const names =
    around?.type === "object" ? (around.children ?? []).map(({ children }): unknown => children?.[0]?.value) : [];
  return new Set(names.filter((name) => typeof name === "string"));
}
