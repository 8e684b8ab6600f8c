// The order of effects and each condition of a rule at its edge: a deny beats an ask, an ask beats an allow, what no rule
// names is denied, and what is built in no document loosens.
import assert from "node:assert/strict";
import { test } from "node:test";
import type { Classification } from "#protocol/egress.ts";
import type { PolicyAction, PolicyDocument, PolicyRule } from "#protocol/policy.ts";
import { byteCount, epochMs } from "#protocol/quantities.ts";
import { ATTIC, GPU } from "../../../../test/simulation/homeScenario.ts";
import { evaluate, type PolicyInForce } from "./evaluate.ts";
import { ASK_ALWAYS } from "./postures.ts";
import type { PolicyDestination, PolicyRequest } from "./request.ts";

const DESTINATIONS = ["ready", "unreachable", "pending", "revoked", "unknown"] as const;
const CLASSIFICATIONS: readonly Classification[] = ["public", "internal", "secret", "regulated"];
const TO_GPU: PolicyDestination = {
  nodeId: GPU.nodeId,
  name: GPU.name,
  status: "ready",
  sandbox: "sandboxed",
  priceKnown: false,
};
const OFFLOAD = {
  action: "offload",
  subject: { kind: "client", id: "cli" },
  resource: { paths: ["src/main.ts", "README.md"], classification: "internal", bytes: 1_000, models: [] },
  destination: TO_GPU,
  purpose: "command",
  at: epochMs(Date.parse("2027-03-01T12:30:00Z")),
} as const satisfies PolicyRequest;

function rule(id: string, effect: PolicyRule["effect"], of: Partial<PolicyRule> = {}): PolicyRule {
  return { id, effect, actions: ["offload"], reason: `because of ${id}`, ...of };
}

function documentOf(...rules: readonly PolicyRule[]): PolicyDocument {
  return { version: 1, name: "a test", rules };
}

function effectOf(document: PolicyDocument, request: PolicyRequest = OFFLOAD, of: Partial<PolicyInForce> = {}): string {
  return evaluate({ home: { document }, ...of }, request).effect;
}

const ASKING: PolicyInForce = { home: { document: ASK_ALWAYS } };

test("what runs here needs no approval", () => {
  const decision = evaluate(ASKING, { ...OFFLOAD, action: "run-here" });
  assert.deepEqual([decision.effect, decision.rule], ["allow", "local-first"]);
});

test("an offload is asked about, and denied for its data or its destination whatever else would allow it", () => {
  const allowing: PolicyInForce = { home: { document: documentOf(rule("all-may-leave", "allow")) } };
  for (const status of DESTINATIONS) {
    for (const classification of CLASSIFICATIONS) {
      const resource = { ...OFFLOAD.resource, classification };
      const request: PolicyRequest = { ...OFFLOAD, resource, destination: { ...TO_GPU, status } };
      const harmless = classification === "public" || classification === "internal";
      const enrolled = status === "ready" || status === "unreachable";
      const denied = !harmless
        ? ["deny", "secrets-never-leave"]
        : enrolled
          ? undefined
          : ["deny", "only-enrolled-nodes"];
      for (const [policy, otherwise] of [
        [ASKING, ["ask", "offload-asks"]],
        [allowing, ["allow", "all-may-leave"]],
      ] as const) {
        const decision = evaluate(policy, request);
        assert.deepEqual([decision.effect, decision.rule], denied ?? otherwise, JSON.stringify(request));
        assert.notEqual(decision.explanation, "");
      }
    }
  }
});

test("what no rule names is denied, and a document without rules denies all that leaves", () => {
  for (const action of ["offload", "blob-fetch", "tool", "belief-export", "feature-export", "guest-view"] as const) {
    assert.equal(evaluate({ home: { document: documentOf() } }, { ...OFFLOAD, action }).rule, "default-deny");
  }
  assert.equal(effectOf(documentOf(), { ...OFFLOAD, action: "run-here" }), "allow");
  assert.equal(effectOf(documentOf(rule("tool-only", "allow", { actions: ["tool"] }))), "deny");
});

test("a deny beats an ask and an ask beats an allow, in any order, and every rule that fits is named", () => {
  const [allow, ask, deny] = [rule("may", "allow"), rule("asks", "ask"), rule("never", "deny")];
  assert.equal(effectOf(documentOf(allow)), "allow");
  assert.equal(effectOf(documentOf(ask, allow)), "ask");
  assert.equal(effectOf(documentOf(allow, ask)), "ask");
  const decision = evaluate({ home: { document: documentOf(allow, ask, deny) } }, OFFLOAD);
  assert.deepEqual([decision.effect, decision.rules], ["deny", ["never", "asks", "may"]]);
  assert.equal(decision.explanation, "because of never");
  assert.equal(
    effectOf(documentOf(deny, rule("local", "deny", { actions: ["run-here"] })), { ...OFFLOAD, action: "run-here" }),
    "deny",
  );
});

test("a rule that grants must cover every path; one that asks or denies is hit by a single one", () => {
  const src = { resource: { paths: ["src/**"] } };
  const both = { resource: { paths: ["src/**", "*.md"] } };
  assert.equal(effectOf(documentOf(rule("may", "allow", src))), "deny");
  assert.equal(effectOf(documentOf(rule("may", "allow", both))), "allow");
  assert.equal(effectOf(documentOf(rule("asks", "ask", src))), "deny");
  assert.equal(effectOf(documentOf(rule("asks", "ask", both))), "ask");
  assert.equal(effectOf(documentOf(rule("may", "allow"), rule("asks", "ask", src))), "ask");
  assert.equal(effectOf(documentOf(rule("may", "allow"), rule("never", "deny", src))), "deny");
  assert.equal(
    effectOf(documentOf(rule("may", "allow"), rule("never", "deny", { resource: { paths: ["SRC"] } }))),
    "deny",
  );
  const nothing: PolicyRequest = { ...OFFLOAD, resource: { ...OFFLOAD.resource, paths: [] } };
  assert.equal(effectOf(documentOf(rule("may", "allow", both)), nothing), "deny");
  assert.equal(effectOf(documentOf(rule("may", "allow"), rule("never", "deny", src)), nothing), "allow");
});

test("each condition fits at its edge and not one past it", () => {
  const ask: PolicyRequest = { ...OFFLOAD, resource: { ...OFFLOAD.resource, models: ["demo", "sha256:12"] } };
  const sized = (bytes: number): PolicyRequest => ({ ...OFFLOAD, resource: { ...OFFLOAD.resource, bytes } });
  const at = (moment: string): PolicyRequest => ({ ...OFFLOAD, at: epochMs(Date.parse(moment)) });
  for (const [of, request, fits] of [
    [{ actions: ["blob-fetch", "offload"] }, OFFLOAD, true],
    [{ subjects: [{ kind: "client" }] }, OFFLOAD, true],
    [{ subjects: [{ kind: "client", ids: ["vscode", "cli"] }] }, OFFLOAD, true],
    [{ subjects: [{ kind: "client", ids: ["vscode"] }] }, OFFLOAD, false],
    [{ subjects: [{ kind: "agent", ids: ["cli"] }] }, OFFLOAD, false],
    [{ purposes: ["command"] }, OFFLOAD, true],
    [{ purposes: ["ask"] }, OFFLOAD, false],
    [{ resource: { classes: ["internal"] } }, OFFLOAD, true],
    [{ resource: { classes: ["public"] } }, OFFLOAD, false],
    [{ resource: { bytesMax: byteCount(1_000) } }, sized(1_000), true],
    [{ resource: { bytesMax: byteCount(1_000) } }, sized(1_001), false],
    [{ resource: { bytesOver: byteCount(1_000) } }, sized(1_000), false],
    [{ resource: { bytesOver: byteCount(1_000) } }, sized(1_001), true],
    [{ resource: { models: ["demo"] } }, ask, true],
    [{ resource: { models: ["sha256:12"] } }, ask, true],
    [{ resource: { models: ["demo"] } }, OFFLOAD, false],
    [{ destination: { nodes: [GPU.name] } }, OFFLOAD, true],
    [{ destination: { nodes: [ATTIC.name] } }, OFFLOAD, false],
    [{ destination: { keys: [GPU.nodeId] } }, OFFLOAD, true],
    [{ destination: { keys: [ATTIC.nodeId] } }, OFFLOAD, false],
    [{ destination: { nodes: [GPU.name] } }, { ...OFFLOAD, destination: { ...TO_GPU, name: "gpu" } }, false],
    [{ time: { days: ["mon"] } }, OFFLOAD, true],
    [{ time: { days: ["sun", "tue"] } }, OFFLOAD, false],
    [{ time: { hoursUtc: { from: "12:30", until: "12:31" } } }, OFFLOAD, true],
    [{ time: { hoursUtc: { from: "12:00", until: "12:30" } } }, OFFLOAD, false],
    [{ time: { hoursUtc: { from: "22:00", until: "06:00" } } }, at("2027-03-01T23:00:00Z"), true],
    [{ time: { hoursUtc: { from: "22:00", until: "06:00" } } }, at("2027-03-01T05:59:59Z"), true],
    [{ time: { hoursUtc: { from: "22:00", until: "06:00" } } }, OFFLOAD, false],
    [{ time: { notBefore: "2027-03-01T12:30:00Z" } }, OFFLOAD, true],
    [{ time: { notBefore: "2027-03-01T12:30:01Z" } }, OFFLOAD, false],
    [{ time: { notAfter: "2027-03-01T13:30:00+01:00" } }, OFFLOAD, true],
    [{ time: { notAfter: "2027-03-01T13:29:59+01:00" } }, OFFLOAD, false],
  ] as const satisfies readonly (readonly [Partial<PolicyRule>, PolicyRequest, boolean])[]) {
    assert.equal(effectOf(documentOf(rule("may", "allow", of)), request), fits ? "allow" : "deny", JSON.stringify(of));
    const denying = documentOf(rule("may", "allow"), rule("never", "deny", of));
    assert.equal(effectOf(denying, request), fits ? "deny" : "allow", JSON.stringify(of));
  }
});

test("what the owner states of a node counts by id before it counts by name, and unstated is not trusted", () => {
  const may = rule("trusted-may", "allow", { destination: { trusted: true, locations: ["home"] } });
  const document = { ...documentOf(may), nodes: [{ node: GPU.name, trusted: true, location: "home" }] };
  assert.equal(effectOf(document), "allow");
  assert.equal(effectOf({ ...document, nodes: [...document.nodes, { node: GPU.nodeId, location: "home" }] }), "deny");
  assert.equal(effectOf({ ...document, nodes: [] }), "deny");
  assert.equal(effectOf(documentOf(may)), "deny");
  assert.equal(effectOf(documentOf(rule("others-may", "allow", { destination: { trusted: false } }))), "allow");
});

test("features derived from data leave only by a rule that names them", () => {
  const all = rule("all-else", "allow", { actions: ["offload", "belief-export", "guest-view", "blob-fetch", "tool"] });
  assert.equal(effectOf(documentOf(all), { ...OFFLOAD, action: "feature-export" }), "deny");
  const own = rule("features", "allow", { actions: ["feature-export"] });
  assert.equal(effectOf(documentOf(own), { ...OFFLOAD, action: "feature-export" }), "allow");
  assert.equal(effectOf(documentOf(own), { ...OFFLOAD, action: "belief-export" }), "deny");
});

test("a project with noEgress sends nothing out, whatever a rule allows; what runs here runs", () => {
  const may = rule("may", "allow", {
    actions: ["offload", "belief-export", "feature-export", "guest-view", "blob-fetch", "tool"],
  });
  const document: PolicyDocument = { ...documentOf(may), gates: { noEgress: true } };
  const ruleOf = (action: PolicyAction): string => evaluate({ home: { document } }, { ...OFFLOAD, action }).rule;
  for (const action of ["offload", "belief-export", "feature-export", "guest-view", "blob-fetch"] as const) {
    assert.equal(ruleOf(action), "no-egress");
  }
  assert.deepEqual([ruleOf("run-here"), ruleOf("tool")], ["local-first", "may"]);
});

test("a worker that is paid-only gets nothing without a price, and with one the owner is asked", () => {
  const document = { ...documentOf(rule("may", "allow")), nodes: [{ node: GPU.name, paidOnly: true }] };
  const priced: PolicyRequest = { ...OFFLOAD, destination: { ...TO_GPU, priceKnown: true } };
  assert.deepEqual([effectOf(document), effectOf(document, priced)], ["deny", "ask"]);
  assert.equal(evaluate({ home: { document } }, OFFLOAD).rule, "paid-only");
  assert.equal(effectOf({ ...document, rules: [] }, priced), "deny");
  const unpaid = {
    ...document,
    rules: [rule("may", "allow"), rule("never-paid", "deny", { destination: { paidOnly: true } })],
  };
  assert.equal(effectOf(unpaid, priced), "deny");
});

test("of the obligations of all rules that fit the strictest counts, and what cannot be kept denies", () => {
  const few = rule("few", "allow", { obligations: { bytesMax: byteCount(1_000), redact: true } });
  const more = rule("more", "allow", {
    obligations: { bytesMax: byteCount(5_000), reviewResult: true, sandbox: "sandboxed" },
  });
  const prompt: PolicyRequest = { ...OFFLOAD, purpose: "ask" };
  const decision = evaluate({ home: { document: documentOf(more, few) } }, prompt);
  assert.equal(decision.effect, "allow");
  assert.deepEqual(decision.obligations, { bytesMax: 1_000, redact: true, reviewResult: true, sandbox: "sandboxed" });
  const larger: PolicyRequest = { ...prompt, resource: { ...OFFLOAD.resource, bytes: 1_001 } };
  const denied = evaluate({ home: { document: documentOf(more, few) } }, larger);
  assert.deepEqual([denied.effect, denied.rule], ["deny", "few"]);
  assert.match(denied.explanation, /1001 bytes.*at most 1000/);
  const strict = rule("strict", "ask", { obligations: { sandbox: "strict" } });
  assert.equal(effectOf(documentOf(strict)), "deny");
  assert.equal(effectOf(documentOf(strict), { ...OFFLOAD, destination: { ...TO_GPU, sandbox: "strict" } }), "ask");
  const elsewhere = rule("elsewhere", "allow", { obligations: { bytesMax: byteCount(1) }, purposes: ["ask"] });
  assert.equal(effectOf(documentOf(more, elsewhere)), "allow");
});

test("a policy that cannot be read denies all that does not run here, and says why", () => {
  for (const policy of [
    { home: { unreadable: "policy.jsonc:3:7 expects a comma." } },
    { home: { document: ASK_ALWAYS }, workspace: { unreadable: "policy.jsonc:3:7 expects a comma." } },
  ] satisfies PolicyInForce[]) {
    const decision = evaluate(policy, OFFLOAD);
    assert.deepEqual([decision.effect, decision.rule], ["deny", "policy-unreadable"]);
    assert.match(decision.explanation, /policy\.jsonc:3:7/);
    assert.equal(evaluate(policy, { ...OFFLOAD, action: "run-here" }).effect, "allow");
  }
});

test("a workspace's rules deny and ask about what the Home grants, and grant nothing themselves", () => {
  const home = { document: documentOf(rule("may", "allow", { resource: { classes: ["internal"] } })) };
  const judged = (...rules: readonly PolicyRule[]): string =>
    evaluate({ home, workspace: { document: documentOf(...rules) } }, OFFLOAD).effect;
  assert.deepEqual(
    [judged(), judged(rule("asks", "ask")), judged(rule("never", "deny")), judged(rule("all", "allow"))],
    ["allow", "ask", "deny", "allow"],
  );
  const nothing: PolicyInForce = {
    home: { document: documentOf() },
    workspace: { document: documentOf(rule("all", "allow"), rule("asks", "ask")) },
  };
  assert.equal(evaluate(nothing, OFFLOAD).effect, "deny");
  const gate: PolicyInForce = { home, workspace: { document: { ...documentOf(), gates: { noEgress: true } } } };
  assert.equal(evaluate(gate, OFFLOAD).rule, "no-egress");
  const never = evaluate({ home, workspace: { document: documentOf(rule("never", "deny")) } }, OFFLOAD);
  assert.equal(never.rule, "workspace/never");
});

test("a duty to redact denies a command, whose input is never rewritten, and lets a prompt through", () => {
  const document = documentOf(rule("may", "allow", { obligations: { redact: true } }));
  const decision = evaluate({ home: { document } }, OFFLOAD);
  assert.deepEqual([decision.effect, decision.rule], ["deny", "may"]);
  assert.equal(effectOf(document, { ...OFFLOAD, purpose: "ask" }), "allow");
});
