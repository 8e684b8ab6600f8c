// A node's next leaf: taken from its own link, once in a while, and both good for an overlap.
import assert from "node:assert/strict";
import { test } from "node:test";
import { epochMs } from "#protocol/quantities.ts";
import { connect, enrol, homeWith, invite, NOW, revokeNode } from "../../../../test/simulation/homeCommands.ts";
import { GPU, LOCAL, only, testNode, type Scenario } from "../../../../test/simulation/homeScenario.ts";
import { leafOf, rotate } from "../../../../test/simulation/nodeLeaves.ts";
import { LEAF_OVERLAP_MS, ROTATION_MS_MIN } from "./state.ts";

const at = (ms: number) => ({ at: epochMs(NOW + ms) });

function leavesOf(home: Scenario): readonly (string | undefined)[] {
  const node = home.state.nodes.byId.get(GPU.nodeId);
  return [node?.certificate, node?.replaced?.certificate];
}

test("a next leaf counts from now on, and the one before it for the overlap", () => {
  const home = homeWith(GPU);
  const rotated = only(home.run(rotate(GPU, 2)), "NodeCertificateRotated");
  assert.equal(rotated.overlapEndsAt, NOW + LEAF_OVERLAP_MS);
  assert.equal(rotated.replaces, leafOf(GPU, 1).fingerprint);
  assert.deepEqual(leavesOf(home), [leafOf(GPU, 2).certificate, leafOf(GPU, 1).certificate]);
});

test("the leaf that counts already is not news, so that a lost answer can be asked for again", () => {
  const home = homeWith(GPU);
  home.run(rotate(GPU, 2));
  assert.deepEqual(home.run(rotate(GPU, 2)), []);
});

test("a revoked, a pending, an unknown node and the Home itself replace nothing", () => {
  const home = homeWith(GPU);
  const stranger = testNode("stranger", 77);
  home.refuses(rotate(stranger, 2), "not-enrolled");
  home.run(invite(5), enrol(5, stranger));
  home.refuses(rotate(stranger, 2), "not-enrolled");
  home.refuses(rotate(LOCAL, 2), "not-enrolled");
  home.run(revokeNode(GPU));
  home.refuses(rotate(GPU, 2), "not-enrolled");
});

test("a node replaces its leaf once an hour at most", () => {
  const home = homeWith(GPU);
  home.run(rotate(GPU, 2));
  home.refuses(rotate(GPU, 3, at(ROTATION_MS_MIN - 1)), "certificate-too-soon");
  home.run(rotate(GPU, 3, at(ROTATION_MS_MIN)));
});

test("a worker restored from a backup replaces the leaf of its link, and the lost one counts no more", () => {
  const home = homeWith(GPU);
  home.run(rotate(GPU, 2));
  const from = leafOf(GPU, 1).fingerprint;
  home.run(rotate(GPU, 3, { from, ...at(ROTATION_MS_MIN) }));
  assert.deepEqual(leavesOf(home), [leafOf(GPU, 3).certificate, leafOf(GPU, 1).certificate]);
});

test("a link that was opened with a leaf from before the overlap hands nothing over", () => {
  const home = homeWith(GPU);
  home.run(rotate(GPU, 2));
  const from = leafOf(GPU, 1).fingerprint;
  home.refuses(rotate(GPU, 3, { from, ...at(LEAF_OVERLAP_MS) }), "certificate-replaced");
  home.run(connect(GPU), rotate(GPU, 3, { from, ...at(LEAF_OVERLAP_MS - 1) }));
});
