// The files that applying would write, those that steer something first; each opens in the editor's own diff.
// Where they could not be read as the digest names them, that is said and none is listed.
import * as l10n from "@vscode/l10n";
import { html, nothing, type TemplateResult } from "lit";
import { amountsIn } from "#protocol/text/amounts.ts";
import { plainText } from "#protocol/text/plainText.ts";
import type { StagedFile } from "#protocol/webview/staged.ts";
import { icon } from "../page/icon.ts";
import type { OneScene } from "./stagedScene.ts";

/** So many rows at first, and so many more with each wish for more. */
export const FILES_SHOWN_STEP = 50;

export function filesPart(scene: OneScene): TemplateResult | typeof nothing {
  const { files, staged } = scene.shown.review;
  const { action, digest, state } = staged;
  if (action.kind !== "apply-proposal") return nothing;
  if (files === undefined) {
    return state === "pending"
      ? html`<p>${icon("warning", "tone-attention")} ${l10n.t("Its files cannot be shown as they were staged.")}</p>`
      : nothing;
  }
  const shown = files.slice(0, scene.state.filesShown);
  const hidden = files.length - shown.length;
  return html`<table class="files">
      <thead class="heard-only">
        <tr>
          <th scope="col">${l10n.t("File")}</th>
          <th scope="col">${l10n.t("Change")}</th>
          <th scope="col">${l10n.t("Remark")}</th>
        </tr>
      </thead>
      <tbody>
        ${shown.map(
          (file, index) =>
            html`<tr>
              <td>
                <button
                  class="link-button foreign monospace"
                  title=${l10n.t("Open the diff")}
                  @click=${() => scene.ask({ kind: "show-diff", digest, file: index })}
                >
                  ${plainText(file.path)}
                </button>
              </td>
              <td class="dim">${changeText(file, scene.language)}</td>
              <td>${markPart(file)}</td>
            </tr>`,
        )}
      </tbody>
    </table>
    ${
      hidden > 0
        ? html`<button
            class="link-button"
            @click=${() => scene.change({ filesShown: scene.state.filesShown + FILES_SHOWN_STEP })}
          >
            ${l10n.t("{0} more. Show more", amountsIn(scene.language).count(hidden))}
          </button>`
        : nothing
    }
    <p>
      <button class="link-button" @click=${() => scene.ask({ kind: "show-diff", digest })}>
        ${icon("diff-multiple")} ${l10n.t("See all of it as a diff")}
      </button>
    </p>`;
}

function changeText({ bytes, change }: StagedFile, language: string): string {
  const size = bytes === undefined ? "" : amountsIn(language).bytes(bytes);
  switch (change) {
    case "create":
      return l10n.t("new, {0}", size);
    case "edit":
      return l10n.t("changed, {0}", size);
    case "mode":
      return l10n.t("other rights");
    case "delete":
    case "delete-symlink":
      return l10n.t("deleted");
    case "symlink":
      return l10n.t("a link");
  }
}

function markPart({ mark }: StagedFile): TemplateResult | typeof nothing {
  if (mark === undefined) return nothing;
  return mark === "protected"
    ? html`<span>${icon("warning", "tone-error")} ${l10n.t("protected: it steers git, the editor or ARW")}</span>`
    : html`<span>${icon("info", "tone-attention")} ${l10n.t("not asked for")}</span>`;
}
