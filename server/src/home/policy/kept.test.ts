// A workspace's document can only make things stricter, and so does its end: whoever may write into a workspace must not be
// able to loosen what protects it by taking the file away or rewriting it.
import assert from "node:assert/strict";
import { test } from "node:test";
import { POLICY_NAME_CHARACTERS_MAX } from "#protocol/policy.ts";
import { homeWith, preview } from "../../../../test/simulation/homeCommands.ts";
import { GPU, kindsOf, only } from "../../../../test/simulation/homeScenario.ts";
import { adoptPolicy, policyOf, policyRule, readWorkspacePolicy } from "../../../../test/simulation/policyCommands.ts";

const ALLOWING = policyOf(policyRule("may", "allow"));
const NEVER_A = policyRule("never-a", "deny", { resource: { paths: ["a/**"] } });
const NEVER_B = policyRule("never-b", "deny", { resource: { paths: ["b/**"] } });

function homeForbidding(): ReturnType<typeof homeWith> {
  const home = homeWith(GPU);
  home.run(adoptPolicy(ALLOWING), readWorkspacePolicy(policyOf(NEVER_A)));
  home.refuses(preview(1, GPU, { paths: ["a/x"] }), "policy-denied");
  return home;
}

test("what a removed file forbade is forbidden until the owner adopts a policy, also the very same one again", () => {
  const home = homeForbidding();
  const read = only(home.run(readWorkspacePolicy(undefined)), "WorkspacePolicyRead");
  assert.deepEqual([read.found.kind, read.kept], ["absent", policyOf(NEVER_A)]);
  home.refuses(preview(2, GPU, { paths: ["a/x"] }), "policy-denied");
  // Neither a file that cannot be read in between, nor a second look, forgets it.
  home.run(readWorkspacePolicy("policy.jsonc:1:1 is empty."), readWorkspacePolicy(undefined));
  home.refuses(preview(3, GPU, { paths: ["a/x"] }), "policy-denied");
  assert.deepEqual(kindsOf(home.run(adoptPolicy(ALLOWING))), ["PolicyAdopted"]);
  assert.equal(home.state.policy?.kept, undefined);
  home.run(preview(4, GPU, { paths: ["a/x"] }));
  assert.deepEqual(home.run(adoptPolicy(ALLOWING)), [], "there is nothing left to confirm");
});

test("a document that forbids something else counts beside the one before, until the owner adopts or the rule is back", () => {
  const home = homeForbidding();
  assert.deepEqual(
    only(home.run(readWorkspacePolicy(policyOf(NEVER_B))), "WorkspacePolicyRead").kept,
    policyOf(NEVER_A),
  );
  home.refuses(preview(2, GPU, { paths: ["a/x"] }), "policy-denied");
  home.refuses(preview(3, GPU, { paths: ["b/x"] }), "policy-denied");
  // Another id or reason is no other rule.
  const back = policyOf(NEVER_B, { ...NEVER_A, id: "renamed", reason: "in other words" });
  assert.equal(only(home.run(readWorkspacePolicy(back)), "WorkspacePolicyRead").kept, undefined);
  home.run(readWorkspacePolicy(policyOf(NEVER_B)), adoptPolicy(ALLOWING), preview(4, GPU, { paths: ["a/x"] }));
  home.refuses(preview(5, GPU, { paths: ["b/x"] }), "policy-denied");
});

test("a gate cannot be opened by its workspace, and a document that forbade nothing is forgotten at once", () => {
  const home = homeWith(GPU);
  home.run(adoptPolicy(ALLOWING), readWorkspacePolicy({ ...policyOf(), gates: { noEgress: true } }));
  home.run(readWorkspacePolicy(policyOf(NEVER_B)));
  home.refuses(preview(1, GPU), "policy-denied");
  home.run(adoptPolicy(ALLOWING), preview(2, GPU));
  const harmless = homeWith(GPU);
  harmless.run(readWorkspacePolicy(ALLOWING), readWorkspacePolicy(undefined));
  assert.equal(harmless.state.policy?.kept, undefined);
});

test("what was added beside a kept document is kept as well when it goes, and both are forgotten by one adoption", () => {
  const home = homeForbidding();
  home.run(readWorkspacePolicy(policyOf(NEVER_B)), readWorkspacePolicy(undefined));
  home.refuses(preview(2, GPU, { paths: ["a/x"] }), "policy-denied");
  home.refuses(preview(3, GPU, { paths: ["b/x"] }), "policy-denied");
  home.run(adoptPolicy(ALLOWING), preview(4, GPU, { paths: ["a/x", "b/x"] }));
});

test("a rule that is rewritten under its own id is kept under another, and nothing else stops leaving for that", () => {
  for (const id of ["never", `${"n".repeat(POLICY_NAME_CHARACTERS_MAX - 9)}-${"n".repeat(8)}`]) {
    const home = homeWith(GPU);
    home.run(adoptPolicy(ALLOWING), readWorkspacePolicy(policyOf({ ...NEVER_A, id })));
    home.run(readWorkspacePolicy(policyOf({ ...NEVER_B, id })), readWorkspacePolicy(undefined));
    home.refuses(preview(1, GPU, { paths: ["a/x"] }), "policy-denied");
    home.refuses(preview(2, GPU, { paths: ["b/x"] }), "policy-denied");
    home.run(preview(3, GPU, { paths: ["c/x"] }));
  }
});
