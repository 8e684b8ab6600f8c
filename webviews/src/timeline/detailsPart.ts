// The details of one entry: all of its words, its ids, where it ran and why there, what crossed, what was asked and what
// came out. Its buttons open the editor's own surfaces; it must never offer to decide.
import * as l10n from "@vscode/l10n";
import { html, nothing, type TemplateResult } from "lit";
import type { AttemptId } from "#protocol/ids.ts";
import type { OutputStream } from "#protocol/result.ts";
import type { Amounts } from "#protocol/text/amounts.ts";
import { plainText } from "#protocol/text/plainText.ts";
import type { TimelineEntry } from "#protocol/timeline.ts";
import { COPY_CHARACTERS_MAX, type ShownRequest, type TimelineFromPage } from "#protocol/webview/timeline.ts";
import { icon } from "../page/icon.ts";
import type { OutputText } from "../page/outputText.ts";
import { plainOutput } from "../page/plainOutput.ts";
import { entryIcon, kindWord, levelWord } from "./entryWords.ts";
import { totalsParts } from "./rowPart.ts";
import type { TimelineModel } from "./timelineModel.ts";

/** Leaves room for everything else of an entry. */
const COPIED_TEXT_MAX: number = COPY_CHARACTERS_MAX / 2;

export interface ShownStream {
  readonly attemptId: AttemptId;
  readonly stream: OutputStream;
  readonly output: OutputText;
}

export interface DetailsSight {
  readonly entry: TimelineEntry;
  readonly request: ShownRequest | undefined;
  readonly streams: readonly ShownStream[];
  readonly nowAt: number;
}

export interface DetailsActions {
  readonly close: () => void;
  readonly wish: (wish: TimelineFromPage) => void;
  readonly readMore: (shown: ShownStream) => void;
  readonly onlyEpisode: (entry: TimelineEntry) => void;
}

export function detailsPart(
  model: TimelineModel,
  amounts: Amounts,
  sight: DetailsSight,
  actions: DetailsActions,
): TemplateResult {
  const { entry } = sight;
  const { name, tone } = entryIcon(entry);
  return html`<div class="details-head">
      ${icon(name, tone)}
      <h2>${kindWord(entry.kind)}</h2>
      <button
        class="icon-button"
        aria-label=${l10n.t("Copy This Event")}
        title=${l10n.t("Copy This Event")}
        @click=${() => actions.wish({ kind: "copy", text: copiedText(entry) })}
      >
        ${icon("copy")}
      </button>
      <button
        class="icon-button"
        aria-label=${l10n.t("Close Details (Escape)")}
        title=${l10n.t("Close Details (Escape)")}
        @click=${actions.close}
      >
        ${icon("close")}
      </button>
    </div>
    <div class="details-body" tabindex="0" role="group" aria-label=${kindWord(entry.kind)}>
      <p class="details-text foreign">${plainText(entry.text)}</p>
      ${wishes(model, entry, actions)} ${facts(model, amounts, sight)} ${episodePart(model, amounts, sight)}
      ${requestPart(sight.request)} ${sight.streams.map((shown) => streamPart(amounts, shown, actions))}
    </div>`;
}

function wishes(
  model: TimelineModel,
  entry: TimelineEntry,
  { wish, onlyEpisode }: DetailsActions,
): TemplateResult | typeof nothing {
  const { corrId, crossing, previewId, proposalId, attemptId } = entry;
  const buttons: TemplateResult[] = [];
  if (previewId !== undefined && model.isWaiting(entry)) {
    buttons.push(
      html`<button class="button" @click=${() => wish({ kind: "open-review", previewId })}>${l10n.t("Review…")}</button>`,
    );
  }
  if (corrId !== undefined) {
    if (proposalId !== undefined) {
      buttons.push(
        html`<button class="button secondary" @click=${() => wish({ kind: "open-proposal", episodeId: corrId })}>
          ${l10n.t("Open Proposal")}
        </button>`,
      );
    }
    if (attemptId !== undefined) {
      buttons.push(
        html`<button class="button secondary" @click=${() => wish({ kind: "open-output", episodeId: corrId })}>
          ${l10n.t("Output in Terminal")}
        </button>`,
      );
    }
    if (crossing !== undefined || entry.kind === "EgressRecorded" || entry.kind === "EgressSettled") {
      buttons.push(
        html`<button class="button secondary" @click=${() => wish({ kind: "open-ledger", episodeId: corrId })}>
          ${l10n.t("Show in Ledger")}
        </button>`,
      );
    }
    if (model.scope.kind === "workspace") {
      buttons.push(
        html`<button class="button secondary" @click=${() => wish({ kind: "open-timeline", episodeId: corrId })}>
          ${l10n.t("Open Its Timeline")}
        </button>`,
        html`<button class="button secondary" @click=${() => onlyEpisode(entry)}>${l10n.t("Show Only This Episode")}</button>`,
      );
    }
  }
  return buttons.length === 0 ? nothing : html`<div class="wishes">${buttons}</div>`;
}

function facts(model: TimelineModel, amounts: Amounts, { entry }: DetailsSight): TemplateResult {
  const { crossing, where, corrId, jobId, attemptId, output } = entry;
  const crossed =
    crossing === undefined
      ? undefined
      : crossing.direction === "out"
        ? l10n.t("▲ {0} out, under {1}", amounts.bytes(crossing.bytes), crossing.leaseId)
        : l10n.t("▼ {0} back, under {1}", amounts.bytes(crossing.bytes), crossing.leaseId);
  return html`<dl class="facts">
    ${fact(l10n.t("When"), amounts.exactMoment(entry.at))} ${fact(l10n.t("Level"), levelWord(entry.level))}
    ${fact(l10n.t("Where"), where === undefined ? l10n.t("Home") : plainText(where.name))}
    ${crossed === undefined ? nothing : fact(l10n.t("Boundary"), crossed)}
    ${output === undefined ? nothing : fact(l10n.t("Output"), outputRange(amounts, output))}
    ${corrId === undefined ? nothing : fact(l10n.t("Episode"), `${plainText(model.titleOf(corrId))}\n${corrId}`)}
    ${jobId === undefined ? nothing : fact(l10n.t("Job"), jobId)}
    ${attemptId === undefined ? nothing : fact(l10n.t("Attempt"), attemptId)}
    ${fact(l10n.t("Place"), l10n.t("Frame {0}, entry {1}", amounts.count(entry.sequence), amounts.count(entry.index)))}
  </dl>`;
}

/** The entry as JSON, as `arw-home timeline --json` has it; a very long text is cut. */
function copiedText(entry: TimelineEntry): string {
  const text = entry.text.slice(0, COPIED_TEXT_MAX);
  return JSON.stringify({ ...entry, text }, undefined, 2).slice(0, COPY_CHARACTERS_MAX);
}

function outputRange(amounts: Amounts, output: NonNullable<TimelineEntry["output"]>): string {
  return l10n.t(
    "{0} on {1}, from byte {2}",
    amounts.bytes(output.bytes),
    output.stream,
    amounts.count(output.fromByte),
  );
}

function fact(name: string, value: string): TemplateResult {
  return html`<dt>${name}</dt>
    <dd class="foreign">${value.split("\n").map((line) => html`<span>${line}</span>`)}</dd>`;
}

function episodePart(
  model: TimelineModel,
  amounts: Amounts,
  { entry, nowAt }: DetailsSight,
): TemplateResult | typeof nothing {
  const totals = entry.corrId === undefined ? undefined : model.totalsOf(entry.corrId);
  if (totals === undefined) return nothing;
  return html`<h3>${l10n.t("Episode")}</h3>
    <p class="totals details-totals">${totalsParts(model, amounts, totals, nowAt)}</p>
    ${totals.why === undefined ? nothing : html`<p class="dim foreign">${plainText(totals.why)}</p>`}`;
}

function requestPart(request: ShownRequest | undefined): TemplateResult | typeof nothing {
  if (request === undefined) return nothing;
  const { text, cut, problem } = request;
  return html`<h3>${l10n.t("Input")}</h3>
    ${problem === undefined ? html`<pre class="foreign" tabindex="0">${plainOutput(text)}</pre>` : problemLine(problem)}
    ${cut ? html`<p class="dim">${l10n.t("The rest is not shown.")}</p>` : nothing}`;
}

function streamPart(amounts: Amounts, shown: ShownStream, actions: DetailsActions): TemplateResult {
  const { output, stream } = shown;
  return html`<h3>${streamTitle(stream)}</h3>
    ${output.cut ? html`<p class="dim">${l10n.t("The beginning is not shown.")}</p>` : nothing}
    ${
      output.plain === "" && output.problem === undefined
        ? html`<p class="dim">${l10n.t("Nothing yet.")}</p>`
        : html`<pre class="foreign" tabindex="0">${output.plain}</pre>`
    }
    ${output.problem === undefined ? nothing : problemLine(output.problem)}
    ${
      output.more
        ? html`<button class="link-button" @click=${() => actions.readMore(shown)}>
            ${l10n.t("Read on after {0}", amounts.bytes(output.nextByte))}
          </button>`
        : nothing
    }`;
}

function streamTitle(stream: OutputStream): string {
  switch (stream) {
    case "stdout":
      return l10n.t("Output");
    case "stderr":
      return l10n.t("Error output");
    case "text":
      return l10n.t("Answer");
  }
}

function problemLine(problem: string): TemplateResult {
  return html`<p>${icon("error", "tone-error")} <span class="foreign">${plainText(problem)}</span></p>`;
}
