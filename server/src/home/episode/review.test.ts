// *What came back*: what a rule holds for the owner's look is used by nothing before it, is decided once, and stays discarded.
import assert from "node:assert/strict";
import { test } from "node:test";
import { collected } from "../../../../test/simulation/egressCommands.ts";
import {
  applied,
  approve,
  cancel,
  CLIENT,
  exited,
  finished,
  homeWith,
  idsOf,
  output,
  preview,
  start,
  withProposal,
} from "../../../../test/simulation/homeCommands.ts";
import { GPU, ofKind, type Scenario } from "../../../../test/simulation/homeScenario.ts";
import { adoptPolicy, policyOf, policyRule } from "../../../../test/simulation/policyCommands.ts";
import { decide } from "../decide.ts";
import { outputProblem, proposalProblem, REVIEWS_WAITING_MAX } from "./review.ts";
import { RECENT_EPISODES_MAX } from "./state.ts";
import { review } from "../../../../test/simulation/reviewCommands.ts";

function looking(effect: "allow" | "ask" = "allow"): Scenario {
  const home = homeWith(GPU);
  home.run(adoptPolicy(policyOf(policyRule("looks", effect, { obligations: { reviewResult: true } }))));
  return home;
}

function cameBack(): Scenario {
  const home = looking();
  home.run(preview(1, GPU), finished(1, GPU, 0, { result: withProposal(1, exited(0)) }));
  return home;
}

function codeOf(answer: ReturnType<typeof decide>): string | undefined {
  return "kind" in answer ? answer.code : undefined;
}

test("the obligation is in the preview and in the record, and what comes back waits", () => {
  const home = cameBack();
  assert.deepEqual(
    [ofKind(home.events, "EgressPreviewed"), ofKind(home.events, "EgressRecorded")].map(
      ([event]) => event?.reviewResult,
    ),
    [true, true],
  );
  assert.equal(codeOf(decide(home.state, applied(1))), "result-waits");
});

test("output waits from the record on, and only a look at it is let through", () => {
  const home = looking();
  home.run(preview(1, GPU), output(1, GPU, 1));
  const { attemptId } = idsOf(1);
  assert.equal(outputProblem(home.state.episodes, attemptId, false)?.code, "result-waits");
  assert.equal(outputProblem(home.state.episodes, attemptId, true), undefined);
  assert.equal(codeOf(decide(home.state, review(1))), "result-not-back");
});

test("only the owner accepts, once, and then it can be applied", () => {
  const home = cameBack();
  assert.equal(codeOf(decide(home.state, review(1, { by: CLIENT }))), "owner-session-required");
  home.run(review(1));
  assert.equal(codeOf(decide(home.state, review(1, { verdict: "discarded" }))), "result-reviewed");
  home.run(applied(1));
});

test("what was discarded is never applied and never shown, not even to a look", () => {
  const home = cameBack();
  home.run(review(1, { verdict: "discarded" }));
  const { attemptId, proposalId } = idsOf(1);
  const held = home.state.episodes.proposals.get(proposalId);
  assert.ok(held !== undefined);
  assert.equal(codeOf(decide(home.state, applied(1))), "result-discarded");
  assert.equal(proposalProblem(home.state.episodes, held, true)?.code, "result-discarded");
  assert.equal(outputProblem(home.state.episodes, attemptId, true)?.code, "result-discarded");
});

test("an approved send keeps what its preview promised, whatever the policy has become", () => {
  const home = looking("ask");
  home.run(
    preview(1, GPU),
    adoptPolicy(policyOf(policyRule("asks", "ask")), { collected: [collected(1, "src/main.ts")] }),
    approve(1),
  );
  assert.equal(ofKind(home.events, "EgressRecorded")[0]?.reviewResult, true);
});

test("a result under no such rule, or without anything in it, waits for nobody", () => {
  const home = homeWith(GPU);
  home.run(preview(1, GPU), approve(1), finished(1, GPU, 0, { result: withProposal(1, exited(0)) }));
  assert.equal(codeOf(decide(home.state, review(1))), "result-not-held");
  const empty = looking();
  empty.run(preview(2, GPU), finished(2, GPU));
  assert.equal(codeOf(decide(empty.state, review(2))), "result-not-held");
});

test("at the limit of waiting results nothing more goes out under such a rule, until one was looked at", () => {
  const home = looking();
  for (let number = 1; number <= REVIEWS_WAITING_MAX; number++) {
    home.run(preview(number, GPU), finished(number, GPU, 0, { result: withProposal(number, exited(0)) }));
  }
  const next = preview(REVIEWS_WAITING_MAX + 1, GPU);
  assert.equal(codeOf(decide(home.state, next)), "too-many-results");
  home.run(review(7), next);
});

test("what waits is forgotten by no number of later episodes", () => {
  const home = cameBack();
  for (let number = 2; number <= RECENT_EPISODES_MAX + 20; number++) home.run(start(number), cancel(number));
  assert.equal(codeOf(decide(home.state, applied(1))), "result-waits");
  home.run(review(1));
});
