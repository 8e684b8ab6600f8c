// Each finding that one click mends, and the text after it: comments and everything else stay as they were.
import assert from "node:assert/strict";
import { test } from "node:test";
import { policyFindings } from "../policy/findings.ts";
import { readPolicy } from "../policy/readPolicy.ts";
import { TextLines } from "../policy/textLines.ts";
import { fixed, quickFixes } from "./policyQuickFixes.ts";

const NODES = [
  { value: "attic", detail: "" },
  { value: "gpu-box", detail: "" },
];
const KNOWN = { names: new Set(NODES.map(({ value }) => value)), ids: new Set<string>() };

function findingsOf(text: string, of: "home" | "workspace"): ReturnType<typeof policyFindings> {
  return policyFindings(readPolicy(text), of, KNOWN);
}

/** The text after the first fix of the finding with this code; after it, the finding is gone. */
function mended(text: string, code: string, of: "home" | "workspace" = "home"): string {
  const finding = findingsOf(text, of).find((each) => each.code === code);
  assert.ok(finding !== undefined, `${code} was not found`);
  const [fix] = quickFixes(text, finding, new TextLines(text).offset(finding.range.start), NODES);
  assert.ok(fix !== undefined, `${code} has no fix`);
  const after = fixed(text, fix);
  assert.deepEqual(
    findingsOf(after, of).filter((each) => each.code === code),
    [],
  );
  return after;
}

const rule = (of: string): string => `{ "id": "one", "effect": "deny", "actions": ["offload"], "reason": "so"${of} }`;
const policy = (...members: readonly string[]): string => `{
  // Written by hand.
  "version": 1,
  "name": "mine",
  ${members.join(",\n  ")}
}
`;

test("the name of a worker that nobody knows becomes the one that looks most like it", () => {
  const text = policy(`"rules": [${rule(', "destination": { "nodes": ["gpubox"] }')}]`);
  assert.equal(mended(text, "policy-unknown-node"), text.replace("gpubox", "gpu-box"));
});

test("obligations of a rule that denies are taken out", () => {
  const text = policy(`"rules": [${rule(', "obligations": { "redact": true }')}]`);
  assert.doesNotMatch(mended(text, "policy-idle-obligation"), /obligations/u);
});

test("a rule that never decides is taken out, and the comment beside it stays", () => {
  const never = rule("").replace("one", "never").replace("deny", "allow");
  const after = mended(policy(`"rules": [${rule("")}, ${never}]`), "policy-unreachable");
  assert.match(after, /Written by hand/u);
  assert.doesNotMatch(after, /never/u);
  assert.match(after, /"one"/u);
});

test("what a workspace may not loosen is taken out", () => {
  const text = policy(`"nodes": [{ "node": "attic", "trusted": true }]`, `"rules": []`);
  assert.doesNotMatch(mended(text, "policy-widens", "workspace"), /attic/u);
  const allows = policy(`"rules": [${rule("").replace("deny", "allow")}]`);
  assert.doesNotMatch(mended(allows, "policy-widens", "workspace"), /"one"/u);
});

test("what is no policy at all is not mended by guessing", () => {
  const text = policy(`"rules": [}`);
  for (const finding of findingsOf(text, "home")) {
    assert.deepEqual(quickFixes(text, finding, new TextLines(text).offset(finding.range.start), NODES), []);
  }
});
