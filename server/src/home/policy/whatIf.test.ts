// What another policy would have said: only what it would have decided otherwise, of the newest requests, as many as the limit.
import assert from "node:assert/strict";
import { test } from "node:test";
import type { PolicyDocument } from "#protocol/policy.ts";
import { byteCount, epochMs } from "#protocol/quantities.ts";
import { GPU } from "../../../../test/simulation/homeScenario.ts";
import { policyOf, policyRule } from "../../../../test/simulation/policyCommands.ts";
import type { PolicyInForce } from "./evaluate.ts";
import type { PolicyRequest } from "./request.ts";
import { WHAT_IF_REQUESTS_MAX, whatIf } from "./whatIf.ts";

function inForce(document: PolicyDocument): PolicyInForce {
  return { home: { document } };
}

function offload(bytes: number): { readonly request: PolicyRequest } {
  const request: PolicyRequest = {
    action: "offload",
    subject: { kind: "client", id: "cli" },
    resource: { paths: ["a.txt"], classification: "internal", bytes, models: [] },
    destination: { nodeId: GPU.nodeId, name: GPU.name, status: "ready", sandbox: "none", priceKnown: false },
    purpose: "command",
    at: epochMs(0),
  };
  return { request };
}

const ASKING = inForce(policyOf(policyRule("asks", "ask")));
const LARGE_FORBIDDEN = inForce(
  policyOf(policyRule("asks", "ask"), policyRule("too-large", "deny", { resource: { bytesOver: byteCount(10) } })),
);

function stepped<Result>(work: Generator<void, Result>): { readonly result: Result; readonly steps: number } {
  for (let steps = 0; ; steps++) {
    const step = work.next();
    if (step.done === true) return { result: step.value, steps };
  }
}

test("only what would have been decided otherwise is named, with both answers and the reason", () => {
  const past = [offload(10), offload(11)];
  const changed = stepped(whatIf(ASKING, LARGE_FORBIDDEN, past)).result;
  assert.deepEqual(changed, [{ past: past[1], before: "ask", after: "deny", explanation: "because of too-large" }]);
  assert.deepEqual(stepped(whatIf(LARGE_FORBIDDEN, LARGE_FORBIDDEN, past)).result, []);
});

test("the newest requests are looked at, as many as the limit", () => {
  const past = Array.from({ length: WHAT_IF_REQUESTS_MAX + 1 }, () => offload(11));
  const { result: changed, steps } = stepped(whatIf(ASKING, LARGE_FORBIDDEN, past));
  assert.equal(changed.length, WHAT_IF_REQUESTS_MAX);
  assert.equal(steps, 2 * WHAT_IF_REQUESTS_MAX, "others have their turn after each judgement");
  assert.equal(changed.at(-1)?.past, past.at(-1));
});
