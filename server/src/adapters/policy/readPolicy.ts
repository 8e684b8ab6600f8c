// The text of a policy, read with positions: JSON with comments, held to the schema. What could be read in two ways (a member
// given twice, a text cut short) is an error: a text with an error is no policy, and never half of one.
import { createScanner, getNodeValue, type Node, type ParseError, parseTree } from "jsonc-parser";
import type * as z from "zod";
import { POLICY_CHARACTERS_MAX, type PolicyDocument, policyDocumentSchema } from "#protocol/policy.ts";
import type { PolicyFinding, TextRange } from "#protocol/policyFinding.ts";
import { parseErrorText } from "./parseErrors.ts";
import { TextLines } from "./textLines.ts";

/** Findings of one text; nobody mends more at a time. */
export const FINDINGS_MAX = 50;
/** Deeper nesting is refused before the parser follows it; a document needs six levels. */
export const POLICY_DEPTH_MAX = 16;

export interface PolicyReading {
  readonly text: string;
  /** Absent where there is an error. */
  readonly document?: PolicyDocument;
  readonly findings: readonly PolicyFinding[];
  /** Where a member's value stands, or its name; of one that is not there, the nearest around it. */
  readonly rangeOf: (path: readonly (string | number)[], of?: "value" | "name") => TextRange;
}

export function readPolicy(text: string): PolicyReading {
  const lines = new TextLines(text);
  const whole = lines.range(0, text.length);
  const broken = (message: string, advice: string): PolicyReading => {
    return { text, findings: [error(message, advice, whole)], rangeOf: () => whole };
  };
  if (text.length > POLICY_CHARACTERS_MAX) {
    return broken(`is longer than ${POLICY_CHARACTERS_MAX} characters`, "Leave out rules that are no longer needed.");
  }
  if (nestsTooDeep(text)) return broken(`nests deeper than ${POLICY_DEPTH_MAX} levels`, "A policy needs six.");
  const errors: ParseError[] = [];
  const tree = parseTree(text, errors, { allowTrailingComma: true, allowEmptyContent: false });
  const findings: PolicyFinding[] = errors.map(({ error: code, offset, length }) =>
    error(parseErrorText(code), "Mend the text here.", lines.range(offset, length)),
  );
  const rangeOf: PolicyReading["rangeOf"] = (path, of) => rangeIn(tree, lines, path, of);
  if (tree === undefined || findings.length > 0) {
    if (findings.length === 0)
      findings.push(error("is empty", "Start from a posture: arw-home policy use ask-always.", whole));
    return { text, findings: findings.slice(0, FINDINGS_MAX), rangeOf };
  }
  findings.push(...ambiguities(tree, lines));
  if (findings.length > 0) return { text, findings: findings.slice(0, FINDINGS_MAX), rangeOf };
  const value: unknown = getNodeValue(tree);
  const decoded = policyDocumentSchema.safeParse(value);
  if (decoded.success) return { text, document: decoded.data, findings: [], rangeOf };
  const issues = decoded.error.issues.flatMap((issue) => findingsOf(issue, rangeOf));
  return { text, findings: issues.slice(0, FINDINGS_MAX), rangeOf };
}

function error(message: string, advice: string, range: TextRange): PolicyFinding {
  return { code: "policy-invalid", severity: "error", message, advice, range };
}

/** The scanner does not recurse, so any text can be measured before it is parsed. */
function nestsTooDeep(text: string): boolean {
  const scanner = createScanner(text, true);
  let depth = 0;
  while (scanner.getPosition() < text.length) {
    scanner.scan();
    const sign = scanner.getTokenLength() === 1 ? text.charAt(scanner.getTokenOffset()) : "";
    if (sign === "{" || sign === "[") depth++;
    if (sign === "}" || sign === "]") depth--;
    if (depth > POLICY_DEPTH_MAX) return true;
  }
  return false;
}

/** A member that stands twice, a name that means something else to programs, half a character. */
function ambiguities(node: Node, lines: TextLines): readonly PolicyFinding[] {
  const found: PolicyFinding[] = [];
  const names = new Set<unknown>();
  for (const child of node.children ?? []) {
    const key = node.type === "object" ? child.children?.[0] : undefined;
    if (key !== undefined) {
      const range = lines.range(key.offset, key.length);
      if (names.has(key.value))
        found.push(error(`gives ${JSON.stringify(key.value)} twice`, "Keep one of them.", range));
      if (key.value === "__proto__") found.push(error("has no member __proto__", "Take it out.", range));
      names.add(key.value);
    }
    found.push(...ambiguities(child, lines));
  }
  const { value } = node;
  if (typeof value === "string" && !value.isWellFormed()) {
    found.push(
      error("carries half of a character", "Write the whole character.", lines.range(node.offset, node.length)),
    );
  }
  return found;
}

function findingsOf(issue: z.core.$ZodIssue, rangeOf: PolicyReading["rangeOf"]): readonly PolicyFinding[] {
  const path = issue.path.filter((key) => typeof key === "string" || typeof key === "number");
  if (issue.code === "unrecognized_keys") {
    return issue.keys.map((key) => {
      const message = `has no member ${JSON.stringify(key)}${whereText(path)}`;
      return error(
        message,
        "Look at the spelling; docs/policy.md lists every member.",
        rangeOf([...path, key], "name"),
      );
    });
  }
  const name = path.at(-1);
  const subject = name === undefined ? "the document" : `${typeof name === "number" ? `entry ${name + 1}` : name}`;
  return [
    error(
      `${subject}${whereText(path.slice(0, -1))}: ${issue.message}`,
      "docs/policy.md lists every member and its values.",
      rangeOf(path),
    ),
  ];
}

function whereText(path: readonly (string | number)[]): string {
  return path.length === 0 ? "" : ` in ${path.map((key) => (typeof key === "number" ? `${key + 1}` : key)).join(" ")}`;
}

function rangeIn(
  tree: Node | undefined,
  lines: TextLines,
  path: readonly (string | number)[],
  of: "value" | "name" = "value",
): TextRange {
  let node = tree;
  for (const key of path) {
    const inner = memberOf(node, key);
    if (inner === undefined) break;
    node = inner;
  }
  const name = node?.parent?.type === "property" ? node.parent.children?.[0] : undefined;
  if (of === "name" && name !== undefined) return lines.range(name.offset, name.length);
  if (node === undefined) return lines.range(0, 0);
  // An object or a list that is long is underlined at its first line only.
  return lines.firstLine(lines.range(node.offset, node.length));
}

function memberOf(node: Node | undefined, key: string | number): Node | undefined {
  if (typeof key === "number") return node?.type === "array" ? node.children?.[key] : undefined;
  return node?.type === "object"
    ? node.children?.find((property) => property.children?.[0]?.value === key)?.children?.[1]
    : undefined;
}
