// The approval surfaces: the Review panel, the documents of exactly what is sent, leases, and notices of what waits.
// It joins them; what is shown and what becomes of an ask is the desk's, and every decision is a native confirmation's.
import * as vscode from "vscode";
import * as z from "zod";
import { decode } from "#protocol/decode.ts";
import { ArwError } from "#protocol/errors.ts";
import { type PreviewId, previewId } from "#protocol/ids.ts";
import { durationMs } from "#protocol/quantities.ts";
import { plainText } from "#protocol/text/plainText.ts";
import { isNoFile } from "#protocol/webview/review.ts";
import { METHODS } from "#protocol/wire/client.ts";
import { waitingKey } from "../attention/waitingKeys.ts";
import { Dismissed, showFailure } from "../commandRunner.ts";
import type { Editor, Feature } from "../editor.ts";
import type { HomeFacts } from "../home/homeMirror.ts";
import { confirmSend } from "./confirmSend.ts";
import { ExactContent, openExactly } from "./exactContent.ts";
import { inspectFiles } from "./fileInspection.ts";
import { askLines, selectedChanges, type SelectedLines, selectedLines } from "./leaveOutLines.ts";
import { manageLeases, revokeAllLeases, revokeLease } from "./leasePicker.ts";
import { NeverLeavesMarks } from "./neverLeavesMarks.ts";
import { ReviewDesk } from "./reviewDesk.ts";
import { ReviewPanel } from "./reviewPanel.ts";
import { chosenEgress, type WaitingEgress, waitingEgress } from "./waitingChoice.ts";
import { sayInformation } from "../notice.ts";

const MINUTE_MS = 60_000;

export function openReviewFeature(editor: Editor): Feature {
  const { home, log, mirror, sight } = editor;
  const show = (error: unknown): void => void showFailure("the review", error, log);
  const desk: ReviewDesk = new ReviewDesk(
    {
      call: (method, params) => home.call(method, params),
      confirmSend: (question) =>
        confirmSend(question, () =>
          openExactly(folderOf(editor), question.preview, firstFile(question.preview.items), panel.besideColumn),
        ),
      changed: () => {
        sayRead(panel.isVisible);
        panel.draw();
      },
      startedHere: ({ episodeId, why }) => {
        void sayInformation(vscode.l10n.t("It runs on this machine now: {0}.", plainText(why)));
        // As after Start Episode…: otherwise the terminal of what was denied would stay in front.
        void vscode.commands.executeCommand("arw.showOutput", { episodeId });
      },
      showItem: (preview, item) => openExactly(folderOf(editor), preview, item, panel.besideColumn),
      askLines: async (preview, item) => {
        await openExactly(folderOf(editor), preview, item, panel.besideColumn);
        return askLines(preview, item);
      },
      revokeLease: (id) => revokeLease(editor, id),
      openLedger: async (episodeId) =>
        void (await vscode.commands.executeCommand("arw.openLedger", { episode: { episodeId } })),
      reviewNext: () => reviewNext(),
      leaseMs: () => durationMs(MINUTE_MS * vscode.workspace.getConfiguration("arw").get("egress.leaseMinutes", 10)),
      nowMs: () => performance.now(),
    },
    mirror.facts,
  );
  const panel = new ReviewPanel(editor, {
    view: () => desk.view,
    ask: (ask) => void desk.ask(ask).catch(show),
    seen: (visible) => sayRead(visible),
  });
  const sayRead = (visible: boolean): void =>
    sight.read("review", visible && desk.view !== undefined ? [desk.view.preview.episodeId] : []);
  const review = async ({ previewId: id }: Pick<WaitingEgress, "previewId">): Promise<void> => {
    const { waiting } = mirror.facts;
    // Before anything is read: nobody is told of what their own command is about to show.
    sight.read(
      "review",
      waiting.flatMap((item) => (item.kind === "egress" && item.previewId === id ? [waitingKey(item)] : [])),
    );
    await desk.show(id);
    panel.reveal();
  };
  const leaveOut = async (chosen: (of: typeof home) => Promise<SelectedLines>): Promise<void> => {
    const column = vscode.window.tabGroups.activeTabGroup.viewColumn;
    const { lines, path, previewId } = await chosen(home);
    await desk.leaveOutLines(previewId, path, lines);
    const preview = desk.view?.preview;
    const item = preview?.items.findIndex((each) => each.path === path) ?? -1;
    // What is sent now takes the place of what was in front; the review beside it says what changed, or why nothing did.
    if (preview !== undefined && item !== -1) await openExactly(folderOf(editor), preview, item, column);
    panel.reveal();
  };
  const reviewNext = async (): Promise<void> => {
    const facts = await mirror.refresh();
    const egress = waitingEgress(facts);
    const shown = desk.view?.preview.previewId;
    const next = egress.find(({ previewId }) => previewId !== shown || !panel.isOpen) ?? egress[0];
    if (next !== undefined) return review(next);
    if (facts.waiting.some(({ kind }) => kind === "staged")) {
      return void (await vscode.commands.executeCommand("arw.reviewStaged"));
    }
    if (facts.waiting.some(({ kind }) => kind === "result")) {
      return void (await vscode.commands.executeCommand("arw.reviewResult"));
    }
    await answerJoinOf(facts);
  };
  const content = new ExactContent(editor);
  const marks = new NeverLeavesMarks(editor);
  const subscriptions = [
    content,
    marks,
    mirror.onDidChange((facts) => {
      if (panel.isOpen) void desk.follow(facts).catch(show);
    }),
    panel,
  ];
  return {
    commands: {
      "arw.reviewNext": reviewNext,
      "arw.review": async (given) => {
        const past = decode(namedPreview, given);
        if (past.ok) return review({ previewId: past.value.preview });
        return review(await chosenEgress(given, mirror, vscode.l10n.t("Which one do you want to review?")));
      },
      "arw.leaveOutSelection": () => leaveOut(selectedLines),
      "arw.leaveOutChange": () => leaveOut(selectedChanges),
      "arw.denyEgress": (given) => denyEgress(editor, given),
      "arw.showWhatLeaves": (given) => showWhatLeaves(editor, given),
      "arw.manageLeases": () => manageLeases(editor),
      "arw.revokeLease": (given) => revokeLease(editor, given),
      "arw.revokeAllLeases": () => revokeAllLeases(editor),
      "arw.previewEgressForFile": (...given) => inspectFiles(editor, content, given),
      "arw.markNeverLeaves": (...given) => marks.mark(given),
      "arw.unmarkNeverLeaves": (...given) => marks.unmark(given),
    },
    dispose: () => vscode.Disposable.from(...subscriptions).dispose(),
  };
}

/** A preview by its id, waiting or answered: the ledger names it so. */
const namedPreview: z.ZodType<{ readonly preview: PreviewId }> = z.looseObject({ preview: previewId.schema });

/** A machine that wants in is answered by its own command, which shows the words to compare. */
async function answerJoinOf({ waiting }: HomeFacts): Promise<void> {
  const join = waiting.find((item) => item.kind === "join");
  if (join !== undefined)
    return void (await vscode.commands.executeCommand("arw.approveWorker", { kind: "waiting", item: join }));
  void sayInformation(vscode.l10n.t("Nothing waits for you."));
}

async function denyEgress({ home, mirror }: Editor, given: unknown): Promise<void> {
  const { previewId, shown } = await chosenEgress(given, mirror, vscode.l10n.t("Which one should not be sent?"));
  await home.call(METHODS.denyEgress, { previewId, reason: "denied in the editor" });
  await mirror.refresh();
  const name = plainText(shown.preview.destination.name, 80);
  void sayInformation(vscode.l10n.t("Nothing was sent to {0}. The denial is recorded.", name));
}

/** Every item of one preview, to be opened one by one. */
async function showWhatLeaves(editor: Editor, given: unknown): Promise<void> {
  const { shown } = await chosenEgress(given, editor.mirror, vscode.l10n.t("What leaves with which one?"));
  const { items } = shown.preview;
  const picks = items.map((item, index) => ({
    label: plainText(item.path),
    description: item.classification,
    index,
  }));
  const [first] = picks;
  const picked =
    picks.length === 1
      ? first
      : await vscode.window.showQuickPick(picks, {
          placeHolder: vscode.l10n.t("See exactly what is sent of which item?"),
        });
  if (picked === undefined) throw new Dismissed();
  await openExactly(folderOf(editor), shown.preview, picked.index);
}

function firstFile(items: readonly { readonly path: string }[]): number {
  return Math.max(
    0,
    items.findIndex(({ path }) => !isNoFile(path)),
  );
}

function folderOf({ folder }: Editor): vscode.Uri {
  if (folder !== undefined) return folder.uri;
  throw new ArwError(
    "no-folder",
    vscode.l10n.t("No folder is open."),
    vscode.l10n.t("Open a folder: a Home belongs to a folder."),
  );
}
