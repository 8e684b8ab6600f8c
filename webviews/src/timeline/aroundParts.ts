// What stands around the rows: the head of an episode's own timeline, the empty states and the status line with follow mode.
import * as l10n from "@vscode/l10n";
import { html, nothing, type TemplateResult } from "lit";
import type { Amounts } from "#protocol/text/amounts.ts";
import { plainText } from "#protocol/text/plainText.ts";
import { icon } from "../page/icon.ts";
import { narrowings } from "./entryFilter.ts";
import { totalsParts } from "./rowPart.ts";
import type { Sight } from "./sight.ts";
import type { TimelineModel } from "./timelineModel.ts";

export interface AroundActions {
  readonly clearFilter: () => void;
  readonly startEpisode: () => void;
  readonly readOlder: () => void;
  readonly follow: () => void;
}

/** An episode's title, what it came to, where it ran and why there. */
export function headPart(model: TimelineModel, amounts: Amounts, nowAt: number): TemplateResult {
  if (model.scope.kind === "workspace") return html`<h1 class="heard-only">${l10n.t("Timeline")}</h1>`;
  const totals = model.totalsOf(model.scope.episodeId);
  return html`<header class="head">
    <h1 class="foreign">${plainText(model.scope.title)}</h1>
    ${
      totals === undefined
        ? nothing
        : html`<p class="totals">${totalsParts(model, amounts, totals, nowAt)}</p>
            ${totals.why === undefined ? nothing : html`<p class="why dim foreign">${plainText(totals.why)}</p>`}`
    }
  </header>`;
}

/** Why there are no rows, and the one thing to do about it. */
export function emptyPart(
  model: TimelineModel,
  amounts: Amounts,
  actions: AroundActions,
): TemplateResult | typeof nothing {
  const { rows } = model;
  if (model.isIdle || (model.loaded && rows.heldCount === 0)) {
    return html`<div class="empty">
      <p>${l10n.t("No episodes yet. Everything runs on this machine until you add a worker.")}</p>
      <button class="button" @click=${actions.startEpisode}>${l10n.t("Start Episode…")}</button>
    </div>`;
  }
  if (rows.shownCount > 0 || !model.loaded) return nothing;
  const held = amounts.count(rows.heldCount);
  return html`<div class="empty">
    <p>
      ${
        narrowings(rows.filter) === 1 && rows.filter.levels.length === 1 && rows.filter.levels[0] === "error"
          ? l10n.t("No errors in {0} events.", held)
          : l10n.t("None of {0} events passes the filter.", held)
      }
    </p>
    <button class="button secondary" @click=${actions.clearFilter}>${l10n.t("Clear filter")}</button>
  </div>`;
}

/** Above the first row: whether there are older ones, and how to get them. */
export function olderPart(model: TimelineModel, actions: AroundActions): TemplateResult | typeof nothing {
  if (!model.rows.older) return nothing;
  if (model.olderProblem !== undefined) {
    return html`<span>${icon("error", "tone-error")} <span class="foreign">${plainText(model.olderProblem)}</span></span>
      <button class="link-button" @click=${actions.readOlder}>${l10n.t("Try again")}</button>`;
  }
  if (!model.rows.hasRoom) {
    return html`<span>${l10n.t("Older events are kept by the Home; the timeline of their episode shows them.")}</span>`;
  }
  return model.readingOlder
    ? html`<span>${l10n.t("Reading older events…")}</span>`
    : html`<button class="link-button" @click=${actions.readOlder}>${l10n.t("Show older events")}</button>`;
}

export function statusPart(
  model: TimelineModel,
  amounts: Amounts,
  sight: Sight,
  unseen: number,
  actions: AroundActions,
): TemplateResult {
  const { rows } = model;
  const shown = amounts.count(rows.shownCount);
  const counted =
    rows.shownCount === rows.heldCount
      ? l10n.t("{0} events", shown)
      : l10n.t("{0} of {1} events", shown, amounts.count(rows.heldCount));
  return html`<span class="counted">${rows.older ? l10n.t("{0}, older ones at the Home", counted) : counted}</span>
    <span class="older">${olderPart(model, actions)}</span>
    <button
      class="icon-button named follow"
      aria-pressed=${sight.follow ? "true" : "false"}
      title=${l10n.t("Follow the newest event (End)")}
      @click=${actions.follow}
    >
      ${icon("arrow-circle-down")}
      <span>${sight.follow ? l10n.t("Following") : unseen > 0 ? l10n.t("Follow ({0} new)", amounts.count(unseen)) : l10n.t("Follow")}</span>
    </button>`;
}
