// The words for how an episode stands and how it ended, for every flow of this window.
import * as vscode from "vscode";
import { amountsIn } from "#protocol/text/amounts.ts";
import { oneLine } from "#protocol/text/plainText.ts";
import type { EpisodeView } from "#protocol/wire/clientViews.ts";

export function episodeStateText(episode: EpisodeView): string {
  switch (episode.state) {
    case "waiting-for-approval":
      return vscode.l10n.t("waits for your approval");
    case "running":
      return vscode.l10n.t("running");
    case "finished":
      return outcomeText(episode);
  }
}

/** How it ended, where, and how long it took: the last line of its terminal. */
export function endText(episode: EpisodeView): string {
  const { finishedAt, startedAt } = episode;
  const where = placeText(episode.target);
  if (finishedAt === undefined) return vscode.l10n.t("{0} · {1}", outcomeText(episode), where);
  const took = amountsIn(vscode.env.language).duration(Math.max(0, finishedAt - startedAt));
  return vscode.l10n.t("{0} · {1} · {2}", outcomeText(episode), where, took);
}

export function placeText(target: EpisodeView["target"]): string {
  return target.local ? vscode.l10n.t("this machine") : oneLine(target.name);
}

function outcomeText({ outcome }: EpisodeView): string {
  switch (outcome?.kind) {
    case undefined:
      return vscode.l10n.t("finished");
    case "exited":
      return outcome.exitCode === 0
        ? vscode.l10n.t("✓ exit code 0")
        : vscode.l10n.t("✗ exit code {0}", outcome.exitCode);
    case "answered":
      return outcome.stopReason === "end"
        ? vscode.l10n.t("✓ answered")
        : vscode.l10n.t("✓ answered, cut at the token limit");
    case "cancelled":
      return vscode.l10n.t("■ cancelled");
    case "failed":
      // The owner's own decision is no failure.
      if (outcome.code === "egress-denied") return vscode.l10n.t("■ not sent: {0}", oneLine(outcome.message));
      return outcome.code === "lease-revoked"
        ? vscode.l10n.t("■ ended: {0}", oneLine(outcome.message))
        : vscode.l10n.t("✗ failed: {0} {1}", oneLine(outcome.message), oneLine(outcome.advice));
  }
}
