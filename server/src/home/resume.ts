// What the world must do after a restart, seen from the state alone. It repairs a crash between a frame and its effects.
// An offer that may or may not have been sent is never sent again: its node says whether it holds the attempt.
import type { Effect } from "./effects.ts";
import { liveAttempts } from "./job/state.ts";
import type { HomeState } from "./state.ts";

export function resume(state: HomeState): readonly Effect[] {
  const listener: readonly Effect[] = state.nodes.clustering.on
    ? [{ kind: "OpenListener", key: "listen:resume", repeatable: false }]
    : [];
  const awaited = new Set([
    ...[...state.nodes.byId.values()]
      .filter((node) => !node.local && node.status.kind === "ready")
      .map((n) => n.nodeId),
    ...liveAttempts(state.jobs)
      .filter(({ attempt }) => !attempt.local)
      .map(({ attempt }) => attempt.target),
  ]);
  return [
    ...listener,
    ...[...awaited].map((nodeId): Effect => ({ kind: "AwaitNode", key: `await:${nodeId}`, repeatable: false, nodeId })),
  ];
}
