// The egress ledger in the editor: the page with its command, what it wishes for, and the check of a receipt from a file.
// A wish becomes a command of the editor or a native question; nothing is revoked before that was answered.
import * as vscode from "vscode";
import * as z from "zod";
import { decode } from "#protocol/decode.ts";
import { ArwError } from "#protocol/errors.ts";
import { episodeId, type LeaseId, nodeId } from "#protocol/ids.ts";
import { plainText } from "#protocol/text/plainText.ts";
import { METHODS } from "#protocol/wire/client.ts";
import type { LedgerFilter } from "#protocol/wire/ledgerRecords.ts";
import { showFailure } from "../commandRunner.ts";
import { confirm } from "../confirm.ts";
import type { Editor, Feature } from "../editor.ts";
import { exportRecords } from "./exportRecords.ts";
import { LedgerPanel } from "./ledgerPanel.ts";
import type { LedgerWish } from "./ledgerSession.ts";
import { verifyReceiptFile } from "./verifyReceipt.ts";

export function openLedgerFeature(editor: Editor): Feature {
  const panel = new LedgerPanel(editor, (wish) => {
    performWish(editor, wish).catch((error: unknown) => void showFailure("the ledger", error, editor.log));
  });
  return {
    commands: {
      "arw.openLedger": async (given) => panel.open(filterOf(given)),
      "arw.verifyReceipt": (given) => verifyReceiptFile(editor.folder, given),
    },
    dispose: () => panel.dispose(),
  };
}

async function performWish(editor: Editor, wish: LedgerWish): Promise<void> {
  switch (wish.kind) {
    case "export":
      return exportRecords(editor, wish);
    case "open-timeline": {
      const { episodeId: id, place } = wish;
      const title = editor.mirror.facts.episodes.find((episode) => episode.episodeId === id)?.title ?? id;
      await vscode.commands.executeCommand("arw.openTimeline", { episode: { episodeId: id, title }, place });
      return;
    }
    case "open-preview":
      await vscode.commands.executeCommand("arw.review", { preview: wish.previewId });
      return;
    case "revoke-lease":
      return revoke(editor, wish.leaseId);
    case "start-episode":
      await vscode.commands.executeCommand("arw.startEpisode");
      return;
  }
}

/** Asked natively each time: from a row of the past a person sees less of what the lease allows than in the list of leases. */
async function revoke({ home, mirror }: Editor, id: LeaseId): Promise<void> {
  const { leases } = await home.call(METHODS.listLeases, {});
  const view = leases.find(({ lease }) => lease.leaseId === id);
  if (view === undefined || (view.state !== "live" && view.inUse === 0)) {
    throw new ArwError(
      "lease-ended",
      vscode.l10n.t("This lease has ended: nothing more leaves under it."),
      vscode.l10n.t("The ledger keeps what left before."),
    );
  }
  await confirm({
    question: vscode.l10n.t("Revoke the lease for {0}?", plainText(view.node, 80)),
    detail: [
      view.inUse === 0
        ? vscode.l10n.t("Nothing more leaves under it; you are asked again.")
        : vscode.l10n.t("{0} running attempts under it end at once.", view.inUse),
      vscode.l10n.t("What left already stays in the ledger: {0}", id),
    ].join("\n"),
    button: vscode.l10n.t("Revoke"),
  });
  await home.call(METHODS.revokeLease, { leaseId: id, reason: "revoked from the egress ledger" });
  await mirror.refresh();
}

/** What a tree item, or another surface, hands over: an episode, a node, or nothing. */
function filterOf(given: unknown): LedgerFilter | undefined {
  const named = decode(element, given);
  if (!named.ok) return undefined;
  const { episode, node } = named.value;
  if (episode !== undefined) return { episodeId: episode.episodeId };
  return node === undefined ? undefined : { nodeId: node.nodeId };
}

const element = z.looseObject({
  episode: z.looseObject({ episodeId: episodeId.schema }).optional(),
  node: z.looseObject({ nodeId: nodeId.schema }).optional(),
});
