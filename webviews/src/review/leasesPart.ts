// The leases under which something may leave for this node without a question, each counted down while it is looked at, with
// the button that ends it. Nothing is decided from these numbers: the Home counts by its own clock.
import * as l10n from "@vscode/l10n";
import { html, nothing, type TemplateResult } from "lit";
import { durationMs } from "#protocol/quantities.ts";
import { amountsIn } from "#protocol/text/amounts.ts";
import { plainText } from "#protocol/text/plainText.ts";
import type { ReviewLease } from "#protocol/webview/review.ts";
import { icon } from "../page/icon.ts";
import type { ReviewScene } from "./reviewScene.ts";

export function leasesPart(scene: ReviewScene): TemplateResult {
  const { leases, preview } = scene.view;
  return html`<p class="dim">${l10n.t("What they cover goes to {0} without a question.", plainText(preview.destination.name))}</p>
    <ul class="leases">
      ${leases.map((lease) => leaseRow(scene, lease))}
    </ul>`;
}

function leaseRow(scene: ReviewScene, view: ReviewLease): TemplateResult {
  const { elapsedMs, language } = scene;
  const amounts = amountsIn(language);
  const { budget, leaseId } = view.lease;
  const leftMs = Math.max(0, view.remainingMs - elapsedMs);
  const covers = scopeText(view);
  return html`<li>
    <span class="foreign">${icon("shield", "tone-quiet")} ${covers}</span>
    <span class="chips">
      <span class=${leftMs === 0 ? "chip tone-error" : "chip"}>${icon("clock")} ${leftMs === 0 ? l10n.t("has run out") : l10n.t("{0} left", amounts.duration(durationMs(Math.ceil(leftMs / 1_000) * 1_000)))}</span>
      <span class="chip">${l10n.t("{0} of {1} jobs left", amounts.count(view.usesLeft), amounts.count(budget.uses))}</span>
      <span class="chip">${l10n.t("{0} of {1} left", amounts.bytes(view.bytesLeft), amounts.bytes(budget.bytes))}</span>
      ${
        budget.cost === undefined || view.costMicrosLeft === undefined
          ? nothing
          : html`<span class="chip">${l10n.t("{0} of {1} left", amounts.money(view.costMicrosLeft, budget.cost.currency), amounts.money(budget.cost.micros, budget.cost.currency))}</span>`
      }
      ${view.inUse === 0 ? nothing : html`<span class="chip">${icon("play")} ${l10n.t("{0} running", amounts.count(view.inUse))}</span>`}
    </span>
    <button
      class="link-button"
      title=${l10n.t("Revoke the lease: {0}", covers)}
      @click=${() => scene.ask({ kind: "revoke-lease", digest: scene.view.digest, leaseId })}
    >
      ${l10n.t("Revoke")}<span class="heard-only"> ${covers}</span>
    </button>
  </li>`;
}

function scopeText({ lease: { scope } }: ReviewLease): string {
  if (scope.kind !== "scoped") return l10n.t("one preview, once");
  return scope.job === "ask"
    ? l10n.t("questions, up to class {0}", scope.ceiling)
    : l10n.t("commands, up to class {0}, files in {1}", scope.ceiling, plainText(scope.paths.join(" ")));
}
