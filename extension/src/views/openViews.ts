// The five tree views of the container: what waits for you, episodes, nodes, and two that are empty in this version.
// Rows carry what the Home said to the commands of their menus; commands decode it again.
import * as vscode from "vscode";
import type { EpisodeView, LeaseView, NodeView } from "#protocol/wire/clientViews.ts";
import type { Editor, Feature } from "../editor.ts";
import type { HomeFacts, WaitingItem } from "../home/homeMirror.ts";
import { episodeLook, episodePartLooks } from "./episodeLook.ts";
import type { ItemLook } from "./itemLook.ts";
import { leaseLook, nodeFactLooks, nodeLook } from "./nodeLook.ts";
import { type RowSource, RowTree } from "./rowTree.ts";
import { oldestFirst, waitingLook } from "./waitingLook.ts";

/** The newest ones; the timeline has them all. */
const EPISODES_SHOWN_MAX = 200;

/** A row without menus of its own. */
interface PartRow {
  readonly kind: "part";
  readonly look: ItemLook;
}
interface WaitingRow {
  readonly kind: "waiting";
  readonly item: WaitingItem;
}
interface EpisodeRow {
  readonly kind: "episode";
  readonly episode: EpisodeView;
}
interface NodeRow {
  readonly kind: "node";
  readonly node: NodeView;
}
interface LeaseRow {
  readonly kind: "lease";
  readonly lease: LeaseView;
}

export function openViews(editor: Editor): Feature {
  const trees = [
    new RowTree(editor, {
      ...NEEDS_YOU,
      seen: (visible) => {
        editor.sight.needsYou = visible;
      },
    }),
    new RowTree(editor, EPISODES),
    new RowTree(editor, NODES),
    new RowTree(editor, emptyView("arw.people")),
    new RowTree(editor, emptyView("arw.library")),
  ];
  return { commands: {}, dispose: () => vscode.Disposable.from(...trees).dispose() };
}

const part = (look: ItemLook): PartRow => ({ kind: "part", look });

const NEEDS_YOU: RowSource<WaitingRow> = {
  viewId: "arw.needsYou",
  roots: ({ waiting }) => oldestFirst(waiting).map((item) => ({ kind: "waiting", item })),
  children: () => [],
  look: (row, { nowMs }) => waitingLook(row.item, nowMs, row),
  badge: ({ waiting }) =>
    waiting.length === 0
      ? undefined
      : { value: waiting.length, tooltip: vscode.l10n.t("{0} waiting for you", waiting.length) },
};

const EPISODES: RowSource<EpisodeRow | PartRow> = {
  viewId: "arw.episodes",
  roots: ({ episodes }) => [
    ...episodes.slice(0, EPISODES_SHOWN_MAX).map((episode): EpisodeRow => ({ kind: "episode", episode })),
    ...(episodes.length > EPISODES_SHOWN_MAX ? [part(olderLook(episodes.length - EPISODES_SHOWN_MAX))] : []),
  ],
  children: (row) => (row.kind === "episode" ? episodePartLooks(row.episode, row).map(part) : []),
  look: (row, { nowMs }) => (row.kind === "episode" ? episodeLook(row.episode, nowMs) : row.look),
};

const NODES: RowSource<NodeRow | LeaseRow | PartRow> = {
  viewId: "arw.nodes",
  roots: (facts) => [
    ...localFirst(facts.nodes).map((node): NodeRow => ({ kind: "node", node })),
    ...nextSteps(facts).map(part),
  ],
  children: (row, { leases }) =>
    row.kind === "node"
      ? [
          ...leases
            .filter(({ lease, state }) => lease.subject === row.node.nodeId && state === "live")
            .map((lease): LeaseRow => ({ kind: "lease", lease })),
          ...nodeFactLooks(row.node).map(part),
        ]
      : [],
  look: (row, clock) => {
    switch (row.kind) {
      case "node":
        return nodeLook(row.node, clock.readMs);
      case "lease":
        return leaseLook(row.lease, clock);
      case "part":
        return row.look;
    }
  },
  message: (facts) =>
    hasWorkers(facts) && !facts.clustering ? vscode.l10n.t("Clustering is off. The rest works as before.") : undefined,
};

/** Its text for when it is empty says why; the manifest has it. */
function emptyView(viewId: string): RowSource<never> {
  return {
    viewId,
    roots: () => [],
    children: () => [],
    look: (row) => row,
  };
}

function localFirst(nodes: readonly NodeView[]): readonly NodeView[] {
  const rank = ({ local, state }: NodeView): number => (local ? 0 : state === "revoked" ? 2 : 1);
  return nodes.toSorted((left, right) => rank(left) - rank(right) || left.name.localeCompare(right.name));
}

function hasWorkers({ nodes }: HomeFacts): boolean {
  return nodes.some(({ local, state }) => !local && state !== "revoked");
}

/** What to do next: rows of their own, because a view that shows a node has no room for buttons. */
function nextSteps(facts: HomeFacts): readonly ItemLook[] {
  const step = (command: string, shape: string, title: string, why: string): ItemLook => ({
    id: `step/${command}`,
    label: title,
    icon: { shape },
    tooltip: [why],
    children: "none",
    command: { id: command, title },
  });
  if (facts.nodes.length === 0) return [];
  if (hasWorkers(facts)) {
    if (facts.clustering) return [];
    const why = vscode.l10n.t("Opens the port again and lets your workers come back.");
    return [step("arw.turnOnClustering", "plug", vscode.l10n.t("Turn On Clustering"), why)];
  }
  return [
    step("arw.pairWorker", "add", vscode.l10n.t("Pair Worker…"), vscode.l10n.t("Let another machine of yours help.")),
    step(
      "arw.startPracticeCluster",
      "beaker",
      vscode.l10n.t("Start Practice Cluster"),
      vscode.l10n.t("A second worker process on this machine, to try everything with."),
    ),
  ];
}

function olderLook(count: number): ItemLook {
  return {
    id: "episodes/older",
    label: vscode.l10n.t("Older episodes: {0}", count),
    icon: { shape: "history" },
    tooltip: [vscode.l10n.t("The timeline has them all.")],
    children: "none",
    command: { id: "arw.openTimeline", title: vscode.l10n.t("Open Timeline") },
  };
}
