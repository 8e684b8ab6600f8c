// A node as one snapshot for readers: its state with reason and since-when. Pure; presence is told by the shell.
import { keyWords } from "#protocol/identity.ts";
import type { NodeLoad } from "#protocol/node.ts";
import type { EpochMs } from "#protocol/quantities.ts";
import type { NodeView } from "#protocol/wire/clientViews.ts";
import { liveAttempts } from "../job/state.ts";
import type { HomeState } from "../state.ts";
import type { HeldNode } from "./state.ts";

export interface NodePresence {
  readonly lastHeardAt: EpochMs;
  readonly load?: NodeLoad;
}

export function nodeView(state: HomeState, node: HeldNode, presence: NodePresence | undefined): NodeView {
  return {
    nodeId: node.nodeId,
    name: node.name,
    local: node.local,
    ...stateOf(node, presence),
    since: node.since,
    keyWords: keyWords(node.publicKey),
    running: liveAttempts(state.jobs, node.nodeId).length,
    ...(node.status.kind === "pending" ? { compareWords: node.status.words } : {}),
    ...(node.capabilities === undefined ? {} : { capabilities: node.capabilities }),
    ...(presence === undefined ? {} : { lastHeardAt: presence.lastHeardAt }),
    ...(presence?.load === undefined ? {} : { load: presence.load }),
  };
}

/** A worker whose link is down is shown as such, while the core still waits for it to come back. */
function stateOf(node: HeldNode, presence: NodePresence | undefined): Pick<NodeView, "state" | "reason"> {
  if (node.status.kind === "ready" && !node.local && presence === undefined) {
    return { state: "unreachable", reason: "its link dropped; waiting for it to come back" };
  }
  return { state: node.status.kind, reason: reasonOf(node) };
}

function reasonOf(node: HeldNode): string {
  switch (node.status.kind) {
    case "pending":
      return "waits for the owner to compare the words";
    case "ready":
      return node.local ? "this machine" : "connected";
    case "unreachable":
    case "revoked":
      return node.status.reason;
  }
}
