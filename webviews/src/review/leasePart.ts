// The choice of the lease: this job only, or more jobs like it within bounds that are all on the screen.
// It composes a wish; what it grants stands in one sentence below, and the editor's confirmation repeats it.
import * as l10n from "@vscode/l10n";
import { html, nothing, type TemplateResult } from "lit";
import { LEASE_PATHS_MAX, LEASE_USES_MAX, type ScopedTerms } from "#protocol/lease.ts";
import { amountsIn } from "#protocol/text/amounts.ts";
import { plainText } from "#protocol/text/plainText.ts";
import { textOf } from "../controls.ts";
import { type LeaseDraft, type LeaseField, ONCE_MINUTES_MAX, readDraft, SCOPED_MINUTES_MAX } from "./leaseForm.ts";
import type { ReviewScene } from "./reviewScene.ts";

export function leasePart(scene: ReviewScene): TemplateResult {
  const { draft } = scene.state;
  const read = readDraft(draft, scene.view.preview);
  const wrong = read.kind === "problem" ? read.field : undefined;
  return html`<fieldset class="lease" ?disabled=${scene.isBusy}>
    <legend class="heard-only">${l10n.t("How long and how often may this be sent?")}</legend>
    <div class="choice">
      ${radio(scene, "once", l10n.t("This job only"))}
      ${
        draft.kind === "once"
          ? html`<div class="fields">
              ${field(scene, "onceMinutes", l10n.t("Minutes, at most {0}", ONCE_MINUTES_MAX), wrong)}
            </div>`
          : nothing
      }
    </div>
    <div class="choice">
      ${radio(scene, "scoped", l10n.t("More jobs like this, without asking again"))}
      ${draft.kind === "scoped" ? scopedFields(scene, wrong) : nothing}
    </div>
    <p class=${wrong === undefined ? "grants dim" : "grants tone-error"} role="status">
      ${wrong === undefined ? leaseSentence(scene) : problemText(wrong)}
    </p>
  </fieldset>`;
}

function radio(scene: ReviewScene, kind: LeaseDraft["kind"], label: string): TemplateResult {
  return html`<label class="radio">
    <input
      type="radio"
      name="lease"
      .checked=${scene.state.draft.kind === kind}
      @change=${() => redraft(scene, { kind })}
    /><span>${label}</span>
  </label>`;
}

function scopedFields(scene: ReviewScene, wrong: LeaseField | undefined): TemplateResult {
  const { language, state, view } = scene;
  const uses = Number(state.draft.uses) || 1;
  const byItself = amountsIn(language).bytes(uses * view.preview.payloadBytes);
  return html`<div class="fields">
    ${field(scene, "uses", l10n.t("Jobs, this one included"), wrong)}
    ${field(scene, "minutes", l10n.t("Minutes"), wrong)}
    ${field(scene, "bytes", l10n.t("Bytes in all"), wrong, byItself)}
    ${field(scene, "cost", l10n.t("Cost in all"), wrong, l10n.t("no bound"))}
    ${view.job === "command" ? field(scene, "paths", l10n.t("Only files in"), wrong) : nothing}
    <label class="select-field">
      <span>${l10n.t("Highest class")}</span>
      <select
        class="select"
        @change=${({ target }: Event) => {
          if (target instanceof HTMLSelectElement)
            redraft(scene, { ceiling: target.value === "public" ? "public" : "internal" });
        }}
      >
        <option value="public" ?selected=${state.draft.ceiling === "public"}>${l10n.t("public")}</option>
        <option value="internal" ?selected=${state.draft.ceiling === "internal"}>${l10n.t("internal")}</option>
      </select>
    </label>
  </div>`;
}

function field(
  scene: ReviewScene,
  name: LeaseField,
  label: string,
  wrong: LeaseField | undefined,
  placeholder = "",
): TemplateResult {
  return html`<vscode-text-field
    class=${name}
    .value=${scene.state.draft[name]}
    placeholder=${placeholder}
    aria-invalid=${wrong === name}
    ?disabled=${scene.isBusy}
    @input=${(event: Event) => {
      const text = textOf(event);
      if (text !== undefined && text !== scene.state.draft[name]) redraft(scene, { [name]: text });
    }}
    >${label}</vscode-text-field
  >`;
}

function redraft(scene: ReviewScene, change: Partial<LeaseDraft>): void {
  scene.change({ draft: { ...scene.state.draft, ...change } });
}

/** What the lease would grant, in one sentence. */
export function leaseSentence(scene: ReviewScene): string {
  const { language, state, view } = scene;
  const read = readDraft(state.draft, view.preview);
  if (read.kind === "problem") return "";
  if (read.ask.kind === "once") {
    return l10n.t("Grants this one job, for {0}.", amountsIn(language).duration(read.ask.leaseMs));
  }
  const { terms } = read.ask;
  const cost = terms.budget.cost;
  if (cost === undefined) return scopeSentence(scene, terms);
  const bound = amountsIn(language).money(cost.micros, cost.currency);
  return l10n.t("{0} They may cost {1} in all.", scopeSentence(scene, terms), bound);
}

function scopeSentence({ language, view }: ReviewScene, { budget, ceiling, leaseMs, paths }: ScopedTerms): string {
  const within = {
    jobs: amountsIn(language).count(budget.uses),
    bytes: amountsIn(language).bytes(budget.bytes),
    time: amountsIn(language).duration(leaseMs),
    node: plainText(view.preview.destination.name),
    paths: plainText(paths.join(" ")),
  };
  return ceiling === "public"
    ? l10n.t(
        "Grants up to {jobs} jobs of this kind on {node}, {bytes} in all, public files in {paths}, for {time}.",
        within,
      )
    : l10n.t(
        "Grants up to {jobs} jobs of this kind on {node}, {bytes} in all, public and internal files in {paths}, for {time}.",
        within,
      );
}

function problemText(wrong: LeaseField): string {
  switch (wrong) {
    case "onceMinutes":
      return l10n.t("Minutes must be a whole number from 1 to {0}.", ONCE_MINUTES_MAX);
    case "uses":
      return l10n.t("Jobs must be a whole number from 1 to {0}.", LEASE_USES_MAX);
    case "minutes":
      return l10n.t("Minutes must be a whole number from 1 to {0}.", SCOPED_MINUTES_MAX);
    case "bytes":
      return l10n.t(
        "Bytes must be a whole number of B, KB, MB or GB, and at least what this job sends. Empty takes as much for each job.",
      );
    case "cost":
      return l10n.t(
        "Cost must be an amount and its currency, such as 0.50 EUR, and at least what this job may cost. Empty sets no bound; where the cost is unknown, none can be set.",
      );
    case "paths":
      return l10n.t(
        "Files are named by up to {0} globs of workspace paths, such as src/** docs/*.md.",
        LEASE_PATHS_MAX,
      );
  }
}
