// Commands about the Home itself: its log, its owner secret, a restart, settings and the walkthrough.
// The secret goes to the clipboard only after a confirmation that says what it opens.
import * as vscode from "vscode";
import { METHODS } from "#protocol/wire/client.ts";
import { confirm } from "./confirm.ts";
import type { Editor, Feature } from "./editor.ts";
import type { HomeConnection } from "./home/homeConnection.ts";
import type { StoredOwnerSecret } from "./home/storedOwnerSecret.ts";
import { sayInformation, sayProgress } from "./notice.ts";

export function openHomeCommands(editor: Editor, home: HomeConnection, ownerSecret: StoredOwnerSecret): Feature {
  return {
    commands: {
      "arw.showLog": async () => editor.log.show(),
      "arw.restartHome": () => restart(home),
      "arw.enterOwnerSecret": () => enterOwnerSecret(home, ownerSecret),
      "arw.copyOwnerSecret": () => copyOwnerSecret(ownerSecret),
      "arw.openSettings": async () => {
        await vscode.commands.executeCommand("workbench.action.openSettings", `@ext:${editor.context.extension.id}`);
      },
      "arw.openWalkthrough": async () => {
        const walkthrough = `${editor.context.extension.id}#arw.start`;
        await vscode.commands.executeCommand("workbench.action.openWalkthrough", walkthrough, false);
      },
    },
    dispose: () => undefined,
  };
}

/** Ends the Home in good order where it answers, and starts it anew. */
async function restart(home: HomeConnection): Promise<void> {
  const progress = { location: vscode.ProgressLocation.Notification, title: vscode.l10n.t("Restarting the Home…") };
  await sayProgress(progress, async () => {
    if (home.status.kind === "connected") await home.call(METHODS.stopHome, {});
    await home.reconnect();
  });
}

async function enterOwnerSecret(home: HomeConnection, ownerSecret: StoredOwnerSecret): Promise<void> {
  const secret = await ownerSecret.ask();
  await home.call(METHODS.openOwnerSession, { secret });
  await ownerSecret.keep(secret);
  void sayInformation(vscode.l10n.t("That is the owner secret of this Home. It is kept."));
}

async function copyOwnerSecret(ownerSecret: StoredOwnerSecret): Promise<void> {
  await confirm({
    question: vscode.l10n.t("Copy the owner secret of this Home?"),
    detail: vscode.l10n.t(
      "Whoever has it can approve what leaves this machine, invite machines and change what is allowed. The terminal commands ask for it. Other programs can read the clipboard.",
    ),
    button: vscode.l10n.t("Copy"),
  });
  await vscode.env.clipboard.writeText(await ownerSecret.get());
}
