// What the native confirmation says: exactly what would leave, to whom, until when, at what cost, and the digest of all of it.
// Text of files and other machines is one line of bounded length in it, so that none can fake a line of ours.
import * as vscode from "vscode";
import type { EgressPreview, MeasuredCost, PreviewItem } from "#protocol/egress.ts";
import { lineRangesText } from "#protocol/lineCut.ts";
import { amountsIn } from "#protocol/text/amounts.ts";
import { plainText } from "#protocol/text/plainText.ts";
import type { LeaseAsk } from "#protocol/webview/review.ts";
import type { SendQuestion } from "./reviewDesk.ts";

/** Named in the dialog; the rest is counted, and the panel has all. */
const ITEMS_NAMED_MAX = 8;
export const NAME_CHARACTERS_MAX = 80;
const TITLE_CHARACTERS_MAX = 200;
const DIGEST_CHARACTERS_SHOWN: number = "sha256:".length + 12;

export function sendMessage({ preview }: SendQuestion): string {
  const { destination, items, payloadBytes } = preview;
  const amounts = amountsIn(vscode.env.language);
  const name = plainText(destination.name, NAME_CHARACTERS_MAX);
  const size = amounts.bytes(payloadBytes);
  return items.length === 1
    ? vscode.l10n.t("Send 1 item, {0}, to {1}?", size, name)
    : vscode.l10n.t("Send {0} items, {1}, to {2}?", amounts.count(items.length), size, name);
}

export function sendDetail({ digest, lease, preview }: SendQuestion, now: number): string {
  const { destination, title } = preview;
  const keyWords = plainText(destination.keyWords.join(" "), NAME_CHARACTERS_MAX);
  return [
    plainText(title, TITLE_CHARACTERS_MAX),
    "",
    vscode.l10n.t("What: {0}", itemsText(preview.items)),
    ...shortenedText(preview.items),
    vscode.l10n.t("Where: {0} · key {1}", plainText(destination.name, NAME_CHARACTERS_MAX), keyWords),
    vscode.l10n.t("Until: {0}", leaseText(lease, now)),
    ...costLines(preview),
    ...boundText(lease),
    "",
    vscode.l10n.t(
      "This approves exactly {0}…; if anything changes, you are asked again.",
      digest.slice(0, DIGEST_CHARACTERS_SHOWN),
    ),
    vscode.l10n.t("Sending cannot be taken back; revoking stops further sends."),
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
  return more > 0 ? vscode.l10n.t("{0}, and {1} more", list, amountsIn(vscode.env.language).count(more)) : list;
}

/** The command there reads less than is here: whoever says yes has read which lines are missing. */
function shortenedText(items: readonly PreviewItem[]): readonly string[] {
  const shortened = items.flatMap(({ cut, path }) => (cut === undefined ? [] : [{ path, lines: cut.lines }]));
  const named = shortened.slice(0, ITEMS_NAMED_MAX).map(({ lines, path }) => {
    const text = plainText(lineRangesText(lines), NAME_CHARACTERS_MAX);
    return vscode.l10n.t("{0} will be sent without lines {1}", plainText(path, NAME_CHARACTERS_MAX), text);
  });
  const more = shortened.length - named.length;
  const counted = amountsIn(vscode.env.language).count(more);
  return more > 0
    ? [...named, vscode.l10n.t("{0} more items will be sent without some of their lines", counted)]
    : named;
}

/** What a yes would grant, in one sentence. */
function leaseText(lease: LeaseAsk, now: number): string {
  const amounts = amountsIn(vscode.env.language);
  if (lease.kind === "once") {
    const until = amounts.moment(now + lease.leaseMs);
    return vscode.l10n.t("this job only, for {0} ({1})", amounts.duration(lease.leaseMs), until);
  }
  const { budget, ceiling, leaseMs, paths } = lease.terms;
  return vscode.l10n.t(
    "up to {0} jobs of this kind, this one included; {1} in all; {2} files in {3}; for {4} ({5})",
    amounts.count(budget.uses),
    amounts.bytes(budget.bytes),
    ceiling === "public" ? vscode.l10n.t("only public") : vscode.l10n.t("public and internal"),
    plainText(paths.join(" "), TITLE_CHARACTERS_MAX),
    amounts.duration(leaseMs),
    amounts.moment(now + leaseMs),
  );
}

/** What all sends under the lease may cost together, where the person set a bound. */
function boundText(lease: LeaseAsk): readonly string[] {
  const bound = lease.kind === "once" ? undefined : lease.terms.budget.cost;
  if (bound === undefined) return [];
  const money = amountsIn(vscode.env.language).money(bound.micros, bound.currency);
  return [vscode.l10n.t("Cost of all jobs under this lease: at most {0}", money)];
}

/** What it would cost, from what that is reckoned, and the bound that a lease reserves. */
function costLines({ cost }: EgressPreview): readonly string[] {
  if (cost.kind === "unknown") {
    return [vscode.l10n.t("Cost: {0}", vscode.l10n.t("unknown: {0}", plainText(cost.reason, TITLE_CHARACTERS_MAX)))];
  }
  const bound = rangeText(cost, cost.currency);
  const basis = vscode.l10n.t("Basis: {0}", plainText(cost.basis, TITLE_CHARACTERS_MAX));
  if (cost.measured === undefined) return [vscode.l10n.t("Cost: {0}", bound), basis];
  return [
    vscode.l10n.t("Cost: {0}", rangeText(cost.measured, cost.currency)),
    likeText(cost.measured),
    vscode.l10n.t("By its limits: {0}", bound),
    basis,
  ];
}

/** What the range stands on: jobs that the Home has seen there. */
function likeText({ jobs, median, ninetieth, unit }: MeasuredCost): string {
  const amounts = amountsIn(vscode.env.language);
  const amount = (value: number): string => (unit === "tool-ms" ? amounts.duration(value) : amounts.count(value));
  const [count, middle, most] = [amounts.count(jobs), amount(median), amount(ninetieth)];
  return unit === "tool-ms"
    ? vscode.l10n.t("From {0} like jobs there: median {1}, 90th percentile {2}", count, middle, most)
    : vscode.l10n.t("From {0} like jobs there: median {1} tokens, 90th percentile {2} tokens", count, middle, most);
}

function rangeText(
  { highMicros, lowMicros }: Pick<MeasuredCost, "lowMicros" | "highMicros">,
  currency: string,
): string {
  const amounts = amountsIn(vscode.env.language);
  const low = amounts.money(lowMicros, plainText(currency, 16));
  const high = amounts.money(highMicros, plainText(currency, 16));
  return low === high ? vscode.l10n.t("about {0}, estimated", low) : vscode.l10n.t("{0} to {1}, estimated", low, high);
}
