// Once private data and content from elsewhere have met in an episode, nothing of it leaves unasked.
import assert from "node:assert/strict";
import { test } from "node:test";
import fc from "fast-check";
import { type EpisodeTaint, TAINT_SOURCES_MAX } from "#protocol/egress.ts";
import { workspacePathSchema } from "#protocol/workspacePath.ts";
import { policiesInForce, policyRequests } from "../../../../test/simulation/arbitraryPolicies.ts";
import { deriveFiles, markClass } from "../../../../test/simulation/classCommands.ts";
import {
  approve,
  commandJob,
  exited,
  finished,
  homeWith,
  idsOf,
  output,
  preview,
  started,
  withProposal,
} from "../../../../test/simulation/homeCommands.ts";
import { GPU, ofKind, only } from "../../../../test/simulation/homeScenario.ts";
import { grantLease, terms } from "../../../../test/simulation/leaseCommands.ts";
import { evaluate } from "../policy/evaluate.ts";
import { taintOf } from "./taint.ts";

const TAINT: EpisodeTaint = { private: "internal", untrusted: ["a.ts (made on gpu)"] };

/** A Home with a file at `path` that a worker made, and a lease that covers every job there is. */
function withForeignFile(path: string): ReturnType<typeof homeWith> {
  const home = homeWith(GPU);
  home.run(preview(1, GPU), approve(1), finished(1, GPU, 0, { result: withProposal(1, exited(0)) }));
  home.run(deriveFiles(1, "internal", [path]), grantLease(9, GPU, terms()));
  return home;
}

test("a lease does not send an untrusted file with private ones: the owner is asked, and told what met", () => {
  const home = withForeignFile("src/main.ts");
  const events = home.run(preview(2, GPU));
  assert.equal(ofKind(events, "JobOffered").length, 0);
  const shown = only(events, "EgressPreviewed");
  assert.deepEqual(shown.taint, { private: "internal", untrusted: [`src/main.ts (made on ${GPU.name})`] });
  assert.equal(shown.rule, "tainted-episode");
  home.run(approve(2));
});

test("the lease goes on sending what has nothing of it, what is public, and what the owner has looked at", () => {
  const home = withForeignFile("src/main.ts");
  assert.equal(ofKind(home.run(preview(2, GPU, { paths: ["package.json"] })), "JobOffered").length, 1);
  const looked = withForeignFile("src/main.ts");
  looked.run(markClass("src", "internal"));
  assert.equal(ofKind(looked.run(preview(2, GPU)), "JobOffered").length, 1);
  const open = withForeignFile("other.ts");
  open.run(markClass(".", "public"), deriveFiles(1, "public", ["src/main.ts"]));
  assert.equal(ofKind(open.run(preview(2, GPU, { highestClassification: "public" })), "JobOffered").length, 1);
  assert.equal(ofKind(open.run(preview(3, GPU)), "JobOffered").length, 0);
});

test("packages that the owner installed are sent under a lease: they are not what came in by the episode", () => {
  const home = homeWith(GPU);
  home.run(grantLease(9, GPU, terms()));
  const paths = [workspacePathSchema.parse("node_modules")];
  const job = { ...commandJob(1), dependencies: { kind: "folders", paths } } as const;
  assert.equal(ofKind(home.run(preview(1, GPU, { job })), "JobOffered").length, 1);
});

test("an episode is tainted from the first byte that another machine sent back", () => {
  const home = homeWith(GPU);
  const { episodeId: corrId } = idsOf(1);
  const facts = { corrId, paths: [], highestClassification: "internal" } as const;
  home.run(preview(1, GPU), approve(1), started(1, GPU));
  assert.equal(taintOf(home.state, facts), undefined);
  home.run(output(1, GPU, 1));
  assert.deepEqual(taintOf(home.state, facts)?.untrusted, [`what ${GPU.name} sent back`]);
});

test("of many sources the first are named and the rest is counted, so that the record can be read back", () => {
  const home = withForeignFile("src");
  const paths = Array.from({ length: TAINT_SOURCES_MAX + 5 }, (_, index) => `src/${index}.ts`);
  const { taint } = only(home.run(preview(2, GPU, { paths })), "EgressPreviewed");
  assert.equal(taint?.untrusted.length, TAINT_SOURCES_MAX);
  assert.equal(taint.untrusted.at(-1), "6 more");
});

test("under no policy does anything of a tainted episode leave unasked, and what was denied stays denied", () => {
  fc.assert(
    fc.property(policiesInForce, policyRequests, (policy, request) => {
      const [before, after] = [evaluate(policy, request), evaluate(policy, { ...request, taint: TAINT })];
      const leaves = request.action !== "run-here" && request.action !== "tool";
      assert.equal(after.effect, leaves && before.effect === "allow" ? "ask" : before.effect);
      if (leaves && before.effect === "allow") assert.match(after.explanation, /a\.ts \(made on gpu\)/);
    }),
    { numRuns: 5_000 },
  );
});
