// The four answers and what each means. None has the focus by itself, and none decides: the one that sends opens the
// editor's confirmation. While things are picked, the answers make room for taking them out.
import * as l10n from "@vscode/l10n";
import { html, nothing, type TemplateResult } from "lit";
import { amountsIn } from "#protocol/text/amounts.ts";
import { plainText } from "#protocol/text/plainText.ts";
import { isNoFile, type RunHere, TAKEN_OUT_MAX } from "#protocol/webview/review.ts";
import { takeOutWish, withoutPicked } from "./itemGroups.ts";
import { amountText } from "./itemsPart.ts";
import { readDraft } from "./leaseForm.ts";
import { leaseSentence } from "./leasePart.ts";
import type { ReviewScene } from "./reviewScene.ts";

export function actionsPart(scene: ReviewScene): TemplateResult {
  const { state, view } = scene;
  if (view.state !== "waiting") return answeredActions(scene);
  return state.taking ? takingActions(scene) : answerActions(scene);
}

function answerActions(scene: ReviewScene): TemplateResult {
  const { isBusy, language, state, view } = scene;
  const { digest, preview } = view;
  const read = readDraft(state.draft, preview);
  const hasFiles = preview.items.some(({ path }) => !isNoFile(path));
  const name = plainText(preview.destination.name);
  return html`<footer class="actions" aria-label=${l10n.t("Your answer")} role="group">
    <p class="summary">
      <strong>${l10n.t("{0} → {1}", amountText(preview.items.length, preview.payloadBytes, language), name)}</strong>
      <span class="dim">${l10n.t("key {0}", plainText(preview.destination.keyWords.join(" ")))}</span>
      <span class="dim">${leaseSentence(scene)}</span>
    </p>
    <div class="buttons">
      <vscode-button
        ?disabled=${isBusy || read.kind === "problem" || view.node.state !== "ready"}
        @click=${() => {
          if (read.kind === "lease") scene.ask({ kind: "send", digest, lease: read.ask });
        }}
        >${l10n.t("Send under this lease…")}</vscode-button
      >
      <vscode-button
        appearance="secondary"
        ?disabled=${isBusy || !view.runHere.possible}
        @click=${() => scene.ask({ kind: "run-here", digest })}
        >${l10n.t("Run here instead")}</vscode-button
      >
      <vscode-button
        appearance="secondary"
        ?disabled=${isBusy || !hasFiles}
        @click=${() => scene.change({ taking: true })}
        >${l10n.t("Take something out…")}</vscode-button
      >
      <vscode-button appearance="secondary" ?disabled=${isBusy} @click=${() => scene.ask({ kind: "deny", digest })}
        >${l10n.t("Don't send")}</vscode-button
      >
    </div>
    ${view.runHere.possible || view.runHere.why === "unread" ? nothing : html`<p class="dim foreign">${l10n.t("It cannot run here: {0}.", whyNotHere(view.runHere))}</p>`}
    ${hasFiles ? nothing : html`<p class="dim">${l10n.t("A question is one item: lines can be left out of it, the whole cannot.")}</p>`}
  </footer>`;
}

function whyNotHere(runHere: Extract<RunHere, { possible: false }>): string {
  const detail = plainText(runHere.detail);
  switch (runHere.why) {
    case "unread":
      return "";
    case "not-ready":
      return l10n.t("this machine is still starting");
    case "no-request":
      return l10n.t("its request can no longer be read");
    case "no-engine":
      return detail;
    case "no-model":
      return detail === ""
        ? l10n.t("this machine has no model")
        : l10n.t("this machine does not have the model {0}", detail);
  }
}

function takingActions(scene: ReviewScene): TemplateResult {
  const { isBusy, language, state, view } = scene;
  const { items, payloadBytes } = view.preview;
  const left = withoutPicked(items, payloadBytes, state.picked);
  const wish = takeOutWish(items, state.picked);
  return html`<footer class="actions" aria-label=${l10n.t("Take something out")} role="group">
    <p class="summary" role="status">
      ${
        left.picked === 0
          ? l10n.t("Tick what should stay here. Nothing is sent meanwhile.")
          : html`<strong
                >${l10n.t("About {0} would leave instead of {1}.", amountsIn(language).bytes(left.bytes), amountsIn(language).bytes(payloadBytes))}</strong
              >
              <span class="dim">${l10n.t("{0} picked; the new revision says exactly, and is asked about again.", amountsIn(language).count(left.picked))}</span>`
      }
      ${wish === undefined ? html`<span class="tone-error">${l10n.t("Pick whole folders, or at most {0} files at once.", amountsIn(language).count(TAKEN_OUT_MAX))}</span>` : nothing}
    </p>
    <div class="buttons">
      <vscode-button
        ?disabled=${isBusy || wish === undefined || wish.length === 0}
        @click=${() => {
          if (wish !== undefined && wish.length > 0) scene.ask({ kind: "take-out", digest: view.digest, taken: wish });
        }}
        >${l10n.t("Take these out")}</vscode-button
      >
      <vscode-button
        appearance="secondary"
        ?disabled=${isBusy}
        @click=${() => scene.change({ taking: false, picked: new Set() })}
        >${l10n.t("Keep everything in")}</vscode-button
      >
    </div>
  </footer>`;
}

function answeredActions(scene: ReviewScene): TemplateResult {
  const { digest, othersWaiting, state } = scene.view;
  // Only an answer makes a record.
  const record =
    state === "approved" || state === "denied"
      ? html`<vscode-button appearance="secondary" @click=${() => scene.ask({ kind: "open-ledger", digest })}
          >${l10n.t("Show it in the egress ledger")}</vscode-button
        >`
      : nothing;
  if (othersWaiting === 0)
    return html`<footer class="actions">
      <p class="dim">${l10n.t("Nothing else waits for you.")}</p>
      <div class="buttons">${record}</div>
    </footer>`;
  return html`<footer class="actions">
    <div class="buttons">
      <vscode-button @click=${() => scene.ask({ kind: "review-next" })}
        >${othersWaiting === 1 ? l10n.t("Review the next one") : l10n.t("Review the next of {0}", amountsIn(scene.language).count(othersWaiting))}</vscode-button
      >
      ${record}
    </div>
  </footer>`;
}
