// Which episode a command means: the one that a view or another command handed over, else the one the person picks.
// What was handed over is decoded like anything else that comes from outside.
import * as vscode from "vscode";
import * as z from "zod";
import { decode } from "#protocol/decode.ts";
import { ArwError } from "#protocol/errors.ts";
import { type EpisodeId, episodeId } from "#protocol/ids.ts";
import { METHODS } from "#protocol/wire/client.ts";
import { type EpisodeView, episodeViewSchema } from "#protocol/wire/clientViews.ts";
import { Dismissed } from "../commandRunner.ts";
import type { Editor } from "../editor.ts";
import { episodeStateText } from "./episodeWords.ts";

const elementSchema: z.ZodType<{ readonly episode: EpisodeView }> = z.looseObject({ episode: episodeViewSchema });
const namedSchema: z.ZodType<{ readonly episodeId: EpisodeId }> = z.looseObject({ episodeId: episodeId.schema });

export interface EpisodeQuestion {
  readonly placeholder: string;
  readonly fits: (episode: EpisodeView) => boolean;
  /** What to say where no episode fits. */
  readonly none: string;
}

/** The episode as it is now. Throws Dismissed where the person picks none, ArwError where there is none to pick. */
export async function chosenEpisode(
  { home, mirror }: Editor,
  given: unknown,
  question: EpisodeQuestion,
): Promise<EpisodeView> {
  const named = givenEpisodeId(given);
  if (named !== undefined) return home.call(METHODS.showEpisode, { episodeId: named });
  const { episodes } = await mirror.refresh();
  const items = episodes.filter(question.fits).map((episode) => ({
    label: episode.title,
    description: `${episodeStateText(episode)} · ${episode.target.name}`,
    episode,
  }));
  if (items.length === 0) {
    const advice = vscode.l10n.t("Start one with ARW: Start Episode…");
    throw new ArwError("no-such-episode", question.none, advice);
  }
  const options = { placeHolder: question.placeholder, matchOnDescription: true };
  const picked = await vscode.window.showQuickPick(items, options);
  if (picked === undefined) throw new Dismissed();
  return picked.episode;
}

function givenEpisodeId(given: unknown): EpisodeId | undefined {
  const element = decode(elementSchema, given);
  if (element.ok) return element.value.episode.episodeId;
  const named = decode(namedSchema, given);
  return named.ok ? named.value.episodeId : undefined;
}
