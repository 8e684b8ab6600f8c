// The decision itself: VS Code's own dialog repeats exactly what would leave, to whom and until when. Its first button, the
// one that Enter presses, only shows more: nothing is ever approved by a key that was meant for something else.
import * as vscode from "vscode";
import type { EgressPreview, PreviewItem } from "#protocol/egress.ts";
import { bytesText, countOf, durationText, moneyText, momentText } from "#protocol/webview/amounts.ts";
import { plainText } from "#protocol/webview/plainText.ts";
import type { LeaseAsk } from "#protocol/webview/review.ts";
import type { SendQuestion } from "./reviewDesk.ts";

/** Named in the dialog; the rest is counted, and the panel has all. */
const ITEMS_NAMED_MAX = 8;
const NAME_CHARACTERS_MAX = 80;
const TITLE_CHARACTERS_MAX = 200;
const DIGEST_CHARACTERS_SHOWN = "sha256:".length + 12;

/** Answers true only where the person pressed the button that says send. `look` opens what would leave. */
export async function confirmSend(question: SendQuestion, look: () => Promise<void>): Promise<boolean> {
  const { destination, items, payloadBytes } = question.preview;
  const language = vscode.env.language;
  const name = plainText(destination.name, NAME_CHARACTERS_MAX);
  const send = vscode.l10n.t("Send to {0}", name);
  const lookAgain = vscode.l10n.t("Look Again");
  const message =
    items.length === 1
      ? vscode.l10n.t("Send 1 item, {0}, to {1}?", bytesText(payloadBytes, language), name)
      : vscode.l10n.t(
          "Send {0} items, {1}, to {2}?",
          countOf(items.length, language),
          bytesText(payloadBytes, language),
          name,
        );
  const answer = await vscode.window.showWarningMessage(
    message,
    { modal: true, detail: detailOf(question) },
    lookAgain,
    send,
  );
  if (answer === lookAgain) await look();
  return answer === send;
}

function detailOf({ digest, lease, preview }: SendQuestion): string {
  const { destination, title } = preview;
  const t = vscode.l10n.t;
  const keyWords = plainText(destination.keyWords.join(" "), NAME_CHARACTERS_MAX);
  return [
    plainText(title, TITLE_CHARACTERS_MAX),
    "",
    t("What: {0}", itemsText(preview.items)),
    t("Where: {0} · key {1}", plainText(destination.name, NAME_CHARACTERS_MAX), keyWords),
    t("Until: {0}", leaseText(lease, Date.now())),
    t("Cost: {0}", costText(preview)),
    "",
    t(
      "This approves exactly {0}…; if anything changes, you are asked again.",
      digest.slice(0, DIGEST_CHARACTERS_SHOWN),
    ),
    t("Sending cannot be taken back; revoking stops further sends."),
  ].join("\n");
}

function itemsText(items: readonly PreviewItem[]): string {
  // What is not public is named first: it must never be among those only counted.
  const sorted = items.toSorted(
    (a, b) => Number(a.classification === "public") - Number(b.classification === "public"),
  );
  const named = sorted.slice(0, ITEMS_NAMED_MAX).map(({ path }) => plainText(path, NAME_CHARACTERS_MAX));
  const list = new Intl.ListFormat(vscode.env.language, { type: "unit" }).format(named);
  const more = items.length - named.length;
  return more > 0 ? vscode.l10n.t("{0}, and {1} more", list, countOf(more, vscode.env.language)) : list;
}

/** What a yes would grant, in one sentence. */
export function leaseText(lease: LeaseAsk, now: number): string {
  const language = vscode.env.language;
  if (lease.kind === "once") {
    const until = momentText(now + lease.leaseMs, language);
    return vscode.l10n.t("this job only, for {0} ({1})", durationText(lease.leaseMs, language), until);
  }
  const { budget, ceiling, leaseMs, paths } = lease.terms;
  return vscode.l10n.t(
    "up to {0} jobs of this kind, this one included; {1} in all; {2} files in {3}; for {4} ({5})",
    countOf(budget.uses, language),
    bytesText(budget.bytes, language),
    ceiling === "public" ? vscode.l10n.t("only public") : vscode.l10n.t("public and internal"),
    plainText(paths.join(" "), TITLE_CHARACTERS_MAX),
    durationText(leaseMs, language),
    momentText(now + leaseMs, language),
  );
}

function costText({ cost }: EgressPreview): string {
  const language = vscode.env.language;
  if (cost.kind === "unknown") return vscode.l10n.t("unknown: {0}", plainText(cost.reason, TITLE_CHARACTERS_MAX));
  const low = moneyText(cost.lowMicros, plainText(cost.currency, 16), language);
  const high = moneyText(cost.highMicros, plainText(cost.currency, 16), language);
  return low === high ? vscode.l10n.t("about {0}, estimated", low) : vscode.l10n.t("{0} to {1}, estimated", low, high);
}
