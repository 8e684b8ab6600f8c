// A record's state as word, shape and colour, and the words for its decision and reason. The three never disagree.
import * as l10n from "@vscode/l10n";
import type { EgressLedgerRow } from "#protocol/egress.ts";

export interface StateLook {
  readonly word: string;
  readonly icon: string;
  readonly tone: string;
}

export function stateLook({ decision, state }: EgressLedgerRow): StateLook {
  if (decision === "deny") return { word: l10n.t("Denied"), icon: "circle-slash", tone: "tone-attention" };
  switch (state) {
    case "open":
      return { word: l10n.t("Leaving now"), icon: "arrow-up", tone: "tone-out" };
    case "received":
      return { word: l10n.t("Received"), icon: "pass", tone: "tone-good" };
    case "partial":
      return { word: l10n.t("Left in part"), icon: "warning", tone: "tone-attention" };
    case "unknown":
      return { word: l10n.t("Not known"), icon: "question", tone: "tone-attention" };
    case "none":
      return { word: l10n.t("Nothing left"), icon: "circle-large-outline", tone: "tone-quiet" };
  }
}

/** What a state means, in a sentence. */
export function stateSentence({ decision, state }: EgressLedgerRow): string {
  if (decision === "deny") return l10n.t("It was denied. Nothing left this machine.");
  switch (state) {
    case "open":
      return l10n.t("It was allowed, and its attempt has not ended: it may be leaving now.");
    case "received":
      return l10n.t("It left, and the other machine signed for what it received.");
    case "partial":
      return l10n.t("A part of it left before the attempt ended.");
    case "unknown":
      return l10n.t("It was allowed, and nobody knows how much left before the link or this machine failed.");
    case "none":
      return l10n.t("It was allowed, and its attempt ended before anything left.");
  }
}
