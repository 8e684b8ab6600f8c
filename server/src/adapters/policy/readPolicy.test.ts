// A policy's text: read whole or not at all, and whatever is wrong with it is found where it stands.
import assert from "node:assert/strict";
import { test } from "node:test";
import { POLICY_CHARACTERS_MAX } from "#protocol/policy.ts";
import { placeText } from "#protocol/policyFinding.ts";
import { ASK_ALWAYS } from "../../home/policy/postures.ts";
import { POSTURE_TEXTS } from "./postures.ts";
import { FINDINGS_MAX, POLICY_DEPTH_MAX, readPolicy } from "./readPolicy.ts";

/** `3:7 message`, as a terminal shows it, of each finding. */
function problemsOf(text: string): readonly string[] {
  const { document, findings } = readPolicy(text);
  assert.equal(document === undefined, findings.length > 0);
  return findings.map(({ message, range }) => `${placeText("p", range).slice(2)} ${message}`);
}

const RULES = (...rules: readonly string[]): string =>
  `{ "version": 1, "name": "mine", "rules": [${rules.join(",")}] }`;

test("each posture is a document, and ask-always is the very one that a Home begins with", () => {
  for (const [name, text] of Object.entries(POSTURE_TEXTS)) {
    const { document, findings } = readPolicy(text);
    assert.deepEqual([document?.name, findings], [name, []]);
  }
  assert.deepEqual(readPolicy(POSTURE_TEXTS["ask-always"]).document, ASK_ALWAYS);
});

test("comments and a last comma are fine, and a fault is named with line and column", () => {
  assert.deepEqual(problemsOf('{ "version": 1, /* mine */ "name": "mine", // so\n "rules": [], }'), []);
  assert.deepEqual(problemsOf('{\n  "version": 1\n  "name": "mine",\n  "rules": []\n}'), ["3:3 expects a comma"]);
  assert.match(problemsOf("")[0] ?? "", /^1:1 /);
  assert.match(problemsOf('{ "version": 1, "name": "mi')[0] ?? "", /ends inside quotes/);
  assert.match(problemsOf(`${RULES()} x`)[0] ?? "", /something after its end|expects a value/);
});

test("a misspelt member, a wrong value and a missing one are each found where they stand", () => {
  const rule =
    '\n{ "id": "a", "effect": "allow", "actions": ["offload"], "reason": "x", "resource": { "path": ["a"] } }';
  assert.deepEqual(problemsOf(RULES(rule)), ['2:86 has no member "path" in rules 1 resource']);
  assert.match(
    problemsOf(RULES('{ "id": "a", "effect": "maybe", "actions": ["offload"], "reason": "x" }'))[0] ?? "",
    /^1:\d+ effect in rules 1: /,
  );
  assert.match(problemsOf(RULES('{ "id": "a", "effect": "allow", "reason": "x" }'))[0] ?? "", /actions/);
  assert.match(problemsOf('{ "version": 2, "name": "mine", "rules": [] }')[0] ?? "", /^1:14 version/);
});

test("what two readers could read in two ways is refused", () => {
  assert.deepEqual(problemsOf('{ "version": 1, "name": "a", "name": "b", "rules": [] }'), ['1:30 gives "name" twice']);
  assert.match(problemsOf('{ "version": 1, "name": "a", "rules": [], "__proto__": {} }')[0] ?? "", /__proto__/);
  assert.match(problemsOf('{ "version": 1, "name": "\\ud800", "rules": [] }')[0] ?? "", /half of a character/);
});

test("a text at a limit is read, and one past it is refused before it is parsed", () => {
  const padded = (characters: number): string => RULES().padEnd(characters);
  assert.deepEqual(problemsOf(padded(POLICY_CHARACTERS_MAX)), []);
  assert.match(problemsOf(padded(POLICY_CHARACTERS_MAX + 1))[0] ?? "", /longer than/);
  assert.match(problemsOf("[".repeat(POLICY_CHARACTERS_MAX))[0] ?? "", /deeper than/);
  assert.doesNotMatch(problemsOf("[".repeat(POLICY_DEPTH_MAX))[0] ?? "", /deeper than/);
  assert.equal(
    problemsOf(`{${Array.from({ length: 80 }, (_, index) => `"k${index}": 1`).join(",")}}`).length,
    FINDINGS_MAX,
  );
});

test("a position is of lines however they end, and a long member is underlined on its first line", () => {
  for (const end of ["\n", "\r\n", "\r"]) {
    const text = ['{ "version": 1,', '"name": "mine",', '"rules": [{', '"id": "a"', "}] }"].join(end);
    const { findings, rangeOf } = readPolicy(text);
    assert.ok(findings.every(({ range }) => range.start.line === 2 && range.end.line === 2));
    assert.deepEqual(rangeOf(["rules", 0, "id"]).start, { line: 3, character: 6 });
    assert.deepEqual(rangeOf(["rules", 7]), rangeOf(["rules"]));
  }
});
