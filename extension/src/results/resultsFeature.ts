// *What came back* in the editor: opens what a rule holds for the owner's look, marked as not accepted yet, and takes the answer
// in a native dialog that repeats what it is and where it comes from. It must never show it before the owner asked to look.
import * as vscode from "vscode";
import * as z from "zod";
import { decode } from "#protocol/decode.ts";
import { ArwError } from "#protocol/errors.ts";
import { type EpisodeId, episodeId } from "#protocol/ids.ts";
import type { ReviewVerdict } from "#protocol/reviewEvents.ts";
import { amountsIn } from "#protocol/text/amounts.ts";
import { plainText } from "#protocol/text/plainText.ts";
import { METHODS } from "#protocol/wire/client.ts";
import type { EpisodeView } from "#protocol/wire/clientViews.ts";
import { Dismissed } from "../commandRunner.ts";
import { confirm, type Question } from "../confirm.ts";
import type { Editor, Feature } from "../editor.ts";
import { heldTitle, openHeldProposal } from "../episodes/openProposal.ts";
import { heldOutputUri, printed, provideHeldOutput } from "./heldOutput.ts";
import { sayInformation } from "../notice.ts";

const NAME_CHARACTERS_MAX = 80;

const rowSchema: z.ZodType<{ readonly item: { readonly episode: { readonly episodeId: EpisodeId } } }> = z.looseObject({
  item: z.looseObject({ kind: z.literal("result"), episode: z.looseObject({ episodeId: episodeId.schema }) }),
});

export function openResultsFeature(editor: Editor): Feature {
  const content = provideHeldOutput(editor.home);
  return {
    commands: {
      "arw.reviewResult": (given) => review(editor, given),
      "arw.acceptResult": (given) => answer(editor, given, "accepted"),
      "arw.discardResult": (given) => answer(editor, given, "discarded"),
    },
    dispose: () => content.dispose(),
  };
}

async function review(editor: Editor, given: unknown): Promise<void> {
  const episode = await chosenResult(editor, given);
  await openHeldProposal(editor, episode);
  if (printed(episode).length > 0) {
    const document = await vscode.workspace.openTextDocument(heldOutputUri(episode));
    await vscode.window.showTextDocument(document, { preview: false });
  }
  void offer(episode);
}

async function offer(episode: EpisodeView): Promise<void> {
  const accept = vscode.l10n.t("Accept…");
  const discard = vscode.l10n.t("Discard…");
  const text = vscode.l10n.t("Nothing else shows or uses what came back before you accept it.");
  const chosen = await sayInformation(text, accept, discard);
  const given = { item: { kind: "result", episode } };
  if (chosen === accept) await vscode.commands.executeCommand("arw.acceptResult", given);
  if (chosen === discard) await vscode.commands.executeCommand("arw.discardResult", given);
}

async function answer(editor: Editor, given: unknown, verdict: ReviewVerdict): Promise<void> {
  const { home, mirror } = editor;
  const episode = await chosenResult(editor, given);
  await confirm(questionOf(episode, verdict));
  await home.call(METHODS.reviewResult, { episodeId: episode.episodeId, verdict });
  await closeShown(episode);
  await mirror.refresh();
  const said =
    verdict === "accepted"
      ? vscode.l10n.t("Accepted. Its output is shown and its proposal can be applied.")
      : vscode.l10n.t("Discarded. Its output is gone, and its proposal cannot be applied.");
  void sayInformation(said);
}

function questionOf(episode: EpisodeView, verdict: ReviewVerdict): Question {
  const where = plainText(episode.target.name, NAME_CHARACTERS_MAX);
  const sizes = printed(episode).map(({ bytes, stream }) =>
    vscode.l10n.t("{0} of {1}", amountsIn(vscode.env.language).bytes(bytes), stream),
  );
  const files = episode.proposalId === undefined ? [] : [vscode.l10n.t("changed files")];
  const about = vscode.l10n.t(
    "For: {0}\nFrom: {1}\nWhat: {2}",
    plainText(episode.title, NAME_CHARACTERS_MAX),
    where,
    [...sizes, ...files].join(", "),
  );
  if (verdict === "accepted") {
    const follows = vscode.l10n.t(
      "From then on it is used as any other result. Files are still written only when you apply them.",
    );
    return {
      question: vscode.l10n.t("Accept what came back from {0}?", where),
      detail: `${about}\n\n${follows}`,
      button: vscode.l10n.t("Accept"),
    };
  }
  const follows = vscode.l10n.t("Its output is deleted, and its files can never be applied. This cannot be undone.");
  return {
    question: vscode.l10n.t("Discard what came back from {0}?", where),
    detail: `${about}\n\n${follows}`,
    button: vscode.l10n.t("Discard"),
  };
}

/** The one that a row names, the only one, or the one that is picked; read as the owner, so that a look at it is let through. */
async function chosenResult({ home, mirror }: Editor, given: unknown): Promise<EpisodeView> {
  const row = decode(rowSchema, given);
  const id = row.ok ? row.value.item.episode.episodeId : await pickedResult(await mirror.refresh());
  return (await home.call(METHODS.showResult, { episodeId: id })).episode;
}

async function pickedResult({ waiting }: Editor["mirror"]["facts"]): Promise<EpisodeId> {
  const results = waiting.flatMap((item) => (item.kind === "result" ? [item.episode] : []));
  const [only, ...more] = results;
  if (only === undefined) {
    throw new ArwError(
      "nothing-waits",
      vscode.l10n.t("Nothing that came back waits for your look."),
      vscode.l10n.t("A rule of the policy with reviewResult holds what comes back."),
    );
  }
  if (more.length === 0) return only.episodeId;
  const items = results.map((episode) => ({
    label: plainText(episode.title, NAME_CHARACTERS_MAX),
    description: plainText(episode.target.name, NAME_CHARACTERS_MAX),
    episode,
  }));
  const picked = await vscode.window.showQuickPick(items, {
    placeHolder: vscode.l10n.t("What came back of which one?"),
  });
  if (picked === undefined) throw new Dismissed();
  return picked.episode.episodeId;
}

/** What was shown as not accepted yet must not stay in a tab that says so. A diff of files has their number behind its title. */
async function closeShown(episode: EpisodeView): Promise<void> {
  const uri = heldOutputUri(episode).toString();
  const tabs = vscode.window.tabGroups.all.flatMap((group) => group.tabs);
  const shown = tabs.filter(
    ({ input, label }) =>
      label.startsWith(heldTitle(episode)) || (input instanceof vscode.TabInputText && input.uri.toString() === uri),
  );
  if (shown.length > 0) await vscode.window.tabGroups.close(shown);
}
