// The head of the page and what a person must know before anything else: that this revision is another one, that it was
// answered, that the node is away, or what the Home refused.
import * as l10n from "@vscode/l10n";
import { html, type TemplateResult } from "lit";
import { plainText } from "#protocol/text/plainText.ts";
import type { ReviewView } from "#protocol/webview/review.ts";
import { type Notice, noticesRegion, problemNotice } from "../page/notices.ts";
import type { ReviewScene } from "./reviewScene.ts";

export function headPart({ view }: ReviewScene): TemplateResult {
  const { preview } = view;
  return html`<header>
    <h1 class="foreign">${headline(view)}</h1>
    <p class="asked foreign monospace">${plainText(preview.title)}</p>
    <p class="dim">${
      view.job === "command"
        ? l10n.t(
            "A command, to be run there. What it changes comes back as a proposal; nothing is written here by itself.",
          )
        : l10n.t("A question to a model there. Only its answer comes back.")
    }</p>
  </header>`;
}

function headline({ preview, state }: ReviewView): string {
  const name = plainText(preview.destination.name);
  switch (state) {
    case "waiting":
      return l10n.t("Send this to {0}?", name);
    case "approved":
      return l10n.t("Approved for {0}", name);
    case "denied":
      return l10n.t("Not sent to {0}", name);
    case "withdrawn":
      return l10n.t("Withdrawn: nothing was sent to {0}", name);
  }
}

export function noticesPart({ view }: ReviewScene): TemplateResult {
  return noticesRegion(noticesOf(view));
}

function noticesOf(view: ReviewView): readonly Notice[] {
  return [
    ...problemNotice(view.problem),
    ...stateNotice(view),
    ...replacedNotice(view),
    ...nodeNotice(view),
    ...busyNotice(view),
  ];
}

function stateNotice({ answeredHere, state }: ReviewView): readonly Notice[] {
  switch (state) {
    case "waiting":
      return [];
    case "approved":
      return [
        {
          shape: "pass",
          tone: "tone-good",
          text: answeredHere
            ? l10n.t("You approved this. The timeline shows what happens to it.")
            : l10n.t("This was approved in another window or at the terminal."),
        },
      ];
    case "denied":
      return [
        {
          shape: "circle-slash",
          tone: "tone-quiet",
          text: answeredHere
            ? l10n.t("You denied this. Nothing was sent.")
            : l10n.t("This was denied in another window or at the terminal. Nothing was sent."),
        },
      ];
    case "withdrawn":
      return [
        {
          shape: "circle-slash",
          tone: "tone-quiet",
          text: l10n.t(
            "This no longer waits: its episode ended before it was answered. Nothing was sent, and nobody denied it.",
          ),
        },
      ];
  }
}

function replacedNotice({ replaced, state }: ReviewView): readonly Notice[] {
  if (replaced === undefined || state !== "waiting") return [];
  return [{ shape: "git-compare", tone: "tone-attention", text: replacedText(replaced.by) }];
}

function replacedText(by: NonNullable<ReviewView["replaced"]>["by"]): string {
  switch (by) {
    case "taken-out":
      return l10n.t("A new revision, without what you took out. Look it over: only this one can be approved now.");
    case "put-back":
      return l10n.t("A new revision, with the lines that you put back. Only this one can be approved now.");
    case "changed":
      return l10n.t("This changed since you looked at it. Look it over again: only this revision can be approved now.");
  }
}

function nodeNotice({ node, preview, state }: ReviewView): readonly Notice[] {
  if (state !== "waiting" || node.state === "ready" || node.state === "unread") return [];
  const text = l10n.t(
    "{0} cannot take anything now. It can be approved when the node is ready again.",
    plainText(preview.destination.name),
  );
  return [{ shape: "debug-disconnect", tone: "tone-attention", text }];
}

function busyNotice({ busy }: ReviewView): readonly Notice[] {
  switch (busy) {
    case "nothing":
      return [];
    case "revising":
      return [{ shape: "sync", tone: "tone-quiet", text: l10n.t("Making a new revision…") }];
    case "confirming":
      return [{ shape: "question", tone: "tone-quiet", text: l10n.t("Waiting for your answer in the confirmation…") }];
    case "sending":
      return [{ shape: "sync", tone: "tone-quiet", text: l10n.t("Recording your approval…") }];
    case "denying":
      return [{ shape: "sync", tone: "tone-quiet", text: l10n.t("Recording your answer…") }];
  }
}
