// The bar above the timeline: search with its count, filters, jumps, and how the rows look. Every control has a name, says
// its key, and does what the key does.
import * as l10n from "@vscode/l10n";
import { html, nothing, type TemplateResult } from "lit";
import { live } from "lit/directives/live.js";
import type { Amounts } from "#protocol/text/amounts.ts";
import { icon } from "../page/icon.ts";
import { narrowings } from "./entryFilter.ts";
import { densityWord } from "./entryWords.ts";
import type { JumpTarget } from "./jumps.ts";
import type { Sight } from "./sight.ts";
import type { TimelineModel } from "./timelineModel.ts";

export interface ToolbarActions {
  readonly search: (text: string) => void;
  readonly searchKey: (event: KeyboardEvent) => void;
  readonly nextMatch: (direction: 1 | -1) => void;
  readonly jump: (target: JumpTarget, direction: 1 | -1) => void;
  readonly change: (change: Partial<Sight>) => void;
}

export function toolbarPart(
  model: TimelineModel,
  amounts: Amounts,
  sight: Sight,
  matchNumber: number,
  actions: ToolbarActions,
): TemplateResult {
  const narrowed = narrowings(model.rows.filter);
  const filters = narrowed === 0 ? l10n.t("Filters") : l10n.t("Filters, {0} set", narrowed);
  const errors = model.rows.countOf("error");
  const nextError = errors === 0 ? l10n.t("Next error (n)") : l10n.t("Next error of {0} (n)", amounts.count(errors));
  return html`<div class="bar" role="toolbar" aria-label=${l10n.t("Timeline")}>
    ${searchBox(model, amounts, sight, matchNumber, actions)}
    <span class="group">
      <button
        class="icon-button"
        aria-expanded=${sight.filtersOpen ? "true" : "false"}
        aria-controls="filters"
        aria-label=${filters}
        title=${filters}
        @click=${() => actions.change({ filtersOpen: !sight.filtersOpen })}
      >
        ${icon(narrowed > 0 ? "filter-filled" : "filter")}${narrowed > 0 ? html`<span>${narrowed}</span>` : nothing}
      </button>
    </span>
    <span class="group jumps">
      ${jumpButton("error", icon("error"), nextError, errors === 0 ? "" : amounts.count(errors), actions)}
      ${jumpButton("approval", icon("bell"), l10n.t("Next approval (a)"), "", actions)}
      ${jumpButton("egress", html`<span class="both" aria-hidden="true">▲▼</span>`, l10n.t("Next egress (g)"), "", actions)}
    </span>
    <span class="group">
      ${toggle(sight.density === "full", "list-selection", densityWord("full"), () =>
        actions.change({ density: sight.density === "full" ? "compact" : "full" }),
      )}
      ${toggle(sight.waterfall !== "hidden", "graph-left", l10n.t("Waterfall"), () =>
        actions.change({ waterfall: sight.waterfall === "hidden" ? "drawn" : "hidden" }),
      )}
      ${toggle(sight.detailsOpen, "layout-sidebar-right", l10n.t("Details (Enter)"), () =>
        actions.change({ detailsOpen: !sight.detailsOpen }),
      )}
    </span>
  </div>`;
}

function searchBox(
  model: TimelineModel,
  amounts: Amounts,
  sight: Sight,
  matchNumber: number,
  actions: ToolbarActions,
): TemplateResult {
  const count = model.search.matches().length;
  const counted =
    sight.search === ""
      ? ""
      : count === 0
        ? l10n.t("No results")
        : matchNumber === 0
          ? l10n.t("{0} results", amounts.count(count))
          : l10n.t("{0} of {1}", amounts.count(matchNumber), amounts.count(count));
  return html`<span class="search ${sight.search !== "" && count === 0 ? "without" : ""}">
    ${icon("search")}
    <input
      class="search-text"
      id="search"
      type="text"
      spellcheck="false"
      autocomplete="off"
      maxlength="256"
      placeholder=${l10n.t("Search (/)")}
      aria-label=${l10n.t("Search the timeline")}
      aria-describedby="search-count"
      .value=${live(sight.search)}
      @input=${(event: Event) => {
        if (event.target instanceof HTMLInputElement) actions.search(event.target.value);
      }}
      @keydown=${actions.searchKey}
    />
    <span class="search-count dim" id="search-count">${counted}</span>
    <button
      class="icon-button"
      ?disabled=${count === 0}
      aria-label=${l10n.t("Previous result (Shift+Enter)")}
      title=${l10n.t("Previous result (Shift+Enter)")}
      @click=${() => actions.nextMatch(-1)}
    >
      ${icon("arrow-up")}
    </button>
    <button
      class="icon-button"
      ?disabled=${count === 0}
      aria-label=${l10n.t("Next result (Enter)")}
      title=${l10n.t("Next result (Enter)")}
      @click=${() => actions.nextMatch(1)}
    >
      ${icon("arrow-down")}
    </button>
  </span>`;
}

function jumpButton(
  target: JumpTarget,
  shape: TemplateResult,
  label: string,
  count: string,
  actions: ToolbarActions,
): TemplateResult {
  return html`<button
    class="icon-button"
    aria-label=${label}
    title=${label}
    @click=${(event: MouseEvent) => actions.jump(target, event.shiftKey ? -1 : 1)}
  >
    ${shape}${count === "" ? nothing : html`<span>${count}</span>`}
  </button>`;
}

function toggle(pressed: boolean, iconName: string, label: string, click: () => void): TemplateResult {
  return html`<button
    class="icon-button"
    aria-pressed=${pressed ? "true" : "false"}
    aria-label=${label}
    title=${label}
    @click=${click}
  >
    ${icon(iconName)}
  </button>`;
}
