// The form of a policy document: every limit at its edge, and what is misspelt is refused rather than left without effect.
import assert from "node:assert/strict";
import { test } from "node:test";
import { decode } from "./decode.ts";
import {
  POLICY_LIST_MAX,
  POLICY_NODES_MAX,
  POLICY_REASON_CHARACTERS_MAX,
  POLICY_GLOBS_MAX,
  POLICY_RULES_MAX,
  policyDocumentSchema,
} from "./policy.ts";

const RULE = { id: "tests-may-leave", effect: "allow", actions: ["offload"], reason: "They are public." };

function problemOf(change: Record<string, unknown>): string | undefined {
  const decoded = decode(policyDocumentSchema, { version: 1, name: "mine", rules: [], ...change });
  return decoded.ok ? undefined : `${decoded.path} ${decoded.problem}`;
}

function ruleProblem(change: Record<string, unknown>): string | undefined {
  return problemOf({ rules: [{ ...RULE, ...change }] });
}

test("a document with every member is one, and a misspelt member is refused where it stands", () => {
  const whole = {
    subjects: [{ kind: "client", ids: ["cli"] }, { kind: "agent" }],
    resource: { paths: ["src/**"], classes: ["public"], bytesMax: 10, bytesOver: 1, models: ["demo"] },
    destination: { nodes: ["gpubox"], locations: ["home"], trusted: true, paidOnly: false },
    purposes: ["command"],
    time: { days: ["mon"], hoursUtc: { from: "08:00", until: "18:00" }, notBefore: "2027-01-01T00:00:00Z" },
    obligations: { redact: true, bytesMax: 5, sandbox: "strict", reviewResult: true },
  };
  assert.equal(ruleProblem(whole), undefined);
  assert.equal(problemOf({ gates: { noEgress: true }, nodes: [{ node: "gpubox", trusted: true }] }), undefined);
  assert.match(ruleProblem({ resource: { path: ["src/**"] } }) ?? "", /rules\[0\]\.resource/);
  assert.match(ruleProblem({ when: {} }) ?? "", /rules\[0\]/);
  assert.match(problemOf({ version: 2 }) ?? "", /version/);
});

test("every list and text of a document has a limit", () => {
  const rules = (count: number): unknown =>
    Array.from({ length: count }, (_, index) => ({ ...RULE, id: `r-${index}` }));
  const names = (count: number): readonly string[] => Array.from({ length: count }, (_, index) => `n${index}`);
  const globRules = (count: number): unknown =>
    Array.from({ length: Math.ceil(count / POLICY_LIST_MAX) }, (_, index) => {
      const paths = names(count).slice(index * POLICY_LIST_MAX, (index + 1) * POLICY_LIST_MAX);
      return { ...RULE, id: `g-${index}`, resource: { paths } };
    });
  const nodes = (count: number): unknown => names(count).map((node) => ({ node, trusted: true }));
  for (const [max, problem] of [
    [POLICY_RULES_MAX, (count: number) => problemOf({ rules: rules(count) })],
    [POLICY_NODES_MAX, (count: number) => problemOf({ nodes: nodes(count) })],
    [POLICY_LIST_MAX, (count: number) => ruleProblem({ purposes: names(count) })],
    [POLICY_GLOBS_MAX, (count: number) => problemOf({ rules: globRules(count) })],
    [POLICY_REASON_CHARACTERS_MAX, (count: number) => ruleProblem({ reason: "x".repeat(count) })],
  ] as const) {
    assert.equal(problem(max), undefined);
    assert.notEqual(problem(max + 1), undefined);
  }
});

test("what could be misread is refused: two rules of one id, half a span of hours, an empty list, a glob with a class", () => {
  for (const change of [
    { time: { hoursUtc: { from: "08:00" } } },
    { time: { hoursUtc: { from: "8:00", until: "18:00" } } },
    { time: { notBefore: "2027-01-01" } },
    { actions: [] },
    { resource: { paths: [] } },
    { resource: { paths: ["src/[a-z].ts"] } },
    { resource: { paths: ["../other"] } },
    { resource: { bytesMax: 1.5 } },
    { id: "Has Spaces" },
    { reason: "" },
    { effect: "maybe" },
  ]) {
    assert.notEqual(ruleProblem(change), undefined, JSON.stringify(change));
  }
  assert.match(problemOf({ rules: [RULE, RULE] }) ?? "", /an id of its own/);
});
