// Our evaluator beside another engine on the same random documents and requests, and the promise about workspaces on any pair
// of documents: the stricter of both, never looser than the Home's alone.
import assert from "node:assert/strict";
import { test } from "node:test";
import fc from "fast-check";
import type { PolicyEffect, PolicyObligations } from "#protocol/policy.ts";
import { evaluate, type PolicyInForce } from "../../server/src/home/policy/evaluate.ts";
import { strictest } from "../../server/src/home/policy/obligations.ts";
import type { PolicyRequest } from "../../server/src/home/policy/request.ts";
import { policiesInForce, policyDocuments, policyRequests } from "./arbitraryPolicies.ts";
import { cedarPolicy } from "./cedarOracle.ts";

const REQUESTS = 20_000;
const REQUESTS_A_POLICY = 200;

test("20,000 random requests get the same answer from Cedar, by the same rules where it is no", () => {
  const effects = new Map<PolicyEffect, number>();
  const agree = (policy: PolicyInForce, requests: readonly PolicyRequest[]): void => {
    const oracle = cedarPolicy(policy);
    for (const request of requests) {
      const ours = evaluate(policy, request);
      const theirs = oracle.answer(request);
      assert.equal(ours.effect, theirs.effect, JSON.stringify({ policy, request, ours }));
      for (const id of theirs.forbidding) assert.ok(ours.rules.includes(id), `${id} forbids`);
      const forbidden = theirs.forbidding.includes(ours.rule);
      assert.ok(ours.effect !== "deny" || forbidden || ours.rule === "default-deny", ours.rule);
      effects.set(ours.effect, (effects.get(ours.effect) ?? 0) + 1);
    }
  };
  const many = fc.array(policyRequests, { minLength: REQUESTS_A_POLICY, maxLength: REQUESTS_A_POLICY });
  const disagreement = fc.check(fc.property(policiesInForce, many, agree), {
    numRuns: REQUESTS / REQUESTS_A_POLICY,
    endOnFailure: true,
  });
  if (disagreement.counterexample !== null) {
    // One request at a time shrinks to something that a person can read.
    const [policy, requests] = disagreement.counterexample;
    const oracle = cedarPolicy(policy);
    const first = requests.find((request) => evaluate(policy, request).effect !== oracle.answer(request).effect);
    const { seed } = disagreement;
    const one = first === undefined ? policyRequests : fc.oneof(fc.constant(first), policyRequests);
    fc.assert(
      fc.property(policiesInForce, one, (of, request) => agree(of, [request])),
      { seed, numRuns: REQUESTS },
    );
    assert.fail(`they disagree on ${JSON.stringify({ policy, first })}`);
  }
  for (const effect of ["allow", "ask", "deny"] as const) {
    assert.ok((effects.get(effect) ?? 0) > REQUESTS / 100, `${effect}: ${effects.get(effect) ?? 0}`);
  }
});

const RANK: Readonly<Record<PolicyEffect, number>> = { allow: 0, ask: 1, deny: 2 };

test("with any workspace's document beside it a Home's policy is as strict or stricter, in effect, rules and obligations", () => {
  fc.assert(
    fc.property(policyDocuments, policyDocuments, policyRequests, (home, workspace, request) => {
      const alone = evaluate({ home: { document: home } }, request);
      const both = evaluate({ home: { document: home }, workspace: { document: workspace } }, request);
      assert.ok(RANK[both.effect] >= RANK[alone.effect]);
      if (alone.effect === "deny" && alone.rule !== "default-deny") assert.ok(both.rules.includes(alone.rule));
      if (both.effect !== "deny") assert.deepEqual(strictest(both.obligations, alone.obligations), both.obligations);
      const granting = { ...workspace, rules: workspace.rules.filter(({ effect }) => effect === "allow"), gates: {} };
      const granted = evaluate({ home: { document: home }, workspace: { document: granting } }, request);
      assert.deepEqual(granted, alone, "what a workspace allows has no effect");
    }),
    { numRuns: 5_000 },
  );
});

test("a second document of the same rules changes nothing but what it narrows: no answer is looser, whatever comes first", () => {
  fc.assert(
    fc.property(policyDocuments, policyRequests, (document, request) => {
      const alone = evaluate({ home: { document } }, request);
      const reversed = { ...document, rules: [...document.rules].reverse() };
      assert.deepEqual(evaluate({ home: { document: reversed } }, request).effect, alone.effect);
      const twice = evaluate({ home: { document }, workspace: { document } }, request);
      assert.equal(twice.effect, alone.effect);
      assert.deepEqual(strictest(twice.obligations, {} satisfies PolicyObligations), twice.obligations);
    }),
    { numRuns: 2_000 },
  );
});
