// One record as a row: when, what became of it, what it was and where to, how much left, and what it carried. All text of
// other machines becomes text nodes. It decides wording and order; the style sheet decides what fits.
import * as l10n from "@vscode/l10n";
import { html, nothing, type TemplateResult } from "lit";
import type { Amounts } from "#protocol/text/amounts.ts";
import { plainText } from "#protocol/text/plainText.ts";
import type { LedgerRecord } from "#protocol/wire/ledgerRecords.ts";
import { classWord } from "../page/classWord.ts";
import { icon } from "../page/icon.ts";
import { placed } from "../page/placed.ts";
import { stateLook } from "./recordWords.ts";

export interface RowSight {
  readonly record: LedgerRecord;
  readonly position: number;
  readonly count: number;
  readonly topPixels: number;
  /** The one with the tab stop. */
  readonly active: boolean;
  /** Whether a person chose it. */
  readonly chosen: boolean;
}

/** Paths named in a row; the details have all of them. */
const PATHS_NAMED = 3;

export function rowPart(amounts: Amounts, sight: RowSight): TemplateResult {
  const { active, chosen, count, position, record, topPixels } = sight;
  const { row, title } = record;
  const { icon: shape, tone, word } = stateLook(row);
  return html`<div
    class="row"
    role="article"
    tabindex=${active ? "0" : "-1"}
    aria-posinset=${position + 1}
    aria-setsize=${count}
    aria-label=${rowLabel(amounts, record)}
    aria-current=${chosen ? "true" : nothing}
    data-position=${position}
    ${placed({ transform: `translateY(${topPixels}px)` })}
  >
    <span class="state">${icon(shape, tone)} <span class="word">${word}</span></span>
    <span class="line"><span class="text foreign">${plainText(title)}</span></span>
    <span class="amount">${amountOf(amounts, record)}</span>
    <span class="where dim">${icon("server")} <span class="name foreign">${plainText(row.dest)}</span></span>
    <time class="time dim">${amounts.moment(row.time)}</time>
    <span class="second dim foreign">${secondLine(record)}</span>
  </div>`;
}

function amountOf(amounts: Amounts, { payloadBytes, row }: LedgerRecord): TemplateResult {
  if (row.bytes_out > 0) {
    return html`<span class="tone-out">▲ ${amounts.bytes(row.bytes_out)}</span>${
      row.bytes_in > 0 ? html` <span class="tone-back came">▼ ${amounts.bytes(row.bytes_in)}</span>` : nothing
    }`;
  }
  return html`<span class="dim">${l10n.t("of {0}", amounts.bytes(payloadBytes))}</span>`;
}

function secondLine({ carried, classification, row }: LedgerRecord): string {
  const parts = [
    classification === undefined ? undefined : classWord(classification),
    carried === undefined ? l10n.t("its preview is no longer kept") : pathsText(carried),
    row.lease_id === null ? plainText(row.reason_code) : l10n.t("under {0}", row.lease_id),
  ];
  return parts.filter((each) => each !== undefined).join(" · ");
}

export function pathsText({ count, paths }: NonNullable<LedgerRecord["carried"]>): string {
  const named = paths.slice(0, PATHS_NAMED).map((path) => plainText(path));
  const rest = count - named.length;
  if (rest <= 0) return named.join(", ");
  return l10n.t("{0} and {1} more", named.join(", "), rest);
}

/** The whole row in words, for a screen reader. */
function rowLabel(amounts: Amounts, record: LedgerRecord): string {
  const { payloadBytes, row, title } = record;
  const left =
    row.bytes_out > 0
      ? l10n.t("{0} left this machine", amounts.bytes(row.bytes_out))
      : l10n.t("nothing of {0} is known to have left", amounts.bytes(payloadBytes));
  const to = l10n.t("to {0}", plainText(row.dest));
  return [stateLook(row).word, plainText(title), to, left, amounts.moment(row.time), secondLine(record)].join(", ");
}
