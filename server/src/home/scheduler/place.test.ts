// Where a job goes: here first, elsewhere only for a reason that is said, and never elsewhere because this machine is still starting.
import assert from "node:assert/strict";
import { test } from "node:test";
import { digestOf } from "#protocol/digest.ts";
import type { EngineAdvert, NodeCapabilities } from "#protocol/node.ts";
import { idsOf, NOW } from "../../../../test/simulation/homeCommands.ts";
import {
  ATTIC,
  capabilitiesWith,
  COMMAND_ENGINE,
  GPU,
  LLAMA_ENGINE,
  LOCAL,
  MODEL,
  type TestNode,
} from "../../../../test/simulation/homeScenario.ts";
import { type HeldNode, type NodesState, type NodeStatus, noNodes } from "../node/state.ts";
import { place } from "./place.ts";

const READY: NodeStatus = { kind: "ready", instanceId: idsOf(1).instanceId };
const COMMAND = { kind: "command" } as const;
const ABSENT: EngineAdvert = { kind: "llama", state: "absent", reason: "llama is not installed", advice: "Add it." };
const OTHER_MODEL: EngineAdvert = {
  kind: "llama",
  state: "ready",
  models: [{ ...MODEL, name: "large", digest: digestOf("the large model") }],
};

function held(
  { nodeId, publicKey, name }: TestNode,
  capabilities: NodeCapabilities,
  status: NodeStatus = READY,
): HeldNode {
  return { nodeId, publicKey, name, local: nodeId === LOCAL.nodeId, status, since: NOW, capabilities };
}

function nodesOf(...nodes: readonly HeldNode[]): NodesState {
  return { ...noNodes, byId: new Map(nodes.map((node) => [node.nodeId, node])) };
}

const ALL_ENGINES = capabilitiesWith(COMMAND_ENGINE, LLAMA_ENGINE);
const NO_ENGINES = capabilitiesWith();

function placed(nodes: NodesState, ...rest: [requirement: Parameters<typeof place>[2], on?: string]): string {
  const found = place(nodes, LOCAL.nodeId, ...rest);
  return found.kind === "refusal" ? found.code : `${found.name}: ${found.rule}`;
}

test("a job runs here where this machine can do it, and elsewhere for lack of an engine or a model", () => {
  const here = (capabilities: NodeCapabilities): NodesState =>
    nodesOf(held(LOCAL, capabilities), held(GPU, ALL_ENGINES));
  const ask = { kind: "ask", model: MODEL.digest } as const;
  assert.equal(placed(here(ALL_ENGINES), COMMAND), "local: local-first");
  assert.equal(placed(here(ALL_ENGINES), ask), "local: local-first");
  assert.equal(placed(here(ALL_ENGINES), { kind: "ask" }), "local: local-first");
  assert.equal(placed(here(NO_ENGINES), COMMAND), "gpu-box: local-lacks-engine");
  assert.equal(placed(here(NO_ENGINES), ask), "gpu-box: local-lacks-engine");
  assert.equal(placed(here(capabilitiesWith(ABSENT)), ask), "gpu-box: local-lacks-engine");
  assert.equal(placed(here(capabilitiesWith(OTHER_MODEL)), ask), "gpu-box: local-lacks-model");
  assert.equal(
    placed(here(capabilitiesWith(OTHER_MODEL)), { kind: "ask", model: "demo" }),
    "gpu-box: local-lacks-model",
  );
  assert.equal(placed(here(capabilitiesWith(OTHER_MODEL)), { kind: "ask" }), "local: local-first");
});

test("a job never leaves because this machine is still starting", () => {
  const starting: NodeStatus = { kind: "unreachable", reason: "starting" };
  for (const nodes of [
    nodesOf(held(GPU, ALL_ENGINES)),
    nodesOf(held(LOCAL, ALL_ENGINES, starting), held(GPU, ALL_ENGINES)),
  ]) {
    assert.equal(placed(nodes, COMMAND), "home-starting");
    assert.equal(placed(nodes, COMMAND, "local"), "home-starting");
    assert.equal(placed(nodes, COMMAND, LOCAL.nodeId), "home-starting");
    assert.equal(placed(nodes, COMMAND, "gpu-box"), "gpu-box: asked-for");
  }
});

test("the node that was asked for is taken by name or id, and never another", () => {
  const nodes = nodesOf(held(LOCAL, ALL_ENGINES), held(GPU, ALL_ENGINES), held(ATTIC, NO_ENGINES));
  assert.equal(placed(nodes, COMMAND, "gpu-box"), "gpu-box: asked-for");
  assert.equal(placed(nodes, COMMAND, GPU.nodeId), "gpu-box: asked-for");
  assert.equal(placed(nodes, COMMAND, "local"), "local: asked-for");
  assert.equal(placed(nodes, COMMAND, LOCAL.nodeId), "local: asked-for");
  assert.equal(placed(nodes, COMMAND, "cellar"), "node-unknown");
  assert.equal(placed(nodes, COMMAND, "attic"), "engine-absent");
  assert.equal(placed(nodes, { kind: "ask", model: "large" }, "gpu-box"), "model-absent");
});

test("a node that waits, is gone or was revoked is not asked for in vain: the refusal says which", () => {
  const gone: readonly NodeStatus[] = [
    { kind: "pending", words: [], inviteId: idsOf(1).inviteId },
    { kind: "unreachable", reason: "its heartbeat stopped" },
    { kind: "revoked", reason: "it was sold" },
  ];
  for (const status of gone) {
    const nodes = nodesOf(held(LOCAL, NO_ENGINES), held(GPU, ALL_ENGINES, status));
    assert.equal(placed(nodes, COMMAND, "gpu-box"), "node-unreachable");
    assert.equal(placed(nodes, COMMAND), "engine-absent");
  }
});

test("a name that two nodes carry is ambiguous", () => {
  const twin = { ...held(ATTIC, ALL_ENGINES), name: "gpu-box" };
  const nodes = nodesOf(held(LOCAL, ALL_ENGINES), held(GPU, ALL_ENGINES), twin);
  assert.equal(placed(nodes, COMMAND, "gpu-box"), "node-ambiguous");
  assert.equal(placed(nodes, COMMAND, GPU.nodeId), "gpu-box: asked-for");
});

test("a placement names every node that could not do it, with the reason", () => {
  const nodes = nodesOf(
    held(LOCAL, NO_ENGINES),
    held(ATTIC, ALL_ENGINES, { kind: "unreachable", reason: "its heartbeat stopped" }),
    held(GPU, ALL_ENGINES),
  );
  const found = place(nodes, LOCAL.nodeId, COMMAND);
  assert.ok(found.kind === "placement");
  assert.equal(found.name, "gpu-box");
  assert.deepEqual(found.rejected, [
    { nodeId: LOCAL.nodeId, name: "local", reason: "it has no command engine" },
    { nodeId: ATTIC.nodeId, name: "attic", reason: "it cannot be reached (its heartbeat stopped)" },
  ]);
  assert.match(found.why, /no command engine/);
  assert.match(found.localAlternative, /Not possible here/);
});

test("a refusal names every node that was looked at, with its reason", () => {
  const nodes = nodesOf(
    held(LOCAL, NO_ENGINES),
    held(ATTIC, ALL_ENGINES, { kind: "unreachable", reason: "its heartbeat stopped" }),
    held(GPU, NO_ENGINES),
  );
  const refused = place(nodes, LOCAL.nodeId, COMMAND);
  assert.ok(refused.kind === "refusal");
  assert.match(refused.message, /Not here: it has no command engine/);
  assert.match(refused.message, /attic: it cannot be reached \(its heartbeat stopped\)/);
  assert.match(refused.message, /gpu-box: it has no command engine/);
  const alone = place(nodesOf(held(LOCAL, NO_ENGINES)), LOCAL.nodeId, COMMAND);
  assert.ok(alone.kind === "refusal");
  assert.match(alone.message, /no worker is paired/);
});
