// One row of the timeline: when, what, whether it crossed the machine's boundary, and where. All text from entries becomes
// text nodes. It decides wording and order; the style sheet decides what fits.
import * as l10n from "@vscode/l10n";
import { html, nothing, type TemplateResult } from "lit";
import type { Amounts } from "#protocol/text/amounts.ts";
import { plainText } from "#protocol/text/plainText.ts";
import type { TimelineEntry } from "#protocol/timeline.ts";
import type { Density } from "#protocol/webview/timeline.ts";
import { icon } from "../page/icon.ts";
import { placed } from "../page/placed.ts";
import { partsAround } from "./entrySearch.ts";
import { entryIcon, kindWord, levelWord, outcomeIcon, outcomeWord, shortId } from "./entryWords.ts";
import type { EpisodeTotals } from "./episodeTotals.ts";
import type { TimelineModel } from "./timelineModel.ts";

export interface RowSight {
  readonly entry: TimelineEntry;
  readonly position: number;
  readonly count: number;
  readonly topPixels: number;
  /** The one with the tab stop. */
  readonly active: boolean;
  /** Whether a person chose it. */
  readonly chosen: boolean;
  readonly density: Density;
  readonly search: string;
  /** The row above, which says whether this one continues its episode. */
  readonly above: TimelineEntry | undefined;
  readonly nowAt: number;
}

export interface RowActions {
  readonly toggleEpisode: (entry: TimelineEntry) => void;
}

export function rowPart(model: TimelineModel, amounts: Amounts, row: RowSight, actions: RowActions): TemplateResult {
  const { entry, position, count, active } = row;
  // In an episode's own timeline the page's head says what it came to.
  const isParent = isEpisodeRow(entry) && model.scope.kind === "workspace";
  const episode = isParent ? model.totalsOf(entry.corrId) : undefined;
  const classes = [
    "row",
    `level-${entry.level}`,
    episode === undefined ? "" : "parent",
    entry.corrId === undefined || isParent || model.scope.kind === "episode" ? "" : "child",
    entry.crossing === undefined ? "" : "crossed",
  ].join(" ");
  return html`<div
    class=${classes}
    role="article"
    tabindex=${active ? "0" : "-1"}
    aria-posinset=${position + 1}
    aria-setsize=${count}
    aria-label=${rowLabel(model, amounts, entry)}
    aria-current=${row.chosen ? "true" : nothing}
    data-position=${position}
    ${placed({ transform: `translateY(${row.topPixels}px)` })}
  >
    ${episode === undefined ? entryCells(model, amounts, row) : parentCells(model, amounts, row, episode, actions)}
  </div>`;
}

export function isEpisodeRow(
  entry: TimelineEntry,
): entry is TimelineEntry & { readonly corrId: NonNullable<TimelineEntry["corrId"]> } {
  return entry.kind === "EpisodeStarted" && entry.corrId !== undefined;
}

function entryCells(model: TimelineModel, amounts: Amounts, row: RowSight): TemplateResult {
  const { entry, density, search, above } = row;
  const { name, tone } = entryIcon(entry);
  // Episodes interleave: a row that does not continue the one above says whose it is.
  const anew = model.scope.kind === "workspace" && above?.corrId !== entry.corrId ? entry.corrId : undefined;
  return html`<time class="time">${amounts.time(entry.at)}</time>
    ${icon(name, tone)}
    <span class="line">
      ${anew === undefined ? nothing : html`<span class="of foreign">${plainText(model.titleOf(anew))}</span>`}
      <span class="text foreign">${marked(plainText(entry.text), search)}</span>
    </span>
    ${crossingCell(amounts, entry)} ${whereCell(entry, search)}
    ${density === "full" ? html`<span class="second">${secondLine(model, amounts, entry)}</span>` : nothing}`;
}

function parentCells(
  model: TimelineModel,
  amounts: Amounts,
  { entry, density, search, nowAt }: RowSight,
  totals: EpisodeTotals,
  actions: RowActions,
): TemplateResult {
  const collapsed = model.rows.isCollapsed(totals.episodeId);
  const title = plainText(model.titleOf(totals.episodeId));
  const label = collapsed ? l10n.t("Show the events of {0}", title) : l10n.t("Hide the events of {0}", title);
  return html`<time class="time">${amounts.time(entry.at)}</time>
    <button
      class="twisty icon-button"
      tabindex="-1"
      aria-expanded=${collapsed ? "false" : "true"}
      aria-label=${label}
      title=${label}
      @click=${(event: Event) => {
        event.stopPropagation();
        actions.toggleEpisode(entry);
      }}
    >
      ${icon(collapsed ? "chevron-right" : "chevron-down")}
    </button>
    <span class="line"><span class="text foreign">${marked(title, search)}</span></span>
    <span class="totals">${totalsParts(model, amounts, totals, nowAt)}</span>
    ${totals.where === undefined ? whereCell(entry, search) : whereCell({ ...entry, where: totals.where }, search)}
    ${density === "full" ? html`<span class="second foreign">${plainText(totals.why ?? entry.text)}</span>` : nothing}`;
}

/** Outcome, time, attempts, what crossed and tokens: what an episode came to. */
export function totalsParts(
  model: TimelineModel,
  amounts: Amounts,
  totals: EpisodeTotals,
  nowAt: number,
): TemplateResult {
  const shown = model.episode(totals.episodeId);
  const outcome = totals.outcome ?? shown?.outcome;
  const waiting = shown?.state === "waiting-for-approval";
  const { name, tone } = waiting ? { name: "bell-dot", tone: "tone-attention" } : outcomeIcon(outcome);
  const word = waiting ? l10n.t("Waits for you") : outcome === undefined ? l10n.t("Running") : outcomeWord(outcome);
  const startedAt = totals.startedAt ?? shown?.startedAt;
  const endedAt = totals.finishedAt ?? shown?.finishedAt ?? Math.max(nowAt, totals.lastAt);
  const tokens = shown?.usage?.tokensOut;
  return html`<span class="total outcome">${icon(name, tone)} ${word}</span>
    ${startedAt === undefined ? nothing : html`<span class="total">${amounts.duration(endedAt - startedAt)}</span>`}
    ${totals.attempts > 1 ? html`<span class="total wide">${l10n.t("{0} attempts", amounts.count(totals.attempts))}</span>` : nothing}
    ${tokens === undefined ? nothing : html`<span class="total wide">${l10n.t("{0} tokens", amounts.count(tokens.tokens))}</span>`}
    ${totals.bytesOut === 0 ? nothing : boundary("out", amounts.bytes(totals.bytesOut))}
    ${totals.bytesBack === 0 ? nothing : boundary("back", amounts.bytes(totals.bytesBack))}`;
}

function boundary(direction: "out" | "back", bytes: string): TemplateResult {
  return direction === "out"
    ? html`<span class="total tone-out" title=${l10n.t("Left this machine")}>▲ ${bytes}</span>`
    : html`<span class="total tone-back" title=${l10n.t("Came back")}>▼ ${bytes}</span>`;
}

function crossingCell(amounts: Amounts, { crossing }: TimelineEntry): TemplateResult | typeof nothing {
  if (crossing === undefined) return nothing;
  const { direction, bytes, leaseId } = crossing;
  const mark = direction === "out" ? "▲" : "▼";
  const word = direction === "out" ? l10n.t("out") : l10n.t("back");
  return html`<span class="crossing">
    <span class=${direction === "out" ? "tone-out" : "tone-back"}>${mark} ${amounts.bytes(bytes)} ${word}</span>
    <span class="lease dim" title=${leaseId}>${shortId(leaseId)}</span>
  </span>`;
}

function whereCell({ where }: Pick<TimelineEntry, "where">, search: string): TemplateResult {
  const name = where === undefined ? l10n.t("Home") : plainText(where.name);
  return html`<span class="where dim">
    ${icon(where === undefined ? "home" : where.name === "local" ? "device-desktop" : "server")}
    <span class="name foreign">${marked(name, search)}</span>
  </span>`;
}

function secondLine(model: TimelineModel, amounts: Amounts, entry: TimelineEntry): string {
  const isTold = entry.corrId === undefined || model.scope.kind === "episode";
  const title = isTold ? undefined : plainText(model.titleOf(entry.corrId));
  const lease = entry.crossing === undefined ? undefined : l10n.t("under {0}", entry.crossing.leaseId);
  const range =
    entry.output === undefined
      ? undefined
      : l10n.t("{0} from byte {1}", amounts.bytes(entry.output.bytes), amounts.count(entry.output.fromByte));
  return [kindWord(entry.kind), title, lease, range].filter((part) => part !== undefined).join(" · ");
}

/** The whole row in words, for a screen reader: an icon and a column say nothing there. */
function rowLabel(model: TimelineModel, amounts: Amounts, entry: TimelineEntry): string {
  const crossing = entry.crossing;
  const crossed =
    crossing === undefined
      ? undefined
      : crossing.direction === "out"
        ? l10n.t("{0} left this machine under {1}", amounts.bytes(crossing.bytes), shortId(crossing.leaseId))
        : l10n.t("{0} came back under {1}", amounts.bytes(crossing.bytes), shortId(crossing.leaseId));
  const where = entry.where === undefined ? l10n.t("Home") : plainText(entry.where.name);
  const text = isEpisodeRow(entry)
    ? l10n.t("Episode {0}", plainText(model.titleOf(entry.corrId)))
    : plainText(entry.text);
  return [amounts.time(entry.at), levelWord(entry.level), where, text, crossed]
    .filter((part) => part !== undefined)
    .join(", ");
}

function marked(text: string, search: string): unknown {
  if (search === "") return text;
  return partsAround(text, search).map((part, index) => (index % 2 === 1 ? html`<mark>${part}</mark>` : part));
}
