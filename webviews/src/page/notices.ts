// What a person must know before anything else, in one polite region, so that a screen reader hears each once.
import * as l10n from "@vscode/l10n";
import { html, type TemplateResult } from "lit";
import { plainText } from "#protocol/text/plainText.ts";
import { icon } from "./icon.ts";

export interface Notice {
  readonly shape: string;
  readonly tone: string;
  readonly text: string;
}

export function noticesRegion(notices: readonly Notice[]): TemplateResult {
  return html`<div class="notices" role="status">
    ${notices.map(
      ({ shape, text, tone }) => html`<p class="notice ${tone}">${icon(shape)}<span class="foreign">${text}</span></p>`,
    )}
  </div>`;
}

/** What the Home refused, with what to do about it. */
export function problemNotice(
  problem: { readonly message: string; readonly advice: string } | undefined,
): readonly Notice[] {
  if (problem === undefined) return [];
  const text = l10n.t("{0} {1}", plainText(problem.message), plainText(problem.advice));
  return [{ shape: "error", tone: "tone-error", text }];
}
