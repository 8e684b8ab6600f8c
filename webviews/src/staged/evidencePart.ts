// What speaks for or against an action: the command that made it and how that ended, where it ran, what was asked for, who
// endorsed exactly this revision, and that something of it was written by others. Each piece is what was said, never a verdict.
import * as l10n from "@vscode/l10n";
import { html, nothing, type TemplateResult } from "lit";
import type { JobOutcome } from "#protocol/result.ts";
import type { Evidence } from "#protocol/staging.ts";
import { amountsIn } from "#protocol/text/amounts.ts";
import { plainText } from "#protocol/text/plainText.ts";
import { icon } from "../page/icon.ts";
import type { OneScene } from "./stagedScene.ts";

export function evidencePart(scene: OneScene): TemplateResult {
  const { endorsements, evidence } = scene.shown.review.staged;
  const pieces = evidence.flatMap((piece) => {
    const line = pieceLine(piece, scene);
    return line === undefined ? [] : [line];
  });
  const by = endorsements.map((endorsement) => plainText(endorsement.by)).join(", ");
  return html`<ul class="evidence">
    ${pieces.length === 0 ? html`<li class="dim">${l10n.t("No evidence was given.")}</li>` : pieces}
    ${by === "" ? nothing : html`<li class="foreign">${icon("thumbsup", "tone-quiet")} ${l10n.t("Endorsed by {0}.", by)}</li>`}
  </ul>`;
}

function pieceLine(piece: Evidence, { ask, language, shown }: OneScene): TemplateResult | undefined {
  const { digest } = shown.review.staged;
  switch (piece.kind) {
    case "asked":
    case "command":
      // Who asks and what would run stand above, the latter from the action itself.
      return undefined;
    case "diff":
      return html`<li class="foreign">
        ${icon("diff", "tone-quiet")}
        ${
          piece.askedFor.length === 0
            ? l10n.t("The episode was asked to bring back no files.")
            : l10n.t(
                "The episode was asked to bring back {0}.",
                piece.askedFor.map((glob) => plainText(glob)).join(" "),
              )
        }
      </li>`;
    case "dry-run": {
      const [shape, tone, outcome] = outcomeLook(piece.outcome);
      return html`<li class="foreign">
        ${icon(shape, tone)} ${outcome}
        ${l10n.t("It was made by “{0}” in a sandbox, with nothing of it in the workspace.", plainText(piece.title))}
        <button class="link-button" @click=${() => ask({ kind: "show-output", digest })}>
          ${l10n.t("Show its output ({0})", amountsIn(language).bytes(piece.outputBytes))}
        </button>
      </li>`;
    }
    case "taint":
      return html`<li class="foreign">
        <span>${icon("globe", "tone-attention")} ${l10n.t("Written by others:")}</span> ${plainText(piece.untrusted)}
      </li>`;
  }
}

/** How the command ended: of a test, that is its result. */
function outcomeLook(outcome: JobOutcome): readonly [shape: string, tone: string, text: string] {
  switch (outcome.kind) {
    case "exited":
      return outcome.exitCode === 0
        ? ["pass", "tone-good", l10n.t("Exit code 0.")]
        : ["error", "tone-error", l10n.t("Exit code {0}.", outcome.exitCode)];
    case "answered":
      return ["pass", "tone-good", l10n.t("Answered.")];
    case "cancelled":
      return ["circle-slash", "tone-quiet", l10n.t("Cancelled.")];
    case "failed":
      return ["error", "tone-error", l10n.t("Failed: {0}", plainText(outcome.message))];
  }
}
