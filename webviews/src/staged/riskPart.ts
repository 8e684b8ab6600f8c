// How risky an action is: a word, a shape and a colour, and the reason that decided. The words of the reason are the Home's.
import * as l10n from "@vscode/l10n";
import { html, type TemplateResult } from "lit";
import type { Risk, RiskLevel } from "#protocol/staging.ts";
import { plainText } from "#protocol/text/plainText.ts";
import { icon } from "../page/icon.ts";

const LOOKS: Readonly<Record<RiskLevel, readonly [shape: string, tone: string]>> = {
  high: ["warning", "tone-error"],
  medium: ["info", "tone-attention"],
  low: ["shield", "tone-quiet"],
};

export function riskPart({ level, reason, rule }: Risk): TemplateResult {
  return html`<p>${riskMark(level)} <span class="foreign">${plainText(reason)}</span> <span class="dim foreign monospace">${plainText(rule)}</span></p>`;
}

export function riskMark(level: RiskLevel): TemplateResult {
  const [shape, tone] = LOOKS[level];
  return html`<strong class="risk">${icon(shape, tone)} ${riskText(level)}</strong>`;
}

function riskText(level: RiskLevel): string {
  switch (level) {
    case "high":
      return l10n.t("high");
    case "medium":
      return l10n.t("medium");
    case "low":
      return l10n.t("low");
  }
}
