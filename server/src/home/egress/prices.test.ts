// Whose prices count, and which finished jobs are like one: only those of the same node and the same work, at the window's edge.
import assert from "node:assert/strict";
import { test } from "node:test";
import type { PolicyDocument } from "#protocol/policy.ts";
import type { PriceCard } from "#protocol/node.ts";
import { costMicros, type EpochMs } from "#protocol/quantities.ts";
import {
  askJob,
  commandJob,
  exited,
  finished,
  homeWith,
  later,
  NOW,
  receiptOf,
  start,
} from "../../../../test/simulation/homeCommands.ts";
import { ATTIC, GPU, LOCAL, type Scenario } from "../../../../test/simulation/homeScenario.ts";
import { ASK_ALWAYS } from "../policy/postures.ts";
import type { HomeState } from "../state.ts";
import { LIKE_JOBS_AGE_MS, LIKE_JOBS_MAX, likeJobs, pricesOf } from "./prices.ts";

const CARD: PriceCard = {
  currency: "EUR",
  perThousandTokensIn: costMicros(1),
  perThousandTokensOut: costMicros(1),
  perToolMinute: costMicros(2_000),
  perGigabyteIn: costMicros(0),
};

function stating(state: HomeState, nodes: NonNullable<PolicyDocument["nodes"]>): HomeState {
  const document: PolicyDocument = { ...ASK_ALWAYS, nodes };
  const adopted = { document, text: "", digest: askJob(1).model, adoptedAt: NOW, by: "owner" };
  return { ...state, policy: { epoch: 3, adopted } };
}

function withCard(state: HomeState): HomeState {
  const node = state.nodes.byId.get(GPU.nodeId) ?? assert.fail("it is enrolled");
  const capabilities = node.capabilities ?? assert.fail("it said what it can do");
  const held = { ...node, capabilities: { ...capabilities, priceCard: CARD } };
  return { ...state, nodes: { ...state.nodes, byId: new Map(state.nodes.byId).set(GPU.nodeId, held) } };
}

test("the owner's prices count before the node's own card; an id counts before a name; else nobody said a price", () => {
  const { state } = homeWith(GPU, ATTIC);
  const mine = { ...CARD, perToolMinute: costMicros(5) };
  assert.equal(pricesOf(state, GPU.nodeId), undefined);
  assert.deepEqual(pricesOf(withCard(state), GPU.nodeId), { prices: CARD, source: `price card of ${GPU.name}` });
  const stated = stating(withCard(state), [{ node: GPU.name, prices: mine }]);
  const source = `your prices for ${GPU.name}, policy version 3`;
  assert.deepEqual(pricesOf(stated, GPU.nodeId), { prices: mine, source });
  assert.equal(pricesOf(stated, ATTIC.nodeId), undefined);
  const both = stating(state, [
    { node: GPU.name, prices: CARD },
    { node: GPU.nodeId, prices: mine },
  ]);
  assert.equal(pricesOf(both, GPU.nodeId)?.prices, mine);
  assert.equal(pricesOf(stating(withCard(state), [{ node: GPU.name, trusted: true }]), GPU.nodeId)?.prices, CARD);
});

function ran(home: Scenario, number: number, job = commandJob(0)): void {
  home.run(start(number, { job }), finished(number, LOCAL, 0, { receipt: receiptOf(number, LOCAL, exited(0), job) }));
}

function likeCount(home: Scenario, now: EpochMs = NOW): number {
  return likeJobs(home.state, LOCAL.nodeId, commandJob(0), now).length;
}

test("like is the same command in the same folder on the same node, or the same model", () => {
  const home = homeWith(GPU);
  ran(home, 1);
  ran(home, 2, commandJob(2));
  ran(home, 3, { ...commandJob(0), argv: [...commandJob(0).argv, "--watch"] });
  home.run(start(4, { job: commandJob(0) }));
  assert.equal(likeCount(home), 1);
  assert.equal(likeJobs(home.state, GPU.nodeId, commandJob(0), NOW).length, 0);
  assert.equal(likeJobs(home.state, LOCAL.nodeId, askJob(5), NOW).length, 0);
});

test("only the newest count, and none that is older than the window", () => {
  const home = homeWith(GPU);
  for (let number = 1; number <= LIKE_JOBS_MAX + 1; number++) ran(home, number);
  assert.equal(likeCount(home), LIKE_JOBS_MAX);
  assert.equal(likeCount(home, later(LIKE_JOBS_AGE_MS)), LIKE_JOBS_MAX);
  assert.equal(likeCount(home, later(LIKE_JOBS_AGE_MS + 1)), 0);
});
