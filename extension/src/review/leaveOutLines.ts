// Which lines of what would be sent a person wants to keep here: selected in the document of exactly that, or typed. It only
// says which; the Home makes the new revision, and that is shown before anything is approved.
import * as vscode from "vscode";
import { decodeJson } from "#protocol/decode.ts";
import type { EgressPreview } from "#protocol/egress.ts";
import { ArwError } from "#protocol/errors.ts";
import type { PreviewId } from "#protocol/ids.ts";
import { chatMessagesSchema } from "#protocol/job.ts";
import { CUT_RANGES_MAX, type LineRange, lineRangesOf, unionOf } from "#protocol/lineCut.ts";
import { promptLinesBetween } from "#protocol/promptLines.ts";
import { plainText } from "#protocol/text/plainText.ts";
import { METHODS } from "#protocol/wire/client.ts";
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
  const editor = vscode.window.activeTextEditor;
  const source = editor?.document.uri.scheme === EGRESS_SCHEME ? egressSource(editor.document.uri) : undefined;
  if (editor === undefined || source?.kind !== "item") throw notInFront();
  const { preview } = await home.call(METHODS.readPreview, { previewId: source.previewId });
  const path = pathOf(preview, editor.document.uri.path.slice(1), source.digest);
  if (path === undefined) throw notInFront();
  const lines = editor.selections.flatMap((selection) => linesOf(path, editor.document, selection));
  if (lines.length === 0) throw notInFront();
  return { previewId: source.previewId, path, lines: unionOf(lines) };
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

function notInFront(): ArwError {
  return new ArwError(
    "no-sent-lines",
    vscode.l10n.t("No lines of what would be sent are selected."),
    vscode.l10n.t("Open an item from the review, select lines on the side that shows what is sent, and try again."),
  );
}
