// Why there are no rows, with the one thing to do about it.
import * as l10n from "@vscode/l10n";
import { html, nothing, type TemplateResult } from "lit";
import type { Amounts } from "#protocol/text/amounts.ts";
import { plainText } from "#protocol/text/plainText.ts";
import { icon } from "../page/icon.ts";
import { isNarrowed } from "./filterPart.ts";
import type { LedgerModel } from "./ledgerModel.ts";

export interface EmptyActions {
  readonly clear: () => void;
  readonly startEpisode: () => void;
  readonly again: () => void;
}

export function emptyPart(
  model: LedgerModel,
  amounts: Amounts,
  actions: EmptyActions,
): TemplateResult | typeof nothing {
  const { filter, looking, problem, rows, total } = model;
  if (problem !== undefined) {
    return html`<div class="empty">
      <p>${icon("error", "tone-error")} <span class="foreign">${plainText(problem)}</span></p>
      <button class="button" @click=${actions.again}>${l10n.t("Try again")}</button>
    </div>`;
  }
  if (rows.length > 0) return nothing;
  if (looking || total === undefined) {
    return html`<div class="empty"><p role="status">${l10n.t("Looking through the ledger…")}</p></div>`;
  }
  if (total > 0 && isNarrowed(filter)) {
    return html`<div class="empty">
      <p>${l10n.t("None of {0} records passes the filter.", amounts.count(total))}</p>
      <button class="button secondary" @click=${actions.clear}>${l10n.t("Clear filter")}</button>
    </div>`;
  }
  return html`<div class="empty">
    <p>
      ${l10n.t("Nothing has left this machine, and nothing was denied. Each send to another machine gets a record here before its first byte leaves.")}
    </p>
    <button class="button" @click=${actions.startEpisode}>${l10n.t("Start Episode…")}</button>
  </div>`;
}
