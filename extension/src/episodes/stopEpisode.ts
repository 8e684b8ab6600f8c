// Stop Episode: after a confirmation that says what happens to what runs, also where it runs elsewhere.
import * as vscode from "vscode";
import { METHODS } from "#protocol/wire/client.ts";
import type { EpisodeView } from "#protocol/wire/clientViews.ts";
import { confirm } from "../confirm.ts";
import type { Editor } from "../editor.ts";
import { chosenEpisode } from "./chosenEpisode.ts";
import { placeText } from "./episodeWords.ts";
import { sayInformation } from "../notice.ts";

export async function stopEpisode(editor: Editor, given: unknown): Promise<void> {
  const episode = await chosenEpisode(editor, given, {
    placeholder: vscode.l10n.t("Which episode should stop?"),
    fits: ({ state }) => state !== "finished",
    none: vscode.l10n.t("No episode is running or waiting."),
  });
  const { episodeId, state, title } = episode;
  if (state === "finished") {
    void sayInformation(vscode.l10n.t("“{0}” has ended already.", title));
    return;
  }
  const question = vscode.l10n.t("Stop “{0}”?", title);
  await confirm({ question, detail: consequence(episode), button: vscode.l10n.t("Stop It") });
  await editor.home.call(METHODS.cancelEpisode, { episodeId });
}

function consequence({ state, target }: EpisodeView): string {
  if (state === "waiting-for-approval") {
    return vscode.l10n.t("Nothing of it has left this machine, and its request is withdrawn.");
  }
  if (target.local) {
    return vscode.l10n.t("Its processes are ended at once. What it printed is kept; files it changed are dropped.");
  }
  return vscode.l10n.t(
    "{0} is told to end it at once, and its lease ends: nothing more is sent. What was sent cannot be taken back. If {0} cannot be reached, it ends it by itself when it hears no more from this Home. What it printed so far is kept; files it changed are dropped.",
    placeText(target),
  );
}
