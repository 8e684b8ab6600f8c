// The table of what would leave: a folder a body, an item a row, and, while things are picked, a box on each.
// Names come from files and other machines: they are text nodes in a direction of their own, and nothing of them is markup.
import * as l10n from "@vscode/l10n";
import { html, nothing, type TemplateResult } from "lit";
import type { Classification } from "#protocol/egress.ts";
import { type LineCut, lineRangesText } from "#protocol/lineCut.ts";
import { amountsIn } from "#protocol/text/amounts.ts";
import { plainText } from "#protocol/text/plainText.ts";
import { isNoFile } from "#protocol/webview/review.ts";
import { isTicked, textOf } from "../controls.ts";
import { classWord } from "../page/classWord.ts";
import { icon } from "../page/icon.ts";
import { filterGroups, groupItems, type ItemGroup, type ItemRow } from "./itemGroups.ts";
import type { ReviewScene } from "./reviewScene.ts";
import { ITEMS_OPEN_MAX, ROWS_SHOWN_STEP } from "./reviewState.ts";

/** Why an item is of its class is one short line beside it. */
const SOURCE_CHARACTERS_MAX = 160;
/** Above so many items there is a field to find one. */
const FILTER_FROM = 30;

export function itemsPart(scene: ReviewScene): TemplateResult {
  const { language, state, view } = scene;
  const { items, payloadBytes } = view.preview;
  return html`
    <p class="sum">
      <strong>${amountText(items.length, payloadBytes, language)}</strong>
      <span class="dim">${classesText(
        items.map(({ classification }) => classification),
        language,
      )}</span>
    </p>
    <p class="row-of-links">
      <button class="link-button" @click=${() => scene.ask({ kind: "show-item", digest: view.digest })}>
        ${icon("json")} ${l10n.t("See the job exactly as it is sent")}
      </button>
    </p>
    ${
      items.length > FILTER_FROM
        ? html`<vscode-text-field
            class="filter"
            type="search"
            placeholder=${l10n.t("Part of a path")}
            .value=${state.filter}
            @input=${(event: Event) => scene.change({ filter: textOf(event) ?? "" })}
            >${l10n.t("Find an item")}</vscode-text-field
          >`
        : nothing
    }
    ${itemsTable(scene)}
  `;
}

function itemsTable(scene: ReviewScene): TemplateResult {
  const { state, view } = scene;
  const groups = filterGroups(groupItems(view.preview.items), state.filter);
  if (groups.length === 0) return html`<p class="dim">${l10n.t("No item has this in its path.")}</p>`;
  let rowsLeft = state.rowsShown;
  const bodies = groups.map((group) => {
    const open = isOpen(scene, group);
    const shown = open ? group.rows.slice(0, rowsLeft) : [];
    rowsLeft -= shown.length;
    return groupBody(scene, group, shown, open);
  });
  return html`<table class="items">
    <thead>
      <tr>
        ${state.taking ? html`<th scope="col" class="pick">${l10n.t("Take out")}</th>` : nothing}
        <th scope="col">${l10n.t("Item")}</th>
        <th scope="col">${l10n.t("Class")}</th>
        <th scope="col" class="number">${l10n.t("Size")}</th>
      </tr>
    </thead>
    ${bodies}
  </table>`;
}

function groupBody(scene: ReviewScene, group: ItemGroup, shown: readonly ItemRow[], open: boolean): TemplateResult {
  const { language, state } = scene;
  const hidden = group.rows.length - shown.length;
  const name = groupName(group);
  return html`<tbody>
    <tr class="group">
      ${state.taking ? html`<td class="pick">${groupBox(scene, group, name)}</td>` : nothing}
      <th scope="rowgroup">
        <button
          class="link-button fold"
          aria-expanded=${open}
          @click=${() => scene.change({ opened: new Map([...state.opened, [keyOf(group), !open]]) })}
        >
          ${icon(open ? "chevron-down" : "chevron-right")}<span
            ><span class="foreign">${name}</span><span class="dim">${itemsText(group.rows.length, language)}</span></span
          >
        </button>
      </th>
      <td>${classMark(group.highest)}</td>
      <td class="number">${amountsIn(language).bytes(group.bytes)}</td>
    </tr>
    ${shown.map((row) => itemRow(scene, row))}
    ${
      open && hidden > 0
        ? html`<tr>
            <td colspan=${state.taking ? 4 : 3}>
              <button class="link-button" @click=${() => scene.change({ rowsShown: state.rowsShown + ROWS_SHOWN_STEP })}>
                ${l10n.t("{0} more are not shown. Show more", amountsIn(language).count(hidden))}
              </button>
            </td>
          </tr>`
        : nothing
    }
  </tbody>`;
}

function itemRow(scene: ReviewScene, { index, item, name }: ItemRow): TemplateResult {
  const { language, state, view } = scene;
  const path = plainText(item.path);
  return html`<tr class=${state.picked.has(index) ? "item taken" : "item"}>
    ${state.taking ? html`<td class="pick">${isNoFile(item.path) ? nothing : itemBox(scene, index, path)}</td>` : nothing}
    <td>
      <button
        class="link-button foreign monospace"
        title=${l10n.t("See exactly what is sent of {0}", path)}
        @click=${() => scene.ask({ kind: "show-item", digest: view.digest, item: index })}
      >
        ${plainText(name)}
      </button>
      ${item.cut === undefined ? nothing : cutLine(scene, index, path, item.cut)} ${linesButton(scene, index, item.path)}
    </td>
    <td>
      ${classMark(item.classification)}
      ${item.why === undefined ? nothing : html`<div class="source dim foreign">${plainText(item.why, SOURCE_CHARACTERS_MAX)}</div>`}
    </td>
    <td class="number">${amountsIn(language).bytes(item.bytes)}</td>
  </tr>`;
}

/** An item that is sent shorter than it is says so wherever it stands. */
function cutLine(scene: ReviewScene, index: number, path: string, { lines }: LineCut): TemplateResult {
  const { digest, state } = scene.view;
  return html`<div class="cut">
    <span>${icon("diff-removed", "tone-attention")} ${l10n.t("sent without lines {0}", lineRangesText(lines))}</span>
    ${
      state === "waiting"
        ? html`<button
            class="link-button"
            ?disabled=${scene.isBusy}
            @click=${() => scene.ask({ kind: "put-back", digest, item: index })}
          >
            ${l10n.t("Put them back")}<span class="heard-only"> ${path}</span>
          </button>`
        : nothing
    }
  </div>`;
}

function linesButton(scene: ReviewScene, index: number, path: string): TemplateResult | typeof nothing {
  const { digest, job, state } = scene.view;
  const isPrompt = job === "ask";
  if (state !== "waiting" || (isPrompt ? false : !scene.state.taking || isNoFile(path))) return nothing;
  return html`<div class="cut">
    <button
      class="link-button"
      ?disabled=${scene.isBusy}
      @click=${() => scene.ask({ kind: "leave-out-lines", digest, item: index })}
    >
      ${l10n.t("Leave out lines…")}<span class="heard-only"> ${plainText(path)}</span>
    </button>
  </div>`;
}

/** The toolkit names a box after its text when it is made, whatever label it has; the label is for when the box is used again. */
function itemBox(scene: ReviewScene, index: number, path: string): TemplateResult {
  const { picked } = scene.state;
  return html`<vscode-checkbox
    aria-label=${l10n.t("Take out {0}", path)}
    .checked=${picked.has(index)}
    ?disabled=${scene.isBusy}
    @change=${(event: Event) => pick(scene, [index], isTicked(event))}
    ><span class="heard-only">${l10n.t("Take out {0}", path)}</span></vscode-checkbox
  >`;
}

function groupBox(scene: ReviewScene, group: ItemGroup, name: string): TemplateResult | typeof nothing {
  if (group.kind === "request") return nothing;
  const indices = group.rows.map(({ index }) => index);
  const count = indices.filter((index) => scene.state.picked.has(index)).length;
  return html`<vscode-checkbox
    aria-label=${l10n.t("Take out all of {0}", name)}
    .checked=${count === indices.length}
    .indeterminate=${count > 0 && count < indices.length}
    ?disabled=${scene.isBusy}
    @change=${(event: Event) => pick(scene, indices, isTicked(event))}
    ><span class="heard-only">${l10n.t("Take out all of {0}", name)}</span></vscode-checkbox
  >`;
}

/** The toolkit's boxes also say that they changed when the page sets them: then there is nothing to do. */
function pick(scene: ReviewScene, indices: readonly number[], out: boolean): void {
  const { picked } = scene.state;
  if (indices.every((index) => picked.has(index)) === out) return;
  const next = new Set(picked);
  for (const index of indices) {
    if (out) next.add(index);
    else next.delete(index);
  }
  scene.change({ picked: next });
}

function isOpen({ state, view }: ReviewScene, group: ItemGroup): boolean {
  if (state.filter.trim() !== "") return true;
  return state.opened.get(keyOf(group)) ?? view.preview.items.length <= ITEMS_OPEN_MAX;
}

function keyOf({ folder, kind }: ItemGroup): string {
  return `${kind}:${folder}`;
}

function groupName({ folder, kind }: ItemGroup): string {
  if (kind === "request") return l10n.t("The request itself");
  return folder === "" ? l10n.t("Top of the workspace") : plainText(`${folder}/`);
}

const CLASS_ICONS: Readonly<Record<Classification, string>> = {
  public: "globe",
  internal: "organization",
  secret: "lock",
  regulated: "law",
};

/** A word and a shape; nothing that leaves is secret or regulated, and if it were, it would say so here. */
function classMark(classification: Classification): TemplateResult {
  return html`<span class="class">${icon(CLASS_ICONS[classification], "tone-quiet")} ${classWord(classification)}</span>`;
}

function classesText(all: readonly Classification[], language: string): string {
  const counts = new Map<Classification, number>();
  for (const each of all) counts.set(each, (counts.get(each) ?? 0) + 1);
  return [...counts]
    .map(([each, count]) => l10n.t("{0} {1}", amountsIn(language).count(count), classWord(each)))
    .join(" · ");
}

export function itemsText(count: number, language: string): string {
  return count === 1 ? l10n.t("1 item") : l10n.t("{0} items", amountsIn(language).count(count));
}

export function amountText(count: number, bytes: number, language: string): string {
  return l10n.t("{0}, {1}", itemsText(count, language), amountsIn(language).bytes(bytes));
}
