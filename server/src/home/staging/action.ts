// Which action an order is. The order that is about to be done is turned into an action once more, so that its digest speaks
// of exactly what will happen and of nothing that was said about it.
import type { BegunAction, StartEpisode } from "#protocol/commands.ts";
import { type Refusal, refuse } from "#protocol/errors.ts";
import type { NodeId } from "#protocol/ids.ts";
import type { SandboxRule } from "#protocol/node.ts";
import type { StagedAction } from "#protocol/staging.ts";
import { proposalProblem } from "../episode/review.ts";
import type { PolicyDecision } from "../policy/evaluate.ts";
import type { HomeState } from "../state.ts";
import { policyBase } from "./policyBase.ts";

export function actionOf(state: HomeState, begun: BegunAction): StagedAction | Refusal {
  if (begun.kind === "shell") return asHeldHere(state, begun.found);
  const { order } = begun;
  switch (order.kind) {
    case "start-episode": {
      const { job, target } = order;
      if (job.kind !== "command")
        return refuse("staged-other-kind", "Only commands are staged.", "Start it by itself.");
      return { kind: "run-command", job, target, contained: isContained(state, target) };
    }
    case "grant-lease": {
      const { nodeId, job, terms } = order;
      return { kind: "grant-lease", nodeId, job, terms };
    }
    case "resume-offloads":
      return { kind: "change-setting", change: { name: "resume-offloads" } };
    case "unmark-never-leaves":
      return { kind: "change-setting", change: { name: "unmark-never-leaves", globs: order.globs } };
  }
}

/** The action with what this Home itself knows about it; refused where it names something that is not here. */
export function asHeldHere(state: HomeState, action: StagedAction): StagedAction | Refusal {
  switch (action.kind) {
    case "apply-proposal": {
      const held = state.episodes.proposals.get(action.proposalId);
      if (held === undefined) {
        return refuse("proposal-unknown", "There is no such proposal.", "See `arw-home episodes`.");
      }
      const waits = proposalProblem(state.episodes, held);
      if (waits !== undefined) return waits;
      if (held.digest === action.proposal) return action;
      return refuse("proposal-changed", "This is not the proposal that was shown.", "Look at it again.");
    }
    case "run-command":
      return { ...action, contained: isContained(state, action.target) };
    case "adopt-policy": {
      const { kind, name, text } = action;
      return { kind, name, text, ...policyBase(state.policy) };
    }
    case "change-setting": {
      if (action.change.name !== "turn-clustering-on") return action;
      const { lastListen } = state.nodes;
      if (lastListen === undefined) return NEVER_ON;
      return { kind: "change-setting", change: { name: "turn-clustering-on", ...lastListen } };
    }
    case "grant-lease":
      return action;
  }
}

/** Of a Home that no worker knows how to reach. */
export const NEVER_ON: Refusal = refuse(
  "clustering-never-on",
  "Clustering was never on here, so no worker knows where to reach this Home.",
  "Invite a worker, which turns it on: arw-home invite.",
);

/** What keeps a command from changing or telling anything but what comes back as its proposal. */
const CONTAINING: readonly SandboxRule[] = ["private-files", "no-network"];

/** Whether the sandbox of this node enforces that. Unknown is no. */
export function isContained({ nodes }: HomeState, target: NodeId): boolean {
  const sandbox = nodes.byId.get(target)?.capabilities?.sandbox;
  if (sandbox === undefined || sandbox.kind === "none") return false;
  return CONTAINING.every((rule) => sandbox.enforces.includes(rule));
}

/** The code of the refusal that an asker without the owner's session turns into a staged action. */
export const STAGING_NEEDED = "staging-needed";

/**
 * Whether the owner must see this start first: a command that no sandbox holds, or one that the policy asks about. An
 * owner who starts it by hand has seen it.
 */
export function startNeedsOwner(
  state: HomeState,
  { by, job, target }: StartEpisode,
  { effect }: Pick<PolicyDecision, "effect">,
): boolean {
  if (by.session === "owner") return false;
  return effect === "ask" || (job.kind === "command" && !isContained(state, target));
}
