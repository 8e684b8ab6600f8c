// Explain Placement: why an episode ran where it ran, by the Home's own words, and what stands in the way of the others.
// The Home journals the reason when it decides; about the other nodes it can only be said how they are now.
import * as vscode from "vscode";
import type { EpisodeId } from "#protocol/ids.ts";
import { sequence } from "#protocol/quantities.ts";
import type { TimelineEntry } from "#protocol/timeline.ts";
import { METHODS, type ResultOf } from "#protocol/wire/client.ts";
import type { EpisodeView, NodeView } from "#protocol/wire/clientViews.ts";
import type { Editor } from "../editor.ts";
import { chosenEpisode } from "../episodes/chosenEpisode.ts";
import { placeText } from "../episodes/episodeWords.ts";
import type { Home } from "../home/home.ts";
import { fitOf } from "../nodes/nodeFit.ts";
import { nodeName, nodeStateText, unfitText } from "../nodes/nodeWords.ts";
import { markdownBlocks, markdownItem, markdownText } from "./markdown.ts";
import type { Reports } from "./reports.ts";

type Shown = ResultOf<"readPreview">;

export async function explainPlacement(editor: Editor, reports: Reports, given: unknown): Promise<void> {
  const episode = await chosenEpisode(editor, given, {
    placeholder: vscode.l10n.t("Whose placement?"),
    fits: () => true,
    none: vscode.l10n.t("There is no episode yet."),
  });
  const { home } = editor;
  const { nodes } = await home.call(METHODS.listNodes, {});
  const { previewId } = episode;
  const shown = previewId === undefined ? undefined : await home.call(METHODS.readPreview, { previewId });
  const placed = await placedEntry(home, episode.episodeId);
  await reports.show(vscode.l10n.t("Why There"), reportOf(episode, placed, shown, nodes));
}

function reportOf(
  episode: EpisodeView,
  placed: TimelineEntry | undefined,
  shown: Shown | undefined,
  nodes: readonly NodeView[],
): string {
  const title = vscode.l10n.t("Why “{0}” runs on {1}", episode.title, placeText(episode.target));
  const others = nodes.filter(({ nodeId, state }) => nodeId !== episode.target.nodeId && state !== "revoked");
  return markdownBlocks([
    `# ${markdownText(title)}`,
    placed === undefined ? undefined : markdownText(placed.text),
    shown === undefined
      ? undefined
      : markdownText(vscode.l10n.t("On this machine instead: {0}", shown.preview.why.localAlternative)),
    `## ${vscode.l10n.t("The Other Nodes, as They Are Now")}`,
    others.length === 0
      ? vscode.l10n.t("There is no other node.")
      : others.map((node) => markdownItem(nodeName(node), [nodeStateText(node), fitText(node, episode)])).join("\n"),
    vscode.l10n.t(
      "The rule: this machine first, unless you name another node. Another one only takes what this machine cannot do, and only after you approved what leaves.",
    ),
  ]);
}

function fitText(node: NodeView, { kind }: EpisodeView): string {
  return unfitText(fitOf(node, { kind })) ?? vscode.l10n.t("It could take this job.");
}

/** The entry in which the Home said where the job goes and why. */
async function placedEntry(home: Home, episodeId: EpisodeId): Promise<TimelineEntry | undefined> {
  for (let fromSequence = sequence(1); ; ) {
    const page = await home.call(METHODS.readTimeline, { episodeId, fromSequence });
    const placed = page.entries.find(({ kind }) => kind === "JobPlaced");
    // The decision stands at an episode's beginning: past its first entries there is none.
    if (placed !== undefined || page.entries.length > 0 || !page.more) return placed;
    ({ nextSequence: fromSequence } = page);
  }
}
