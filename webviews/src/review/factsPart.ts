// What stays, where the rest would go, why, and what it costs: each with its source. It shows what the preview and the Home
// say and adds nothing; an amount without a basis is called unknown.
import * as l10n from "@vscode/l10n";
import { html, nothing, type TemplateResult } from "lit";
import type { EpisodeTaint, LeftOut, MeasuredCost, PreviewPolicy, RemovedSecret } from "#protocol/egress.ts";
import type { LeaseBound } from "#protocol/lease.ts";
import type { Sandbox, SandboxRule } from "#protocol/node.ts";
import { amountsIn } from "#protocol/text/amounts.ts";
import { plainText } from "#protocol/text/plainText.ts";
import type { ReviewNode } from "#protocol/webview/review.ts";
import { classWord } from "../page/classWord.ts";
import { icon } from "../page/icon.ts";
import type { ReviewScene } from "./reviewScene.ts";
import { ROWS_SHOWN_STEP } from "./reviewState.ts";

export function staysPart(scene: ReviewScene): TemplateResult {
  const { language, state, view } = scene;
  const { leftOut } = view.preview;
  if (leftOut.length === 0) return html`<p>${l10n.t("Everything else.")}</p>`;
  const sorted = secretsFirst(leftOut);
  const shown = sorted.slice(0, state.staysShown);
  const hidden = sorted.length - shown.length;
  return html`<p>${l10n.t("Everything else, and:")}</p>
    <table class="stays">
      <thead class="heard-only">
        <tr>
          <th scope="col">${l10n.t("File")}</th>
          <th scope="col">${l10n.t("Why it stays")}</th>
        </tr>
      </thead>
      <tbody>
        ${shown.map(
          ({ path, reason }) =>
            html`<tr>
              <td class="foreign monospace">${plainText(path)}</td>
              <td class="foreign dim">${plainText(reason)}</td>
            </tr>`,
        )}
      </tbody>
    </table>
    ${
      hidden > 0
        ? html`<button
            class="link-button"
            @click=${() => scene.change({ staysShown: state.staysShown + ROWS_SHOWN_STEP })}
          >
            ${l10n.t("{0} more stay. Show more", amountsIn(language).count(hidden))}
          </button>`
        : nothing
    }`;
}

/** What redaction took out of the prompt before anything could leave; a placeholder stands in each place. */
export function removedPart({ language, view }: ReviewScene): TemplateResult | typeof nothing {
  const { removed, unknownSecrets } = view.preview;
  return html`${removed === undefined ? nothing : removedList(language, removed)}${
    unknownSecrets === undefined ? nothing : unknownPart(language, unknownSecrets)
  }`;
}

/** That redaction did not look for all it could know. */
function unknownPart(language: string, count: number): TemplateResult {
  return html`<p>
    ${icon("warning", "tone-attention")}
    ${
      count === 1
        ? l10n.t("Not looked for: 1 exact secret of your files, which hold more than redaction looks for.")
        : l10n.t(
            "Not looked for: {0} exact secrets of your files, which hold more than redaction looks for.",
            amountsIn(language).count(count),
          )
    }
  </p>`;
}

function removedList(language: string, removed: readonly RemovedSecret[]): TemplateResult {
  const count = removed.reduce((total, { times }) => total + times, 0);
  return html`<p>
      ${icon("shield", "tone-attention")}
      ${count === 1 ? l10n.t("Removed first: 1 secret.") : l10n.t("Removed first: {0} secrets.", amountsIn(language).count(count))}
    </p>
    <ul class="removed">
      ${removed.slice(0, ROWS_SHOWN_STEP).map(
        ({ path, rule, tag, times }) =>
          html`<li class="foreign monospace dim">
            ${plainText(path)}: ${plainText(rule)} ${plainText(tag)}${times > 1 ? ` ×${amountsIn(language).count(times)}` : ""}
          </li>`,
      )}
    </ul>`;
}

/** What was kept back because of a secret is what a person most needs to see. */
function secretsFirst(leftOut: readonly LeftOut[]): readonly LeftOut[] {
  const isSecret = ({ reason }: LeftOut): number => (/secret|regulated|never/iu.test(reason) ? 0 : 1);
  return leftOut.toSorted((a, b) => isSecret(a) - isSecret(b));
}

export function wherePart({ language, view }: ReviewScene): TemplateResult {
  const { destination } = view.preview;
  const keyWords = destination.keyWords.map((word) => plainText(word)).join(" ");
  return html`<p>
      <strong class="foreign">${plainText(destination.name)}</strong>
      <span class="key" title=${l10n.t("Two words of its key: they must be those you saw when you paired it.")}
        >${icon("key", "tone-quiet")} ${l10n.t("key {0}", keyWords)}</span
      >
      <span class="dim">${l10n.t("direct link")}</span>
    </p>
    <p>${nodeStateLine(view.node, language)}</p>
    ${view.job === "command" ? html`<p class="dim foreign">${sandboxText(view.node.sandbox)}</p>` : nothing}`;
}

const STATE_LOOKS: Readonly<Record<ReviewNode["state"], readonly [icon: string, tone: string]>> = {
  ready: ["pass", "tone-good"],
  pending: ["question", "tone-attention"],
  unreachable: ["debug-disconnect", "tone-attention"],
  revoked: ["circle-slash", "tone-error"],
  gone: ["circle-slash", "tone-error"],
  unread: ["sync", "tone-quiet"],
};

function nodeStateLine({ reason, since, state }: ReviewNode, language: string): TemplateResult {
  const [name, tone] = STATE_LOOKS[state];
  const when = since === undefined ? "" : amountsIn(language).moment(since);
  return html`<span class="node-state">${icon(name, tone)} ${nodeStateText(state, when)}</span>
    ${state === "ready" || reason === "" ? nothing : html`<span class="dim foreign">${plainText(reason)}</span>`}`;
}

function nodeStateText(state: ReviewNode["state"], when: string): string {
  switch (state) {
    case "ready":
      return l10n.t("Paired; ready since {0}", when);
    case "pending":
      return l10n.t("Waits to be let in since {0}", when);
    case "unreachable":
      return l10n.t("Paired; unreachable since {0}", when);
    case "revoked":
      return l10n.t("Revoked since {0}", when);
    case "gone":
      return l10n.t("No longer known to this Home");
    case "unread":
      return l10n.t("Asking the Home about it…");
  }
}

function sandboxText(sandbox: Sandbox | undefined): string {
  if (sandbox === undefined) return l10n.t("Sandbox: unknown.");
  if (sandbox.kind === "none") return l10n.t("No sandbox: {0}", plainText(sandbox.reason));
  return l10n.t("Sandbox, by its own word: {0}.", sandbox.enforces.map(sandboxRuleText).join(", "));
}

function sandboxRuleText(rule: SandboxRule): string {
  switch (rule) {
    case "no-network":
      return l10n.t("no network");
    case "scrubbed-environment":
      return l10n.t("scrubbed environment");
    case "private-files":
      return l10n.t("private files");
    case "private-processes":
      return l10n.t("private processes");
    case "memory-limit":
      return l10n.t("memory limit");
    case "process-limit":
      return l10n.t("process limit");
    case "file-size-limit":
      return l10n.t("file size limit");
    case "wall-limit":
      return l10n.t("time limit");
    case "output-limit":
      return l10n.t("output limit");
    case "seccomp":
      return l10n.t("system call filter");
  }
}

export function whyPart({ view }: ReviewScene): TemplateResult {
  const { leaseUnfit, preview } = view;
  const bounds = leaseUnfit?.bounds.map(boundText).join("; ");
  return html`<p class="foreign">${plainText(preview.why.rule)}</p>
    <p class="foreign">${l10n.t("Here: {0}", plainText(preview.why.localAlternative))}</p>
    ${preview.why.policy === undefined ? nothing : html`<p class="foreign">${policyText(preview.why.policy)}</p>`}
    ${preview.taint === undefined ? nothing : taintPart(preview.taint)}
    ${
      bounds === undefined
        ? nothing
        : html`<p>${icon("info", "tone-quiet")} ${l10n.t("You are asked although there is a lease: {0}.", bounds)}</p>`
    }`;
}

/** Said with its sources: no lease and no rule lets it go without this question. */
function taintPart({ private: highest, untrusted }: EpisodeTaint): TemplateResult {
  return html`<p>
      ${icon("warning", "tone-attention")}
      ${l10n.t("Your data ({0}) and content from elsewhere are together in this episode: you are asked each time, whatever a lease or a rule allows.", classWord(highest))}
    </p>
    <p class="dim">${l10n.t("From elsewhere:")}</p>
    <ul class="removed">
      ${untrusted.map((source) => html`<li class="foreign dim">${plainText(source)}</li>`)}
    </ul>`;
}

function policyText({ rules, explanation }: PreviewPolicy): string {
  return l10n.t("Policy {0}: {1}", rules.map((text) => plainText(text)).join(", "), plainText(explanation));
}

function boundText(bound: LeaseBound): string {
  switch (bound) {
    case "node":
      return l10n.t("it is for another node");
    case "kind":
      return l10n.t("it is for jobs of another kind");
    case "paths":
      return l10n.t("a file is outside its paths");
    case "classification":
      return l10n.t("the data is of a higher class");
    case "uses":
      return l10n.t("its uses are spent");
    case "bytes":
      return l10n.t("too few of its bytes are left");
    case "cost":
      return l10n.t("the cost is unknown or more than is left");
    case "expired":
      return l10n.t("it has run out");
    case "revoked":
      return l10n.t("it was revoked");
  }
}

export function costPart({ language, view }: ReviewScene): TemplateResult {
  const { cost } = view.preview;
  if (cost.kind === "unknown") return html`<p class="foreign">${l10n.t("Unknown: {0}.", plainText(cost.reason))}</p>`;
  const bound = rangeText(cost, cost.currency, language);
  const basis = html`<p class="dim foreign">${l10n.t("Basis: {0}", plainText(cost.basis))}</p>`;
  if (cost.measured === undefined) return html`<p class="foreign">${bound}</p>${basis}`;
  return html`<p class="foreign">${rangeText(cost.measured, cost.currency, language)}</p>
    <p class="dim">${likeText(cost.measured, language)}</p>
    <p class="foreign">${l10n.t("By its limits: {0}", bound)}</p>${basis}`;
}

/** What the range stands on: jobs that the Home has seen there. */
function likeText({ jobs, median, ninetieth, unit }: MeasuredCost, language: string): string {
  const amounts = amountsIn(language);
  return unit === "tool-ms"
    ? l10n.t(
        "From {0} like jobs there: median {1}, 90th percentile {2}",
        amounts.count(jobs),
        amounts.duration(median),
        amounts.duration(ninetieth),
      )
    : l10n.t(
        "From {0} like jobs there: median {1} tokens, 90th percentile {2} tokens",
        amounts.count(jobs),
        amounts.count(median),
        amounts.count(ninetieth),
      );
}

function rangeText(
  { lowMicros, highMicros }: Pick<MeasuredCost, "lowMicros" | "highMicros">,
  currency: string,
  language: string,
): string {
  const low = amountsIn(language).money(lowMicros, plainText(currency));
  const high = amountsIn(language).money(highMicros, plainText(currency));
  return low === high ? l10n.t("About {0}, estimated", low) : l10n.t("{0} to {1}, estimated", low, high);
}
