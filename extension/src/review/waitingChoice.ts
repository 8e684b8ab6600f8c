// Which waiting thing a command means: the one it was given by a menu or a tree, else the one that the person picks.
// What a menu hands over is only a pointer: what is done is always about what the Home says waits now.
import * as vscode from "vscode";
import { ArwError } from "#protocol/errors.ts";
import { amountsIn } from "#protocol/text/amounts.ts";
import { plainText } from "#protocol/text/plainText.ts";
import { Dismissed } from "../commandRunner.ts";
import type { HomeFacts, HomeMirror, WaitingItem } from "../home/homeMirror.ts";

export type WaitingEgress = Extract<WaitingItem, { kind: "egress" }>;

/** What waits to be approved, oldest first: nothing that came later can push itself in front. */
export function waitingEgress({ waiting }: HomeFacts): readonly WaitingEgress[] {
  return waiting.filter((item) => item.kind === "egress").toSorted((a, b) => a.episode.startedAt - b.episode.startedAt);
}

/** Throws Dismissed where nothing is picked, ArwError where nothing waits. */
export async function chosenEgress(given: unknown, mirror: HomeMirror, placeHolder: string): Promise<WaitingEgress> {
  const waiting = waitingEgress(await mirror.refresh());
  const pointer = pointerOf(given);
  const meant = waiting.find(
    ({ episode, previewId }) => pointer !== undefined && (previewId === pointer || episode.episodeId === pointer),
  );
  if (meant !== undefined) return meant;
  const [only] = waiting;
  if (only === undefined || pointer !== undefined) throw nothingWaits(pointer !== undefined);
  if (waiting.length === 1) return only;
  const picked = await vscode.window.showQuickPick(waiting.map(pickOf), { placeHolder, matchOnDescription: true });
  if (picked === undefined) throw new Dismissed();
  return picked.item;
}

/** The id of a preview or of an episode in what a tree hands over. */
function pointerOf(given: unknown): string | undefined {
  const item = memberOf(given, "item");
  const id =
    memberOf(item, "previewId") ?? memberOf(memberOf(given, "episode"), "episodeId") ?? memberOf(given, "previewId");
  return typeof id === "string" ? id : undefined;
}

function memberOf(value: unknown, key: string): unknown {
  return typeof value === "object" && value !== null ? Object.getOwnPropertyDescriptor(value, key)?.value : undefined;
}

function pickOf(item: WaitingEgress): vscode.QuickPickItem & { readonly item: WaitingEgress } {
  const { destination, items, payloadBytes, title } = item.shown.preview;
  return {
    label: `$(cloud-upload) ${plainText(title, 80)}`,
    description: vscode.l10n.t(
      "{0} items, {1} → {2}",
      items.length,
      amountsIn(vscode.env.language).bytes(payloadBytes),
      plainText(destination.name, 80),
    ),
    item,
  };
}

function nothingWaits(answered: boolean): ArwError {
  return answered
    ? new ArwError(
        "preview-answered",
        vscode.l10n.t("This no longer waits: it was answered, or its episode ended."),
        vscode.l10n.t("The timeline shows what became of it."),
      )
    : new ArwError(
        "nothing-waits",
        vscode.l10n.t("Nothing waits for your approval."),
        vscode.l10n.t("Whatever would leave this machine stops here first."),
      );
}
