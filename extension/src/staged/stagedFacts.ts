// What the mirror of the Home says about staged actions, for the page and its commands: which wait, which are of one kind, and
// what a node is called. Pure; nothing here is a permission.
import type { StagedId } from "#protocol/ids.ts";
import type { StagedAction } from "#protocol/staging.ts";
import type { StagedView } from "#protocol/wire/stagingViews.ts";
import type { HomeFacts } from "../home/homeMirror.ts";

/** The oldest first. */
export function stagedOf({ waiting }: Pick<HomeFacts, "waiting">): readonly StagedView[] {
  return waiting
    .flatMap((item) => (item.kind === "staged" ? [item.staged] : []))
    .toSorted((left, right) => left.stagedAt - right.stagedAt);
}

/** Those that could be approved together with this one, itself first where it waits. */
export function sameKind(facts: HomeFacts, { action, stagedId }: StagedView): readonly StagedId[] {
  const same = stagedOf(facts).filter((view) => view.action.kind === action.kind);
  const [own, others] = [
    same.filter((view) => view.stagedId === stagedId),
    same.filter((view) => view.stagedId !== stagedId),
  ];
  return [...own, ...others].map((view) => view.stagedId);
}

/** The name of the node that would run it or receive; undefined where the action is about none, or it is unknown. */
export function nodeNameOf({ nodes }: Pick<HomeFacts, "nodes">, action: StagedAction): string | undefined {
  const id = action.kind === "run-command" ? action.target : action.kind === "grant-lease" ? action.nodeId : undefined;
  return id === undefined ? undefined : nodes.find(({ nodeId }) => nodeId === id)?.name;
}
