// The last line of a run: how it ended, where, how long, what crossed, what was metered and by which method.

import { plainText } from "#protocol/text/plainText.ts";
import type { Usage } from "#protocol/usage.ts";
import type { EpisodeView } from "#protocol/wire/clientViews.ts";
import { bytesText, countText, durationText, methodText } from "./amounts.ts";
import type { Style } from "./style.ts";
import { outcomeText } from "./views.ts";

/** What the timeline showed of the episode's crossings. */
export interface Crossed {
  readonly outBytes: number;
  readonly backBytes: number;
}

export function summaryLines(episode: EpisodeView, crossed: Crossed, style: Style): readonly string[] {
  const { episodeId, finishedAt, outcome, proposalId, review, startedAt, target, usage } = episode;
  const parts = [
    outcome === undefined ? episode.state : outcomeText(outcome),
    target.local ? "here" : `on ${plainText(target.name)}`,
    ...(finishedAt === undefined ? [] : [durationText(Math.max(0, finishedAt - startedAt))]),
    ...(target.local ? [] : [`▲ ${bytesText(crossed.outBytes)} out, ▼ ${bytesText(crossed.backBytes)} back`]),
    ...(usage === undefined ? [] : usageParts(usage)),
  ];
  if (review === "waiting") {
    return [
      style.dim(parts.join(" · ")),
      `What came back waits for your look first: arw-home result show ${episodeId}`,
    ];
  }
  return [
    style.dim(parts.join(" · ")),
    ...(proposalId === undefined
      ? []
      : [
          `Files changed; nothing was written. Look: arw-home proposal show ${proposalId}`,
          `Take them: arw-home proposal apply ${proposalId}`,
        ]),
  ];
}

function usageParts({ busy, tokensIn, tokensOut }: Usage): readonly string[] {
  return [
    `busy ${durationText(busy.durationMs)} (${methodText(busy.method)})`,
    ...(tokensIn === undefined ? [] : [`${countText(tokensIn.tokens, "token")} in (${methodText(tokensIn.method)})`]),
    ...(tokensOut === undefined
      ? []
      : [`${countText(tokensOut.tokens, "token")} out (${methodText(tokensOut.method)})`]),
  ];
}
