// The answers to one staged action. None has the focus by itself, and none decides: each opens a dialog of the editor.
// Of an item that waits no more, what is left is to read what took its place, or the next one.
import * as l10n from "@vscode/l10n";
import { html, nothing, type TemplateResult } from "lit";
import { amountsIn } from "#protocol/text/amounts.ts";
import { plainText } from "#protocol/text/plainText.ts";
import { riskMark } from "./riskPart.ts";
import type { OneScene } from "./stagedScene.ts";

export function answersPart(scene: OneScene): TemplateResult {
  return scene.shown.review.staged.state === "pending" ? waitingAnswers(scene) : decidedAnswers(scene);
}

function waitingAnswers({ ask, language, shown: { review } }: OneScene): TemplateResult {
  const { busy, sameKindWaiting, staged } = review;
  const { digest } = staged;
  const isBusy = busy !== "nothing";
  const button = (
    text: string,
    kind: "approve" | "reject" | "propose" | "look-together",
    first = false,
  ): TemplateResult =>
    html`<vscode-button
      appearance=${first ? "primary" : "secondary"}
      ?disabled=${isBusy}
      @click=${() => ask({ kind, digest })}
      >${text}</vscode-button
    >`;
  return html`<footer class="actions" aria-label=${l10n.t("Your answer")} role="group">
    <p class="summary"><strong class="foreign">${plainText(staged.title)}</strong> ${riskMark(staged.risk.level)}</p>
    <div class="buttons">
      ${button(l10n.t("Approve…"), "approve", true)} ${button(l10n.t("Reject…"), "reject")}
      ${button(l10n.t("Propose a Change…"), "propose")}
      ${
        sameKindWaiting > 1
          ? button(l10n.t("Look at {0} together…", amountsIn(language).count(sameKindWaiting)), "look-together")
          : nothing
      }
    </div>
  </footer>`;
}

function decidedAnswers({ ask, language, shown: { review } }: OneScene): TemplateResult {
  const { othersWaiting, staged } = review;
  const { digest, replacedBy } = staged;
  const others = othersWaiting > 0 && replacedBy === undefined;
  return html`<footer class="actions" aria-label=${l10n.t("Your answer")} role="group">
    <div class="buttons">
      ${
        replacedBy === undefined
          ? nothing
          : html`<vscode-button @click=${() => ask({ kind: "read-newer", digest })}
              >${l10n.t("Read the New One")}</vscode-button
            >`
      }
      ${others ? nextButton(ask, othersWaiting, language) : nothing}
    </div>
    ${others || replacedBy !== undefined ? nothing : html`<p class="dim">${l10n.t("Nothing else waits for you.")}</p>`}
  </footer>`;
}

/** The way to what else waits. */
export function nextButton(ask: OneScene["ask"], othersWaiting: number, language: string): TemplateResult {
  return html`<vscode-button @click=${() => ask({ kind: "review-next" })}
    >${othersWaiting === 1 ? l10n.t("Review the next one") : l10n.t("Review the next of {0}", amountsIn(language).count(othersWaiting))}</vscode-button
  >`;
}
