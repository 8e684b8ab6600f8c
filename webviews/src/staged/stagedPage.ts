// The page of one staged action as one template: what is new about it, who asks and why, what it would do, what speaks for and
// against it, how risky it is, and the answers. It draws what it is given; every decision is the editor's.
import * as l10n from "@vscode/l10n";
import { html, nothing, type TemplateResult } from "lit";
import { amountsIn } from "#protocol/text/amounts.ts";
import { plainText } from "#protocol/text/plainText.ts";
import type { StagedReview } from "#protocol/webview/staged.ts";
import { actionFacts, changedFacts } from "./actionFacts.ts";
import { answersPart } from "./answersPart.ts";
import { evidencePart } from "./evidencePart.ts";
import { filesPart } from "./filesPart.ts";
import { noticesPart } from "./noticesPart.ts";
import { riskPart } from "./riskPart.ts";
import type { OneScene } from "./stagedScene.ts";

export function stagedPage(scene: OneScene): TemplateResult {
  const { review } = scene.shown;
  const { staged } = review;
  return html`<div class="review" aria-busy=${review.busy !== "nothing"}>
    <div class="document">
      ${noticesPart(review)}
      <header>
        <h1 class="foreign">${headline(review)}</h1>
        <p class="asked foreign">${plainText(staged.title)}</p>
      </header>
      ${section("who", l10n.t("Asked for by"), whoPart(scene))} ${section("what", l10n.t("What it does"), whatPart(scene))}
      ${section("risk", l10n.t("Risk"), riskPart(staged.risk))}
      ${section("evidence", l10n.t("Evidence"), evidencePart(scene))}
      ${staged.revision === 1 ? nothing : section("revision", l10n.t("Revision"), revisionPart(scene))}
      <div class="small-print dim">
        <p>
          ${l10n.t("An approval is of exactly this action and is used once, now. If anything changes, you are asked again. No time decides, and nothing runs without you.")}
          <span class="foreign monospace">${staged.digest}</span>
        </p>
      </div>
    </div>
    ${answersPart(scene)}
  </div>`;
}

/** Before the first message, or where nothing is to be reviewed. */
export function emptyPage(): TemplateResult {
  return html`<p class="empty dim" role="status">${l10n.t("Reading what waits…")}</p>`;
}

function section(id: string, title: string, body: TemplateResult): TemplateResult {
  return html`<section class="fact" aria-labelledby=${`head-${id}`}>
    <h2 id=${`head-${id}`}>${title}</h2>
    <div class="body">${body}</div>
  </section>`;
}

function headline({ staged }: StagedReview): string {
  switch (staged.state) {
    case "pending":
      return l10n.t("Do this?");
    case "approved":
      return l10n.t("Approved");
    case "rejected":
      return l10n.t("Rejected: nothing was done");
    case "superseded":
      return l10n.t("Another revision took its place");
    case "withdrawn":
      return l10n.t("Taken back: nothing was done");
  }
}

function whoPart({ language, shown: { review } }: OneScene): TemplateResult {
  const { evidence, requestedBy, stagedAt } = review.staged;
  const reasons = evidence.flatMap((piece) => (piece.kind === "asked" ? [piece] : []));
  return html`<p><strong class="foreign">${plainText(requestedBy)}</strong> <span class="dim">${amountsIn(language).moment(stagedAt)}</span></p>
    ${reasons.map(({ by, why }) =>
      by === requestedBy
        ? html`<p class="foreign">${plainText(why)}</p>`
        : html`<p class="foreign">${l10n.t("{0}: {1}", plainText(by), plainText(why))}</p>`,
    )}`;
}

function whatPart(scene: OneScene): TemplateResult {
  const { node, staged } = scene.shown.review;
  return html`<dl class="facts">
      ${actionFacts(staged.action, node, scene.language).map(
        ({ isCode, name, value }) =>
          html`<dt class="dim">${name}</dt>
            <dd class=${isCode ? "foreign monospace lines" : "foreign lines"}>${value}</dd>`,
      )}
    </dl>
    ${filesPart(scene)}`;
}

function revisionPart({ language, shown: { review } }: OneScene): TemplateResult {
  const { before, node, staged, voidEndorsements } = review;
  const changed =
    before === undefined
      ? []
      : changedFacts(actionFacts(before.action, node, language), actionFacts(staged.action, node, language));
  return html`<p>${l10n.t("Revision {0}.", staged.revision)}
      ${
        voidEndorsements > 0
          ? l10n.t("Endorsements of revisions before count no more: {0}.", voidEndorsements)
          : l10n.t("Endorsements of revisions before, if there were any, count no more.")
      }</p>
    ${
      before === undefined
        ? html`<p class="dim">${l10n.t("The revision before is not known any more.")}</p>`
        : html`<table class="changes">
            <caption class="dim">
              ${l10n.t("What is different")}
            </caption>
            <thead>
              <tr>
                <th scope="col">${l10n.t("What")}</th>
                <th scope="col">${l10n.t("Before")}</th>
                <th scope="col">${l10n.t("Now")}</th>
              </tr>
            </thead>
            <tbody>
              ${changed.map(
                ({ is, name, was }) =>
                  html`<tr>
                    <th scope="row">${name}</th>
                    <td class="foreign lines"><del>${was}</del></td>
                    <td class="foreign lines"><ins>${is}</ins></td>
                  </tr>`,
              )}
            </tbody>
          </table>`
    }`;
}
