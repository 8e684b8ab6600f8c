// What a person must know before anything else: that another revision took its place, that it cannot be done any more as it is
// shown, that it was decided, what came of it, or what the Home refused.
import * as l10n from "@vscode/l10n";
import type { TemplateResult } from "lit";
import { plainText } from "#protocol/text/plainText.ts";
import type { StagedBusy, StagedReview } from "#protocol/webview/staged.ts";
import type { StagedResult } from "#protocol/wire/stagingViews.ts";
import { type Notice, noticesRegion, problemNotice } from "../page/notices.ts";

export function noticesPart(review: StagedReview): TemplateResult {
  return noticesRegion([
    ...problemNotice(review.problem),
    ...stateNotice(review),
    ...staleNotice(review),
    ...busyNotice(review.busy),
  ]);
}

/** The same region of a table. */
export function tableNotices(busy: StagedBusy, problem: StagedReview["problem"]): TemplateResult {
  return noticesRegion([...problemNotice(problem), ...busyNotice(busy)]);
}

/** What became of an approval, in a sentence. */
export function resultText({ detail, outcome }: StagedResult): string {
  switch (outcome) {
    case "done":
      return l10n.t("Done as you approved it.");
    case "failed":
    case "refused":
      return l10n.t("Not done: {0}", plainText(detail));
    case "void":
      return l10n.t("Not done: it had changed since you read it. What it has become waits for you.");
    case "unknown":
      return l10n.t("Nobody knows whether it was done: {0}", plainText(detail));
  }
}

function stateNotice({ answeredHere, result, staged }: StagedReview): readonly Notice[] {
  const { decided, run, state } = staged;
  const by = plainText(decided?.by ?? "");
  switch (state) {
    case "pending":
      return [];
    case "approved":
      return [approvedNotice(answeredHere ? result : undefined, run, by)];
    case "rejected": {
      const reason = plainText(decided?.reason ?? "");
      const text =
        reason === ""
          ? l10n.t("Rejected by {0}. Nothing was done.", by)
          : l10n.t("Rejected by {0}: {1} Nothing was done, and whoever asked reads the reason.", by, reason);
      return [{ shape: "circle-slash", tone: "tone-quiet", text }];
    }
    case "superseded":
      return [
        {
          shape: "git-compare",
          tone: "tone-attention",
          text: l10n.t(
            "This changed while you read it: {0} proposed a revision. Read the new one; this one cannot be approved any more, and its endorsements are void.",
            by,
          ),
        },
      ];
    case "withdrawn":
      return [{ shape: "circle-slash", tone: "tone-quiet", text: l10n.t("{0} took it back. Nothing was done.", by) }];
  }
}

function approvedNotice(result: StagedResult | undefined, run: StagedReview["staged"]["run"], by: string): Notice {
  const outcome = result?.outcome ?? run?.state;
  const good = outcome === "done";
  const ended = outcome !== undefined && outcome !== "begun" && outcome !== "not-begun";
  const shape = good ? "pass" : ended ? "error" : "sync";
  const tone = good ? "tone-good" : ended ? "tone-error" : "tone-quiet";
  if (result !== undefined) return { shape, tone, text: resultText(result) };
  const text = l10n.t("Approved by {0}. {1}", by, runText(run));
  return { shape, tone, text };
}

function runText(run: StagedReview["staged"]["run"]): string {
  switch (run?.state) {
    case undefined:
    case "not-begun":
      return l10n.t("It has not begun.");
    case "begun":
      return l10n.t("It is being done.");
    case "done":
      return l10n.t("It was done.");
    case "failed":
      return l10n.t("It was not done: {0}", plainText(run.detail));
    case "void":
      return l10n.t("It was not done: it had changed.");
    case "unknown":
      return l10n.t("Nobody knows whether it was done: {0}", plainText(run.detail));
  }
}

function staleNotice({ staged }: StagedReview): readonly Notice[] {
  if (staged.state !== "pending" || staged.stale === undefined) return [];
  const text = l10n.t("Stale: {0} Approved as it is, it would not be done.", plainText(staged.stale));
  return [{ shape: "history", tone: "tone-attention", text }];
}

function busyNotice(busy: StagedBusy): readonly Notice[] {
  switch (busy) {
    case "nothing":
      return [];
    case "confirming":
      return [{ shape: "question", tone: "tone-quiet", text: l10n.t("Waiting for your answer in the confirmation…") }];
    case "approving":
      return [{ shape: "sync", tone: "tone-quiet", text: l10n.t("Recording your approval…") }];
    case "rejecting":
      return [{ shape: "question", tone: "tone-quiet", text: l10n.t("Waiting for your reason…") }];
    case "revising":
      return [{ shape: "sync", tone: "tone-quiet", text: l10n.t("Making a new revision…") }];
  }
}
