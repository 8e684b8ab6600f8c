// The Review page as one template: notices, what leaves, what stays, where, why, cost, until when, and the answers.
// It draws what it is given; every decision is the editor's.
import * as l10n from "@vscode/l10n";
import { html, type TemplateResult } from "lit";
import { actionsPart } from "./actionsPart.ts";
import { costPart, removedPart, staysPart, wherePart, whyPart } from "./factsPart.ts";
import { itemsPart } from "./itemsPart.ts";
import { leasePart } from "./leasePart.ts";
import { leasesPart } from "./leasesPart.ts";
import { headPart, noticesPart } from "./noticesPart.ts";
import type { ReviewScene } from "./reviewScene.ts";

export function reviewPage(scene: ReviewScene): TemplateResult {
  const { view } = scene;
  return html`<div class="review" aria-busy=${view.busy !== "nothing"}>
    <div class="document">
      ${noticesPart(scene)} ${headPart(scene)}
      ${section("leaves", l10n.t("What leaves"), html`${removedPart(scene)} ${itemsPart(scene)}`)}
      ${section("stays", l10n.t("Stays here"), staysPart(scene))}
      ${section("where", l10n.t("Where"), wherePart(scene))}
      ${section("why", l10n.t("Why"), whyPart(scene))}
      ${section("cost", l10n.t("Cost"), costPart(scene))}
      ${view.state === "waiting" ? section("until", l10n.t("Until"), leasePart(scene)) : ""}
      ${view.leases.length > 0 ? section("leases", l10n.t("Leases"), leasesPart(scene)) : ""}
      <div class="small-print dim">
        <p>
          ${l10n.t("Sending cannot be taken back; revoking stops further sends. Redaction and detection know common formats and the values of your environment files; they miss other secrets, passwords that are words, what is paraphrased or encoded otherwise, and pictures.")}
        </p>
        <p>
          ${l10n.t("An approval is of exactly this revision; if anything changes, you are asked again.")}
          <span class="foreign monospace">${view.digest}</span>
        </p>
      </div>
    </div>
    ${actionsPart(scene)}
  </div>`;
}

function section(id: string, title: string, body: TemplateResult): TemplateResult {
  return html`<section class="fact" aria-labelledby=${`head-${id}`}>
    <h2 id=${`head-${id}`}>${title}</h2>
    <div class="body">${body}</div>
  </section>`;
}

/** Before the first message, or where nothing is to be reviewed. */
export function emptyPage(): TemplateResult {
  return html`<p class="empty dim" role="status">${l10n.t("Reading what would leave…")}</p>`;
}
