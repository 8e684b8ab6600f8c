// What narrows the ledger down: path text, episode, node, decision, and only what left; beside it the export of what is shown.
// Native fields, selects and toggles, so that every keyboard and screen reader knows them.
import * as l10n from "@vscode/l10n";
import { html, nothing, type TemplateResult } from "lit";
import { live } from "lit/directives/live.js";
import { episodeId, nodeId } from "#protocol/ids.ts";
import type { Amounts } from "#protocol/text/amounts.ts";
import { plainText } from "#protocol/text/plainText.ts";
import { type LedgerFilter, PATH_TEXT_CHARACTERS_MAX } from "#protocol/wire/ledgerRecords.ts";
import { type Choice, filterField } from "../page/filterField.ts";
import { icon } from "../page/icon.ts";
import type { LedgerModel } from "./ledgerModel.ts";

const LABEL_CHARACTERS_MAX = 60;

export interface FilterActions {
  readonly type: (text: string) => void;
  /** Of the filter as it is by then: two choices may come before the bar is drawn again. */
  readonly filter: (change: (now: LedgerFilter) => LedgerFilter) => void;
  readonly clear: () => void;
  readonly toRows: () => void;
  readonly export: () => void;
}

export function filterPart(model: LedgerModel, text: string, actions: FilterActions): TemplateResult {
  const { filter } = model;
  const { filter: set } = actions;
  const decisions: readonly Choice[] = [
    ["allow", l10n.t("Allowed")],
    ["deny", l10n.t("Denied")],
  ];
  return html`<div class="bar" role="toolbar" aria-label=${l10n.t("Egress Ledger")}>
    ${pathField(text, actions)}
    ${filterField(
      {
        label: l10n.t("Episode"),
        all: l10n.t("All episodes"),
        choices: episodeChoices(model),
        chosen: filter.episodeId ?? "",
      },
      (id) => set(({ episodeId: _before, ...others }) => (episodeId.is(id) ? { ...others, episodeId: id } : others)),
    )}
    ${filterField(
      { label: l10n.t("Node"), all: l10n.t("All nodes"), choices: nodeChoices(model), chosen: filter.nodeId ?? "" },
      (id) => set(({ nodeId: _before, ...others }) => (nodeId.is(id) ? { ...others, nodeId: id } : others)),
    )}
    ${filterField(
      { label: l10n.t("Decision"), all: l10n.t("All decisions"), choices: decisions, chosen: filter.decision ?? "" },
      (decision) =>
        set(({ decision: _before, ...others }) =>
          decision === "allow" || decision === "deny" ? { ...others, decision } : others,
        ),
    )}
    <button
      class="icon-button named"
      aria-pressed=${filter.onlyLeft === true ? "true" : "false"}
      title=${l10n.t("Only what left this machine, may have left, or is leaving now")}
      @click=${() => set(({ onlyLeft, ...others }) => (onlyLeft === true ? others : { ...others, onlyLeft: true }))}
    >
      <span aria-hidden="true">▲</span> <span>${l10n.t("Only what left")}</span>
    </button>
    ${
      isNarrowed(filter)
        ? html`<button class="link-button" @click=${actions.clear}>${l10n.t("Clear filter")}</button>`
        : nothing
    }
    <button
      class="icon-button named export"
      title=${l10n.t("Export the Shown Records as CSV or JSON…")}
      ?disabled=${model.rows.length === 0 || model.isStale}
      @click=${actions.export}
    >
      ${icon("export")} <span>${l10n.t("Export…")}</span>
    </button>
  </div>`;
}

export function isNarrowed(filter: LedgerFilter): boolean {
  return Object.keys(filter).length > 0;
}

function pathField(text: string, actions: FilterActions): TemplateResult {
  return html`<label class="search">
    ${icon("search")}
    <span class="heard-only">${l10n.t("Part of a path")}</span>
    <input
      id="path"
      class="search-text"
      type="search"
      maxlength=${PATH_TEXT_CHARACTERS_MAX}
      placeholder=${l10n.t("Part of a path")}
      .value=${live(text)}
      @input=${(event: Event) => {
        if (event.target instanceof HTMLInputElement) actions.type(event.target.value);
      }}
      @keydown=${(event: KeyboardEvent) => {
        if (event.key === "Escape" && text !== "") actions.type("");
        else if (event.key === "ArrowDown" || event.key === "Enter") actions.toRows();
        else return;
        event.preventDefault();
      }}
    />
  </label>`;
}

/** Those the editor knows, those of the rows, and in any case the chosen one. */
function episodeChoices({ choices, filter, rows }: LedgerModel): readonly Choice[] {
  const titles = new Map<string, string>(choices.episodes.map(({ episodeId: id, title }) => [id, title]));
  for (const { row, title } of rows) if (!titles.has(row.episode_id)) titles.set(row.episode_id, title);
  return withChosen(titles, filter.episodeId);
}

function nodeChoices({ choices, filter, rows }: LedgerModel): readonly Choice[] {
  const names = new Map<string, string>(choices.nodes.map(({ name, nodeId: id }) => [id, name]));
  for (const { row } of rows) if (!names.has(row.node_id)) names.set(row.node_id, row.dest);
  return withChosen(names, filter.nodeId);
}

function withChosen(names: Map<string, string>, chosen: string | undefined): readonly Choice[] {
  if (chosen !== undefined && !names.has(chosen)) names.set(chosen, chosen);
  return [...names].map(([id, name]) => [id, plainText(name, LABEL_CHARACTERS_MAX)]);
}

/** How many of how many are shown, and what the page cannot say. */
export function statusPart(model: LedgerModel, amounts: Amounts): TemplateResult {
  const { looking, more, rows, total = 0, unread } = model;
  const shown = amounts.count(rows.length);
  const counted = more
    ? l10n.t("{0} records shown, more at the Home; {1} in the ledger", shown, amounts.count(total))
    : l10n.t("{0} of {1} records", shown, amounts.count(total));
  return html`<span class="counted">${looking ? l10n.t("Looking through the ledger…") : counted}</span>
    ${
      unread === 0
        ? nothing
        : html`<span>${icon("info")} ${l10n.t(
            "{0} records were passed over: their previews are no longer kept, so their paths are not known.",
            amounts.count(unread),
          )}</span>`
    }
    ${
      more && !model.hasRoom
        ? html`<span>${l10n.t("Narrow them down to see older ones here; the export has all of them.")}</span>`
        : nothing
    }`;
}
