// Several staged actions of one kind in one table, to be looked at before any of them is done: what, where and how risky each is.
// A row can be taken out and waits on. One confirmation of the editor repeats those that are left; what fails says so in its row.
import * as l10n from "@vscode/l10n";
import { html, nothing, type TemplateResult } from "lit";
import type { StagedId } from "#protocol/ids.ts";
import { amountsIn } from "#protocol/text/amounts.ts";
import { plainText } from "#protocol/text/plainText.ts";
import type { StagedTableRow } from "#protocol/webview/staged.ts";
import { isTicked } from "../controls.ts";
import { icon } from "../page/icon.ts";
import { actionFacts } from "./actionFacts.ts";
import { nextButton } from "./answersPart.ts";
import { resultText, tableNotices } from "./noticesPart.ts";
import { riskMark } from "./riskPart.ts";
import type { TableScene } from "./stagedScene.ts";

export function tablePage(scene: TableScene): TemplateResult {
  const { busy, problem, rows } = scene.shown.table;
  return html`<div class="review" aria-busy=${busy !== "nothing"}>
    <div class="document wide">
      ${tableNotices(busy, problem)}
      <header>
        <h1>${l10n.t("Do these {0}?", amountsIn(scene.language).count(rows.length))}</h1>
        <p class="dim">
          ${l10n.t("Nothing is done before you confirm. Each is decided by itself; what you take out waits on.")}
        </p>
      </header>
      <table class="together">
        <thead>
          <tr>
            <th scope="col">${l10n.t("Do it")}</th>
            <th scope="col">${l10n.t("What")}</th>
            <th scope="col">${l10n.t("Where and how")}</th>
            <th scope="col">${l10n.t("Risk")}</th>
            <th scope="col">${l10n.t("State")}</th>
          </tr>
        </thead>
        <tbody>
          ${rows.map((row) => rowPart(scene, row))}
        </tbody>
      </table>
    </div>
    ${tableAnswers(scene)}
  </div>`;
}

/** The rows that a confirmation would be about. */
export function chosenRows({ shown, state }: TableScene): readonly StagedTableRow[] {
  return shown.table.rows.filter(({ staged }) => staged.state === "pending" && !state.takenOut.has(staged.stagedId));
}

function rowPart(scene: TableScene, row: StagedTableRow): TemplateResult {
  const { busy } = scene.shown.table;
  const { action, requestedBy, risk, stagedId, state, title } = row.staged;
  const name = plainText(title);
  const isIn = !scene.state.takenOut.has(stagedId);
  return html`<tr class=${isIn || state !== "pending" ? "" : "taken"}>
    <td class="pick">
      ${
        state === "pending"
          ? html`<vscode-checkbox
              aria-label=${l10n.t("Do: {0}", name)}
              .checked=${isIn}
              ?disabled=${busy !== "nothing"}
              @change=${(event: Event) => take(scene, stagedId, isTicked(event))}
            ><span class="heard-only">${l10n.t("Do: {0}", name)}</span></vscode-checkbox
            >`
          : nothing
      }
    </td>
    <td>
      <button class="link-button foreign" @click=${() => scene.ask({ kind: "read-one", stagedId })}>${name}</button>
      <div class="dim foreign">${l10n.t("Asked for by {0}.", plainText(requestedBy))}</div>
    </td>
    <td>
      ${actionFacts(action, row.node, scene.language).map(
        ({ isCode, name: of, value }) =>
          html`<div class="foreign lines"><span class="dim">${of}:</span> <span class=${isCode ? "monospace" : ""}>${value}</span></div>`,
      )}
    </td>
    <td>${riskMark(risk.level)}<div class="dim foreign">${plainText(risk.reason)}</div></td>
    <td class="foreign">${stateCell(row, isIn)}</td>
  </tr>`;
}

/** The toolkit's boxes also say that they changed when the page sets them: then there is nothing to do. */
function take(scene: TableScene, id: StagedId, isIn: boolean): void {
  const { takenOut } = scene.state;
  if (takenOut.has(id) !== isIn) return;
  const others = [...takenOut].filter((each) => each !== id);
  scene.change({ takenOut: new Set(isIn ? others : [...others, id]) });
}

function stateCell({ result, staged }: StagedTableRow, isIn: boolean): TemplateResult {
  if (result !== undefined) {
    const good = result.outcome === "done";
    return html`${icon(good ? "pass" : "error", good ? "tone-good" : "tone-error")} ${resultText(result)}`;
  }
  switch (staged.state) {
    case "pending":
      if (staged.stale !== undefined) {
        return html`<span>${icon("history", "tone-attention")} ${l10n.t("stale")}</span> ${plainText(staged.stale)}`;
      }
      return isIn ? html`${l10n.t("waits")}` : html`${l10n.t("taken out: it waits on")}`;
    case "approved":
      return html`${l10n.t("approved elsewhere")}`;
    case "rejected":
      return html`${l10n.t("rejected elsewhere")}`;
    case "superseded":
      return html`${l10n.t("changed: read the new one")}`;
    case "withdrawn":
      return html`${l10n.t("taken back")}`;
  }
}

function tableAnswers(scene: TableScene): TemplateResult {
  const { busy, othersWaiting, rows } = scene.shown.table;
  const chosen = chosenRows(scene);
  const left = amountsIn(scene.language).count(chosen.length);
  const waits = rows.some(({ staged }) => staged.state === "pending");
  return html`<footer class="actions" aria-label=${l10n.t("Your answer")} role="group">
    <div class="buttons">
      ${
        waits
          ? html`<vscode-button
              ?disabled=${busy !== "nothing" || chosen.length === 0}
              @click=${() =>
                scene.ask({
                  kind: "approve-these",
                  items: chosen.map(({ staged: { digest, stagedId } }) => ({ stagedId, digest })),
                })}
              >${l10n.t("Approve these {0}…", left)}</vscode-button
            >`
          : othersWaiting > 0
            ? nextButton(scene.ask, othersWaiting, scene.language)
            : nothing
      }
    </div>
    ${waits || othersWaiting > 0 ? nothing : html`<p class="dim">${l10n.t("Nothing else waits for you.")}</p>`}
  </footer>`;
}
