// Marks of class in the editor: said of files and folders after a question, and why a file is of its class. What only tightens
// any window may say; what loosens needs the owner. The Home decides, and what it answers is shown.
import * as vscode from "vscode";
import { isHigher } from "#protocol/classes.ts";
import type { Classification } from "#protocol/egress.ts";
import type { PreviewId } from "#protocol/ids.ts";
import { plainText } from "#protocol/text/plainText.ts";
import { METHODS } from "#protocol/wire/client.ts";
import type { ExplainedClass } from "#protocol/wire/markViews.ts";
import { Dismissed } from "../commandRunner.ts";
import { confirm } from "../confirm.ts";
import type { Editor, Feature } from "../editor.ts";
import { meantFiles } from "../review/workspaceFiles.ts";
import { ClassDecorations } from "./classDecorations.ts";
import { sayInformation } from "../notice.ts";

const NAME_CHARACTERS_MAX = 80;
const NAMES_SHOWN_MAX = 10;

export function openClassFeature(editor: Editor): Feature {
  const decorations = new ClassDecorations(editor);
  return {
    commands: {
      "arw.markClass": async (...given) => {
        await markClass(editor, given);
        decorations.refresh();
      },
      "arw.explainClass": (...given) => explainClass(editor, given),
    },
    dispose: () => decorations.dispose(),
  };
}

async function markClass(editor: Editor, given: readonly unknown[]): Promise<void> {
  const { folder, home } = editor;
  const paths = (await meantFiles(folder, given)).map(({ path }) => path);
  const picked = await chosenClass(paths);
  if (picked === "clear") {
    await home.call(METHODS.clearClass, { paths });
    return void sayInformation(vscode.l10n.t("No longer marked."));
  }
  await confirm({
    question: vscode.l10n.t("Mark as {0}?", picked),
    detail: [...namesOf(paths), meaningOf(picked)].join("\n"),
    button: vscode.l10n.t("Mark"),
  });
  const withdrawn = await marked(editor, paths, picked);
  const { files } = await home.call(METHODS.explainClasses, { paths });
  const more = files.find(({ classification }) => isHigher(classification, picked));
  void sayInformation(saidOf(picked, withdrawn.length, more));
}

async function marked(
  { home }: Editor,
  paths: readonly string[],
  classification: Classification,
): Promise<readonly PreviewId[]> {
  switch (classification) {
    case "public":
    case "internal":
      return (await home.call(METHODS.declareClass, { paths, classification })).withdrawn;
    case "secret":
    case "regulated":
      return (await home.call(METHODS.restrictClass, { paths, classification })).withdrawn;
  }
}

function saidOf(picked: Classification, withdrawn: number, more: ExplainedClass | undefined): string {
  if (more !== undefined) {
    const why = plainText(more.reasons[0]?.text ?? "", NAME_CHARACTERS_MAX);
    const name = plainText(more.path, NAME_CHARACTERS_MAX);
    return vscode.l10n.t("Marked, but {0} is {1} all the same: {2}.", name, more.classification, why);
  }
  return withdrawn === 0
    ? vscode.l10n.t("Marked as {0}.", picked)
    : vscode.l10n.t("Marked as {0}; withdrawn because of it: {1}.", picked, withdrawn);
}

async function chosenClass(paths: readonly string[]): Promise<Classification | "clear"> {
  const classes = ["public", "internal", "secret", "regulated"] as const;
  const items = [
    ...classes.map((choice) => ({ label: choice, description: meaningOf(choice), choice })),
    { label: vscode.l10n.t("Take the mark away"), description: "", choice: "clear" as const },
  ];
  const placeHolder =
    paths.length === 1
      ? vscode.l10n.t("Of what class is {0}?", plainText(paths[0] ?? "", NAME_CHARACTERS_MAX))
      : vscode.l10n.t("Of what class are these {0}?", paths.length);
  const picked = await vscode.window.showQuickPick(items, { placeHolder });
  if (picked === undefined) throw new Dismissed();
  return picked.choice;
}

function meaningOf(classification: Classification): string {
  switch (classification) {
    case "public":
      return vscode.l10n.t("Anyone may read it. A secret that is found in it still keeps it here.");
    case "internal":
      return vscode.l10n.t("It leaves after your approval, or by a rule or lease of yours.");
    case "secret":
    case "regulated":
      return vscode.l10n.t("It never leaves this machine. What waits with it is withdrawn.");
  }
}

async function explainClass({ folder, home }: Editor, given: readonly unknown[]): Promise<void> {
  const [file] = await meantFiles(folder, given);
  if (file === undefined) throw new Dismissed();
  const { files } = await home.call(METHODS.explainClasses, { paths: [file.path] });
  const [explained] = files;
  if (explained === undefined) throw new Dismissed();
  const { classification, path, reasons } = explained;
  const detail = reasons.map((reason) => `${reason.classification}: ${plainText(reason.text)}`).join("\n");
  const title = vscode.l10n.t("{0} is {1}.", plainText(path, NAME_CHARACTERS_MAX), classification);
  await sayInformation(title, { modal: true, detail });
}

function namesOf(paths: readonly string[]): readonly string[] {
  const shown = paths.slice(0, NAMES_SHOWN_MAX).map((path) => plainText(path, NAME_CHARACTERS_MAX));
  const more = paths.length - shown.length;
  return more > 0 ? [...shown, vscode.l10n.t("and {0} more", more)] : shown;
}
