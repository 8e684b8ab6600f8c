// Which lines of what would be sent a person wants to keep here: selected in the document of exactly that, or typed. It only
// says which; the Home makes the new revision, and that is shown before anything is approved.
import * as vscode from "vscode";
import { decodeJson } from "#protocol/decode.ts";
import type { EgressPreview } from "#protocol/egress.ts";
import { ArwError } from "#protocol/errors.ts";
import type { PreviewId } from "#protocol/ids.ts";
import { chatMessagesSchema } from "#protocol/job.ts";
import { CUT_RANGES_MAX, type LineRange, lineRangesOf, lineRangesText, unionOf } from "#protocol/lineCut.ts";
import { promptLinesBetween } from "#protocol/promptLines.ts";
import { plainText } from "#protocol/text/plainText.ts";
import { METHODS } from "#protocol/wire/client.ts";
import type { ItemChanges } from "#protocol/wire/egressViews.ts";
import { Dismissed } from "../commandRunner.ts";
import type { Home } from "../home/home.ts";
import { EGRESS_SCHEME, egressSource } from "./egressUri.ts";
import { NAME_CHARACTERS_MAX } from "./sendText.ts";

const PROMPT_ITEM = "(prompt)";

export interface SelectedLines {
  readonly previewId: PreviewId;
  readonly path: string;
  readonly lines: readonly LineRange[];
}

/** The lines that are selected in the document of an item which is in front; without a selection, the line of the cursor. */
export async function selectedLines(home: Pick<Home, "call">): Promise<SelectedLines> {
  const { document, path, previewId, selections } = await itemInFront(home);
  const lines = selections.flatMap((selection) => linesOf(path, document, selection));
  if (lines.length === 0) throw notInFront();
  return { previewId, path, lines: unionOf(lines) };
}

/**
 * The changes since the last commit in which the cursor stands, or those that are picked where it stands in none. Lines are
 * those of the document in front, which is what the Home compares.
 */
export async function selectedChanges(home: Pick<Home, "call">): Promise<SelectedLines> {
  const { document, path, previewId, selections } = await itemInFront(home);
  const { items } = await home.call(METHODS.itemChanges, { previewId, paths: [path] });
  const [found] = items;
  const changes = found === undefined || found.kind === "unknown" ? [] : found.changes;
  const [first] = changes;
  if (first === undefined) throw noChanges(found);
  const touched = selections.flatMap((selection) => linesOf(path, document, selection));
  const at = changes.filter(({ from, to }) => touched.some((lines) => lines.from <= to && from <= lines.to));
  const lines = at.length > 0 ? at : changes.length === 1 ? [first] : await pickedChanges(document, path, changes);
  return { previewId, path, lines };
}

interface ItemInFront {
  readonly document: vscode.TextDocument;
  readonly selections: readonly vscode.Selection[];
  readonly previewId: PreviewId;
  readonly path: string;
}

async function itemInFront(home: Pick<Home, "call">): Promise<ItemInFront> {
  const editor = vscode.window.activeTextEditor;
  const source = editor?.document.uri.scheme === EGRESS_SCHEME ? egressSource(editor.document.uri) : undefined;
  if (editor === undefined || source?.kind !== "item") throw notInFront();
  const { document, selections } = editor;
  const { preview } = await home.call(METHODS.readPreview, { previewId: source.previewId });
  const path = pathOf(preview, document.uri.path.slice(1), source.digest);
  if (path === undefined) throw notInFront();
  return { document, selections, previewId: source.previewId, path };
}

async function pickedChanges(
  document: vscode.TextDocument,
  path: string,
  changes: readonly LineRange[],
): Promise<readonly LineRange[]> {
  const picks = changes.map((range) => ({
    label: vscode.l10n.t("Lines {0}", lineRangesText([range])),
    description: plainText(document.lineAt(range.from - 1).text.trim(), NAME_CHARACTERS_MAX),
    range,
  }));
  const picked = await vscode.window.showQuickPick(picks, {
    title: vscode.l10n.t("Leave out changes of {0}", plainText(path, NAME_CHARACTERS_MAX)),
    placeHolder: vscode.l10n.t("Which changes since the last commit should stay here?"),
    canPickMany: true,
    ignoreFocusOut: true,
  });
  if (picked === undefined || picked.length === 0) throw new Dismissed();
  return picked.map(({ range }) => range);
}

/** Two files may have the same bytes: the document is named after its own. */
function pathOf({ items }: EgressPreview, name: string, digest: string): string | undefined {
  const same = items.filter((item) => item.digest === digest);
  return (same.find(({ path }) => path === name) ?? same.find(({ path }) => path === PROMPT_ITEM))?.path;
}

function linesOf(path: string, document: vscode.TextDocument, selection: vscode.Selection): readonly LineRange[] {
  if (path === PROMPT_ITEM) {
    const messages = decodeJson(chatMessagesSchema, document.getText());
    if (!messages.ok) return [];
    const [start, end] = [document.offsetAt(selection.start), document.offsetAt(selection.end)];
    const range = promptLinesBetween(messages.value, start, end);
    return range === undefined ? [] : [range];
  }
  const { end, isEmpty, start } = selection;
  // A selection that ends before the first character of a line does not touch that line.
  const last = !isEmpty && end.character === 0 ? end.line - 1 : end.line;
  return [{ from: start.line + 1, to: last + 1 }];
}

/** Undefined where the person named none. */
export async function askLines(preview: EgressPreview, index: number): Promise<readonly LineRange[] | undefined> {
  const item = preview.items[index];
  if (item === undefined) return undefined;
  const text = await vscode.window.showInputBox({
    title: vscode.l10n.t("Leave out lines of {0}", plainText(item.path, NAME_CHARACTERS_MAX)),
    prompt:
      item.path === PROMPT_ITEM
        ? vscode.l10n.t("Lines of the prompt, counted over all its messages. The model there sees a shorter prompt.")
        : vscode.l10n.t("Lines as they are sent now. The command there sees a shorter file; yours does not change."),
    placeHolder: "10-20, 35",
    ignoreFocusOut: true,
    validateInput: (given) =>
      lineRangesOf(given) === undefined
        ? vscode.l10n.t("Name lines such as 10-20, 35; at most {0} ranges.", CUT_RANGES_MAX)
        : undefined,
  });
  return text === undefined ? undefined : lineRangesOf(text);
}

function noChanges(found: ItemChanges | undefined): ArwError {
  const reason = found?.kind === "unknown" ? found.reason : undefined;
  return new ArwError(
    "no-sent-changes",
    reason === undefined
      ? vscode.l10n.t("Nothing of this has changed since the last commit.")
      : vscode.l10n.t("This cannot be compared with the last commit: {0}.", plainText(reason)),
    vscode.l10n.t("Select the lines themselves, and leave out the selection."),
  );
}

function notInFront(): ArwError {
  return new ArwError(
    "no-sent-lines",
    vscode.l10n.t("No lines of what would be sent are selected."),
    vscode.l10n.t("Open an item from the review, select lines on the side that shows what is sent, and try again."),
  );
}
