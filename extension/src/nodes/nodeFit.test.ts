// Which nodes are offered for a job, in which order, and why one cannot take it.
import assert from "node:assert/strict";
import { test } from "node:test";
import { digestOf } from "#protocol/digest.ts";
import { nodeId } from "#protocol/ids.ts";
import type { EngineAdvert } from "#protocol/node.ts";
import { byteCount, epochMs } from "#protocol/quantities.ts";
import type { NodeState, NodeView } from "#protocol/wire/clientViews.ts";
import { fitOf, modelsOf, nodesToOffer } from "./nodeFit.ts";

function node(name: string, engines: readonly EngineAdvert[] = [], state: NodeState = "ready"): NodeView {
  return {
    nodeId: nodeId.from(Buffer.from(name.padEnd(20, "."))),
    name,
    local: name === "local",
    state,
    reason: "it says so",
    since: epochMs(1),
    keyWords: [],
    running: 0,
    capabilities: {
      version: "1",
      os: "linux",
      architecture: "x64",
      cpuModel: "cpu",
      cpuCount: 1,
      memoryBytes: byteCount(1),
      gpus: [],
      sandbox: { kind: "none", reason: "-" },
      engines,
      slots: 1,
    },
  };
}

const COMMAND: EngineAdvert = { kind: "command", state: "ready" };
const NO_COMMAND: EngineAdvert = { kind: "command", state: "absent", reason: "no sandbox", advice: "install it" };
const MODEL = { name: "demo", digest: digestOf("demo"), bytes: byteCount(1), demo: true };
const LLAMA: EngineAdvert = { kind: "llama", state: "ready", models: [MODEL] };

test("this machine is offered first, then who can do it, then the others; revoked nodes are not offered", () => {
  const offered = nodesToOffer(
    [
      node("away", [COMMAND], "unreachable"),
      node("zeta", [COMMAND]),
      node("gone", [COMMAND], "revoked"),
      node("local", [NO_COMMAND]),
      node("alpha", [COMMAND]),
    ],
    { kind: "command" },
  );
  assert.deepEqual(
    offered.map((each) => [each.node.name, each.fit.kind]),
    [
      ["local", "engine-absent"],
      ["alpha", "fits"],
      ["zeta", "fits"],
      ["away", "unreachable"],
    ],
  );
});

test("a node that lacks the model of an ask says which it has", () => {
  assert.deepEqual(fitOf(node("a", [LLAMA]), { kind: "ask" }), { kind: "fits" });
  assert.deepEqual(fitOf(node("a", [LLAMA]), { kind: "ask", model: MODEL.digest }), { kind: "fits" });
  assert.deepEqual(fitOf(node("a", [LLAMA]), { kind: "ask", model: "70b" }), {
    kind: "model-absent",
    models: ["demo"],
  });
  assert.deepEqual(fitOf(node("a", [COMMAND]), { kind: "ask" }), { kind: "engine-unknown" });
});

test("each model is named once, with every reachable node that has it", () => {
  const nodes = [node("local", [LLAMA]), node("gpubox", [COMMAND, LLAMA]), node("away", [LLAMA], "unreachable")];
  assert.deepEqual(
    modelsOf(nodes).map(({ model, on }) => [model.name, on.map(({ name }) => name)]),
    [["demo", ["local", "gpubox"]]],
  );
});
