// How a node looks in each state, down to the second at which a late heartbeat turns amber and red.
import assert from "node:assert/strict";
import { test } from "node:test";
import { digestOf } from "#protocol/digest.ts";
import { leaseId, nodeId } from "#protocol/ids.ts";
import type { NodeCapabilities } from "#protocol/node.ts";
import { byteCount, durationMs, epochMs } from "#protocol/quantities.ts";
import type { LeaseView, NodeView } from "#protocol/wire/clientViews.ts";
import { type ItemLook, tooltipMarkdown } from "./itemLook.ts";
import { HEARTBEAT_AMBER_MS, HEARTBEAT_RED_MS, leaseLook, nodeFactLooks, nodeLook } from "./nodeLook.ts";

const NOW = 1_700_000_000_000;
const CAPABILITIES: NodeCapabilities = {
  version: "1",
  os: "linux",
  architecture: "x64",
  cpuModel: "cpu",
  cpuCount: 8,
  memoryBytes: byteCount(16_000_000_000),
  gpus: [{ name: "RTX 3090", memoryBytes: byteCount(24_000_000_000) }],
  sandbox: { kind: "bubblewrap", version: "0.8.0", enforces: ["no-network"] },
  engines: [
    { kind: "command", state: "absent", reason: "no sandbox", advice: "install bubblewrap" },
    {
      kind: "llama",
      state: "ready",
      models: [{ name: "tiny", digest: digestOf("tiny"), bytes: byteCount(1), demo: true }],
    },
  ],
  slots: 2,
};

function node(more: Partial<NodeView> = {}): NodeView {
  return {
    nodeId: nodeId.from(Buffer.from("gpubox".padEnd(17, "."))),
    name: "gpubox",
    local: false,
    state: "ready",
    reason: "connected",
    since: epochMs(NOW - 3_600_000),
    keyWords: ["kodub", "likos"],
    lastHeardAt: epochMs(NOW - 1_000),
    capabilities: CAPABILITIES,
    running: 2,
    ...more,
  };
}

test("a ready node says its state first, then what runs and its engines", () => {
  const look = nodeLook(node(), NOW);
  assert.equal(look.label, "gpubox");
  assert.equal(look.description, "ready · 2 running · llama");
  assert.deepEqual(look.icon, { shape: "server", color: "good" });
  assert.equal(look.contextValue, "node.ready");
});

test("a late heartbeat turns amber, then red, by shape, colour and words; at the limit and not before", () => {
  const heard = (ageMs: number): NodeView => node({ lastHeardAt: epochMs(NOW - ageMs) });
  assert.equal(nodeLook(heard(HEARTBEAT_AMBER_MS - 1), NOW).icon.color, "good");
  const amber = nodeLook(heard(HEARTBEAT_AMBER_MS), NOW);
  assert.deepEqual(amber.icon, { shape: "warning", color: "attention" });
  assert.equal(amber.description, "ready · last heard 3 sec. ago · 2 running · llama");
  assert.equal(nodeLook(heard(HEARTBEAT_RED_MS - 1), NOW).icon.color, "attention");
  assert.deepEqual(nodeLook(heard(HEARTBEAT_RED_MS), NOW).icon, { shape: "error", color: "bad" });
});

test("an unreachable node says since when and why, and what it says is text", () => {
  const look = nodeLook(node({ state: "unreachable", reason: "its link\n[dropped](command:x)" }), NOW);
  assert.equal(look.description, "unreachable · 1 hr. ago · its link [dropped](command:x)");
  assert.deepEqual(look.icon, { shape: "debug-disconnect", color: "bad" });
  assert.doesNotMatch(tooltipMarkdown(look.tooltip), /\]\(|command:/);
});

test("a joining node shows the words to compare, this machine is named as such, the practice worker has its own menu", () => {
  const joining = nodeLook(node({ state: "pending", compareWords: ["vinoj", "vuros", "dituf", "tubop"] }), NOW);
  assert.equal(joining.description, "waits for you · vinoj vuros dituf tubop");
  assert.equal(joining.contextValue, "node.pending");
  assert.equal(joining.children, "none");
  const { lastHeardAt: _, ...silent } = node({ local: true, name: "local", running: 0 });
  const local = nodeLook(silent, NOW);
  assert.deepEqual([local.label, local.contextValue, local.icon.shape], ["This machine", "node.ready.local", "home"]);
  assert.equal(nodeLook(node({ name: "practice" }), NOW).contextValue, "node.ready.practice");
});

test("below a node stand its engines with what is absent and what helps, its machine, sandbox, load and key", () => {
  const load = { running: 1, load1Milli: 1_250, memoryFreeBytes: byteCount(8_000_000_000) };
  const looks = nodeFactLooks(node({ load }));
  assert.deepEqual(
    looks.map(({ label, description }) => `${label}: ${description}`),
    [
      "Commands: absent: no sandbox",
      "llama: ready · tiny (demo model)",
      "Machine: linux x64 · cores: 8 · 16 GB memory · jobs at once: 2 · cpu",
      "GPU: RTX 3090 24 GB",
      "Sandbox: bubblewrap 0.8.0: no-network",
      "Load: 1 running · load 1.3 · 8 GB memory free",
      "Key: kodub likos",
    ],
  );
  assert.equal(new Set(looks.map(({ id }) => id)).size, looks.length);
  assert.match(tooltipMarkdown(looks[0]?.tooltip ?? []), /install bubblewrap/);
});

test("a lease says what it covers and what is left of it", () => {
  const view: LeaseView = {
    lease: {
      leaseId: leaseId.from(Buffer.from("lease".padEnd(17, "."))),
      subject: node().nodeId,
      capability: "offload",
      scope: { kind: "scoped", job: "command", paths: ["src/**"], ceiling: "internal" },
      grantedAt: epochMs(NOW),
      expiresAt: epochMs(NOW + 1),
      budget: { uses: 5, bytes: byteCount(5_000_000) },
      issuer: "owner",
      reason: "the evening's tests",
    },
    node: "gpubox",
    state: "live",
    usesLeft: 3,
    bytesLeft: byteCount(4_000_000),
    remainingMs: durationMs(30 * 60_000 - 1),
    inUse: 1,
  };
  const after = (ms: number): ItemLook => leaseLook(view, { readMs: NOW, nowMs: NOW + ms });
  const look = after(0);
  assert.equal(look.label, "Lease: src/**");
  assert.equal(look.description, "uses left: 3 · 4 MB · 30 min left");
  assert.equal(look.contextValue, "lease.live");
  assert.match(after(60_000).description ?? "", /29 min left$/u);
  assert.match(after(30 * 60_000).description ?? "", /\b0 min left$/u);
  assert.match(after(-60_000).description ?? "", /30 min left$/u, "a clock that was set back adds nothing");
});
