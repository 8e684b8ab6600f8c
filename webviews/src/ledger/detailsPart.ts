// The details of one record: what it means, where it stands in the ledger and who else saw it, and all that it carried.
// Its buttons open the editor's own surfaces; revoking is a native question, and it must never look like an answer.
import * as l10n from "@vscode/l10n";
import { html, nothing, type TemplateResult } from "lit";
import type { EgressLedgerRow, PreviewItem } from "#protocol/egress.ts";
import type { Amounts } from "#protocol/text/amounts.ts";
import { plainText } from "#protocol/text/plainText.ts";
import type { LedgerFromPage, RecordProof, RecordWitness } from "#protocol/webview/ledger.ts";
import type { LedgerRecord } from "#protocol/wire/ledgerRecords.ts";
import { classWord } from "../page/classWord.ts";
import { icon } from "../page/icon.ts";
import type { LedgerModel, OpenRecord } from "./ledgerModel.ts";
import { stateLook, stateSentence } from "./recordWords.ts";

export interface DetailsActions {
  readonly close: () => void;
  readonly wish: (wish: LedgerFromPage) => void;
  readonly readMore: () => void;
  readonly onlyEpisode: (record: LedgerRecord) => void;
}

export function detailsPart(
  model: LedgerModel,
  amounts: Amounts,
  record: LedgerRecord,
  actions: DetailsActions,
): TemplateResult {
  const { row, title } = record;
  const { icon: shape, tone, word } = stateLook(row);
  const opened = model.opened;
  return html`<div class="details-head">
      ${icon(shape, tone)}
      <h2>${word}</h2>
      <button
        class="icon-button"
        aria-label=${l10n.t("Close Details (Escape)")}
        title=${l10n.t("Close Details (Escape)")}
        @click=${actions.close}
      >
        ${icon("close")}
      </button>
    </div>
    <div class="details-body" tabindex="0" role="group" aria-label=${l10n.t("Details")}>
      <p class="details-text foreign">${plainText(title)}</p>
      <p>${stateSentence(row)}</p>
      ${wishes(model, record, actions)} ${facts(amounts, record)} ${proofPart(amounts, opened)}
      ${itemsPart(amounts, record, opened, actions)}
    </div>`;
}

function wishes(model: LedgerModel, record: LedgerRecord, { onlyEpisode, wish }: DetailsActions): TemplateResult {
  const { at, carried, previewId, row } = record;
  const { lease_id: leaseId } = row;
  return html`<div class="wishes">
    <button
      class="button secondary"
      @click=${() => wish({ kind: "open-timeline", episodeId: row.episode_id, place: at })}
    >
      ${l10n.t("Show in Timeline")}
    </button>
    ${
      carried === undefined
        ? nothing
        : html`<button class="button secondary" @click=${() => wish({ kind: "open-preview", previewId })}>
            ${l10n.t("Open Its Preview")}
          </button>`
    }
    <button class="button secondary" @click=${() => onlyEpisode(record)}>${l10n.t("Show Only This Episode")}</button>
    ${
      leaseId !== null && model.canRevoke(record)
        ? html`<button class="button secondary" @click=${() => wish({ kind: "revoke-lease", leaseId })}>
            ${icon("trash")} ${l10n.t("Revoke This Lease…")}
          </button>`
        : nothing
    }
  </div>`;
}

function facts(amounts: Amounts, { classification, payloadBytes, row }: LedgerRecord): TemplateResult {
  const decision = row.decision === "allow" ? l10n.t("Allowed") : l10n.t("Denied");
  return html`<dl class="facts">
    ${fact(l10n.t("When"), amounts.exactMoment(row.time))}
    ${fact(l10n.t("Decision"), `${decision}\n${plainText(row.reason_code)}`)}
    ${fact(l10n.t("Where"), `${plainText(row.dest)}\n${row.node_id}`)}
    ${classification === undefined ? nothing : fact(l10n.t("Highest class"), classWord(classification))}
    ${fact(l10n.t("To be sent"), amounts.bytes(payloadBytes))}
    ${fact(l10n.t("Left"), leftText(amounts, row))}
    ${row.bytes_in === 0 ? nothing : fact(l10n.t("Came back"), `▼ ${amounts.bytes(row.bytes_in)}`)}
    ${row.duration_ms === null ? nothing : fact(l10n.t("Took"), amounts.duration(row.duration_ms))}
    ${fact(l10n.t("Cost, estimated"), costText(amounts, row.est_cost))}
    ${row.lease_id === null ? nothing : fact(l10n.t("Lease"), row.lease_id)}
    ${fact(l10n.t("Episode"), row.episode_id)} ${fact(l10n.t("Record"), row.record_id)}
    ${fact(l10n.t("Digest sent"), row.digest)}
    ${row.received_digest === null ? nothing : fact(l10n.t("Digest received"), receivedText(row.digest, row.received_digest))}
    ${row.error === null ? nothing : fact(l10n.t("Error"), plainText(row.error))}
  </dl>`;
}

/** The record has the range in micro-units with a decimal point, whatever the language; what is no such range is shown as it stands. */
function costText(amounts: Amounts, estimate: string): string {
  if (estimate === "unknown") return l10n.t("not known");
  const [, low, high, currency] = /^(\d+\.\d{6})-(\d+\.\d{6}) (\S+)$/.exec(estimate) ?? [];
  if (low === undefined || high === undefined || currency === undefined) return plainText(estimate);
  const [least, most] = [low, high].map((each) => amounts.money(Number(each.replace(".", "")), plainText(currency)));
  return least === most ? l10n.t("About {0}", least ?? "") : l10n.t("{0} to {1}", least ?? "", most ?? "");
}

function leftText(amounts: Amounts, { bytes_out: bytes, state }: EgressLedgerRow): string {
  if (state === "open") return l10n.t("not known yet");
  return state === "unknown" ? l10n.t("not known") : `▲ ${amounts.bytes(bytes)}`;
}

function receivedText(sent: string, received: string): string {
  return sent === received ? l10n.t("the same") : `${l10n.t("a different one")}\n${received}`;
}

function fact(name: string, value: string): TemplateResult {
  return html`<dt>${name}</dt>
    <dd class="foreign">${value.split("\n").map((line) => html`<span>${line}</span>`)}</dd>`;
}

function proofPart(amounts: Amounts, opened: OpenRecord | undefined): TemplateResult {
  return html`<h3>${l10n.t("In the ledger")}</h3>
    <div class="proof" role="status">${proofLines(amounts, opened?.proof)}</div>`;
}

function proofLines(amounts: Amounts, proof: RecordProof | undefined): TemplateResult {
  if (proof === undefined) return html`<p class="dim">${l10n.t("Checking its proof…")}</p>`;
  switch (proof.kind) {
    case "unread":
      return html`<p>${icon("question", "tone-attention")} ${l10n.t("Its proof could not be read.")} ${plainText(proof.problem)}</p>`;
    case "broken":
      return html`<p>
          ${icon("error", "tone-error")} <strong>${l10n.t("Its proof does not hold.")}</strong>
          <span class="foreign">${plainText(proof.problem)}</span>
        </p>
        <p>${l10n.t("Keep this ledger as it is: arw-home egress export, then arw-home egress verify.")}</p>`;
    case "holds":
      return html`<p>
          ${icon("verified", "tone-good")}
          <span
            >${l10n.t(
              "Entry {0} of {1}. Its proof holds under the checkpoint that the Home signed.",
              amounts.count(proof.leaf + 1),
              amounts.count(proof.size),
            )}</span
          >
        </p>
        ${
          proof.settledLeaf === undefined
            ? nothing
            : html`<p>${l10n.t("What came of it is entry {0}, and is proven too.", amounts.count(proof.settledLeaf + 1))}</p>`
        }
        ${witnessLines(amounts, proof.witnesses)}
        <details>
          <summary>${l10n.t("Checkpoint")}</summary>
          <pre class="foreign" tabindex="0">${proof.checkpoint}</pre>
        </details>`;
  }
}

function witnessLines(amounts: Amounts, witnesses: readonly RecordWitness[]): TemplateResult {
  if (witnesses.length === 0) return html`<p class="dim">${l10n.t("No worker has witnessed this ledger yet.")}</p>`;
  return html`<ul class="witnesses">
    ${witnesses.map((witness) => {
      const { shape, tone, word } = witnessLook(witness);
      return html`<li>
        ${icon(shape, tone)}
        <span><span class="foreign">${plainText(witness.name)}</span>: ${word} <span class="dim">${amounts.moment(witness.at)}</span></span>
      </li>`;
    })}
  </ul>`;
}

function witnessLook({ state }: RecordWitness): {
  readonly shape: string;
  readonly tone: string;
  readonly word: string;
} {
  switch (state) {
    case "saw":
      return { shape: "eye", tone: "tone-good", word: l10n.t("witnessed this record") };
    case "earlier":
      return { shape: "history", tone: "tone-quiet", word: l10n.t("last saw an earlier ledger") };
    case "ahead":
      return { shape: "error", tone: "tone-error", word: l10n.t("saw more entries than this ledger has") };
  }
}

function itemsPart(
  amounts: Amounts,
  { carried }: LedgerRecord,
  opened: OpenRecord | undefined,
  { readMore }: DetailsActions,
): TemplateResult {
  const head = html`<h3>${l10n.t("What it carried")}</h3>`;
  if (opened?.problem !== undefined)
    return html`${head}
      <p>${icon("error", "tone-error")} <span class="foreign">${plainText(opened.problem)}</span></p>`;
  if (carried === undefined)
    return html`${head}
      <p class="dim">${l10n.t("Its preview is no longer kept. The digest above still stands for all of it.")}</p>`;
  const items = opened?.items ?? [];
  const rest = carried.count - items.length;
  return html`${head}
    <ul class="items">
      ${items.map((item) => itemLine(amounts, item))}
    </ul>
    ${
      opened?.more === true
        ? html`<button class="link-button" @click=${readMore}>
            ${l10n.t("{0} more are not shown. Show more", amounts.count(rest))}
          </button>`
        : nothing
    }`;
}

function itemLine(amounts: Amounts, { bytes, classification, path }: PreviewItem): TemplateResult {
  return html`<li>
    <span class="item-path foreign monospace">${plainText(path)}</span>
    <span class="dim">${classWord(classification)}, ${amounts.bytes(bytes)}</span>
  </li>`;
}
