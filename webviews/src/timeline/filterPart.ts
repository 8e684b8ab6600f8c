// The filters: levels, node, episode, kind, and only what crossed. Native selects and checkboxes, so that every keyboard and
// screen reader knows them.
import * as l10n from "@vscode/l10n";
import { html, nothing, type TemplateResult } from "lit";
import { episodeId } from "#protocol/ids.ts";
import type { Amounts } from "#protocol/text/amounts.ts";
import { plainText } from "#protocol/text/plainText.ts";
import { type Choice, filterField } from "../page/filterField.ts";
import { icon } from "../page/icon.ts";
import { type EntryFilter, HOME_PLACE, LEVELS, type Level, narrowings, USUAL_FILTER } from "./entryFilter.ts";
import { kindWord, levelIcon, levelsWord } from "./entryWords.ts";
import type { TimelineModel } from "./timelineModel.ts";

/** Episodes to choose from: the newest; an older one is chosen by its row. */
const EPISODES_LISTED_MAX = 100;

export interface FilterActions {
  /** Of the filter as it is by then: two choices may come before the bar is drawn again. */
  readonly filter: (change: (now: EntryFilter) => EntryFilter) => void;
}

export function filterPart(model: TimelineModel, amounts: Amounts, { filter: set }: FilterActions): TemplateResult {
  const { filter } = model.rows;
  return html`<div class="filters" id="filters" role="group" aria-label=${l10n.t("Filters")}>
    <span class="levels" role="group" aria-label=${l10n.t("Levels")}>
      ${LEVELS.map((level) => levelToggle(level, model, amounts, filter, set))}
    </span>
    ${filterField(
      { label: l10n.t("Node"), all: l10n.t("All nodes"), choices: nodeChoices(model), chosen: filter.node ?? "" },
      (node) => set(({ node: _before, ...others }) => (node === "" ? others : { ...others, node })),
    )}
    ${
      model.scope.kind === "episode"
        ? nothing
        : filterField(
            {
              label: l10n.t("Episode"),
              all: l10n.t("All episodes"),
              choices: episodeChoices(model),
              chosen: filter.episodeId ?? "",
            },
            (id) =>
              set(({ episodeId: _before, ...others }) => (episodeId.is(id) ? { ...others, episodeId: id } : others)),
          )
    }
    ${filterField(
      { label: l10n.t("Kind"), all: l10n.t("All kinds"), choices: kindChoices(model), chosen: filter.eventKind ?? "" },
      (eventKind) => set(({ eventKind: _before, ...others }) => (eventKind === "" ? others : { ...others, eventKind })),
    )}
    <button
      class="icon-button named"
      aria-pressed=${filter.crossedOnly ? "true" : "false"}
      title=${l10n.t("Only what left this machine or came back")}
      @click=${() => set((now) => ({ ...now, crossedOnly: !now.crossedOnly }))}
    >
      <span class="both" aria-hidden="true">▲▼</span> <span>${l10n.t("Only what crossed")}</span>
    </button>
    ${
      narrowings(filter) === 0
        ? nothing
        : html`<button class="link-button" @click=${() => set(() => USUAL_FILTER)}>${l10n.t("Clear filter")}</button>`
    }
  </div>`;
}

function levelToggle(
  level: Level,
  model: TimelineModel,
  amounts: Amounts,
  filter: EntryFilter,
  set: FilterActions["filter"],
): TemplateResult {
  const on = filter.levels.includes(level);
  const tone = level === "error" ? "tone-error" : level === "attention" ? "tone-attention" : "";
  return html`<button
    class="icon-button named"
    aria-pressed=${on ? "true" : "false"}
    @click=${() => set((now) => ({ ...now, levels: toggled(now.levels, level) }))}
  >
    ${icon(levelIcon(level), tone)} <span>${levelsWord(level)}</span>
    <span class="dim">${amounts.count(model.rows.countOf(level))}</span>
  </button>`;
}

function toggled(levels: readonly Level[], level: Level): readonly Level[] {
  return LEVELS.filter((other) => levels.includes(other) !== (other === level));
}

function nodeChoices(model: TimelineModel): readonly Choice[] {
  const nodes = [...model.facets.nodes].map(([id, name]): Choice => [id, plainText(name)]);
  return model.facets.home ? [[HOME_PLACE, l10n.t("Home")], ...nodes] : nodes;
}

function episodeChoices(model: TimelineModel): readonly Choice[] {
  return [...model.totals.episodes]
    .slice(-EPISODES_LISTED_MAX)
    .toReversed()
    .map((id): Choice => [id, plainText(model.titleOf(id))]);
}

function kindChoices(model: TimelineModel): readonly Choice[] {
  return [...model.facets.kinds].toSorted().map((kind): Choice => [kind, kindWord(kind)]);
}
