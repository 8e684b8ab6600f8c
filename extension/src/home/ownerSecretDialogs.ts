// The words around the owner secret: how the editor asks for it, and how it warns. It must never show the secret itself.
import * as vscode from "vscode";
import type { OwnerSecretDialogs } from "./storedOwnerSecret.ts";
import { sayWarning } from "../notice.ts";

export const ownerSecretDialogs: OwnerSecretDialogs = {
  askSecret: async () =>
    vscode.window.showInputBox({
      title: vscode.l10n.t("Owner Secret of This Home"),
      prompt: vscode.l10n.t(
        "It was shown once, when the Home was first started, in the terminal or the editor that did so.",
      ),
      password: true,
      ignoreFocusOut: true,
    }),
  warn: (text) => {
    // Not awaited: nobody may have to answer this before work goes on.
    void sayWarning(text);
  },
};
