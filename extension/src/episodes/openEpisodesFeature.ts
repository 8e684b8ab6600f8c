// The flows of episodes: start, stop, output in terminals, and proposals from diff to file.
import * as vscode from "vscode";
import type { Editor, Feature } from "../editor.ts";
import { applyProposal, applyProposedFile } from "./applyProposal.ts";
import { chosenEpisode } from "./chosenEpisode.ts";
import { EpisodeTerminals } from "./episodeTerminals.ts";
import { openProposal } from "./openProposal.ts";
import { provideProposedContent } from "./proposedContent.ts";
import { startEpisode } from "./startEpisode.ts";
import { stopEpisode } from "./stopEpisode.ts";

export function openEpisodesFeature(editor: Editor): Feature {
  const terminals = new EpisodeTerminals(editor);
  const content = provideProposedContent(editor.home);
  return {
    commands: {
      "arw.startEpisode": (given) => startEpisode(editor, terminals, given),
      "arw.stopEpisode": (given) => stopEpisode(editor, given),
      "arw.showOutput": async (given) => {
        const placeholder = vscode.l10n.t("Whose output?");
        const none = vscode.l10n.t("There is no episode yet.");
        terminals.show(await chosenEpisode(editor, given, { placeholder, fits: () => true, none }));
      },
      "arw.openProposal": (given) => openProposal(editor, given),
      "arw.applyProposal": (given) => applyProposal(editor, given),
      "arw.applyProposedFile": (given) => applyProposedFile(editor, given),
      "arw.refreshViews": async () => {
        await editor.mirror.refresh();
      },
    },
    dispose: () => vscode.Disposable.from(terminals, content).dispose(),
  };
}
