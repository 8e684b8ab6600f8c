// Whether a node has room for one more attempt. Asked before an offer, so that a full node costs nobody a lease.
// Queues and lanes are the scheduler's to come; until then a full node is an honest refusal.
import { type Refusal, refuse } from "#protocol/errors.ts";
import type { NodeId } from "#protocol/ids.ts";
import { nodeName } from "../node/state.ts";
import type { HomeState } from "../state.ts";
import { liveAttempts } from "./state.ts";

/** Undefined where the node has a free slot. */
export function slotProblem(state: HomeState, nodeId: NodeId): Refusal | undefined {
  const slots = state.nodes.byId.get(nodeId)?.capabilities?.slots;
  const ahead = liveAttempts(state.jobs, nodeId).length;
  if (slots === undefined || ahead < slots) return undefined;
  return refuse(
    "no-slot",
    `${nodeName(state.nodes, nodeId)} works on ${ahead} jobs already, as many as it takes at once.`,
    "Wait for one to end (arw-home episodes), or choose another node with --on.",
  );
}
