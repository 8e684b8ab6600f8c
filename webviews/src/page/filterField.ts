// One field of a filter: a native select whose first choice is all of them, so that every keyboard and screen reader knows it.
import { html, type TemplateResult } from "lit";
import { live } from "lit/directives/live.js";

export type Choice = readonly [value: string, text: string];

export interface FilterField {
  /** Heard, not seen: what is chosen says it in sight. */
  readonly label: string;
  readonly all: string;
  readonly choices: readonly Choice[];
  /** Empty: all of them. */
  readonly chosen: string;
}

export function filterField(
  { all, choices, chosen, label }: FilterField,
  set: (value: string) => void,
): TemplateResult {
  return html`<label class="choice">
    <span class="heard-only">${label}</span>
    <select
      class="select"
      .value=${live(chosen)}
      @change=${(event: Event) => {
        if (event.target instanceof HTMLSelectElement) set(event.target.value);
      }}
    >
      <option value="" ?selected=${chosen === ""}>${all}</option>
      ${choices.map(([value, text]) => html`<option value=${value} ?selected=${chosen === value}>${text}</option>`)}
    </select>
  </label>`;
}
