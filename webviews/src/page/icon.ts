// One codicon. It is never alone: a word beside it or the label of its control says the same.
import { html, type TemplateResult } from "lit";

export function icon(name: string, tone = ""): TemplateResult {
  return html`<span class="codicon codicon-${name} ${tone}" aria-hidden="true"></span>`;
}
