// What a page says above everything else while its Home cannot be reached.
import { html, nothing, type TemplateResult } from "lit";
import { plainText } from "#protocol/text/plainText.ts";
import type { HomeNotice } from "#protocol/webview/feed.ts";
import { icon } from "./icon.ts";

export function homeNotice({ reachable, text, urgent }: Omit<HomeNotice, "kind">): TemplateResult | typeof nothing {
  if (reachable || text === "") return nothing;
  const shape = urgent ? icon("warning", "tone-attention") : icon("info");
  return html`<p class="notice">${shape} <span class="foreign">${plainText(text)}</span></p>`;
}
