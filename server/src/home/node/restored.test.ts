// A worker whose state folder comes from the past: which lives the Home lets in, and what makes it forget them.
import assert from "node:assert/strict";
import { test } from "node:test";
import { connect, enrol, homeWith, idsOf, invite, lose, NOW, OWNER } from "../../../../test/simulation/homeCommands.ts";
import { ATTIC, GPU, LOCAL } from "../../../../test/simulation/homeScenario.ts";

const life = (number: number, instance: number) =>
  connect(GPU, { life: number, instanceId: idsOf(instance).instanceId });

test("lives only grow: an older one, or the same one in another process, is refused and changes nothing", () => {
  const home = homeWith(GPU);
  // The same process reconnects with the life that it has.
  home.run(life(6, 1), lose(GPU), life(7, 2), life(7, 2));
  for (const [number, instance] of [
    [7, 3],
    [6, 1],
    [1, 4],
  ] as const) {
    const { message } = home.refuses(life(number, instance), "state-restored");
    assert.match(message, new RegExp(`life ${number}, and life 7 `, "u"));
  }
  home.run(life(8, 3));
});

test("a new enrolment begins anew, and a node that counts no lives is never called restored", () => {
  const home = homeWith(GPU, ATTIC);
  home.run(life(7, 2), lose(GPU), invite(9), enrol(9, GPU));
  home.run({ kind: "approve-node", at: NOW, by: OWNER, nodeId: GPU.nodeId }, life(1, 5));
  for (const node of [ATTIC, LOCAL]) home.run(connect(node), connect(node, { instanceId: idsOf(2).instanceId }));
});
