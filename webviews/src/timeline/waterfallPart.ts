// The waterfall: a lane for each node, a bar for each job, marks where something crossed; or the same as a table.
// It must say in the table everything that it draws.
import * as l10n from "@vscode/l10n";
import { html, nothing, type TemplateResult } from "lit";
import type { Amounts } from "#protocol/text/amounts.ts";
import { plainText } from "#protocol/text/plainText.ts";
import type { EntryPlace } from "#protocol/webview/feed.ts";
import { icon } from "../page/icon.ts";
import { placed } from "../page/placed.ts";
import { spanWord } from "./entryWords.ts";
import type { JobSpan } from "./jobSpans.ts";
import type { Sight } from "./sight.ts";
import type { TimelineModel } from "./timelineModel.ts";
import { BARS_MAX, type Bar, type Lane, layOut, type Waterfall } from "./waterfall.ts";

const TICKS_MAX = 8;
/** A narrow page has room for fewer labels. */
const TICKS_MAX_NARROW = 3;
const NARROW_PIXELS = 560;

export interface WaterfallActions {
  readonly show: (place: EntryPlace) => void;
  readonly change: (change: Partial<Sight>) => void;
}

export function waterfallPart(
  model: TimelineModel,
  amounts: Amounts,
  sight: Sight,
  nowAt: number,
  actions: WaterfallActions,
): TemplateResult | typeof nothing {
  if (sight.waterfall === "hidden") return nothing;
  const { node, episodeId } = model.rows.filter;
  const spans = model.spans.newest(
    BARS_MAX,
    (span) =>
      (node === undefined || span.node?.nodeId === node) && (episodeId === undefined || span.episodeId === episodeId),
  );
  const asTable = sight.waterfall === "table";
  const laid = layOut(spans, nowAt, window.innerWidth < NARROW_PIXELS ? TICKS_MAX_NARROW : TICKS_MAX);
  return html`<section class="waterfall" aria-label=${l10n.t("Waterfall")}>
    <div class="waterfall-head">
      <span class="caption">${l10n.t("Jobs by node")}</span>
      <span class="dim">${spans.length === BARS_MAX ? l10n.t("The newest {0}", amounts.count(BARS_MAX)) : nothing}</span>
      <button
        class="link-button"
        @click=${() => actions.change({ waterfall: asTable ? "drawn" : "table" })}
      >
        ${asTable ? l10n.t("Show as waterfall") : l10n.t("Show as table")}
      </button>
    </div>
    ${
      laid === undefined
        ? html`<p class="dim waterfall-empty">${l10n.t("No job yet.")}</p>`
        : asTable
          ? tableOf(model, amounts, spans, nowAt, actions)
          : drawing(model, amounts, laid, nowAt, actions)
    }
  </section>`;
}

function drawing(
  model: TimelineModel,
  amounts: Amounts,
  laid: Waterfall,
  nowAt: number,
  actions: WaterfallActions,
): TemplateResult {
  return html`<div class="lanes">
    <div class="lane axis" aria-hidden="true">
      <span class="lane-name"></span>
      <span class="track">
        ${laid.ticks.map(
          ({ left, afterMs }) =>
            html`<span class="tick" ${placed({ left: `${left * 100}%` })}
              >${afterMs === 0 ? amounts.time(laid.fromAt) : `+${amounts.duration(afterMs)}`}</span
            >`,
        )}
      </span>
    </div>
    ${laid.lanes.map((lane) => laneRow(model, amounts, lane, laid.ticks, nowAt, actions))}
  </div>`;
}

function laneRow(
  model: TimelineModel,
  amounts: Amounts,
  lane: Lane,
  ticks: Waterfall["ticks"],
  nowAt: number,
  actions: WaterfallActions,
): TemplateResult {
  return html`<div class="lane" role="group" aria-label=${nodeName(lane.node)}>
    <span class="lane-name foreign">${nodeIcon(lane.node)} <span>${nodeName(lane.node)}</span></span>
    <span class="track" ${placed({ "block-size": `${lane.rows * 20 + 4}px` })}>
      ${ticks.map(({ left }) => html`<span class="rule" ${placed({ left: `${left * 100}%` })}></span>`)}
      ${lane.bars.map((bar) => barOf(model, amounts, bar, nowAt, actions))}
    </span>
  </div>`;
}

function barOf(
  model: TimelineModel,
  amounts: Amounts,
  { span, left, width, waited, row, marks }: Bar,
  nowAt: number,
  actions: WaterfallActions,
): TemplateResult {
  const title = jobTitle(model, span);
  const length = amounts.duration((span.endedAt ?? Math.max(nowAt, span.queuedAt)) - span.queuedAt);
  const label = l10n.t("{0}: {1}, {2}", title, spanWord(span.state), length);
  return html`<button
      class="span state-${span.state}"
      aria-label=${label}
      title=${label}
      ${placed({ left: `${left * 100}%`, width: `${width * 100}%`, top: `${row * 20 + 2}px`, "--waited": `${waited * 100}%` })}
      @click=${() => actions.show(span.place)}
    >
      <span class="span-text">${title}</span>
    </button>
    ${marks.map(
      ({ left: at, crossing }) =>
        html`<span
          class="mark ${crossing.direction === "out" ? "tone-out" : "tone-back"}"
          aria-hidden="true"
          title=${amounts.bytes(crossing.bytes)}
          ${placed({ left: `${at * 100}%`, top: `${row * 20 + 1}px` })}
          >${crossing.direction === "out" ? "▲" : "▼"}</span
        >`,
    )}`;
}

function tableOf(
  model: TimelineModel,
  amounts: Amounts,
  spans: readonly JobSpan[],
  nowAt: number,
  actions: WaterfallActions,
): TemplateResult {
  const heads = [
    l10n.t("Job"),
    l10n.t("Node"),
    l10n.t("State"),
    l10n.t("Asked at"),
    l10n.t("Waited"),
    l10n.t("Ran"),
    l10n.t("Out"),
    l10n.t("Back"),
  ];
  return html`<div class="table-frame" tabindex="0" role="region" aria-label=${l10n.t("Jobs by node")}>
    <table>
      <thead>
        <tr>
          ${heads.map((head) => html`<th scope="col">${head}</th>`)}
        </tr>
      </thead>
      <tbody>
        ${spans.map((span) => tableRow(model, amounts, span, nowAt, actions))}
      </tbody>
    </table>
  </div>`;
}

function tableRow(
  model: TimelineModel,
  amounts: Amounts,
  span: JobSpan,
  nowAt: number,
  actions: WaterfallActions,
): TemplateResult {
  const end = span.endedAt ?? Math.max(nowAt, span.queuedAt);
  const crossed = (direction: "out" | "back"): string => {
    const bytes = span.crossings.filter((crossing) => crossing.direction === direction);
    return bytes.length === 0 ? "–" : amounts.bytes(bytes.reduce((sum, crossing) => sum + crossing.bytes, 0));
  };
  return html`<tr>
    <th scope="row">
      <button class="link-button foreign" @click=${() => actions.show(span.place)}>${jobTitle(model, span)}</button>
    </th>
    <td class="foreign">${nodeName(span.node)}</td>
    <td>${spanWord(span.state)}</td>
    <td class="number">${amounts.time(span.queuedAt)}</td>
    <td class="number">${amounts.duration((span.startedAt ?? end) - span.queuedAt)}</td>
    <td class="number">${span.startedAt === undefined ? "–" : amounts.duration(Math.max(0, end - span.startedAt))}</td>
    <td class="number">${crossed("out")}</td>
    <td class="number">${crossed("back")}</td>
  </tr>`;
}

function jobTitle(model: TimelineModel, { episodeId, jobId }: JobSpan): string {
  return plainText(episodeId === undefined ? jobId : model.titleOf(episodeId));
}

function nodeName(node: JobSpan["node"]): string {
  return node === undefined ? l10n.t("Not placed yet") : plainText(node.name);
}

function nodeIcon(node: JobSpan["node"]): TemplateResult {
  return icon(node === undefined ? "watch" : node.name === "local" ? "device-desktop" : "server");
}
