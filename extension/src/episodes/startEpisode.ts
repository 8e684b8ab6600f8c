// Start Episode…: asks, starts, shows the terminal, and leads to the review where the owner must answer first.
// It must never approve: where something would leave, it opens what is to be reviewed and stops there.
import { access, readFile } from "node:fs/promises";
import { join } from "node:path";
import * as vscode from "vscode";
import * as z from "zod";
import { decode } from "#protocol/decode.ts";
import type { PreviewId } from "#protocol/ids.ts";
import { oneLine } from "#protocol/text/plainText.ts";
import { METHODS } from "#protocol/wire/client.ts";
import {
  type NodeView,
  nodeViewSchema,
  type StartEpisodeParams,
  type StartEpisodeResult,
} from "#protocol/wire/clientViews.ts";
import type { Editor } from "../editor.ts";
import type { AskContext } from "./askContext.ts";
import { commandLineOf } from "./commandLine.ts";
import type { EpisodeTerminals } from "./episodeTerminals.ts";
import { askWhatToRun, type StartFacts } from "./startQuestions.ts";
import {
  DEPENDENCY_FOLDERS,
  LOCK_FILES,
  recentCommands,
  type ScriptHint,
  scriptHints,
  withRecent,
} from "./workspaceHints.ts";
import { sayProgress } from "../notice.ts";

const RECENT = "arw.recentCommands";
const TITLE_CHARACTERS_MAX = 80;

const nodeElementSchema: z.ZodType<{ readonly node: NodeView }> = z.looseObject({ node: nodeViewSchema });

export async function startEpisode(editor: Editor, terminals: EpisodeTerminals, given: unknown): Promise<void> {
  const { workspaceState } = editor.context;
  const { command, params } = await askWhatToRun(await factsFor(editor, given));
  if (command !== undefined) {
    await workspaceState.update(RECENT, withRecent(recentCommands(workspaceState.get(RECENT)), command));
  }
  const started = await startCancellably(editor, params);
  const title = titleOf(params);
  const { episodeId, previewId, sequence, target } = started;
  terminals.show({ episodeId, title, target, fromSequence: sequence });
  // The person's own command led here, so the review may open by itself.
  if (previewId !== undefined) await openReview(editor, previewId);
}

/** Collecting the files of a large folder takes seconds: it says so, and a cancel ends what was started. */
async function startCancellably({ home }: Editor, params: StartEpisodeParams): Promise<StartEpisodeResult> {
  const progress = {
    location: vscode.ProgressLocation.Notification,
    title: vscode.l10n.t("Starting “{0}”…", titleOf(params)),
    cancellable: true,
  };
  return sayProgress(progress, async (_, cancel) => {
    const started = await home.call(METHODS.startEpisode, params);
    if (!cancel.isCancellationRequested) return started;
    await home.call(METHODS.cancelEpisode, { episodeId: started.episodeId });
    throw new vscode.CancellationError();
  });
}

/** Elsewhere the answer may have come already: then there is nothing to review. */
async function openReview({ mirror }: Editor, previewId: PreviewId): Promise<void> {
  const { waiting } = await mirror.refresh();
  const item = waiting.find((each) => each.kind === "egress" && each.previewId === previewId);
  if (item !== undefined) await vscode.commands.executeCommand("arw.review", { kind: "waiting", item });
}

async function factsFor({ context, folder, home, mirror }: Editor, given: unknown): Promise<StartFacts> {
  // Connecting first: without a Home there is nothing to answer questions for.
  await home.connect();
  const { nodes } = await mirror.refresh();
  const root = folder?.uri.fsPath ?? "";
  const present = await Promise.all(DEPENDENCY_FOLDERS.map((name) => exists(join(root, name))));
  const element = decode(nodeElementSchema, given);
  return {
    nodes,
    scripts: await scriptsOf(root),
    recent: recentCommands(context.workspaceState.get(RECENT)),
    folders: DEPENDENCY_FOLDERS.filter((_, index) => present[index] === true),
    contexts: contextsOf(folder),
    ...(element.ok ? { on: element.value.node } : {}),
  };
}

async function scriptsOf(root: string): Promise<readonly ScriptHint[]> {
  let text: string;
  try {
    text = await readFile(join(root, "package.json"), "utf8");
  } catch {
    return [];
  }
  for (const [file, program] of LOCK_FILES) {
    if (await exists(join(root, file))) return scriptHints(text, program);
  }
  return scriptHints(text, "npm");
}

/** The selection and the file in front of the person, where they belong to the folder. */
function contextsOf(folder: vscode.WorkspaceFolder | undefined): readonly AskContext[] {
  const editor = vscode.window.activeTextEditor;
  if (editor === undefined || folder === undefined || editor.document.uri.scheme !== "file") return [];
  if (vscode.workspace.getWorkspaceFolder(editor.document.uri) !== folder) return [];
  const { document, selection } = editor;
  const file = { path: vscode.workspace.asRelativePath(document.uri, false), languageId: document.languageId };
  const whole: AskContext = { ...file, text: document.getText() };
  if (selection.isEmpty) return [whole];
  const lines = { first: selection.start.line + 1, last: selection.end.line + 1 };
  return [{ ...file, lines, text: document.getText(selection) }, whole];
}

function titleOf({ request }: StartEpisodeParams): string {
  const text = request.kind === "command" ? commandLineOf(request.argv) : request.prompt;
  const line = oneLine(text.slice(0, TITLE_CHARACTERS_MAX * 4)).trim();
  return line.length > TITLE_CHARACTERS_MAX ? `${line.slice(0, TITLE_CHARACTERS_MAX - 1).toWellFormed()}…` : line;
}

async function exists(path: string): Promise<boolean> {
  try {
    await access(path);
    return true;
  } catch {
    return false;
  }
}
