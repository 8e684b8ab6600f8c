// Turns what a page wishes into the editor's own commands. It decides nothing: the command asks, and the Home allows.
import * as vscode from "vscode";
import type { Editor } from "../editor.ts";
import type { TimelineWish } from "./timelineSession.ts";
import { sayInformation } from "../notice.ts";

/** Never rejects: a command shows its own failure. */
export async function performWish(
  editor: Pick<Editor, "mirror">,
  wish: Exclude<TimelineWish, { kind: "open-timeline" }>,
): Promise<void> {
  switch (wish.kind) {
    case "open-review": {
      const item = editor.mirror.facts.waiting.find(
        (waiting) => waiting.kind === "egress" && waiting.previewId === wish.previewId,
      );
      if (item !== undefined) await vscode.commands.executeCommand("arw.review", { kind: "waiting", item });
      else {
        const text = vscode.l10n.t("This preview has been decided already. The timeline shows how.");
        await sayInformation(text);
      }
      return;
    }
    case "open-proposal":
      await vscode.commands.executeCommand("arw.openProposal", { kind: "episode", episodeId: wish.episodeId });
      return;
    case "open-output":
      await vscode.commands.executeCommand("arw.showOutput", { kind: "episode", episodeId: wish.episodeId });
      return;
    case "open-ledger":
      await vscode.commands.executeCommand("arw.openLedger", { episode: { episodeId: wish.episodeId } });
      return;
    case "start-episode":
      await vscode.commands.executeCommand("arw.startEpisode");
      return;
    case "copy":
      await vscode.env.clipboard.writeText(wish.text);
      return;
  }
}
